//! The configuration as TOML, with the environment before it and the defaults behind it.
//!
//! Unknown keys and wrong values are refused with their line, or with the name of the variable.
//! The keys themselves are in [`super::keys`].

use std::ops::RangeInclusive;
use std::time::Duration;

use v2x_roles::vehicle::AlarmLimits;
use v2x_roles::vehicle::radio::V2gSettings;
use v2x_store::Retention;
use v2x_units::{Amps, Celsius, StateOfCharge, Volts, WattHours};

use super::keys::{AlarmsTable, Document, KEYS, Key, Kind, RadioTable, RecordingTable, V2gTable};
use super::radio::RadioConfig;
use super::remote::RemoteConfig;
use super::{FileConfig, RecordingConfig};
use crate::keys::TrustPolicy;

/// The shortest interval between merged rows: faster than the slowest signals change is waste. The
/// longest: ThingsBoard shows a device as inactive after ten minutes of silence.
const ROW_INTERVAL_S: RangeInclusive<f64> = 0.1..=600.0;
/// Waiting longer than a day for the time helps nobody.
const TIME_WAIT_S: RangeInclusive<f64> = 0.0..=86_400.0;
/// Kilowatt hours and amperes of light electric vehicles.
const TENTH_TO_HUNDRED: RangeInclusive<f64> = 0.1..=100.0;
/// What can be wrong with a battery at all: volts between cells, degrees, percent.
const CELL_SPREAD_V: RangeInclusive<f64> = 0.01..=5.0;
const HOT_C: RangeInclusive<f64> = 0.0..=100.0;
const COLD_C: RangeInclusive<f64> = -40.0..=40.0;
const PERCENT: RangeInclusive<f64> = 0.0..=100.0;
/// Bytes in a megabyte, as disks are sold.
const MB: u64 = 1_000_000;

/// Puts a file's text, the environment and the defaults together; the environment wins.
pub(super) fn parse(
    text: &str,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<FileConfig, String> {
    let mut document = Document::default();
    for key in KEYS {
        let variable = key.variable();
        if let Some(value) = environment(&variable) {
            let given = single(key, &value).map_err(|error| format!("{variable}: {error}"))?;
            document = document.or(given);
        }
    }
    with_defaults(document.or(read(text)?))
}

/// What a file would say that has this one value; checked as a file is.
pub(super) fn with_one(key: &Key, value: &toml::Value) -> Result<FileConfig, String> {
    let tables = [(key.name.to_owned(), value.clone())];
    let table = toml::Value::Table(tables.into_iter().collect());
    let file: toml::Table = [(key.table.to_owned(), table)].into_iter().collect();
    let document = file.try_into::<Document>();
    with_defaults(document.map_err(|error| format!("{}: {}", key.path(), error.message()))?)
}

fn with_defaults(mut document: Document) -> Result<FileConfig, String> {
    for key in KEYS.iter().filter(|key| !key.default.is_empty()) {
        document = document.or(single(key, key.default)?);
    }
    checked(document)
}

fn read(text: &str) -> Result<Document, String> {
    toml::from_str(text).map_err(|error| {
        // The error's own text quotes the line, which may hold a secret at a wrong place.
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        format!("line {line}: {}", error.message())
    })
}

/// A document with one value, written as in the environment: text without quotation marks.
fn single(key: &Key, value: &str) -> Result<Document, String> {
    let value = match key.kind {
        Kind::Number | Kind::Flag => value.to_owned(),
        _ => toml::Value::String(value.to_owned()).to_string(),
    };
    let text = format!("[{}]\n{} = {value}\n", key.table, key.name);
    let document = toml::from_str(&text);
    document.map_err(|error: toml::de::Error| error.message().to_owned())
}

fn checked(document: Document) -> Result<FileConfig, String> {
    let Document {
        vehicle,
        time,
        recording,
        store,
        radio,
        v2g,
        alarms,
        remote,
        monitor,
        dashboard,
        mqtt,
    } = document;
    let seconds = |name, value: Option<f64>, range| {
        let value = value.map(|value| within(name, value, range)).transpose()?;
        Ok::<_, String>(value.map(Duration::from_secs_f64))
    };
    Ok(FileConfig {
        collector: vehicle.collector,
        baud: vehicle.baud,
        out: vehicle.out,
        row_interval: vehicle.row_interval_s.map(interval).transpose()?,
        dbc: vehicle.dbc,
        vss: vehicle.vss,
        time_wait: seconds("time.wait_s", time.wait_s, TIME_WAIT_S)?.unwrap_or_default(),
        recording: checked_recording(&recording)?,
        retention: retention(
            store.keep_days.unwrap_or_default(),
            store.budget_mb.unwrap_or_default(),
        )?,
        radio: checked_radio(radio)?,
        v2g: checked_v2g(&v2g)?,
        alarms: checked_alarms(&alarms)?,
        remote: RemoteConfig {
            settings: remote.settings.unwrap_or_default(),
            commands: remote.commands.unwrap_or_default(),
            vin_in_clear: remote.vin_in_clear.unwrap_or_default(),
        },
        monitor: monitor.listen.and_then(|listen| listen.0),
        dashboard,
        mqtt: mqtt.into(),
        ..FileConfig::default()
    })
}

fn checked_recording(table: &RecordingTable) -> Result<RecordingConfig, String> {
    let number = |name, value: Option<u64>, range| within(name, value.unwrap_or_default(), range);
    // The largest is a petabyte, so that no size overflows.
    let any = 0..=1_000_000_000;
    let rotate_min = number("recording.rotate_min", table.rotate_min, 1..=1440)?;
    Ok(RecordingConfig {
        rotate_bytes: MB * number("recording.rotate_mb", table.rotate_mb, 1..=4096)?,
        rotate_after: Duration::from_secs(60 * rotate_min),
        compress: table.compress.unwrap_or_default(),
        budget_bytes: MB * number("recording.budget_mb", table.budget_mb, any.clone())?,
        tables_bytes: MB * number("recording.tables_mb", table.tables_mb, any.clone())?,
        reserve_bytes: MB * number("recording.reserve_mb", table.reserve_mb, any.clone())?,
        can_data_bytes: MB * number("recording.can_data_mb", table.can_data_mb, any)?,
    })
}

/// How long and how much the store keeps; a zero sets no bound.
pub(super) fn retention(keep_days: u64, budget_mb: u64) -> Result<Retention, String> {
    let days = within("store.keep_days", keep_days, 0..=36_500)?;
    let megabytes = within("store.budget_mb", budget_mb, 0..=1_000_000_000)?;
    Ok(Retention {
        age: (days > 0).then(|| Duration::from_secs(days * 86_400)),
        bytes: (megabytes > 0).then_some(megabytes * MB),
    })
}

fn checked_radio(table: RadioTable) -> Result<RadioConfig, String> {
    let radio = RadioConfig {
        port: table.port,
        air: table.air.unwrap_or_default(),
        group: table.udp_group,
        interface: table.udp_interface,
        keys: table.keys,
        policy: TrustPolicy {
            without_clock: table.accept_without_clock.unwrap_or_default(),
            fresh_revocations: table.fresh_revocations.unwrap_or_default(),
        },
        legacy: table.legacy.unwrap_or_default(),
    };
    radio.check()?;
    Ok(radio)
}

fn checked_v2g(table: &V2gTable) -> Result<V2gSettings, String> {
    let number = |name, value: Option<f64>| {
        let value = value.map(|value| within(name, value, TENTH_TO_HUNDRED));
        value.transpose()
    };
    let capacity = number("v2g.battery_kwh", table.battery_kwh)?;
    let max_current = number("v2g.max_current_a", table.max_current_a)?;
    let desired_soc = (table.desired_soc)
        .map(|value| within("v2g.desired_soc", value, 1.0..=100.0))
        .transpose()?;
    Ok(V2gSettings {
        capacity: capacity.map(WattHours::from_kilowatt_hours),
        max_current: max_current.map(Amps::new),
        cost_limit: table.cost_limit.map(|amount| amount.0),
        desired_soc: desired_soc.and_then(StateOfCharge::from_percent),
        battery_data: table.battery_data.unwrap_or_default(),
        call_when_parked: table.call_when_parked.unwrap_or_default(),
    })
}

fn checked_alarms(table: &AlarmsTable) -> Result<AlarmLimits, String> {
    let usual = AlarmLimits::default();
    let number =
        |name, value: Option<f64>, usual, range| within(name, value.unwrap_or(usual), range);
    let spread = usual.cell_spread.get();
    let spread = number(
        "alarms.cell_spread_v",
        table.cell_spread_v,
        spread,
        CELL_SPREAD_V,
    )?;
    let hot = number("alarms.hot_c", table.hot_c, usual.hot.get(), HOT_C)?;
    let cold = number("alarms.cold_c", table.cold_c, usual.cold.get(), COLD_C)?;
    let low = usual.low_charge.percent();
    let low = number(
        "alarms.low_charge_percent",
        table.low_charge_percent,
        low,
        PERCENT,
    )?;
    Ok(AlarmLimits {
        cell_spread: Volts::new(spread),
        hot: Celsius::new(hot),
        cold: Celsius::new(cold),
        low_charge: StateOfCharge::from_percent(low).unwrap_or(usual.low_charge),
    })
}

/// Checks an interval between merged rows.
pub(super) fn interval(seconds: f64) -> Result<Duration, String> {
    within("the interval between rows", seconds, ROW_INTERVAL_S).map(Duration::from_secs_f64)
}

fn within<T>(name: &str, value: T, range: RangeInclusive<T>) -> Result<T, String>
where
    T: PartialOrd + std::fmt::Display,
{
    if range.contains(&value) {
        Ok(value)
    } else {
        let (low, high) = range.into_inner();
        Err(format!("{name} is {value}; it must be {low} to {high}"))
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<FileConfig, String> {
        super::parse(text, |_| None)
    }

    #[test]
    fn unknown_key_is_refused_with_its_line() {
        let error = parse("[vehicle]\nout = \"data\"\nspeed = 3\n").unwrap_err();
        assert!(
            error.contains("line 3") && error.contains("speed"),
            "{error}"
        );
    }

    #[test]
    fn secret_at_a_wrong_place_is_not_repeated() {
        for text in [
            "[mqtt]\ntoken = \"s3cret\"\n",
            "[mqtt]\ntoken_file = s3cret\n",
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with("line 2: "), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn broker_url_without_scheme_is_refused_with_its_line() {
        let error = parse("[mqtt]\n\nurl = \"broker:1883\"\n").unwrap_err();
        assert!(error.starts_with("line 3: mqtt.url"), "{error}");
    }

    #[test]
    fn topic_prefix_and_form_that_cannot_be_are_refused_with_their_line() {
        for (prefix, said) in [
            ("fleet/+", "wildcard"),
            ("fleet//7", "empty level"),
            ("$SYS", "begins with $"),
            ("a\\u0000", "control character"),
        ] {
            let error = parse(&format!("[mqtt]\ntopic_prefix = \"{prefix}\"\n")).unwrap_err();
            assert!(error.starts_with("line 2: mqtt.topic_prefix"), "{error}");
            assert!(error.contains(said), "{error}");
        }
        let error = parse("[mqtt]\nform = \"sparkplug\"\n").unwrap_err();
        assert!(error.contains("`thingsboard` or `vss`"), "{error}");
    }

    #[test]
    fn number_outside_its_range_is_refused_with_the_range() {
        for (text, range) in [
            ("[vehicle]\nrow_interval_s = 0\n", "0.1 to 600"),
            ("[time]\nwait_s = -1\n", "0 to 86400"),
            ("[recording]\nrotate_mb = 0\n", "1 to 4096"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(range), "{error}");
        }
    }

    #[test]
    fn empty_file_leaves_the_defaults_that_the_keys_state() {
        let config = parse("").unwrap();
        assert!(config.collector.is_none() && config.mqtt.broker.is_none());
        assert_eq!(config.baud, None);
        assert_eq!(config.row_interval, Some(Duration::from_secs(1)));
        assert_eq!(config.time_wait, Duration::from_secs(300));
        assert_eq!(config.recording.rotate_bytes, 64_000_000);
        assert!(config.recording.compress);
    }

    #[test]
    fn environment_wins_over_the_file_for_every_key() {
        for key in KEYS {
            let (first, second) = match key.kind {
                Kind::Path => ("\"a\"", "b"),
                Kind::Text if key.name == "listen" => ("\"[::1]:1\"", "off"),
                Kind::Text => ("\"mqtt://a\"", "mqtt://b"),
                Kind::Number => ("2", "3"),
                Kind::Flag => ("true", "false"),
                Kind::Air => ("\"none\"", "udp"),
                Kind::Address => ("\"239.0.0.1:1\"", "239.0.0.1:2"),
                Kind::Interface => ("\"10.0.0.1\"", "10.0.0.2"),
                Kind::Amount => ("\"1.00 MAD\"", "2.00 MAD"),
                Kind::Form => ("\"thingsboard\"", "vss"),
                Kind::Topic => ("\"a\"", "b/c"),
                Kind::Reporting => ("\"by_change\"", "every_row"),
            };
            let text = format!("[{}]\n{} = {first}\n", key.table, key.name);
            let by_file = format!("{:?}", parse(&text).unwrap());
            let set = |name: &str| (name == key.variable()).then(|| second.to_owned());
            let by_both = format!("{:?}", super::parse(&text, set).unwrap());
            let by_environment = format!("{:?}", super::parse("", set).unwrap());
            assert_eq!(by_both, by_environment, "{}", key.path());
            assert_ne!(by_both, by_file, "{}", key.path());
        }
    }

    #[test]
    fn wrong_value_of_the_environment_is_refused_by_the_name_of_its_variable() {
        let set = |name: &str| (name == "V2X_VEHICLE_BAUD").then(|| "fast".to_owned());
        let error = super::parse("", set).unwrap_err();
        assert!(error.starts_with("V2X_VEHICLE_BAUD: "), "{error}");
    }
}
