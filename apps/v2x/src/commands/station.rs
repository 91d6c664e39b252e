//! `v2x station`: gathers settings, then hands them to the daemon.

use tracing::info;

use super::vehicle::start_log;
use crate::cli;
use crate::config::station::StationConfig;
use crate::failure::Failure;
use crate::station;

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::Station) -> Result<(), Failure> {
    let (config, notes) = StationConfig::gather(arguments)?;
    start_log();
    for note in notes {
        info!("{note}");
    }
    for slot in config
        .setup
        .slots
        .iter()
        .filter(|slot| !slot.config.has_relay)
    {
        if slot.config.policy != v2x_charging::Policy::FreeVend {
            info!(slot = %slot.number, "the slot has no relay: it can only watch, not lock");
        }
    }
    station::run(&config)
}
