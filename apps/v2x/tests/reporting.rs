//! Rows that are thinned on their way to a real broker: what arrives is true and enough, what is
//! stored is whole, and what it costs is counted and kept.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;

use std::fs;
use std::time::Duration;

use bench::car::Car;
use bench::replay::Replay;
use bench::{BUS_RATE, SOON, monitor, recordings, telemetry};
use serde_json::{Map, Value};
use v2x_testbench::{Access, Mosquitto, Subscriber, free_port, wait_until};

/// Keys whose every change goes at once.
const STATES: [&str; 6] = [
    "gear",
    "motor_active",
    "key_on",
    "is_charging",
    "charging_status",
    "mains_present",
];

#[test]
fn thinned_rows_tell_every_state_at_once_and_the_store_keeps_whole_ones() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let seconds = bench::drive_seconds();
    let bound = SOON + Duration::from_secs(seconds as u64);
    let subscriber = Subscriber::start(broker.port());
    let (rate, length) = (BUS_RATE.to_string(), seconds.to_string());
    let replay = Replay::start(&recordings::drive(), &["--rate", &rate, "--for", &length]);
    let port = free_port();
    let car = Car::new(Some(broker.url()));
    car.set("V2X_MQTT_REPORTING", "by_change");
    car.set("V2X_MQTT_BUDGET_MB_PER_MONTH", "50");
    car.set("V2X_MQTT_REPORT_RULES", "motor_rpm:1:0:60");
    car.set("V2X_MONITOR_LISTEN", &format!("127.0.0.1:{port}"));
    car.plug_in(replay.port());
    let daemon = car.start();
    car.hide_port();
    let sent = BUS_RATE * seconds * 9 / 10;
    wait_until(bound, "most of the drive", || {
        subscriber.count() > 2 && car.written().lines_logged() >= sent
    });
    wait_until(SOON, "the month's bytes", || {
        metric(port, "v2x_month_published_bytes") > 0.0
    });
    assert!(metric(port, "v2x_report_stretch") >= 1.0);
    let (_, budget) = monitor::part(&monitor::health(port).1, "budget");
    assert!(budget.contains("of 50.0 MB"), "{budget}");
    replay.finish();
    let status = daemon.stop();
    assert!(status.success(), "the daemon ended with {status}");

    let store = car.written().store();
    let stored = telemetry::stored(&store);
    assert!(stored.len() + 2 >= seconds, "{} rows", stored.len());
    assert_eq!(telemetry::waiting(&store).len(), 0, "rows wait");
    let heard = telemetry::heard(&subscriber.caught_up());
    let mut known = Map::new();
    for (ts, row) in &stored {
        let told = heard.get(ts).cloned().unwrap_or_default();
        for (key, value) in told {
            let is_true = key == "report_stretch" || row.get(&key) == Some(&value);
            assert!(is_true, "{key} of {ts} is not what the store has");
            known.insert(key, value);
        }
        for state in STATES.iter().filter(|state| row.contains_key(**state)) {
            assert_eq!(known.get(*state), row.get(*state), "{state} at {ts}");
        }
        let is_known = |key: &String| key == "timestamp_str" || known.contains_key(key);
        assert!(row.keys().all(is_known), "a key of {ts} was never told");
    }
    assert!(heard.keys().all(|ts| stored.contains_key(ts)));
    let values = |rows: &telemetry::Rows| rows.values().map(Map::len).sum::<usize>();
    let (all, told) = (values(&stored), values(&heard));
    assert!(told * 2 < all, "{told} of {all} values were published");

    let kept = fs::read_to_string(car.written().folder().join("v2x.budget")).unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert!(
        kept["bytes"].as_u64().is_some_and(|bytes| bytes > 1000),
        "{kept}"
    );
}

/// The value of a metric without labels; 0 while it is not there.
fn metric(port: u16, name: &str) -> f64 {
    let page = monitor::ask(port, "GET", "/metrics").body;
    let found = page
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    found.map_or(0.0, |value| value.parse().unwrap())
}
