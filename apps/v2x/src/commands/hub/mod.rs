//! `v2x hub`: gathers settings and runs the hub, or does something with its file.

mod copies;
mod devices;
mod people;

use tracing::info;
use v2x_store::hub::{AuditRow, HubStore};
use v2x_uplink::vss::VssReader;

use super::decode::load_decoder;
use super::vehicle::{load_mapping, start_log};
use crate::cli::{self, HubTask};
use crate::clock::Clock;
use crate::config::hub::HubConfig;
use crate::failure::{Blame, Context as _, Failure};
use crate::hub;
use crate::vehicle::vss_names;

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::Hub) -> Result<(), Failure> {
    match &arguments.task {
        None => {
            let (config, notes) = HubConfig::gather(arguments)?;
            start_log();
            for note in notes {
                info!("{note}");
            }
            let mapping = load_mapping(None, &load_decoder(None)?)?;
            hub::run(config, VssReader::new(&vss_names(mapping.quantities())))
        }
        Some(HubTask::Device { task }) => devices::run(task),
        Some(HubTask::User { task }) => people::run(task),
        Some(HubTask::Backup { file, at }) => copies::back_up(file, &at.out),
        Some(HubTask::Restore { file, at }) => copies::restore(file, &at.out),
    }
}

/// Notes what was done from the command line.
fn note(store: &mut HubStore, action: &str, subject: &str, detail: &str) -> Result<(), Failure> {
    let row = AuditRow {
        id: 0,
        at: now()?,
        person: "command line".to_owned(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        detail: detail.to_owned(),
        origin: String::new(),
    };
    store.audit(&row).blame(Blame::Runtime, "audit log")
}

fn now() -> Result<v2x_units::UtcTime, Failure> {
    Clock::wall().ok_or_else(|| {
        let failure = Failure::new(Blame::Runtime, "this computer's clock was never set");
        failure.hint("set it (timedatectl), so that what is noted has its time")
    })
}
