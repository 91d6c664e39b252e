//! The form of plain MQTT between a real SQLite store, a real mosquitto and a subscriber.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod running;

use std::collections::BTreeMap;

use running::{BOUND, FIRST_MS, Running, settings, store_with};
use serde_json::{Value as Json, json};
use v2x_outbox::{Class, NewEntry, PayloadKind, Storage as _};
use v2x_testbench::{Access, Mosquitto, Proxy, Received, Subscriber, wait_until};
use v2x_units::UtcTime;
use v2x_uplink::{Form, Settings, VssName, VssNames, VssTopics, Whose};

const ROWS: i64 = 500;
/// Keys of a row of [`running::values`].
const KEYS: usize = 4;

fn vss(url: &str) -> Settings {
    let mut names = VssNames::default();
    names.name(
        "soc",
        VssName {
            path: "Vehicle.Powertrain.TractionBattery.StateOfCharge.Current".to_owned(),
            unit: "percent".to_owned(),
            key_scale: 1.0,
            is_whole: false,
            words: Vec::new(),
        },
    );
    names.name(
        "odometer",
        VssName {
            path: "Vehicle.TraveledDistance".to_owned(),
            unit: "m".to_owned(),
            key_scale: 0.001,
            is_whole: true,
            words: Vec::new(),
        },
    );
    let prefix = "fleet/car-7".parse().unwrap();
    Settings {
        form: Form::Vss(VssTopics {
            prefix,
            names,
            whose: Whose::Vehicle,
        }),
        ..settings(url)
    }
}

/// Every message by topic and time; the same must not come with two contents.
fn by_topic_and_time(received: &[Received]) -> BTreeMap<(String, i64), Json> {
    let mut messages = BTreeMap::new();
    for message in received {
        let payload: Json = serde_json::from_slice(&message.payload).unwrap();
        let key = (message.topic.clone(), payload["ts"].as_i64().unwrap());
        let twice = messages.insert(key, payload.clone());
        assert!(twice.is_none_or(|earlier| earlier == payload), "{payload}");
    }
    messages
}

fn expected() -> BTreeMap<(String, i64), Json> {
    let mut messages = BTreeMap::new();
    for n in 0..ROWS {
        let ts = FIRST_MS + 1000 * n;
        let soc = "Powertrain/TractionBattery/StateOfCharge/Current";
        for (path, payload) in [
            (soc, json!({ "ts": ts, "value": 64.42, "unit": "percent" })),
            (
                "TraveledDistance",
                json!({ "ts": ts, "value": 1000 * n + 500, "unit": "m" }),
            ),
            ("Private/gear", json!({ "ts": ts, "value": "Drive" })),
            ("Private/brake", json!({ "ts": ts, "value": false })),
        ] {
            messages.insert((format!("fleet/car-7/Vehicle/{path}"), ts), payload);
        }
    }
    messages
}

#[test]
fn rows_arrive_as_one_message_per_quantity_and_leave_the_outbox_empty() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let subscriber = Subscriber::start(broker.port());
    let folder = tempfile::tempdir().unwrap();
    let store = store_with(&folder.path().join("v2x.db"), ROWS);
    let running = Running::start(store, vss(&broker.url()));
    let ts = UtcTime::from_millis(FIRST_MS);
    let trip = r#"{"trip_distance_m":1234.5}"#;
    running.push(NewEntry::new(Class::Trip, PayloadKind::Telemetry, ts, 1, trip).unwrap());
    let all = KEYS * usize::try_from(ROWS).unwrap() + 1;
    wait_until(BOUND, "every message", || subscriber.count() >= all);
    wait_until(BOUND, "the empty outbox", || running.pending() == 0);
    let (store, _) = running.stop();
    assert_eq!(store.usage().entries, 0);
    let mut expected = expected();
    let trip = json!({ "ts": FIRST_MS, "values": { "trip_distance_m": 1234.5 } });
    expected.insert(("fleet/car-7/trips".to_owned(), FIRST_MS), trip);
    assert_eq!(by_topic_and_time(&subscriber.received()), expected);
}

#[test]
fn nothing_of_a_row_is_missing_after_the_line_was_cut_in_the_middle() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let subscriber = Subscriber::start(broker.port());
    let proxy = Proxy::start(broker.port());
    let folder = tempfile::tempdir().unwrap();
    let store = store_with(&folder.path().join("v2x.db"), ROWS);
    proxy.cut_after(50_000);
    let running = Running::start(store, vss(&proxy.url()));
    wait_until(BOUND, "the cut", || proxy.is_cut());
    assert!(running.pending() > 0, "the cut came in the middle");
    proxy.mend();
    wait_until(BOUND, "the empty outbox", || running.pending() == 0);
    let (store, _) = running.stop();
    assert_eq!(store.usage().entries, 0);
    let all = KEYS * usize::try_from(ROWS).unwrap();
    wait_until(BOUND, "the last message", || {
        by_topic_and_time(&subscriber.received()).len() == all
    });
    assert_eq!(by_topic_and_time(&subscriber.received()), expected());
}
