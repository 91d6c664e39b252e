//! Rows of telemetry by their time of measurement: on the broker, in the store, in the outbox.
//!
//! Values hold places: what differs is told by time and key, never by value.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use v2x_outbox::{Class, Storage as _};
use v2x_store::Store;
use v2x_testbench::Received;
use v2x_units::UtcTime;

/// Each row's values under its `ts`, in milliseconds since 1970.
pub(crate) type Rows = BTreeMap<i64, Map<String, Value>>;

/// The rows that came to the broker; what describes the device is none, nor is a question.
///
/// # Panics
/// When a message is none of ThingsBoard's, or one moment has two different rows.
pub(crate) fn heard(received: &[Received]) -> Rows {
    let mut rows = Rows::new();
    let is_beside = |topic: &str| topic.starts_with("v1/devices/me/attributes");
    for message in received.iter().filter(|it| !is_beside(&it.topic)) {
        assert_eq!(message.topic, "v1/devices/me/telemetry");
        let objects = match serde_json::from_slice(&message.payload).unwrap() {
            Value::Array(objects) => objects,
            object => vec![object],
        };
        for object in objects {
            let fields = object.as_object().unwrap();
            assert!(fields.keys().eq(["ts", "values"]), "{:?}", fields.keys());
            let ts = fields["ts"].as_i64().unwrap();
            let values = fields["values"].as_object().unwrap();
            let before = rows.insert(ts, values.clone());
            assert!(
                before.as_ref().is_none_or(|before| before == values),
                "the row of {ts} came twice and differs in {:?}",
                difference(before.as_ref().unwrap(), values)
            );
        }
    }
    rows
}

/// What the vehicle put into its store.
pub(crate) fn stored(store: &Store) -> Rows {
    let rows = store.telemetry("vehicle", UtcTime::from_millis(0), usize::MAX);
    let rows = rows.unwrap().into_iter().map(|row| {
        let values = serde_json::from_str(&row.values).unwrap();
        (row.at.as_millis(), values)
    });
    rows.collect()
}

/// What still waits for the broker.
pub(crate) fn waiting(store: &Store) -> Rows {
    let entries = store.pending(Class::Telemetry, 0, usize::MAX).unwrap();
    let rows = entries.into_iter().map(|entry| {
        let values = serde_json::from_slice(&entry.payload).unwrap();
        (entry.ts.as_millis(), values)
    });
    rows.collect()
}

/// Requires the same rows with the same values.
pub(crate) fn assert_equal(left: &Rows, left_name: &str, right: &Rows, right_name: &str) {
    let only_left: Vec<_> = left.keys().filter(|ts| !right.contains_key(ts)).collect();
    let only_right: Vec<_> = right.keys().filter(|ts| !left.contains_key(ts)).collect();
    assert!(
        only_left.is_empty() && only_right.is_empty(),
        "only {left_name} has the rows of {only_left:?}, only {right_name} those of {only_right:?}"
    );
    for (ts, values) in left {
        let differing = difference(values, &right[ts]);
        assert!(
            differing.is_empty(),
            "the row of {ts} differs between {left_name} and {right_name} in {differing:?}"
        );
    }
}

/// The keys that only one has, or that have two values.
fn difference<'a>(left: &'a Map<String, Value>, right: &'a Map<String, Value>) -> Vec<&'a str> {
    let keys = left.keys().chain(right.keys());
    let mut keys: Vec<_> = keys
        .filter(|key| left.get(*key) != right.get(*key))
        .collect();
    keys.dedup();
    keys.into_iter().map(String::as_str).collect()
}
