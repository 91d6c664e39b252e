//! The station's configuration as TOML. Unknown keys and wrong values are refused with their line.

mod sessions;

use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZoneDatabase;
use serde::Deserialize;
use toml::Spanned;
use v2x_charging::{Energy, MeterLimits, Policy, SlotConfig};
use v2x_roles::station::{SlotNumber, pzem};
use v2x_units::{Amps, Degrees, Position, WattHours, Watts};

use super::super::keys::{Listen, MqttTable};
use super::super::toml_file::retention;
use super::environment;
use super::{Dialect, FileSettings, METER_INTERVAL, PROTOTYPE_CURRENCY, SlotSettings, Source};
use crate::config::radio::{AirWord, RadioConfig};
use crate::keys::TrustPolicy;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    station: StationTable,
    #[serde(default)]
    slot: Vec<Spanned<SlotTable>>,
    #[serde(default)]
    store: StoreTable,
    #[serde(default)]
    radio: RadioTable,
    #[serde(default)]
    monitor: MonitorTable,
    #[serde(default)]
    mqtt: MqttTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoreTable {
    keep_days: Option<Spanned<u64>>,
    budget_mb: Option<Spanned<u64>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct StationTable {
    name: Option<String>,
    latitude: Option<Spanned<f64>>,
    longitude: Option<Spanned<f64>>,
    time_zone: Option<Spanned<String>>,
    fast_charge: Option<bool>,
    out: Option<PathBuf>,
    row_interval_s: Option<Spanned<f64>>,
    gateway: Option<bool>,
    tariffs: Option<PathBuf>,
    cost_per_kwh: Option<Spanned<toml::Value>>,
    currency: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SlotTable {
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
}

/// As the vehicle's, without the folder of keys: each slot has its own.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RadioTable {
    port: Option<PathBuf>,
    air: Option<AirWord>,
    udp_group: Option<SocketAddrV4>,
    udp_interface: Option<Ipv4Addr>,
    accept_without_clock: Option<bool>,
    fresh_revocations: Option<bool>,
    legacy: Option<bool>,
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

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct MonitorTable {
    listen: Option<Listen>,
}

/// The text, to find the line of a place in it.
#[derive(Clone, Copy)]
struct Text<'a>(&'a str);

impl Text<'_> {
    fn wrong<T>(self, at: &Spanned<T>, problem: impl std::fmt::Display) -> String {
        self.wrong_at(at.span().start, problem)
    }

    fn wrong_at(self, offset: usize, problem: impl std::fmt::Display) -> String {
        format!("{}: {problem}", environment::place(self.0, offset))
    }

    fn number(
        self,
        key: &str,
        value: Option<&Spanned<f64>>,
        low: f64,
        high: f64,
    ) -> Result<Option<f64>, String> {
        let Some(value) = value else {
            return Ok(None);
        };
        let seen = *value.get_ref();
        if (low..=high).contains(&seen) {
            return Ok(Some(seen));
        }
        Err(self.wrong(
            value,
            format_args!("{key} is {seen}; it must be {low} to {high}"),
        ))
    }

    fn seconds(
        self,
        key: &str,
        value: Option<&Spanned<f64>>,
        low: f64,
        high: f64,
    ) -> Result<Option<Duration>, String> {
        let seconds = self.number(key, value, low, high)?;
        Ok(seconds.map(Duration::from_secs_f64))
    }
}

/// Parses the text of a TOML configuration; the path of `tariffs.toml` comes beside it.
pub(super) fn parse(text: &str) -> Result<(FileSettings, Option<PathBuf>), String> {
    let source = Text(text);
    let document: Document = toml::from_str(text).map_err(|error| {
        // The error's own text quotes the line, which may hold a secret at a wrong place.
        let at = error.span().map_or(0, |span| span.start);
        source.wrong_at(at, error.message())
    })?;
    let station = document.station;
    let mut file = FileSettings {
        position: position(source, &station)?,
        time_zone: station
            .time_zone
            .as_ref()
            .map(|zone| time_zone(source, zone))
            .transpose()?,
        row_interval: source.seconds(
            "row_interval_s",
            station.row_interval_s.as_ref(),
            0.1,
            600.0,
        )?,
        tariffs: single_price(source, &station)?,
        name: station.name,
        fast_charge: station.fast_charge.unwrap_or(false),
        out: station.out,
        gateway: station.gateway.unwrap_or(false),
        monitor: document.monitor.listen.map(|listen| listen.0),
        mqtt: document.mqtt.into(),
        keep: keep(source, &document.store)?,
        radio: radio(document.radio)?,
        ..FileSettings::default()
    };
    for table in &document.slot {
        file.slots.push(slot(source, table)?);
    }
    Ok((file, station.tariffs))
}

/// Days and megabytes, each refused at its line.
fn keep(source: Text<'_>, store: &StoreTable) -> Result<(Option<u64>, Option<u64>), String> {
    let days = store.keep_days.as_ref();
    let megabytes = store.budget_mb.as_ref();
    if let Some(days) = days {
        retention(*days.get_ref(), 0).map_err(|problem| source.wrong(days, problem))?;
    }
    if let Some(megabytes) = megabytes {
        retention(0, *megabytes.get_ref()).map_err(|problem| source.wrong(megabytes, problem))?;
    }
    let number = |value: &Spanned<u64>| *value.get_ref();
    Ok((days.map(number), megabytes.map(number)))
}

fn radio(table: RadioTable) -> Result<RadioConfig, String> {
    let radio = RadioConfig {
        port: table.port,
        air: table.air.unwrap_or_default(),
        group: table.udp_group,
        interface: table.udp_interface,
        keys: None,
        policy: TrustPolicy {
            without_clock: table.accept_without_clock.unwrap_or_default(),
            fresh_revocations: table.fresh_revocations.unwrap_or_default(),
        },
        legacy: table.legacy.unwrap_or_default(),
    };
    radio.check()?;
    Ok(radio)
}

fn position(source: Text<'_>, station: &StationTable) -> Result<Option<Position>, String> {
    match (&station.latitude, &station.longitude) {
        (None, None) => Ok(None),
        (Some(latitude), Some(longitude)) => {
            let (north, east) = (*latitude.get_ref(), *longitude.get_ref());
            Position::new(Degrees::new(north), Degrees::new(east))
                .map(Some)
                .map_err(|error| source.wrong(latitude, error))
        }
        (Some(one), None) | (None, Some(one)) => {
            Err(source.wrong(one, "latitude and longitude must both be given, or neither"))
        }
    }
}

fn time_zone(source: Text<'_>, zone: &Spanned<String>) -> Result<String, String> {
    let name = zone.get_ref();
    match TimeZoneDatabase::bundled().get(name) {
        Ok(_) => Ok(name.clone()),
        Err(_) => Err(source.wrong(
            zone,
            format_args!("`{name}` is no IANA time zone; it must be one as \"Africa/Casablanca\""),
        )),
    }
}

/// The document of a single price, in the digits of the file.
fn single_price(
    source: Text<'_>,
    station: &StationTable,
) -> Result<Option<(String, String)>, String> {
    let Some(price) = &station.cost_per_kwh else {
        return Ok(None);
    };
    if station.tariffs.is_some() {
        return Err(source.wrong(price, "cost_per_kwh and tariffs are both given; keep one"));
    }
    let digits = source.0.get(price.span()).unwrap_or_default();
    let currency = station
        .currency
        .as_ref()
        .map_or(PROTOTYPE_CURRENCY, |c| c.get_ref());
    let document = super::single_price(digits, currency);
    match v2x_tariff::parse_tariffs("cost_per_kwh", &document) {
        Ok(_) => Ok(Some(("cost_per_kwh".to_owned(), document))),
        Err(error) => Err(source.wrong(price, format_args!("{}; {}", error.seen, error.right))),
    }
}

fn slot(source: Text<'_>, table: &Spanned<SlotTable>) -> Result<SlotSettings, String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_take_their_kind_source_and_thresholds() {
        let (file, tariffs) = parse(
            "[station]\nname = \"Yard\"\ntime_zone = \"Africa/Casablanca\"\n\
             tariffs = \"tariffs.toml\"\ngateway = true\n\
             [[slot]]\nnumber = 1\nport = \"/dev/a\"\nsource = \"framed\"\nrelay = true\n\
             policy = \"operator\"\n\
             [[slot]]\nnumber = 2\nport = \"/dev/b\"\nkind = \"socket\"\nsource = \"pzem\"\n\
             address = 5\nmeter = \"10A\"\nstart_a = 0.2\n",
        )
        .unwrap();
        assert_eq!(tariffs, Some("tariffs.toml".into()));
        assert!(file.gateway);
        let [first, second] = &file.slots[..] else {
            panic!("two slots")
        };
        assert!(first.config.has_relay);
        assert_eq!(first.config.policy, Policy::OperatorRelease);
        assert_eq!(second.config.current.start, Amps::new(0.2));
        let source = Source::Meter {
            address: 5,
            interval: METER_INTERVAL,
        };
        assert_eq!(second.source, source);
    }

    #[test]
    fn wrong_settings_are_refused_with_line_and_what_is_right() {
        let slot = "[[slot]]\nnumber = 1\nport = \"/dev/a\"\n";
        for (text, line, right) in [
            (
                "[station]\nnam = 1\n".to_owned(),
                "line 2",
                "expected one of",
            ),
            (
                "[station]\ntime_zone = \"Mars\"\n".to_owned(),
                "line 2",
                "IANA",
            ),
            ("[station]\nlatitude = 1.0\n".to_owned(), "line 2", "both"),
            (
                "[station]\ncost_per_kwh = -1\n".to_owned(),
                "line 2",
                "price",
            ),
            ("[mqtt]\nurl = \"host\"\n".to_owned(), "line 2", "mqtt://"),
            (
                "[[slot]]\nnumber = 17\nport = \"a\"\n".to_owned(),
                "line 2",
                "1 to 16",
            ),
            (format!("{slot}relay = true\n"), "line 4", "framed"),
            (format!("{slot}address = 3\n"), "line 4", "pzem"),
            (
                "[store]\nkeep_days = 40000\n".to_owned(),
                "line 2",
                "0 to 36500",
            ),
            (
                format!("{slot}source = \"pzem\"\naddress = 250\n"),
                "line 5",
                "1 to 247",
            ),
            (format!("{slot}start_a = 0.1\n"), "line 2", "below start_a"),
            (format!("{slot}stop_s = -1.0\n"), "line 4", "0 to 3600"),
            (
                format!("{slot}policy = \"anyone\"\n"),
                "line 4",
                "free vend",
            ),
        ] {
            let said = parse(&text).unwrap_err();
            assert!(
                said.contains(line) && said.contains(right),
                "{text}\n{said}"
            );
        }
    }

    #[test]
    fn single_price_keeps_the_digits_of_the_file() {
        let (file, _) = parse("[station]\ncost_per_kwh = 1.10\ncurrency = \"EUR\"\n").unwrap();
        let (_, document) = file.tariffs.unwrap();
        assert!(document.contains("per_kwh = 1.10\n"), "{document}");
        assert!(document.contains("currency = \"EUR\""), "{document}");
    }
}
