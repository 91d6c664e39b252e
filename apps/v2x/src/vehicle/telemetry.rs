//! The merged row as telemetry: the prototype's keys with true values, and the new ones.
//!
//! Keys, units and factors come from the mapping file; only the keys whose JSON type is not that
//! of their quantity are named here. A quantity that is not fresh has no key in the row.

use v2x_can::vss::Datatype;
use v2x_outbox::{Class, NewEntry, PayloadKind};
use v2x_recording::MergedRow;
use v2x_roles::timekeeping::Dated;
use v2x_roles::vehicle::{Observed, Snapshot};
use v2x_store::TelemetryRow;
use v2x_units::{GnssFix, KilometersPerHour, Meters};
use v2x_uplink::thingsboard::{Value, Values};

use super::measured::MeasuredRow;
use super::source::BoardTime;

/// The source of these rows in the store.
pub(super) const SOURCE: &str = "vehicle";
/// The keys that say when, and not what.
pub(super) const TIME_KEYS: [&str; 2] = ["timestamp_str", "time_source"];
/// Decimals of measured numbers: finer than any step of the Twizy's signals.
const DECIMALS: u8 = 3;
/// Decimals of coordinates: 0.1 m.
const POSITION_DECIMALS: u8 = 6;

/// Makes the row of one moment; its date comes later.
pub(super) fn row(
    snapshot: &Snapshot<'_>,
    merged: &MergedRow,
    board: Option<BoardTime>,
) -> MeasuredRow {
    let mut values = Values::new();
    for observed in &snapshot.quantities {
        if let Some(key) = &observed.quantity.key {
            values.put(key, value(key, observed, merged));
        }
    }
    values.put("is_charging", merged.is_charging.map(Value::bool));
    let power = merged.current.zip(merged.battery_voltage);
    values.put(
        "battery_power",
        power.and_then(|(current, pack)| number(current.power_into_battery(pack).get())),
    );
    if let Some((_, fix)) = &snapshot.fix {
        put_fix(&mut values, fix);
    }
    MeasuredRow {
        at: snapshot.at,
        board,
        points: values.points(),
        values: values.into_json(),
    }
}

/// Gives a row its date and its entry for the outbox. The row says so when nobody vouches for the
/// date.
pub(super) fn dated(date: Dated, values: &str, points: u32) -> TelemetryRow {
    let mut time = Values::new();
    // ISO 8601 stays text: ThingsBoard stores the prototype's bare seconds as a number.
    time.put("timestamp_str", Value::text(date.utc.to_string()).ok());
    if !date.source.is_trusted() {
        time.put("time_source", Value::text(date.source.word()).ok());
    }
    let points = points + time.points();
    let values = joined(values, &time.into_json());
    let upload = NewEntry::new(
        Class::Telemetry,
        PayloadKind::Telemetry,
        date.utc,
        points,
        values.clone(),
    );
    // A row of a few kilobytes is always below the limit of an entry; were it not, it stays local.
    TelemetryRow {
        source: SOURCE.to_owned(),
        at: date.utc,
        values,
        upload: upload.ok(),
    }
}

/// One JSON object with the members of two that have no member in common.
fn joined(first: &str, second: &str) -> String {
    let members = |object: &str| {
        let inner = object
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        inner.unwrap_or_default().to_owned()
    };
    let (first, second) = (members(first), members(second));
    let comma = if first.is_empty() { "" } else { "," };
    format!("{{{first}{comma}{second}}}")
}

fn value(key: &str, observed: &Observed<'_>, merged: &MergedRow) -> Option<Value> {
    let quantity = observed.quantity;
    let in_key_unit = quantity.to_key(observed.reading.value);
    match (key, quantity.datatype) {
        ("gear", _) => Value::text(merged.gear?.to_string()).ok(),
        ("charging_status", _) => Value::text(format!("0x{:02X}", merged.charging_status?)).ok(),
        ("brake", _) | (_, Datatype::Boolean) => Some(Value::bool(in_key_unit != 0.0)),
        (_, Datatype::Uint8 | Datatype::Uint16 | Datatype::Int8) => whole(in_key_unit),
        (_, Datatype::Uint32) if quantity.key_unit == quantity.unit => whole(in_key_unit),
        _ => number(in_key_unit),
    }
}

fn put_fix(values: &mut Values, fix: &GnssFix) {
    let degrees = |degrees| Value::number(degrees, POSITION_DECIMALS);
    values.put("latitude", degrees(fix.position.latitude().get()));
    values.put("longitude", degrees(fix.position.longitude().get()));
    values.put("altitude", fix.altitude.map(Meters::get).and_then(number));
    values.put(
        "gps_speed",
        fix.speed.map(KilometersPerHour::get).and_then(number),
    );
    values.put(
        "satellites",
        fix.satellites.map(|count| Value::integer(count.into())),
    );
    values.put("hdop", fix.hdop.and_then(number));
}

fn number(value: f64) -> Option<Value> {
    Value::number(value, DECIMALS)
}

/// A whole number of the bus; those of up to 32 bits are exact in a double.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the range is checked before the cast"
)]
fn whole(value: f64) -> Option<Value> {
    (value.abs() <= f64::from(u32::MAX)).then(|| Value::integer(value.round() as i64))
}

#[cfg(test)]
mod tests {
    use v2x_roles::timekeeping::TimeSource;
    use v2x_units::UtcTime;

    use super::*;

    fn values_of(source: TimeSource, values: &str) -> String {
        let date = Dated {
            utc: UtcTime::from_millis(1_795_515_300_000),
            source,
            error: None,
        };
        dated(date, values, 1).values
    }

    #[test]
    fn date_joins_the_values_and_only_a_doubtful_one_names_its_source() {
        assert_eq!(
            values_of(TimeSource::Gnss, r#"{"soc":64.4}"#),
            r#"{"soc":64.4,"timestamp_str":"2026-11-24T10:15:00.000Z"}"#
        );
        assert_eq!(
            values_of(TimeSource::SystemUnsynchronised, "{}"),
            r#"{"timestamp_str":"2026-11-24T10:15:00.000Z","time_source":"system"}"#
        );
    }
}
