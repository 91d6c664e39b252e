//! A slot of the station's configuration as TOML: its port, its meter, its relay, its thresholds.

mod sessions;

use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;
use v2x_charging::{Energy, MeterLimits, Policy, SlotConfig};
use v2x_roles::station::{SlotNumber, pzem};
use v2x_units::{Amps, WattHours, Watts};

use super::toml_file::Text;
use super::{Dialect, METER_INTERVAL, SlotSettings, Source};

/// A `[[slot]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SlotTable {
    number: Spanned<u8>,
    name: Option<String>,
    port: PathBuf,
    baud: Option<u32>,
    #[serde(default)]
    source: SourceWord,
    address: Option<Spanned<u8>>,
    poll_interval_s: Option<Spanned<f64>>,
    #[serde(default)]
    kind: KindWord,
    #[serde(default)]
    meter: MeterWord,
    power_max_w: Option<Spanned<f64>>,
    plug: Option<String>,
    tariff: Option<String>,
    relay: Option<Spanned<bool>>,
    #[serde(default)]
    policy: PolicyWord,
    start_a: Option<Spanned<f64>>,
    start_s: Option<Spanned<f64>>,
    stop_a: Option<Spanned<f64>>,
    stop_s: Option<Spanned<f64>>,
    minimum_wh: Option<u32>,
    idle_timeout_s: Option<Spanned<f64>>,
    keys: Option<PathBuf>,
    energy_limit_kwh: Option<Spanned<f64>>,
    sessions: Option<Spanned<sessions::Word>>,
    revocations: Option<Spanned<PathBuf>>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SourceWord {
    #[default]
    Board,
    Text,
    Framed,
    Pzem,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KindWord {
    #[default]
    Ev,
    Socket,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
enum MeterWord {
    #[default]
    #[serde(rename = "100A")]
    Of100A,
    #[serde(rename = "10A")]
    Of10A,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
enum PolicyWord {
    #[default]
    #[serde(rename = "free vend")]
    FreeVend,
    #[serde(rename = "known cars")]
    KnownCars,
    #[serde(rename = "operator")]
    Operator,
}

/// The settings of one slot.
pub(super) fn slot(source: Text<'_>, table: &Spanned<SlotTable>) -> Result<SlotSettings, String> {
    let slot = table.get_ref();
    let number = SlotNumber::new(*slot.number.get_ref());
    let number = number.ok_or_else(|| {
        let seen = slot.number.get_ref();
        source.wrong(
            &slot.number,
            format_args!("slot {seen}; the slots are 1 to 16"),
        )
    })?;
    let limits = match slot.meter {
        MeterWord::Of100A => MeterLimits::pzem_004t_100a(),
        MeterWord::Of10A => MeterLimits::pzem_004t_10a(),
    };
    let power_max = source.number("power_max_w", slot.power_max_w.as_ref(), 1.0, 23_000.0)?;
    Ok(SlotSettings {
        name: slot.name.clone(),
        baud: slot.baud,
        config: slot_config(source, slot)?,
        limits: match power_max {
            Some(power) => limits.on_slot_of(Watts::new(power)),
            None => limits,
        },
        plug: slot.plug.clone(),
        tariff: slot.tariff.clone(),
        keys: slot.keys.clone(),
        sessions: sessions::of(source, slot)?,
        revocations: sessions::revocations(source, slot)?,
        energy_limit: source
            .number(
                "energy_limit_kwh",
                slot.energy_limit_kwh.as_ref(),
                0.1,
                1000.0,
            )?
            .map(WattHours::from_kilowatt_hours),
        ..SlotSettings::on(number, slot.port.clone(), slot_source(source, slot)?)
    })
}

fn slot_source(source: Text<'_>, slot: &SlotTable) -> Result<Source, String> {
    let interval = source.seconds("poll_interval_s", slot.poll_interval_s.as_ref(), 0.2, 5.0)?;
    if slot.source != SourceWord::Pzem
        && let Some(address) = &slot.address
    {
        return Err(source.wrong(address, "only source = \"pzem\" has an address"));
    }
    Ok(match slot.source {
        SourceWord::Board => Source::Board(Dialect::Either),
        SourceWord::Text => Source::Board(Dialect::Text),
        SourceWord::Framed => Source::Board(Dialect::Framed),
        SourceWord::Pzem => {
            let address = match &slot.address {
                None => pzem::GENERAL_ADDRESS,
                Some(address) if pzem::is_address(*address.get_ref()) => *address.get_ref(),
                Some(address) => {
                    let seen = address.get_ref();
                    let problem = format_args!("address {seen}; a meter's address is 1 to 247");
                    return Err(source.wrong(address, problem));
                }
            };
            Source::Meter {
                address,
                interval: interval.unwrap_or(METER_INTERVAL),
            }
        }
    })
}

fn slot_config(source: Text<'_>, slot: &SlotTable) -> Result<SlotConfig, String> {
    let mut config = match slot.kind {
        KindWord::Ev => SlotConfig::ev(),
        KindWord::Socket => SlotConfig::small_device(),
    };
    config.policy = match slot.policy {
        PolicyWord::FreeVend => Policy::FreeVend,
        PolicyWord::KnownCars => Policy::KnownCars,
        PolicyWord::Operator => Policy::OperatorRelease,
    };
    if let Some(relay) = &slot.relay {
        config.has_relay = *relay.get_ref();
        if config.has_relay && slot.source != SourceWord::Framed {
            let right = "only a board with source = \"framed\" can move a relay";
            return Err(source.wrong(relay, right));
        }
    }
    let current = &mut config.current;
    let amperes =
        |key, value: &Option<Spanned<f64>>| source.number(key, value.as_ref(), 0.01, 100.0);
    let seconds =
        |key, value: &Option<Spanned<f64>>| source.seconds(key, value.as_ref(), 0.0, 3600.0);
    current.start = amperes("start_a", &slot.start_a)?.map_or(current.start, Amps::new);
    current.stop = amperes("stop_a", &slot.stop_a)?.map_or(current.stop, Amps::new);
    current.start_after = seconds("start_s", &slot.start_s)?.unwrap_or(current.start_after);
    current.stop_after = seconds("stop_s", &slot.stop_s)?.unwrap_or(current.stop_after);
    if current.stop >= current.start {
        let (start, stop) = (current.start.get(), current.stop.get());
        let at = slot.number.span().start;
        let problem = format!("stop_a {stop} must be below start_a {start}");
        return Err(source.wrong_at(at, problem));
    }
    let energy = |wh: u32| Energy::from_watt_hours(u64::from(wh));
    config.minimum_energy = slot.minimum_wh.map_or(config.minimum_energy, energy);
    let idle = source.seconds(
        "idle_timeout_s",
        slot.idle_timeout_s.as_ref(),
        1.0,
        86_400.0,
    )?;
    config.idle_timeout = idle.unwrap_or(config.idle_timeout);
    Ok(config)
}
