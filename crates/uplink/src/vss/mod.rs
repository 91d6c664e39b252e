//! Plain MQTT: each quantity on a topic that is named after its VSS path, or after its key and slot
//! where it is a station's, for brokers without ThingsBoard.
//!
//! The outbox holds the same entries for either form; what they become is decided here when they
//! are published. `docs/protocol/mqtt.md` is the page for readers.

mod ear;
mod heard;
mod names;
mod prefix;

use serde_json::{Map, Value as Json, json};
use v2x_outbox::{Class, Entry, EntryId, PayloadKind};

pub use self::ear::{ACKNOWLEDGED_MAX, Caught, Ear, Sound};
pub use self::heard::{Heard, VssReader, What};
pub use self::names::{VssName, VssNames};
pub use self::prefix::{PREFIX_MAX_BYTES, TopicPrefix, TopicPrefixError};
use crate::thingsboard::{MESSAGE_MAX_BYTES, Message};

/// The branch of VSS for what the standard catalogue does not name.
const PRIVATE: &str = "Vehicle/Private";
/// Where a station's keys are, of which VSS names none.
const STATION: &str = "station";
/// Where the keys of its slots are, each under the slot's name.
const SLOTS: &str = "slots";

/// Topic, its length and the packet identifier stand before the payload.
const BEFORE_PAYLOAD_BYTES: usize = 4;

/// In which form a session publishes.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Form {
    /// The device API of ThingsBoard.
    #[default]
    ThingsBoard,
    /// A topic per quantity.
    Vss(VssTopics),
}

/// Whose rows are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Whose {
    /// A car's, whose quantities have paths in VSS.
    #[default]
    Vehicle,
    /// A charging station's, which has slots.
    Station,
}

/// Under which topics the form of VSS publishes.
#[derive(Debug, Clone, PartialEq)]
pub struct VssTopics {
    /// What every topic begins with.
    pub prefix: TopicPrefix,
    /// Which key is which quantity.
    pub names: VssNames,
    /// Whose they are.
    pub whose: Whose,
}

/// An entry that cannot be published in this form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPublishable {
    /// Rows are taken apart by their keys.
    #[error("the row is no JSON object of keys and values: {0}")]
    NoObject(String),
    /// The broker would never take it.
    #[error("the message for {topic} has {bytes} bytes; at most {MESSAGE_MAX_BYTES} are sent")]
    TooLarge {
        /// Where it was to go.
        topic: String,
        /// How large it is, with its topic.
        bytes: usize,
    },
    /// A car has no devices behind it.
    #[error("devices behind a gateway have no topics in the form vss of a car")]
    Gateway,
    /// What a gateway says is taken apart by its devices.
    #[error("the rows of devices are no JSON object of arrays of rows")]
    NoDevices,
}

impl VssTopics {
    /// All messages of an entry: one per key of a row of telemetry, one of any other entry.
    ///
    /// # Errors
    /// An entry that no message can carry; it is never published in part.
    pub(crate) fn messages(&self, entry: &Entry) -> Result<Vec<Message>, NotPublishable> {
        let messages = match (entry.kind, entry.id.class()) {
            (PayloadKind::Telemetry, Class::Telemetry) => self.row(entry)?,
            (PayloadKind::Telemetry, class) => {
                let payload = json!({ "ts": entry.ts.as_millis(), "values": object(entry)? });
                vec![self.message(branch(class), &payload, entry.id, entry.points)]
            }
            (PayloadKind::Attributes, _) => {
                vec![self.message(ATTRIBUTES, &json!(object(entry)?), entry.id, entry.points)]
            }
            (PayloadKind::GatewayTelemetry | PayloadKind::GatewayAttributes, _)
                if self.whose == Whose::Vehicle =>
            {
                return Err(NotPublishable::Gateway);
            }
            (PayloadKind::GatewayTelemetry, _) => self.slot_rows(entry)?,
            (PayloadKind::GatewayAttributes, _) => {
                let slots = object(entry)?.into_iter();
                slots
                    .map(|(slot, attributes)| {
                        let path = format!("{SLOTS}/{}/{ATTRIBUTES}", level(&slot));
                        self.message(&path, &attributes, entry.id, 1)
                    })
                    .collect()
            }
        };
        for message in &messages {
            let bytes = BEFORE_PAYLOAD_BYTES + message.topic.len() + message.payload.len();
            if bytes > MESSAGE_MAX_BYTES {
                let topic = message.topic.to_string();
                return Err(NotPublishable::TooLarge { topic, bytes });
            }
        }
        Ok(messages)
    }

    /// The message that describes the device; no entry waits for its acknowledgement.
    pub(crate) fn description(&self, attributes: Vec<u8>) -> Message {
        Message {
            topic: format!("{}/{ATTRIBUTES}", self.prefix).into(),
            payload: attributes,
            entries: Vec::new(),
            points: 1,
        }
    }

    /// A station's slots: one message per key of each.
    fn slot_rows(&self, entry: &Entry) -> Result<Vec<Message>, NotPublishable> {
        let mut messages = Vec::new();
        for (slot, rows) in object(entry)? {
            let rows = rows.as_array().ok_or(NotPublishable::NoDevices)?;
            for row in rows {
                let values = row.get("values").and_then(Json::as_object);
                let (ts, values) = (row.get("ts").and_then(Json::as_i64))
                    .zip(values)
                    .ok_or(NotPublishable::NoDevices)?;
                for (key, value) in values {
                    let path = format!("{SLOTS}/{}/{}", level(&slot), level(key));
                    let payload = json!({ "ts": ts, "value": value });
                    messages.push(self.message(&path, &payload, entry.id, 1));
                }
            }
        }
        Ok(messages)
    }

    fn row(&self, entry: &Entry) -> Result<Vec<Message>, NotPublishable> {
        let ts = entry.ts.as_millis();
        let values = object(entry)?;
        let unnamed = match self.whose {
            Whose::Vehicle => PRIVATE,
            Whose::Station => STATION,
        };
        let messages = values.into_iter().filter_map(|(key, value)| {
            if self.names.is_left_out(&key) {
                return None;
            }
            let named = self.names.get(&key);
            let translated = named.and_then(|name| Some((name, name.in_vss(&value)?)));
            let (path, payload) = match translated {
                Some((name, value)) => {
                    let mut payload = json!({ "ts": ts, "value": value });
                    if !name.unit.is_empty() {
                        payload["unit"] = name.unit.clone().into();
                    }
                    (name.path.replace('.', "/"), payload)
                }
                None => {
                    let payload = json!({ "ts": ts, "value": value });
                    (format!("{unnamed}/{}", level(&key)), payload)
                }
            };
            Some(self.message(&path, &payload, entry.id, 1))
        });
        Ok(messages.collect())
    }

    fn message(&self, path: &str, payload: &Json, id: EntryId, points: u32) -> Message {
        Message {
            topic: format!("{}/{path}", self.prefix).into(),
            payload: payload.to_string().into_bytes(),
            entries: vec![id],
            points,
        }
    }
}

/// Where what describes the device goes.
const ATTRIBUTES: &str = "attributes";

/// Where entries that are no rows go.
const fn branch(class: Class) -> &'static str {
    match class {
        Class::Alert => "alerts",
        Class::Session => "charges",
        Class::Trip => "trips",
        Class::Event => "events",
        // Rows never come here.
        Class::Telemetry => "telemetry",
    }
}

fn object(entry: &Entry) -> Result<Map<String, Json>, NotPublishable> {
    serde_json::from_slice(&entry.payload)
        .map_err(|error| NotPublishable::NoObject(error.to_string()))
}

/// A key as one level of a topic: what has a meaning there, and control characters, become `%` and
/// their hexadecimal bytes, as in URLs.
fn level(key: &str) -> String {
    let mut level = String::with_capacity(key.len());
    for character in key.chars() {
        if character.is_control() || "/+#%".contains(character) {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                level.push_str(&format!("%{byte:02X}"));
            }
        } else {
            level.push(character);
        }
    }
    level
}

#[cfg(test)]
mod tests;
