//! The session between a real SQLite store and a real mosquitto, through whatever happens.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod running;

use std::collections::BTreeMap;
use std::time::Duration;

use running::{BOUND, FIRST_MS, Running, row, settings, store_with, values};
use tempfile::TempDir;
use v2x_outbox::{Class, NewEntry, PayloadKind, Storage as _};
use v2x_testbench::{
    Access, FakeThingsBoard, Mosquitto, Proxy, Received, Subscriber, free_port, wait_until,
};
use v2x_units::UtcTime;
use v2x_uplink::{Down, SessionEvent, Window};

/// Every row that arrived by its time; the same time must not come with two values.
fn rows_by_time(received: &[Received]) -> BTreeMap<i64, serde_json::Value> {
    let mut rows = BTreeMap::new();
    for message in received {
        assert_eq!(message.topic, "v1/devices/me/telemetry");
        assert!(message.payload.len() < 65_536);
        let parsed: serde_json::Value = serde_json::from_slice(&message.payload).unwrap();
        let batch = match parsed {
            serde_json::Value::Array(rows) => rows,
            single => vec![single],
        };
        for row in batch {
            let ts = row["ts"].as_i64().unwrap();
            let values = row["values"].clone();
            let twice = rows.insert(ts, values.clone());
            assert!(twice.is_none_or(|earlier| earlier == values), "{ts}");
        }
    }
    rows
}

fn expected(rows: i64) -> BTreeMap<i64, serde_json::Value> {
    (0..rows)
        .map(|n| {
            let values = serde_json::from_str(&values(n)).unwrap();
            (FIRST_MS + 1000 * n, values)
        })
        .collect()
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn five_thousand_rows_arrive_exactly_and_leave_the_outbox_empty() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let subscriber = Subscriber::start(broker.port());
    let folder = folder();
    let store = store_with(&folder.path().join("v2x.db"), 5000);
    let running = Running::start(store, settings(&broker.url()));
    wait_until(BOUND, "the empty outbox", || running.pending() == 0);
    wait_until(BOUND, "the last row", || {
        rows_by_time(&subscriber.received()).len() == 5000
    });
    let (store, events) = running.stop();
    assert_eq!(rows_by_time(&subscriber.received()), expected(5000));
    assert_eq!(store.usage().entries, 0);
    assert_eq!(
        store.telemetry_count().unwrap(),
        5000,
        "the store keeps them"
    );
    let stopped = SessionEvent::Stopped { unacknowledged: 0 };
    let quiet = [SessionEvent::Connecting, SessionEvent::Connected, stopped];
    assert_eq!(events, quiet);
}

#[test]
fn nothing_is_missing_after_the_line_was_cut_in_the_middle() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let subscriber = Subscriber::start(broker.port());
    let proxy = Proxy::start(broker.port());
    let folder = folder();
    let store = store_with(&folder.path().join("v2x.db"), 5000);
    proxy.cut_after(150_000);
    let running = Running::start(store, settings(&proxy.url()));
    let is_down = |event: &SessionEvent| matches!(event, SessionEvent::Down { .. });
    wait_until(BOUND, "the cut", || proxy.is_cut());
    wait_until(BOUND, "a refused try", || running.happened(is_down) >= 2);
    assert!(running.pending() > 0, "the cut came in the middle");
    proxy.mend();
    wait_until(BOUND, "the empty outbox", || running.pending() == 0);
    let (store, events) = running.stop();
    assert_eq!(store.usage().entries, 0);
    wait_until(BOUND, "the last row", || {
        rows_by_time(&subscriber.received()).len() == 5000
    });
    assert_eq!(rows_by_time(&subscriber.received()), expected(5000));
    let connected = events.iter().filter(|e| **e == SessionEvent::Connected);
    assert_eq!(connected.count(), 2);
}

#[test]
fn wrong_token_is_reported_in_words_and_loses_nothing() {
    let Some(broker) = Mosquitto::start(&Access::Nobody) else {
        return;
    };
    let folder = folder();
    let store = store_with(&folder.path().join("v2x.db"), 3);
    let running = Running::start(store, settings(&broker.url()));
    let is_refused = |event: &SessionEvent| match event {
        SessionEvent::Down { why, .. } => matches!(why, Down::Refused { code: 5, .. }),
        _ => false,
    };
    wait_until(BOUND, "two refusals", || running.happened(is_refused) >= 2);
    let (store, events) = running.stop();
    assert_eq!(store.usage().entries, 3);
    let said = format!("{events:?}");
    assert!(said.contains("the token or password is wrong"), "{said}");
    assert!(!said.contains("A1_TEST_TOKEN"), "{said}");
}

#[test]
fn broker_that_is_not_there_is_reported_and_tried_again() {
    let folder = folder();
    let store = store_with(&folder.path().join("v2x.db"), 3);
    let url = format!("mqtt://127.0.0.1:{}", free_port());
    let running = Running::start(store, settings(&url));
    let is_unreachable = |event: &SessionEvent| match event {
        SessionEvent::Down { why, .. } => matches!(why, Down::Unreachable(_)),
        _ => false,
    };
    wait_until(BOUND, "two tries", || running.happened(is_unreachable) >= 2);
    assert_eq!(running.stop().0.usage().entries, 3);
}

#[test]
fn poison_entry_is_set_aside_and_all_others_arrive() {
    let server =
        FakeThingsBoard::start(|payload| !payload.windows(6).any(|window| window == b"poison"));
    let folder = folder();
    let mut store = store_with(&folder.path().join("v2x.db"), 4000);
    let poison = row(4000, r#"{"k":"poison"}"#.to_owned());
    store.record_telemetry(&[poison]).unwrap();
    let mut fast = settings(&server.url());
    fast.limits.messages = vec![Window {
        capacity: 1000,
        per: Duration::from_secs(1),
    }];
    let running = Running::start(store, fast);
    wait_until(BOUND, "the empty outbox", || running.pending() == 0);
    let (store, _) = running.stop();
    let aside = store.set_aside_entries(10).unwrap();
    assert_eq!(aside.len(), 1);
    assert_eq!(aside[0].entry.payload, br#"{"k":"poison"}"#);
    assert!(aside[0].reason.contains("took others"));
    assert_eq!(rows_by_time(&server.received()), expected(4000));
}

#[test]
fn stop_in_the_middle_leaves_the_rest_on_disk() {
    let server = FakeThingsBoard::start(|_| true);
    let folder = folder();
    let store = store_with(&folder.path().join("v2x.db"), 5000);
    let mut slow = settings(&server.url());
    slow.limits.points = vec![Window {
        capacity: 100,
        per: Duration::from_secs(60),
    }];
    let running = Running::start(store, slow);
    wait_until(BOUND, "a first row", || !server.received().is_empty());
    let (store, events) = running.stop();
    let arrived = rows_by_time(&server.received()).len() as u64;
    assert_eq!(store.usage().entries + arrived, 5000);
    let stopped = SessionEvent::Stopped { unacknowledged: 0 };
    assert_eq!(events.last(), Some(&stopped));
}

#[test]
fn alert_overtakes_a_backlog_that_the_pace_holds_back() {
    let server = FakeThingsBoard::start(|_| true);
    let folder = folder();
    let store = store_with(&folder.path().join("v2x.db"), 5000);
    let mut slow = settings(&server.url());
    slow.limits.points = vec![Window {
        capacity: 200,
        per: Duration::from_secs(6),
    }];
    let running = Running::start(store, slow);
    wait_until(BOUND, "a first row", || !server.received().is_empty());
    let before = server.received().len();
    let ts = UtcTime::from_millis(FIRST_MS);
    let (class, kind) = (Class::Alert, PayloadKind::Telemetry);
    let alert = r#"{"alert":"cell voltage"}"#;
    running.push(NewEntry::new(class, kind, ts, 1, alert).unwrap());
    let is_alert = |message: &Received| message.payload.windows(5).any(|word| word == b"alert");
    let place = || server.received().iter().position(is_alert);
    wait_until(BOUND, "the alert", || place().is_some());
    let overtaking = place().unwrap() - before;
    assert!(overtaking <= 5, "{overtaking} messages went before it");
    running.stop();
}
