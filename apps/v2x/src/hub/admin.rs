//! The first admin of a new hub: a password from the environment, or one that is made and told
//! once.

use std::env::VarError;
use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use tracing::{info, warn};
use v2x_store::hub::{HubStore, PersonRole, PersonRow};
use v2x_units::UtcTime;
use v2x_web::password;

use super::secrets;
use crate::failure::{Blame, Context as _, Failure};

/// The name of the first admin.
const NAME: &str = "admin";
/// The environment variable that says the password.
const VARIABLE: &str = "V2X_HUB_ADMIN_PASSWORD";
/// Where a password is told that was made while nobody looked on.
pub(crate) const FILE: &str = "first-admin-password";

/// Makes the first admin, where nobody is in the file yet.
pub(crate) fn first(store: &mut HubStore, folder: &Path, now: UtcTime) -> Result<(), Failure> {
    let people = store.people().map_err(|error| super::no_store(&error))?;
    if !people.is_empty() {
        return Ok(());
    }
    let given = match std::env::var(VARIABLE) {
        Ok(given) => Some(given),
        Err(VarError::NotPresent) => None,
        Err(error @ VarError::NotUnicode(_)) => {
            // Another one in its place would lock out whoever set it.
            let failure = Failure::new(Blame::Configuration, format_args!("{VARIABLE}: {error}"));
            return Err(failure.hint("give a password of printable characters in UTF-8"));
        }
    };
    let made = match &given {
        Some(_) => None,
        None => Some(secrets::new_token().blame(Blame::Runtime, "random numbers")?),
    };
    let chosen = given.or_else(|| made.clone()).unwrap_or_default();
    let person = PersonRow {
        name: NAME.to_owned(),
        role: PersonRole::Admin,
        password: hash(&chosen).blame(Blame::Configuration, VARIABLE)?,
    };
    let put = store.put_person(&person, now);
    let put = put.map_err(|error| super::no_store(&error))?;
    put.blame(Blame::Runtime, "first admin")?;
    match made {
        None => info!("the first account is {NAME}, with the password of {VARIABLE}"),
        Some(password) => tell(&password, folder),
    }
    Ok(())
}

/// The hash of a password, with a salt of its own.
pub(crate) fn hash(chosen: &str) -> Result<String, String> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| error.to_string())?;
    password::hash(chosen, &salt)
}

/// Never into the log: it is kept for long, and read by many.
#[expect(clippy::print_stdout, reason = "a person who looks on is told")]
fn tell(password: &str, folder: &Path) {
    if io::stdout().is_terminal() {
        println!("the first account is {NAME} with the password {password}; it is not shown again");
        return;
    }
    let path = folder.join(FILE);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&path);
    match file.and_then(|mut file| writeln!(file, "{password}")) {
        Ok(()) => info!(
            "the first account is {NAME}; its password is in {}: change it and remove the file",
            path.display()
        ),
        Err(error) => warn!(
            %error,
            "the first account's password cannot be told; make another with `v2x hub user add`"
        ),
    }
}
