//! The station's configuration as TOML. Unknown keys and wrong values are refused with their line.
//! Its slots are in [`super::slot_table`].

use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZoneDatabase;
use serde::Deserialize;
use toml::Spanned;
use v2x_units::{Degrees, Position};

use super::super::keys::{DashboardTable, Listen, MqttTable};
use super::super::toml_file::retention;
use super::environment;
use super::slot_table::{SlotTable, slot};
use super::{FileSettings, PROTOTYPE_CURRENCY};
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
    dashboard: DashboardTable,
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

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct MonitorTable {
    listen: Option<Listen>,
}

/// The text, to find the line of a place in it.
#[derive(Clone, Copy)]
pub(super) struct Text<'a>(&'a str);

impl Text<'_> {
    pub(super) fn wrong<T>(self, at: &Spanned<T>, problem: impl std::fmt::Display) -> String {
        self.wrong_at(at.span().start, problem)
    }

    pub(super) fn wrong_at(self, offset: usize, problem: impl std::fmt::Display) -> String {
        format!("{}: {problem}", environment::place(self.0, offset))
    }

    pub(super) fn number(
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

    pub(super) fn seconds(
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
        dashboard: document.dashboard,
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

#[cfg(test)]
mod tests {
    use v2x_charging::Policy;
    use v2x_units::Amps;

    use super::*;
    use crate::config::station::{METER_INTERVAL, Source};

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
