//! The checks of a hub: its folder and store, who may log in, its certificates, its addresses, its
//! last backup. One that runs is asked how it does; nothing is made.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use v2x_store::hub::{HubStore, PersonRole};
use v2x_units::UtcTime;

use super::{Finding, Manner, broker, clock, disk, running};
use crate::clock::Clock;
use crate::config::hub::{HubConfig, PagesTls};
use crate::hub::certificate::{Files, Validity};
use crate::hub::{self, FIRST_PASSWORD_FILE, HUB_FILE, RESERVE};

const STORE: &str = "store";
const PEOPLE: &str = "people";
const CERTIFICATE: &str = "certificate";
const BACKUP: &str = "backup";
/// What makes room.
const ROOM: &str = "make room, or set hub.keep_messages_days to fewer";
/// A backup that is older is worth a word.
const BACKUP_WITHIN: Duration = Duration::from_secs(7 * 24 * 3600);
/// A certificate that ends sooner is worth a word.
const RENEW_BEFORE: Duration = Duration::from_secs(14 * 24 * 3600);

/// Everything that was found.
pub(crate) fn examine(config: &HubConfig, manner: Manner) -> Vec<Finding> {
    let mut findings = vec![
        clock::examine(false),
        disk::examine_with(&config.out, RESERVE, ROOM),
    ];
    findings.extend(store(&config.out));
    findings.extend(certificates(config));
    if hub::is_held(&config.out) {
        findings.push(Finding::fine("hub", "it runs"));
        findings.extend(running::parts(config.monitor));
    } else {
        findings.extend(addresses(config));
    }
    if config.broker.is_some() {
        findings.extend(broker::examine(config.broker.as_ref(), None, manner));
    }
    findings
}

fn store(out: &Path) -> Vec<Finding> {
    let path = out.join(HUB_FILE);
    if !path.exists() {
        let what = "there is none yet: the first start makes it, with a first account";
        return vec![Finding::fine(STORE, what)];
    }
    let restore = "`v2x hub restore` brings a backup back; see dmesg for errors of the disk";
    let store = match HubStore::open_to_read(&path) {
        Ok(store) => store,
        Err(error) => return vec![Finding::problem(STORE, error.to_string(), restore)],
    };
    let devices = store.devices().map(|devices| devices.len());
    let people = store.people();
    let backup = store.last_done("backup");
    let (devices, people, backup) = match (devices, people, backup) {
        (Ok(devices), Ok(people), Ok(backup)) => (devices, people, backup),
        (Err(error), _, _) | (_, Err(error), _) | (_, _, Err(error)) => {
            return vec![Finding::problem(STORE, error.to_string(), restore)];
        }
    };
    let admins = people.iter().filter(|it| it.role == PersonRole::Admin);
    let (all, admins) = (people.len(), admins.count());
    let mut findings = vec![Finding::fine(STORE, format!("it has {devices} devices"))];
    findings.push(match admins {
        0 => Finding::problem(
            PEOPLE,
            format!("none of {all} accounts is an admin's"),
            "v2x hub user add NAME --role admin --out FOLDER",
        ),
        _ => Finding::fine(
            PEOPLE,
            format!("{all} accounts, {admins} of them of admins"),
        ),
    });
    let first = out.join(FIRST_PASSWORD_FILE);
    if first.exists() {
        let what = format!("the first password still stands in {}", first.display());
        findings.push(Finding::warning(
            PEOPLE,
            what,
            "change it, and remove the file",
        ));
    }
    findings.push(last_backup(backup));
    findings
}

fn last_backup(taken: Option<UtcTime>) -> Finding {
    let todo = "v2x hub backup FILE --out FOLDER, to another disk, now and then by a timer";
    let Some(taken) = taken else {
        return Finding::warning(BACKUP, "none was ever taken", todo);
    };
    let what = format!("the last one was taken {taken}");
    match Clock::wall() {
        Some(now) if now - BACKUP_WITHIN > taken => Finding::warning(BACKUP, what, todo),
        _ => Finding::fine(BACKUP, what),
    }
}

fn certificates(config: &HubConfig) -> Vec<Finding> {
    let is_of_endpoint = config.dashboard.is_some() && config.dashboard_tls == PagesTls::OfEndpoint;
    let mut wanted = Vec::new();
    if config.listen_tls.is_some() || is_of_endpoint {
        let files = match &config.certificate {
            Some((certificate, key)) => Some(Files {
                certificate: certificate.clone(),
                key: key.clone(),
            }),
            None => Files::of_folder(&config.out),
        };
        let renew = "renew it, or leave endpoint.certificate out and the hub makes its own";
        wanted.push((files, renew));
    }
    if let (Some(_), PagesTls::Own(certificate, key)) = (config.dashboard, &config.dashboard_tls) {
        let files = Files {
            certificate: certificate.clone(),
            key: key.clone(),
        };
        let renew = "renew it: it is dashboard.tls_cert; dashboard.tls alone uses the hub's own";
        wanted.push((Some(files), renew));
    }
    wanted
        .iter()
        .map(|(files, renew)| certificate(files.as_ref(), renew))
        .collect()
}

fn certificate(files: Option<&Files>, renew: &str) -> Finding {
    let Some(files) = files else {
        return Finding::fine(CERTIFICATE, "the first start makes one");
    };
    let shown = files.certificate.display();
    if let Err(failure) = files.server_config() {
        let todo = failure.hint_text().unwrap_or("name files that are there");
        return Finding::problem(CERTIFICATE, failure.what(), todo);
    }
    let mode = std::fs::metadata(&files.key).map_or(0, |key| key.mode());
    if mode & 0o007 != 0 {
        let key = files.key.display();
        let what = format!("everybody on this computer can use {key}");
        return Finding::warning(CERTIFICATE, what, format!("hide it: chmod o= '{key}'"));
    }
    let Some(now) = Clock::wall() else {
        let what = format!("{shown} cannot be judged: the clock was never set");
        return Finding::warning(CERTIFICATE, what, "set the clock");
    };
    match (files.validity(now), files.validity(now + RENEW_BEFORE)) {
        (Ok(Validity::Over), _) => Finding::problem(
            CERTIFICATE,
            format!("{shown} is over: no client trusts it"),
            renew,
        ),
        (Ok(Validity::NotYet), _) => Finding::problem(
            CERTIFICATE,
            format!("{shown} does not hold yet"),
            "see whether this computer's clock is right",
        ),
        (_, Ok(Validity::Over)) => {
            let what = format!("{shown} is over in less than two weeks");
            Finding::warning(CERTIFICATE, what, renew)
        }
        _ => Finding::fine(CERTIFICATE, format!("{shown} holds")),
    }
}

/// Whether a hub that does not run yet can listen.
fn addresses(config: &HubConfig) -> Vec<Finding> {
    let wanted = [
        ("endpoint.listen", config.listen),
        ("endpoint.listen_tls", config.listen_tls),
        ("dashboard.listen", config.dashboard),
        ("monitor.listen", config.monitor),
    ];
    let wanted = wanted.into_iter();
    wanted
        .filter_map(|(key, address)| Some(address_of(key, address?)))
        .collect()
}

fn address_of(key: &str, address: SocketAddr) -> Finding {
    let error = match TcpListener::bind(address) {
        Ok(_) => return Finding::fine(key, format!("{address} is free")),
        Err(error) => error,
    };
    match error.kind() {
        ErrorKind::AddrInUse => Finding::problem(
            key,
            format!("another program listens at {address}"),
            format!("end it (ss -ltnp shows which; mosquitto?), or set {key} to another address"),
        ),
        ErrorKind::AddrNotAvailable => Finding::problem(
            key,
            format!("this computer has no address {}", address.ip()),
            format!("set {key} to one of `ip address`, or to 0.0.0.0"),
        ),
        ErrorKind::PermissionDenied => Finding::problem(
            key,
            format!("this user may not listen at {address}"),
            format!("set {key} to a port from 1024 on"),
        ),
        _ => Finding::problem(key, format!("{address}: {error}"), format!("see {key}")),
    }
}
