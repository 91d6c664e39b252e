//! The settings of a charging station, from the command line, a file and the environment.
//!
//! The order of precedence is that of the vehicle: command line, environment, file, default. A file
//! is TOML ([`toml_file`]) or the prototype's `evcs_config.txt` ([`prototype_file`]).

mod environment;
pub(crate) mod keys;
mod prototype_file;
mod slot_option;
mod slot_table;
mod toml_file;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use v2x_charging::{MeterLimits, SlotConfig};
use v2x_roles::station::{PortId, Sessions, SlotNumber, SlotSetup, StationSetup, pzem};
use v2x_store::Retention;
use v2x_tariff::{Tariff, parse_tariffs};
use v2x_units::{Position, WattHours};

use super::mqtt::{self, MqttArguments, MqttConfig, MqttFile};
use super::radio::RadioConfig;
use super::toml_file::retention;
use crate::cli;
use crate::failure::{Blame, Context as _, Failure};
pub(crate) use slot_option::SlotOption;

/// The prototype's boards speak at this speed.
const TEXT_BAUD: u32 = 115_200;
/// The framed link's speed (docs/protocol/link.md).
const FRAMED_BAUD: u32 = 921_600;
/// What the prototype's monitors sent by default.
const ROW_INTERVAL: Duration = Duration::from_secs(2);
/// How often a meter is asked; it renews its values about once a second.
const METER_INTERVAL: Duration = Duration::from_secs(1);
/// How long and how much the store keeps, as for the vehicle.
const KEEP_DAYS: u64 = 365;
const BUDGET_MB: u64 = 2048;
/// The prototype's price, where no tariff is configured.
const PROTOTYPE_PRICE: &str = "1.50";
/// The prototype's prices had no currency; it stands in Morocco.
const PROTOTYPE_CURRENCY: &str = "MAD";
const PROTOTYPE_PLUG: &str = "Type_F_schuko_3Kwh";

/// Everything `v2x station` needs to know.
#[derive(Debug)]
pub(crate) struct StationConfig {
    pub(crate) setup: StationSetup,
    pub(crate) lines: Vec<LineConfig>,
    /// Each tariff with the document that defines it.
    pub(crate) tariffs: Vec<(Tariff, String)>,
    pub(crate) out: PathBuf,
    pub(crate) row_interval: Duration,
    pub(crate) retention: Retention,
    /// Whether each slot is a device of its own at the server.
    pub(crate) gateway: bool,
    pub(crate) radio: RadioConfig,
    /// The slots that speak with cars.
    pub(crate) slot_radios: Vec<SlotRadio>,
    /// The revocation list for the controller of a slot.
    pub(crate) revocations: Vec<(SlotNumber, PathBuf)>,
    /// Where the monitor answers, if it is wanted.
    pub(crate) monitor: Option<SocketAddr>,
    pub(crate) mqtt: Option<MqttConfig>,
}

/// What a slot needs to speak with cars.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SlotRadio {
    pub(crate) slot: SlotNumber,
    /// The folder that `v2x keys enroll` made for it.
    pub(crate) keys: PathBuf,
    /// A session ends at so much.
    pub(crate) energy_limit: Option<WattHours>,
}

/// A serial line and what is on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LineConfig {
    pub(crate) path: PathBuf,
    pub(crate) baud: u32,
    pub(crate) speaker: Speaker,
}

/// What speaks on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Speaker {
    /// A slot board: text lines of the prototype, or frames of ours.
    Board(Dialect),
    /// Meters that are asked one after another, each with its address and slot.
    Meters {
        meters: Vec<(u8, SlotNumber)>,
        interval: Duration,
    },
}

/// How a slot board speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// As it turns out: the first whole line or frame decides.
    Either,
    /// Text lines only.
    Text,
    /// Frames only.
    Framed,
}

/// What is on a slot's line, as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Board(Dialect),
    Meter { address: u8, interval: Duration },
}

/// One slot as a file or an option describes it.
#[derive(Debug, Clone)]
struct SlotSettings {
    number: SlotNumber,
    name: Option<String>,
    path: PathBuf,
    baud: Option<u32>,
    source: Source,
    config: SlotConfig,
    limits: MeterLimits,
    plug: Option<String>,
    tariff: Option<String>,
    keys: Option<PathBuf>,
    energy_limit: Option<WattHours>,
    sessions: Sessions,
    revocations: Option<PathBuf>,
}

impl SlotSettings {
    /// An EV slot on a line, with the defaults of everything.
    fn on(number: SlotNumber, path: PathBuf, source: Source) -> Self {
        Self {
            number,
            name: None,
            path,
            baud: None,
            source,
            config: SlotConfig::ev(),
            limits: MeterLimits::pzem_004t_100a(),
            plug: None,
            tariff: None,
            keys: None,
            energy_limit: None,
            sessions: Sessions::Computer,
            revocations: None,
        }
    }
}

/// What a configuration file may say; everything can be left out.
#[derive(Debug, Default)]
pub(crate) struct FileSettings {
    name: Option<String>,
    position: Option<Position>,
    time_zone: Option<String>,
    fast_charge: bool,
    plug: Option<String>,
    out: Option<PathBuf>,
    row_interval: Option<Duration>,
    /// Days and megabytes that the store keeps; `None`: the defaults of the vehicle's.
    keep: (Option<u64>, Option<u64>),
    gateway: bool,
    /// The text of `tariffs.toml` with its name, or that of a single price.
    tariffs: Option<(String, String)>,
    slots: Vec<SlotSettings>,
    radio: RadioConfig,
    /// `Some(None)`: it is switched off.
    monitor: Option<Option<SocketAddr>>,
    mqtt: MqttFile,
    notes: Vec<String>,
}

impl StationConfig {
    /// Puts the settings together; `notes` are told to the person once logging runs.
    pub(crate) fn gather(arguments: &cli::Station) -> Result<(Self, Vec<String>), Failure> {
        let (config, notes, login) = Self::draft(arguments)?;
        login.map_or(Ok((config, notes)), Err)
    }

    /// As [`Self::gather`], also when the login cannot be read: then there is no broker, and the
    /// reason comes last.
    pub(crate) fn draft(
        arguments: &cli::Station,
    ) -> Result<(Self, Vec<String>, Option<Failure>), Failure> {
        let mut file = match &arguments.config {
            Some(path) => read_file(path)?,
            None => read_toml("", "environment", Path::new("."))?,
        };
        if !arguments.slots.is_empty() {
            file.slots = (arguments.slots.iter().map(SlotOption::settings)).collect();
        }
        if file.slots.is_empty() {
            return Err(Failure::new(Blame::Usage, "no slot is named")
                .hint("give --slot 1=PORT, or [[slot]] in the file of --config"));
        }
        file.slots.sort_by_key(|slot| slot.number);
        let out = (arguments.out.clone().or_else(|| file.out.clone())).ok_or_else(|| {
            Failure::new(Blame::Usage, "no folder for the data is named")
                .hint("give --out DIR, or station.out in the file of --config")
        })?;
        let from_command_line = MqttArguments {
            url: arguments.mqtt.as_deref(),
            token_file: arguments.token_file.as_deref(),
        };
        file.mqtt.of_station();
        let (mqtt, login) = match mqtt::gather(from_command_line, &file.mqtt, &mut file.notes) {
            Ok(mqtt) => (mqtt, None),
            Err(failure) => (None, Some(failure)),
        };
        let tariffs = gather_tariffs(&mut file)?;
        let (lines, ports) =
            lines(&file.slots).map_err(|problem| Failure::new(Blame::Configuration, problem))?;
        let setup = setup(&file, &ports, &tariffs)?;
        let (days, megabytes) = file.keep;
        let retention = retention(days.unwrap_or(KEEP_DAYS), megabytes.unwrap_or(BUDGET_MB))
            .blame(Blame::Configuration, "store")?;
        let config = Self {
            setup,
            lines,
            tariffs,
            out,
            row_interval: file.row_interval.unwrap_or(ROW_INTERVAL),
            retention,
            // Without ThingsBoard each slot has topics of its own.
            gateway: file.gateway || mqtt.as_ref().is_some_and(|mqtt| !mqtt.is_thingsboard()),
            slot_radios: file.slots.iter().filter_map(slot_radio).collect(),
            revocations: (file.slots.iter())
                .filter_map(|slot| Some((slot.number, slot.revocations.clone()?)))
                .collect(),
            radio: file.radio,
            monitor: file.monitor.unwrap_or_else(|| keys::MONITOR.parse().ok()),
            mqtt,
        };
        Ok((config, file.notes, login))
    }
}

fn slot_radio(slot: &SlotSettings) -> Option<SlotRadio> {
    Some(SlotRadio {
        slot: slot.number,
        keys: slot.keys.clone()?,
        energy_limit: slot.energy_limit,
    })
}

fn setup(
    file: &FileSettings,
    ports: &[PortId],
    tariffs: &[(Tariff, String)],
) -> Result<StationSetup, Failure> {
    let name = (file.name.clone()).unwrap_or_else(|| "ChargingStation".to_owned());
    let default = tariffs.first().map(|(tariff, _)| tariff.id.clone());
    let slot = |(slot, port): (&SlotSettings, &PortId)| {
        let tariff = slot.tariff.clone().or_else(|| default.clone());
        let tariff = tariff.unwrap_or_default();
        if !tariffs.iter().any(|(known, _)| known.id == tariff) {
            let known: Vec<_> = tariffs.iter().map(|(known, _)| &*known.id).collect();
            return Err(Failure::new(
                Blame::Configuration,
                format_args!("slot {} has the tariff `{tariff}`", slot.number),
            )
            .hint(format_args!("the tariffs are: {}", known.join(", "))));
        }
        Ok(SlotSetup {
            number: slot.number,
            name: (slot.name.clone()).unwrap_or_else(|| format!("{name} slot {}", slot.number)),
            port: *port,
            sessions: slot.sessions,
            energy_limit: slot.energy_limit,
            config: slot.config.clone(),
            limits: slot.limits.clone(),
            tariff,
            plug: (slot.plug.clone().or_else(|| file.plug.clone()))
                .unwrap_or_else(|| PROTOTYPE_PLUG.to_owned()),
        })
    };
    let slots = file.slots.iter().zip(ports).map(slot);
    let slots = slots.collect::<Result<Vec<_>, _>>()?;
    Ok(StationSetup {
        slots,
        position: file.position,
        time_zone: file.time_zone.clone().unwrap_or_else(|| "UTC".to_owned()),
        fast_charge: file.fast_charge,
        name,
    })
}

/// The lines of all slots, each once, and the line of each slot.
fn lines(slots: &[SlotSettings]) -> Result<(Vec<LineConfig>, Vec<PortId>), String> {
    let mut lines: Vec<LineConfig> = Vec::new();
    let mut ports = Vec::new();
    for (index, slot) in slots.iter().enumerate() {
        if slots[..index]
            .iter()
            .any(|other| other.number == slot.number)
        {
            return Err(format!("slot {} is named twice", slot.number));
        }
        let known = lines.iter().position(|line| line.path == slot.path);
        let place = known.unwrap_or(lines.len());
        let path = slot.path.display();
        match (lines.get_mut(place), &slot.source) {
            (None, Source::Board(dialect)) => lines.push(LineConfig {
                path: slot.path.clone(),
                baud: slot.baud.unwrap_or(match dialect {
                    Dialect::Framed => FRAMED_BAUD,
                    Dialect::Either | Dialect::Text => TEXT_BAUD,
                }),
                speaker: Speaker::Board(*dialect),
            }),
            (None, Source::Meter { address, interval }) => lines.push(LineConfig {
                path: slot.path.clone(),
                baud: slot.baud.unwrap_or(pzem::BAUD),
                speaker: Speaker::Meters {
                    meters: vec![(*address, slot.number)],
                    interval: *interval,
                },
            }),
            (Some(line), Source::Meter { address, .. }) => {
                let Speaker::Meters { meters, .. } = &mut line.speaker else {
                    return Err(format!(
                        "{path} has a board and a meter; it must be one of them"
                    ));
                };
                let taken = |(other, _): &(u8, SlotNumber)| {
                    [*other, *address].contains(&pzem::GENERAL_ADDRESS) || other == address
                };
                if meters.iter().any(taken) {
                    return Err(format!(
                        "{path} has several meters, and slot {} asks address {address}; each needs \
                         an address of its own, 1 to 247",
                        slot.number
                    ));
                }
                meters.push((*address, slot.number));
            }
            (Some(line), Source::Board(_)) => {
                if !matches!(line.speaker, Speaker::Board(_)) {
                    return Err(format!(
                        "{path} has a board and a meter; it must be one of them"
                    ));
                }
            }
        }
        ports.push(PortId(place));
    }
    Ok((lines, ports))
}

fn gather_tariffs(file: &mut FileSettings) -> Result<Vec<(Tariff, String)>, Failure> {
    let (name, document) = file.tariffs.take().unwrap_or_else(|| {
        file.notes.push(format!(
            "no tariff is configured: the prototype's {PROTOTYPE_PRICE} {PROTOTYPE_CURRENCY} \
             per kWh holds"
        ));
        let document = single_price(PROTOTYPE_PRICE, PROTOTYPE_CURRENCY);
        ("cost_per_kwh".to_owned(), document)
    });
    let tariffs = parse_tariffs(&name, &document).blame(Blame::Configuration, "tariffs")?;
    if tariffs.is_empty() {
        let failure = Failure::new(Blame::Configuration, format_args!("{name} has no tariff"));
        return Err(failure.hint("write at least one [[tariff]] into it"));
    }
    let with_document = |tariff| (tariff, document.clone());
    Ok(tariffs.into_iter().map(with_document).collect())
}

/// The document of the simplest tariff; the price keeps its digits.
fn single_price(price: &str, currency: &str) -> String {
    format!(
        "[[tariff]]\nid = \"cost_per_kwh\"\nversion = \"{price} {currency}\"\n\
         currency = \"{currency}\"\nper_kwh = {price}\n"
    )
}

/// Reads a configuration file: TOML by its name, otherwise the prototype's form.
pub(crate) fn read_file(path: &Path) -> Result<FileSettings, Failure> {
    let reading = format!("configuration {}", path.display());
    let text = std::fs::read_to_string(path).blame(Blame::Configuration, &reading)?;
    let is_toml = path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
    if !is_toml {
        return prototype_file::parse(&text)
            .blame(Blame::Configuration, &reading)
            .map_err(|failure| {
                failure
                    .hint("a file that ends in .toml is read as TOML, any other as evcs_config.txt")
            });
    }
    read_toml(&text, &reading, path.parent().unwrap_or(Path::new(".")))
}

/// A TOML text with the environment in it.
pub(crate) fn with_environment(text: &str, reading: &str) -> Result<String, Failure> {
    environment::overlay(text, |name| std::env::var(name).ok()).blame(Blame::Configuration, reading)
}

/// Reads a TOML text with the environment before it; `folder` is where its tariffs are.
fn read_toml(text: &str, reading: &str, folder: &Path) -> Result<FileSettings, Failure> {
    let text = with_environment(text, reading)?;
    let (mut file, tariffs) = toml_file::parse(&text).blame(Blame::Configuration, reading)?;
    if let Some(tariffs) = tariffs {
        let beside = folder.join(tariffs);
        let name = beside.display().to_string();
        let text = std::fs::read_to_string(&beside).blame(Blame::Configuration, &name)?;
        file.tariffs = Some((name, text));
    }
    Ok(file)
}
