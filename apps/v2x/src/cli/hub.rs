//! `v2x hub` and its tasks.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// Run a hub: the server for vehicles and stations of those who have no ThingsBoard.
///
/// An MQTT endpoint that speaks the ThingsBoard device API, so that devices need not know which of
/// the two they talk to, and a SQLite store. A message is acknowledged when it is on disk. With
/// --broker it hears the plain form (a topic per quantity) from an outside broker instead. Stops
/// cleanly on Ctrl-C or SIGTERM.
#[derive(Debug, Default, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  v2x hub --out hub/
  v2x hub --config /etc/v2x/hub.toml
  v2x hub --broker mqtt://broker.example:1883 --out hub/
  v2x hub device add 'Car 7' --kind vehicle --out hub/
  v2x hub backup today.db --out hub/"
)]
pub(crate) struct Hub {
    #[command(subcommand)]
    pub(crate) task: Option<HubTask>,
    /// Configuration in TOML. Options below win over it.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Folder for the store; made if missing.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Hear devices at this MQTT broker, as mqtt://host:1883 or mqtts://host:8883.
    #[arg(long, value_name = "URL")]
    pub(crate) broker: Option<String>,
}

/// What to do with a hub's file; also while the hub runs.
#[derive(Debug, Subcommand)]
pub(crate) enum HubTask {
    /// Devices and by what they log in.
    Device {
        #[command(subcommand)]
        task: DeviceTask,
    },
    /// Who may log in to the dashboard.
    User {
        #[command(subcommand)]
        task: UserTask,
    },
    /// Write a whole copy of the store; the hub goes on meanwhile.
    Backup {
        /// Where to; must not be there yet.
        file: PathBuf,
        #[command(flatten)]
        at: HubFolder,
    },
    /// Bring a copy back. The hub must not run; what is there is put aside.
    Restore {
        /// The copy.
        file: PathBuf,
        #[command(flatten)]
        at: HubFolder,
    },
}

/// Where the hub's file is.
#[derive(Debug, Args)]
pub(crate) struct HubFolder {
    /// Folder of the hub.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out: PathBuf,
}

/// What to do with people.
#[derive(Debug, Subcommand)]
pub(crate) enum UserTask {
    /// Add one, or change role and password; without a file a password is made and printed, once.
    Add {
        /// The name: letters of ASCII, digits, `.`, `-`, `_` and `@`.
        name: String,
        /// What they may do: look, command devices, or let devices and people in.
        #[arg(long, value_enum, default_value_t = RoleOf::Viewer)]
        role: RoleOf,
        /// File that holds the password on one line, 10 characters or more.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        #[command(flatten)]
        at: HubFolder,
    },
    /// List all with their roles.
    List {
        #[command(flatten)]
        at: HubFolder,
    },
    /// Remove one.
    Remove {
        /// The name.
        name: String,
        #[command(flatten)]
        at: HubFolder,
    },
}

/// A role of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleOf {
    Viewer,
    Operator,
    Admin,
}

/// What to do with devices.
#[derive(Debug, Subcommand)]
pub(crate) enum DeviceTask {
    /// Add one and print its access token, once.
    Add {
        /// Its name.
        name: String,
        /// What it is [default: it is seen in what it says]
        #[arg(long, value_enum)]
        kind: Option<KindWord>,
        #[command(flatten)]
        login: DeviceLogin,
        #[command(flatten)]
        at: HubFolder,
    },
    /// List all, with those behind gateways.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        at: HubFolder,
    },
    /// Remove one with all that it said.
    Remove {
        /// Its name.
        name: String,
        #[command(flatten)]
        at: HubFolder,
    },
    /// Give one another login; the one before holds no more.
    Token {
        /// Its name.
        name: String,
        #[command(flatten)]
        login: DeviceLogin,
        #[command(flatten)]
        at: HubFolder,
    },
}

/// By what a device logs in; without any of these a token is made.
#[derive(Debug, Default, Args)]
pub(crate) struct DeviceLogin {
    /// File with a token of your own, 16 characters or more.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["user", "certificate"])]
    pub(crate) token_file: Option<PathBuf>,
    /// User name; a password is made and printed.
    #[arg(long, value_name = "NAME", conflicts_with = "certificate")]
    pub(crate) user: Option<String>,
    /// The client certificate that the device shows, in PEM.
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Option<PathBuf>,
}

/// A kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KindWord {
    Vehicle,
    Station,
}
