//! The settings of the vehicle computer, from the command line, a file and the environment.
//!
//! The order of precedence is: command line, environment, file, built-in default. Files are TOML
//! ([`toml_file`], its keys in [`keys`]) or the prototype's `mqtt_config.txt` ([`prototype_file`]).
//! Nothing here opens a port or a connection; secrets are read last and never printed.

mod collector_address;
mod dashboard;
pub(crate) mod hub;
pub(crate) mod keys;
mod mqtt;
mod prototype_file;
pub(crate) mod radio;
pub(crate) mod remote;
pub(crate) mod station;
mod toml_file;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use v2x_roles::vehicle::AlarmLimits;
use v2x_roles::vehicle::radio::V2gSettings;
use v2x_store::Retention;

use crate::cli;
use crate::failure::{Blame, Context as _, Failure, read_text};

pub(crate) use collector_address::CollectorAddress;
pub(crate) use dashboard::DashboardConfig;
pub(crate) use mqtt::MqttConfig;
use mqtt::{MqttArguments, MqttFile};
use radio::RadioConfig;
use remote::RemoteConfig;

/// Everything `v2x vehicle` needs to know.
#[derive(Debug)]
pub(crate) struct VehicleConfig {
    pub(crate) collector: CollectorAddress,
    /// The speed of a serial collector; `None`: the usual ones are tried.
    pub(crate) baud: Option<u32>,
    pub(crate) out: PathBuf,
    pub(crate) row_interval: Duration,
    pub(crate) dbc: Option<PathBuf>,
    pub(crate) vss: Option<PathBuf>,
    /// How long rows wait for a time that can be trusted.
    pub(crate) time_wait: Duration,
    pub(crate) recording: RecordingConfig,
    pub(crate) retention: Retention,
    pub(crate) radio: RadioConfig,
    pub(crate) v2g: V2gSettings,
    pub(crate) alarms: AlarmLimits,
    pub(crate) remote: RemoteConfig,
    /// Where the monitor answers, if it is wanted.
    pub(crate) monitor: Option<SocketAddr>,
    pub(crate) dashboard: DashboardConfig,
    pub(crate) mqtt: Option<MqttConfig>,
}

/// How files are recorded; sizes in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RecordingConfig {
    /// A raw log ends at this size.
    pub(crate) rotate_bytes: u64,
    /// A raw log ends at this age.
    pub(crate) rotate_after: Duration,
    /// Whether closed raw logs are compressed.
    pub(crate) compress: bool,
    /// What all raw logs together may take.
    pub(crate) budget_bytes: u64,
    /// What all tables of earlier days together may take.
    pub(crate) tables_bytes: u64,
    /// What stays free on the disk.
    pub(crate) reserve_bytes: u64,
    /// The bound of `can_data.csv`; 0: none is written.
    pub(crate) can_data_bytes: u64,
}

/// What a configuration file may say; everything can be left out.
#[derive(Debug, Default)]
pub(crate) struct FileConfig {
    collector: Option<PathBuf>,
    baud: Option<u32>,
    out: Option<PathBuf>,
    row_interval: Option<Duration>,
    dbc: Option<PathBuf>,
    vss: Option<PathBuf>,
    time_wait: Duration,
    recording: RecordingConfig,
    retention: Retention,
    radio: RadioConfig,
    v2g: V2gSettings,
    alarms: AlarmLimits,
    remote: RemoteConfig,
    monitor: Option<SocketAddr>,
    dashboard: keys::DashboardTable,
    mqtt: MqttFile,
    notes: Vec<String>,
}

impl VehicleConfig {
    /// Puts the settings together; `notes` are told to the person once logging runs.
    pub(crate) fn gather(arguments: &cli::Vehicle) -> Result<(Self, Vec<String>), Failure> {
        let (config, notes, login) = Self::draft(arguments)?;
        login.map_or(Ok((config, notes)), Err)
    }

    /// As [`Self::gather`], also when the login cannot be read: then there is no broker, and the
    /// reason comes last.
    pub(crate) fn draft(
        arguments: &cli::Vehicle,
    ) -> Result<(Self, Vec<String>, Option<Failure>), Failure> {
        let mut file = match &arguments.config {
            Some(path) => read_file(path)?,
            None => settings("", "environment")?,
        };
        let needed = |what: &str, option: &str, key: &str| {
            Failure::new(Blame::Usage, format_args!("no {what} is named")).hint(format_args!(
                "give {option}, or {key} in the file of --config"
            ))
        };
        let from_command_line = MqttArguments {
            url: arguments.mqtt.as_deref(),
            token_file: arguments.token_file.as_deref(),
        };
        let (mqtt, login) = match mqtt::gather(from_command_line, &file.mqtt, &mut file.notes) {
            Ok(mqtt) => (mqtt, None),
            Err(failure) => (None, Some(failure)),
        };
        let config = Self {
            collector: (arguments.collector.clone().or(file.collector))
                .map(CollectorAddress::from)
                .ok_or_else(|| needed("collector port", "--collector PORT", "vehicle.collector"))?,
            baud: arguments.baud.or(file.baud),
            out: (arguments.out.clone().or(file.out))
                .ok_or_else(|| needed("folder for the data", "--out DIR", "vehicle.out"))?,
            row_interval: file.row_interval.expect("the key has a default"),
            dbc: arguments.dbc.clone().or(file.dbc),
            vss: arguments.vss.clone().or(file.vss),
            time_wait: file.time_wait,
            recording: file.recording,
            retention: file.retention,
            radio: file.radio,
            v2g: file.v2g,
            alarms: file.alarms,
            remote: file.remote,
            monitor: file.monitor,
            dashboard: DashboardConfig::of(file.dashboard)
                .blame(Blame::Configuration, "configuration")?,
            mqtt,
        };
        Ok((config, file.notes, login))
    }
}

/// For whom a file of settings is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Vehicle,
    Station,
    Hub,
}

/// For whom a file is, by its tables or, in the prototype's form, by its keys. What is wrong in it
/// is told when it is read as such.
pub(crate) fn role_of_file(path: &Path) -> Result<Role, Failure> {
    let text = read_text(Blame::Configuration, "configuration", path)?;
    let is_of_station = |line: &str| {
        let line = line.trim_start();
        [
            "[station]",
            "[[slot]]",
            "evcs_",
            "cost_per_kwh",
            "plug_type",
        ]
        .iter()
        .any(|begin| line.starts_with(begin))
    };
    let is_of_hub = |line: &str| {
        let line = line.trim();
        line == "[hub]" || line == "[endpoint]"
    };
    if text.lines().any(is_of_hub) {
        return Ok(Role::Hub);
    }
    Ok(match text.lines().any(is_of_station) {
        true => Role::Station,
        false => Role::Vehicle,
    })
}

/// Reads a configuration file: TOML by its name, otherwise the prototype's form.
pub(crate) fn read_file(path: &Path) -> Result<FileConfig, Failure> {
    let reading = format!("configuration {}", path.display());
    let text = read_text(Blame::Configuration, "configuration", path)?;
    if is_toml(path) {
        return settings(&text, &reading);
    }
    let prototype = prototype_file::parse(&text)
        .blame(Blame::Configuration, &reading)
        .map_err(|failure| {
            failure.hint("a file that ends in .toml is read as TOML, any other as mqtt_config.txt")
        })?;
    let others = settings("", "environment")?;
    Ok(FileConfig {
        mqtt: prototype.mqtt,
        row_interval: prototype.row_interval.or(others.row_interval),
        notes: prototype.notes,
        ..others
    })
}

/// Whether a file is read as TOML, by its name.
pub(crate) fn is_toml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("toml"))
}

/// The settings of a TOML text, of the environment and of the defaults.
fn settings(text: &str, reading: &str) -> Result<FileConfig, Failure> {
    toml_file::parse(text, |name| std::env::var(name).ok()).blame(Blame::Configuration, reading)
}
