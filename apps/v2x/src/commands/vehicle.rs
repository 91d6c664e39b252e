//! `v2x vehicle`: gathers settings and tables, then hands them to the daemon.

use std::io::{self, IsTerminal as _};
use std::path::Path;

use tracing::info;
use tracing_subscriber::EnvFilter;
use v2x_can::{Decoder, RENAULT_TWIZY_VSS, VssMapping};
use v2x_roles::vehicle::VehicleState;

use super::decode::load_decoder;
use crate::cli;
use crate::config::VehicleConfig;
use crate::failure::{Blame, Context as _, Failure, read_text};
use crate::vehicle;

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::Vehicle) -> Result<(), Failure> {
    let (mut config, notes) = VehicleConfig::gather(arguments)?;
    start_log();
    for note in notes {
        info!("{note}");
    }
    let state = with_tables(&mut config)?;
    vehicle::run(&config, state)
}

/// Reads the tables that the settings name, and holds the settings against them.
///
/// # Errors
/// Why the daemon could not start with them.
pub(super) fn with_tables(config: &mut VehicleConfig) -> Result<VehicleState, Failure> {
    let decoder = load_decoder(config.dbc.as_deref())?;
    let mapping = load_mapping(config.vss.as_deref(), &decoder)?;
    if let Some(mqtt) = &mut config.mqtt {
        mqtt.name_quantities(|| vehicle::vss_names(mapping.quantities()));
        if let Some(reporting) = &mut mqtt.reporting {
            let rules = vehicle::report_rules(mapping.quantities(), &reporting.set);
            reporting.rules = rules.blame(Blame::Configuration, "mqtt.report_rules")?;
        }
    }
    Ok(VehicleState::new(decoder, mapping))
}

/// The mapping of a file, or the Renault Twizy's.
pub(super) fn load_mapping(path: Option<&Path>, decoder: &Decoder) -> Result<VssMapping, Failure> {
    match path {
        None => VssMapping::from_toml("renault_twizy.toml", RENAULT_TWIZY_VSS, decoder),
        Some(path) => {
            let text = read_text(Blame::Configuration, "mapping", path)?;
            VssMapping::from_toml(&path.display().to_string(), &text, decoder)
        }
    }
    .blame(Blame::Configuration, "mapping to VSS")
}

/// Log lines go to standard error; `RUST_LOG` chooses them, by default from `info` on.
pub(super) fn start_log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}
