//! `v2x hub device`: add, list, remove, another login. Also while the hub runs, which takes it up
//! within a second.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;
use v2x_roles::hub::{DeviceId, DeviceKind};
use v2x_store::hub::{Credential, DeviceRow, HubStore};

use super::{note, now};
use crate::cli::{DeviceLogin, DeviceTask, KindWord};
use crate::daemon::make_folder;
use crate::failure::{Blame, Context as _, Failure, read_text};
use crate::hub::{self, secrets};

/// Runs the task.
pub(super) fn run(task: &DeviceTask) -> Result<(), Failure> {
    match task {
        DeviceTask::Add {
            name,
            kind,
            login,
            at,
        } => add(name, *kind, login, &at.out),
        DeviceTask::List { json, at } => list(*json, &at.out),
        DeviceTask::Remove { name, at } => remove(name, &at.out),
        DeviceTask::Token { name, login, at } => renew(name, login, &at.out),
    }
}

fn open(folder: &Path) -> Result<HubStore, Failure> {
    make_folder(folder)?;
    hub::open(folder)
}

fn disk(error: v2x_store::StoreError) -> Failure {
    Failure::new(Blame::Runtime, error)
}

fn add(
    name: &str,
    kind: Option<KindWord>,
    login: &DeviceLogin,
    folder: &Path,
) -> Result<(), Failure> {
    let is_name = !name.is_empty() && name.len() <= 255 && !name.chars().any(char::is_control);
    if !is_name || name.trim() != name {
        let failure = Failure::new(
            Blame::Usage,
            format_args!("{name:?} is no name of a device"),
        );
        return Err(failure.hint("1 to 255 bytes, printable, no blank at either end"));
    }
    let kind = match kind {
        Some(KindWord::Vehicle) => DeviceKind::Vehicle,
        Some(KindWord::Station) => DeviceKind::Station,
        None => DeviceKind::Unknown,
    };
    let (credential, told) = credential(login)?;
    let mut store = open(folder)?;
    refuse_known(&store, &credential)?;
    let added = store.add_device(name, kind, Some(&credential), now()?);
    let added = added.map_err(disk)?;
    added.map_err(|taken| Failure::new(Blame::Usage, taken))?;
    note(&mut store, "device.add", name, kind.word())?;
    say(&told);
    Ok(())
}

/// A login opens one device.
fn refuse_known(store: &HubStore, credential: &Credential) -> Result<(), Failure> {
    if store.device_of(credential).map_err(disk)?.is_none() {
        return Ok(());
    }
    let failure = Failure::new(Blame::Usage, "another device logs in by this already");
    Err(failure.hint("give each device a login of its own"))
}

fn list(is_json: bool, folder: &Path) -> Result<(), Failure> {
    let path = folder.join(hub::HUB_FILE);
    let store = HubStore::open_to_read(&path).map_err(|error| hub::no_store(&error))?;
    let devices = store.devices().map_err(disk)?;
    let name_of = |id: DeviceId| devices.iter().find(|it| it.id == id).map(|it| &it.name);
    for device in &devices {
        let parent = device.parent.and_then(name_of);
        let seen = device.last_seen.map(|at| at.to_string());
        if is_json {
            let line = json!({
                "id": device.id.to_string(), "name": device.name, "kind": device.kind.word(),
                "parent": parent, "last_seen": seen,
            });
            say(&line.to_string());
        } else {
            let behind = parent
                .map(|name| format!(", behind {name}"))
                .unwrap_or_default();
            let seen = seen.unwrap_or_else(|| "never".to_owned());
            let (id, kind) = (device.id, device.kind.word());
            say(&format!(
                "{id:>5}  {kind:<8} {}{behind}, last seen {seen}",
                device.name
            ));
        }
    }
    Ok(())
}

fn remove(name: &str, folder: &Path) -> Result<(), Failure> {
    let mut store = open(folder)?;
    let device = found(&store, name)?;
    store.remove_device(device.id).map_err(disk)?;
    note(&mut store, "device.remove", name, "")?;
    say(&format!("{name} is removed with all that it said"));
    Ok(())
}

fn renew(name: &str, login: &DeviceLogin, folder: &Path) -> Result<(), Failure> {
    let (credential, told) = credential(login)?;
    let mut store = open(folder)?;
    let device = found(&store, name)?;
    refuse_known(&store, &credential)?;
    let renewed = store.replace_credential(device.id, &credential, now()?);
    renewed.map_err(disk)?;
    note(&mut store, "device.token", name, "")?;
    say(&told);
    Ok(())
}

/// The device of a name that logs in by itself.
fn found(store: &HubStore, name: &str) -> Result<DeviceRow, Failure> {
    let devices = store.devices().map_err(disk)?;
    let mut own = devices.into_iter().filter(|it| it.parent.is_none());
    own.find(|it| it.name == name).ok_or_else(|| {
        let failure = Failure::new(Blame::Usage, format_args!("there is no device {name:?}"));
        failure.hint("`v2x hub device list` shows all; those behind a gateway go with it")
    })
}

/// What the device logs in by, and what the person has to be told of it.
fn credential(login: &DeviceLogin) -> Result<(Credential, String), Failure> {
    let made = || secrets::new_token().blame(Blame::Runtime, "random numbers");
    if let Some(path) = &login.token_file {
        let text = read_text(Blame::Input, "token file", path)?;
        let token = text.trim_end_matches(['\r', '\n']);
        secrets::check_chosen(token).blame(Blame::Input, path.display())?;
        let told = "it logs in by the token of that file".to_owned();
        return Ok((secrets::token(token), told));
    }
    if let Some(user) = &login.user {
        let password = made()?;
        let told = format!("user {user}\npassword {password}");
        return Ok((secrets::basic(user, password.as_bytes()), told));
    }
    if let Some(path) = &login.certificate {
        let text = read_text(Blame::Input, "certificate", path)?;
        let certificate = CertificateDer::from_pem_slice(text.as_bytes()).map_err(|_| {
            let what = format_args!("{}: no certificate in PEM", path.display());
            Failure::new(Blame::Input, what).hint("it begins with BEGIN CERTIFICATE")
        })?;
        let told = "it logs in by that certificate, over mqtts://".to_owned();
        return Ok((secrets::certificate(&certificate), told));
    }
    let token = made()?;
    let credential = secrets::token(&token);
    Ok((credential, token))
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn say(line: &str) {
    println!("{line}");
}
