//! The command line of `v2x user`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use v2x_web::Role;

/// Say who may log in to the dashboard of a vehicle or a station.
///
/// Accounts are in a file of hashes, `users.toml` in the daemon's folder unless its settings name
/// another. The daemon reads it again as soon as it has changed; whoever is taken out is logged out
/// at once. A viewer looks, an operator also commands and sets prices, an admin does everything.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  v2x user add amal --role admin --out drive/
  v2x user list --out drive/
  v2x user password amal --out drive/
  v2x user remove amal --users /etc/v2x/users.toml
  pass show v2x | v2x user add amal --role viewer --out drive/

The password is asked for twice, or read from standard input, or from a file with
--password-file; it is never an argument, which others could see.")]
pub(crate) struct User {
    /// What to do.
    #[command(subcommand)]
    pub(crate) task: AccountTask,
}

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountTask {
    /// Make an account.
    Add {
        /// Its name: letters, digits, `.`, `-`, `_` and `@`.
        name: String,
        /// What it may do: viewer, operator or admin.
        #[arg(long, default_value = "viewer")]
        role: Role,
        #[command(flatten)]
        secret: Secret,
        #[command(flatten)]
        place: UsersPlace,
    },
    /// Give an account another password; it is then logged out everywhere.
    Password {
        /// Its name.
        name: String,
        #[command(flatten)]
        secret: Secret,
        #[command(flatten)]
        place: UsersPlace,
    },
    /// Show all accounts.
    List {
        #[command(flatten)]
        place: UsersPlace,
    },
    /// Take an account away.
    Remove {
        /// Its name.
        name: String,
        #[command(flatten)]
        place: UsersPlace,
    },
}

/// Where the password comes from.
#[derive(Debug, Args)]
pub(crate) struct Secret {
    /// File whose first line is the password; without it the terminal or standard input is asked.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}

/// Which file holds the accounts.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct UsersPlace {
    /// Folder of the daemon: its users.toml.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// The file itself.
    #[arg(long, value_name = "FILE")]
    pub(crate) users: Option<PathBuf>,
}
