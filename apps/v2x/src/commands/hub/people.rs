//! `v2x hub user`: who may log in to the dashboard. Also while the hub runs.

use std::path::Path;

use v2x_store::hub::{HubStore, PersonRole, PersonRow};
use v2x_web::accounts::check_name;

use super::{note, now};
use crate::cli::{RoleOf, UserTask};
use crate::daemon::make_folder;
use crate::failure::{Blame, Context as _, Failure, read_text};
use crate::hub::{self, admin, secrets};

/// Runs the task.
pub(super) fn run(task: &UserTask) -> Result<(), Failure> {
    match task {
        UserTask::Add {
            name,
            role,
            password_file,
            at,
        } => add(name, *role, password_file.as_deref(), &at.out),
        UserTask::List { at } => list(&at.out),
        UserTask::Remove { name, at } => remove(name, &at.out),
    }
}

fn open(folder: &Path) -> Result<HubStore, Failure> {
    make_folder(folder)?;
    hub::open(folder)
}

fn add(name: &str, role: RoleOf, file: Option<&Path>, folder: &Path) -> Result<(), Failure> {
    check_name(name).blame(Blame::Usage, "user")?;
    let made = match file {
        Some(_) => None,
        None => Some(secrets::new_token().blame(Blame::Runtime, "random numbers")?),
    };
    let password = match (file, &made) {
        (Some(path), _) => {
            let text = read_text(Blame::Input, "password file", path)?;
            text.trim_end_matches(['\r', '\n']).to_owned()
        }
        (None, Some(made)) => made.clone(),
        (None, None) => String::new(),
    };
    let role = match role {
        RoleOf::Viewer => PersonRole::Viewer,
        RoleOf::Operator => PersonRole::Operator,
        RoleOf::Admin => PersonRole::Admin,
    };
    let person = PersonRow {
        name: name.to_owned(),
        role,
        password: admin::hash(&password).blame(Blame::Input, "password")?,
    };
    let mut store = open(folder)?;
    let put = store.put_person(&person, now()?);
    put.blame(Blame::Runtime, "user")?
        .map_err(|last| Failure::new(Blame::Usage, last))?;
    note(&mut store, "user.put", name, role.word())?;
    if let Some(made) = made {
        say(&made);
    }
    Ok(())
}

fn list(folder: &Path) -> Result<(), Failure> {
    let path = folder.join(hub::HUB_FILE);
    let store = HubStore::open_to_read(&path).map_err(|error| hub::no_store(&error))?;
    for person in store.people().blame(Blame::Runtime, "users")? {
        say(&format!("{:<9} {}", person.role.word(), person.name));
    }
    Ok(())
}

fn remove(name: &str, folder: &Path) -> Result<(), Failure> {
    let mut store = open(folder)?;
    let removed = store.remove_person(name).blame(Blame::Runtime, "user")?;
    match removed {
        Ok(true) => note(&mut store, "user.remove", name, ""),
        Ok(false) => {
            let failure = Failure::new(Blame::Usage, format_args!("there is no user {name:?}"));
            Err(failure.hint("`v2x hub user list` shows all"))
        }
        Err(last) => Err(Failure::new(Blame::Usage, last)),
    }
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn say(line: &str) {
    println!("{line}");
}
