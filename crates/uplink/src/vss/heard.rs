//! The other way: what a message of the form `vss` says, for a hub that hears an outside broker.
//!
//! Who said it stands before the branch of the topic: `fleet/car-7` in `fleet/car-7/trips`. A path
//! becomes the key that it has in the form of ThingsBoard, in the key's unit. What may be kept of
//! it is what may be kept of a device that speaks that form: no null, no key and no name without
//! end, no time beyond the years of people.

use std::collections::HashMap;

use serde_json::{Map, Number, Value as Json};
use v2x_roles::hub::Row;

use super::{ATTRIBUTES, SLOTS, STATION, VssName, VssNames};
use crate::thingsboard::server;

/// The branch of a car's quantities.
const VEHICLE: &str = "Vehicle";
/// The branch below it of what VSS does not name.
const PRIVATE_LEVEL: &str = "Private";
/// Branches whose messages are whole rows.
const ROWS: [&str; 4] = ["trips", "charges", "events", "alerts"];

/// What was heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// Who said it: the beginning of its topics.
    pub device: String,
    /// The slot of it, where it is a station.
    pub slot: Option<String>,
    /// What it said.
    pub what: What,
}

/// What a message holds.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Values of one moment.
    Row(Row),
    /// What describes it.
    Attributes(Map<String, Json>),
}

/// Reads messages by the names of a mapping.
#[derive(Debug, Clone, Default)]
pub struct VssReader {
    keys: HashMap<String, (String, VssName)>,
}

impl VssReader {
    /// A reader of the quantities that these names publish.
    #[must_use]
    pub fn new(names: &VssNames) -> Self {
        let keys = names.iter().map(|(key, name)| {
            let path = name.path.replace('.', "/");
            (path, (key.clone(), name.clone()))
        });
        Self {
            keys: keys.collect(),
        }
    }

    /// What a message says; `None` when it is none of this form, or says nothing that can be kept.
    #[must_use]
    pub fn read(&self, topic: &str, payload: &[u8]) -> Option<Heard> {
        let levels: Vec<&str> = topic.split('/').collect();
        let json: Map<String, Json> = serde_json::from_slice(payload).ok()?;
        let (last, before) = levels.split_last()?;
        if ROWS.contains(last) && json.contains_key("values") {
            return heard(before, None, What::Row(row(&json)?));
        }
        match before {
            [prefix @ .., SLOTS, slot] if *slot != VEHICLE => {
                let what = if *last == ATTRIBUTES {
                    attributes(json)?
                } else {
                    of_value(&json, unlevel(last)?, json.get("value")?.clone())?
                };
                return heard(prefix, Some(unlevel(slot)?), what);
            }
            [prefix @ .., STATION] if json.contains_key("value") => {
                let what = of_value(&json, unlevel(last)?, json.get("value")?.clone())?;
                return heard(prefix, None, what);
            }
            prefix if *last == ATTRIBUTES && !json.contains_key("ts") => {
                return heard(prefix, None, attributes(json)?);
            }
            _ => {}
        }
        // The last of them: a prefix may have such a level too.
        let place = levels.iter().rposition(|level| *level == VEHICLE)?;
        let (key, value) = self.quantity(&levels[place..], json.get("value")?)?;
        heard(&levels[..place], None, of_value(&json, key, value)?)
    }

    fn quantity(&self, path: &[&str], value: &Json) -> Option<(String, Json)> {
        if let [VEHICLE, PRIVATE_LEVEL, key] = path {
            return Some((unlevel(key)?, value.clone()));
        }
        match self.keys.get(&path.join("/")) {
            Some((key, name)) => Some((key.clone(), name.of_vss(value)?)),
            // Another car's mapping has it: the path is its name here.
            None => Some((path.join("."), value.clone())),
        }
    }
}

impl VssName {
    /// The value of the path as the key has it; `None` where the key has no such value.
    fn of_vss(&self, value: &Json) -> Option<Json> {
        if !self.words.is_empty() {
            let found = self.words.iter().find(|(_, word)| word == value);
            return found.map(|(key, _)| key.clone());
        }
        #[expect(clippy::float_cmp, reason = "1 is set, not computed")]
        let is_same_unit = self.key_scale == 1.0;
        match value.as_f64().filter(|_| !is_same_unit) {
            None => Some(value.clone()),
            Some(number) => {
                // A thousandth of a metre that binary fractions add is no measurement.
                let scaled = (number * self.key_scale * 1e6).round() / 1e6;
                Number::from_f64(scaled).map(Json::Number)
            }
        }
    }
}

fn heard(prefix: &[&str], slot: Option<String>, what: What) -> Option<Heard> {
    let device = server::name(&prefix.join("/")).ok()?;
    let slot = slot.map(|slot| server::name(&slot)).transpose().ok()?;
    Some(Heard { device, slot, what })
}

fn of_value(json: &Map<String, Json>, key: String, value: Json) -> Option<What> {
    let values = server::values_of(Map::from_iter([(key, value)])).ok()?;
    if values.is_empty() {
        return None;
    }
    let ts = server::time(json.get("ts")?).ok()?;
    Some(What::Row(Row { ts, values }))
}

fn row(json: &Map<String, Json>) -> Option<Row> {
    let values = json.get("values")?.as_object()?.clone();
    Some(Row {
        ts: server::time(json.get("ts")?).ok()?,
        values: server::values_of(values).ok()?,
    })
}

fn attributes(json: Map<String, Json>) -> Option<What> {
    server::values_of(json).ok().map(What::Attributes)
}

/// A key from one level of a topic, the reverse of [`super::level`].
fn unlevel(level: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(level.len());
    let mut rest = level.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        let digits = std::str::from_utf8(&digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use v2x_outbox::{Class, EntryId, NewEntry, PayloadKind};
    use v2x_units::UtcTime;

    use super::super::{VssTopics, Whose};
    use super::*;

    fn names() -> VssNames {
        let name = |path: &str, key_scale, is_whole| VssName {
            path: path.to_owned(),
            unit: "m".to_owned(),
            key_scale,
            is_whole,
            words: Vec::new(),
        };
        let mut names = VssNames::default();
        assert!(names.name("odometer", name("Vehicle.TraveledDistance", 0.001, true)));
        assert!(names.name("soc", name("Vehicle.StateOfCharge", 1.0, false)));
        let brake = VssName {
            words: vec![
                (json!(false), json!("INACTIVE")),
                (json!(true), json!("ACTIVE")),
            ],
            ..name("Vehicle.Brake", 1.0, false)
        };
        assert!(names.name("brake", brake));
        names
    }

    /// What a device publishes of a row, read again and put together.
    fn there_and_back(whose: Whose, kind: PayloadKind, class: Class, payload: &str) -> Vec<Heard> {
        let topics = VssTopics {
            prefix: "fleet/Vehicle/7".parse().unwrap(),
            names: names(),
            whose,
        };
        let ts = UtcTime::from_millis(1_756_370_845_373);
        let entry = NewEntry::new(class, kind, ts, 2, payload).unwrap();
        let messages = topics.messages(&entry.at(EntryId::new(class, 7)));
        let reader = VssReader::new(&names());
        let heard = messages.unwrap().into_iter().map(|message| {
            let heard = reader.read(&message.topic, &message.payload);
            heard.unwrap_or_else(|| panic!("{}", message.topic))
        });
        heard.collect()
    }

    #[test]
    fn row_of_a_car_comes_back_with_its_keys_and_units() {
        let row = json!({ "odometer": 3585.2, "soc": 64.42, "brake": true, "a/b%": "x" });
        let heard = there_and_back(
            Whose::Vehicle,
            PayloadKind::Telemetry,
            Class::Telemetry,
            &row.to_string(),
        );
        let mut values = Map::new();
        for heard in heard {
            assert_eq!(
                (heard.device.as_str(), heard.slot),
                ("fleet/Vehicle/7", None)
            );
            let What::Row(row) = heard.what else {
                panic!("a row");
            };
            assert_eq!(row.ts.as_millis(), 1_756_370_845_373);
            values.extend(row.values);
        }
        assert_eq!(Json::Object(values), row);
    }

    #[test]
    fn slots_and_events_come_back_whole() {
        let rows = r#"{"A/1":[{"ts":5,"values":{"voltage":230.0}}]}"#;
        let kind = PayloadKind::GatewayTelemetry;
        let heard = there_and_back(Whose::Station, kind, Class::Telemetry, rows);
        assert_eq!(heard[0].slot.as_deref(), Some("A/1"));
        let trip = r#"{"trip_id":"trip 1","trip_distance_km":4.2}"#;
        let kind = PayloadKind::Telemetry;
        let heard = there_and_back(Whose::Vehicle, kind, Class::Trip, trip);
        let What::Row(row) = &heard[0].what else {
            panic!("a row");
        };
        assert_eq!(row.values["trip_id"], "trip 1");
        let about = r#"{"software":"v2x"}"#;
        let heard = there_and_back(Whose::Vehicle, PayloadKind::Attributes, Class::Event, about);
        assert!(matches!(&heard[0].what, What::Attributes(it) if it["software"] == "v2x"));
    }

    #[test]
    fn what_may_not_be_kept_of_a_device_is_not_kept_of_a_broker_either() {
        let reader = VssReader::new(&names());
        let read = |topic: &str, payload: &Json| {
            let heard = reader.read(topic, payload.to_string().as_bytes());
            heard.map(|heard| heard.what)
        };
        let row = json!({ "ts": 5, "values": { "a": null, "b": 1 } });
        let Some(What::Row(row)) = read("car/trips", &row) else {
            panic!("a row");
        };
        assert_eq!(row.values.len(), 1, "null is no value");
        let about = read("car/attributes", &json!({ "a": null, "b": "x" }));
        let expected = json!({ "b": "x" }).as_object().unwrap().clone();
        assert_eq!(about, Some(What::Attributes(expected)), "null deletes none");
        let long = "k".repeat(70_000);
        for (topic, payload) in [
            (
                "car/trips",
                json!({ "ts": 5, "values": { long.clone(): 1 } }),
            ),
            ("car/trips", json!({ "ts": i64::MAX, "values": { "a": 1 } })),
            (
                "car/Vehicle/StateOfCharge",
                json!({ "ts": i64::MIN, "value": 1 }),
            ),
            (
                "car/Vehicle/StateOfCharge",
                json!({ "ts": 5, "value": null }),
            ),
            ("car/attributes", json!({ long.clone(): 1 })),
            (
                &format!("{long}/trips"),
                json!({ "ts": 5, "values": { "a": 1 } }),
            ),
            (&format!("car/slots/{long}/attributes"), json!({ "a": 1 })),
        ] {
            assert_eq!(read(topic, &payload), None, "{:.40}", topic);
        }
    }

    #[test]
    fn message_of_somebody_else_says_nothing() {
        let reader = VssReader::new(&names());
        for (topic, payload) in [
            ("trips", r#"{"ts":1,"values":{}}"#),
            ("home/kitchen", r#"{"ts":1,"value":1}"#),
            ("car/Vehicle/StateOfCharge", "5"),
            ("car/Vehicle/StateOfCharge", r#"{"ts":1}"#),
            ("car/Vehicle/StateOfCharge", r#"{"value":1}"#),
            ("car/Vehicle/Private/%G1", r#"{"ts":1,"value":1}"#),
            ("car/Vehicle/Private/%4", r#"{"ts":1,"value":1}"#),
            ("car/trips", r#"{"ts":"x","values":{}}"#),
        ] {
            assert_eq!(
                reader.read(topic, payload.as_bytes()),
                None,
                "{topic} {payload}"
            );
        }
    }
}
