//! Rows and attributes, in the three forms of ThingsBoard, with its types: a text that reads as a
//! number is one, null is no value.

use serde_json::{Map, Number, Value as Json};
use v2x_roles::hub::Row;
use v2x_units::UtcTime;

use super::{DEVICES_MAX, KEY_MAX_BYTES, Malformed, Members, json, kind, name, object};

/// Times beyond these years are no times: 1900 and 2200.
const TS_MIN_MS: i64 = -2_208_988_800_000;
const TS_MAX_MS: i64 = 7_258_118_400_000;
/// A text with more decimals than this stays a text.
const DECIMALS_MAX: usize = 16;

/// The rows of a message: `{"k":v}`, dated `now`, `{"ts":ms,"values":{…}}`, or an array of both.
///
/// # Errors
/// What is wrong with it; then no row of the message counts.
pub fn rows(payload: &[u8], now: UtcTime) -> Result<Vec<Row>, Malformed> {
    rows_of(json(payload)?, now)
}

/// The rows of devices behind a gateway: an array of rows under the name of each.
///
/// # Errors
/// What is wrong with it; then no row of the message counts.
pub fn gateway_rows(payload: &[u8], now: UtcTime) -> Result<Vec<(String, Vec<Row>)>, Malformed> {
    let devices = few(object(payload)?)?.into_iter();
    devices
        .map(|(device, said)| {
            let device = name(&device)?;
            if !said.is_array() {
                return Err(Malformed(format!(
                    "the rows of {device:?} are {}, not an array",
                    kind(&said)
                )));
            }
            Ok((device, rows_of(said, now)?))
        })
        .collect()
}

/// Attributes: an object of keys and values.
///
/// # Errors
/// What is wrong with it.
pub fn values(payload: &[u8]) -> Result<Map<String, Json>, Malformed> {
    values_of(object(payload)?)
}

/// Attributes of devices behind a gateway: an object under the name of each.
///
/// # Errors
/// What is wrong with it.
pub fn gateway_attributes(payload: &[u8]) -> Result<Vec<(String, Members)>, Malformed> {
    let devices = few(object(payload)?)?.into_iter();
    devices
        .map(|(device, said)| {
            let device = name(&device)?;
            match said {
                Json::Object(members) => Ok((device, values_of(members)?)),
                other => Err(Malformed(format!(
                    "the attributes of {device:?} are {}, not an object",
                    kind(&other)
                ))),
            }
        })
        .collect()
}

fn few(devices: Map<String, Json>) -> Result<Map<String, Json>, Malformed> {
    let count = devices.len();
    if count > DEVICES_MAX {
        return Err(Malformed(format!(
            "the message names {count} devices; at most {DEVICES_MAX} are taken"
        )));
    }
    Ok(devices)
}

fn rows_of(said: Json, now: UtcTime) -> Result<Vec<Row>, Malformed> {
    match said {
        Json::Array(elements) => {
            let rows = elements.into_iter().map(|element| match element {
                Json::Object(members) => row(members, now),
                other => Err(Malformed(format!(
                    "an element of the array is {}, not an object",
                    kind(&other)
                ))),
            });
            rows.collect()
        }
        Json::Object(members) => Ok(vec![row(members, now)?]),
        other => Err(Malformed(format!(
            "the payload is {}, neither an object nor an array of objects",
            kind(&other)
        ))),
    }
}

fn row(mut members: Map<String, Json>, now: UtcTime) -> Result<Row, Malformed> {
    let has_both = members.contains_key("ts") && members.contains_key("values");
    if !has_both {
        return Ok(Row {
            ts: now,
            values: values_of(members)?,
        });
    }
    let ts = time(&members.remove("ts").unwrap_or_default())?;
    match members.remove("values") {
        Some(Json::Object(values)) => Ok(Row {
            ts,
            values: values_of(values)?,
        }),
        other => Err(Malformed(format!(
            "`values` is {}, not an object",
            kind(&other.unwrap_or_default())
        ))),
    }
}

/// When something was measured.
pub(crate) fn time(ts: &Json) -> Result<UtcTime, Malformed> {
    let millis = ts
        .as_i64()
        .filter(|ts| (TS_MIN_MS..=TS_MAX_MS).contains(ts));
    let millis = millis.ok_or_else(|| {
        Malformed(format!(
            "`ts` is {}; it must be whole milliseconds since 1970",
            seen(ts)
        ))
    })?;
    Ok(UtcTime::from_millis(millis))
}

/// The beginning of what was sent, for an error.
fn seen(json: &Json) -> String {
    json.to_string().chars().take(40).collect()
}

/// The values that may be kept of an object.
pub(crate) fn values_of(members: Map<String, Json>) -> Result<Map<String, Json>, Malformed> {
    let mut values = Map::new();
    for (key, value) in members {
        if key.is_empty() || key.len() > KEY_MAX_BYTES {
            let length = key.len();
            return Err(Malformed(format!(
                "a key has {length} bytes; it must have 1 to {KEY_MAX_BYTES}"
            )));
        }
        let value = match value {
            Json::Null => continue,
            Json::String(text) => cast(text),
            other => other,
        };
        values.insert(key, value);
    }
    Ok(values)
}

/// A text that reads as a number becomes one, as in ThingsBoard (`JSON_TYPE_CAST_ENABLED`).
fn cast(text: String) -> Json {
    let mut begins = text.bytes();
    let begin = begins.next().map(|byte| {
        if byte == b'-' || byte == b'+' {
            begins.next().unwrap_or_default()
        } else {
            byte
        }
    });
    if !begin.is_some_and(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Json::String(text);
    }
    if let Ok(whole) = text.parse::<i64>() {
        return whole.into();
    }
    let decimals = text
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    let number = text
        .parse::<f64>()
        .ok()
        .filter(|_| decimals <= DECIMALS_MAX);
    number
        .and_then(Number::from_f64)
        .map_or(Json::String(text), Json::Number)
}
