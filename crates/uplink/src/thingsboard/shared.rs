//! Shared attributes: what the server sets for the device, asked for once and heard of when it
//! changes.
//!
//! Not here: which of them are settings of the device, and what may stand in them; that is the
//! role's. How they travel to it is in [`crate::session::shared`]. Behaviour after the ThingsBoard
//! reference "MQTT Device API".

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::ATTRIBUTES_TOPIC;

/// Where answers to requests arrive.
pub const RESPONSES_FILTER: &str = "v1/devices/me/attributes/response/+";

const RESPONSE: &str = "v1/devices/me/attributes/response/";
const REQUEST: &str = "v1/devices/me/attributes/request/1";

/// What the server says of shared attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SharedWord {
    /// The answer to the request: of the keys that were asked for it has these and no others.
    Whole(BTreeMap<String, Json>),
    /// What has changed since.
    Changed {
        /// New values.
        set: BTreeMap<String, Json>,
        /// Keys that are gone.
        deleted: BTreeSet<String>,
    },
}

impl SharedWord {
    /// Reads a message; `None` when it is none of shared attributes, or cannot be read.
    #[must_use]
    pub fn parse(topic: &str, payload: &[u8]) -> Option<Self> {
        let object = |json: &Json| json.as_object().map(members);
        if topic.starts_with(RESPONSE) {
            let answer: Json = serde_json::from_slice(payload).ok()?;
            // Without any such attribute there is no member `shared`.
            let shared = answer.as_object()?.get("shared");
            return Some(Self::Whole(shared.map_or(Some(BTreeMap::new()), object)?));
        }
        if topic != ATTRIBUTES_TOPIC {
            return None;
        }
        let update: Json = serde_json::from_slice(payload).ok()?;
        let mut set = object(&update)?;
        let mut deleted = BTreeSet::new();
        if let Some(Json::Array(keys)) = set.get("deleted") {
            deleted.extend(keys.iter().filter_map(Json::as_str).map(str::to_owned));
            set.remove("deleted");
        }
        Some(Self::Changed { set, deleted })
    }
}

fn members(object: &Map<String, Json>) -> BTreeMap<String, Json> {
    let members = object.iter();
    members
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Topic and payload of the request for these keys.
#[must_use]
pub fn request(keys: &[String]) -> (String, String) {
    let payload = json!({ "sharedKeys": keys.join(",") });
    (REQUEST.to_owned(), payload.to_string())
}

#[cfg(test)]
mod tests {
    use v2x_units::Instant;

    use super::*;
    use crate::thingsboard::rpc::Command;

    fn set(entries: &[(&str, Json)]) -> BTreeMap<String, Json> {
        let entries = entries.iter();
        entries
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect()
    }

    #[test]
    fn request_names_its_keys_with_commas() {
        // The form of ThingsBoard's reference, "Request attribute values from the server".
        let (topic, payload) = request(&["a.b".to_owned(), "c".to_owned()]);
        assert_eq!(topic, "v1/devices/me/attributes/request/1");
        assert_eq!(payload, r#"{"sharedKeys":"a.b,c"}"#);
    }

    #[test]
    fn answer_holds_what_the_server_has_and_an_empty_one_holds_nothing() {
        let parse = |payload: &str| {
            SharedWord::parse("v1/devices/me/attributes/response/1", payload.as_bytes())
        };
        let whole = SharedWord::Whole(set(&[("a.b", json!(5)), ("c", json!(true))]));
        let answer = r#"{"client":{"x":1},"shared":{"a.b":5,"c":true}}"#;
        assert_eq!(parse(answer), Some(whole));
        assert_eq!(parse("{}"), Some(SharedWord::Whole(BTreeMap::new())));
        assert_eq!(parse(r#"{"shared":5}"#), None);
        assert_eq!(parse("[]"), None);
        assert_eq!(parse("no json"), None);
    }

    #[test]
    fn update_tells_what_is_set_and_what_is_gone() {
        let parse = |payload: &str| SharedWord::parse(ATTRIBUTES_TOPIC, payload.as_bytes());
        let changed = |set, deleted: &[&str]| {
            let deleted = deleted.iter().map(|key| (*key).to_owned()).collect();
            Some(SharedWord::Changed { set, deleted })
        };
        let update = parse(r#"{"a.b":0.5,"name":"a \"b\""}"#);
        let expected = set(&[("a.b", json!(0.5)), ("name", json!("a \"b\""))]);
        assert_eq!(update, changed(expected, &[]));
        let update = parse(r#"{"deleted":["a.b","c"]}"#);
        assert_eq!(update, changed(BTreeMap::new(), &["a.b", "c"]));
        assert_eq!(parse("5"), None);
        assert_eq!(SharedWord::parse("v1/devices/me/telemetry", b"{}"), None);
    }

    #[test]
    fn message_that_is_cut_or_spoilt_anywhere_is_read_or_left_but_never_panics() {
        let whole =
            r#"{"shared":{"a.b":5,"c":"\u00e9"},"deleted":["x",7],"method":"m"}"#.as_bytes();
        let mut spoilt: Vec<Vec<u8>> = (0..whole.len()).map(|end| whole[..end].to_vec()).collect();
        for place in 0..whole.len() {
            for value in [0, b'"', b'[', b'}', 0x80, 0xFF] {
                let mut bytes = whole.to_vec();
                bytes[place] = value;
                spoilt.push(bytes);
            }
        }
        for payload in spoilt {
            for topic in [
                ATTRIBUTES_TOPIC,
                "v1/devices/me/attributes/response/1",
                "v1/devices/me/rpc/request/1",
                "v1/gateway/rpc",
            ] {
                let word = SharedWord::parse(topic, &payload);
                let command = Command::parse(topic, &payload, Instant::BOOT);
                assert!(
                    word.is_none() || command.is_none(),
                    "a message is one or the other"
                );
            }
        }
    }
}
