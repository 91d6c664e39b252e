//! Rows of the outbox as messages of plain MQTT.

use std::collections::BTreeMap;

use v2x_outbox::NewEntry;
use v2x_units::UtcTime;

use super::*;

fn name(path: &str, unit: &str) -> VssName {
    VssName {
        path: path.to_owned(),
        unit: unit.to_owned(),
        key_scale: 1.0,
        is_whole: false,
        words: Vec::new(),
    }
}

fn topics() -> VssTopics {
    let mut names = VssNames::default();
    let soc = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Current";
    assert!(names.name("soc", name(soc, "percent")));
    let odometer = VssName {
        key_scale: 0.001,
        is_whole: true,
        ..name("Vehicle.TraveledDistance", "m")
    };
    assert!(names.name("odometer", odometer));
    let brake = VssName {
        words: vec![
            (json!(false), json!("INACTIVE")),
            (json!(true), json!("ACTIVE")),
        ],
        ..name("Vehicle.Body.Lights.Brake.IsActive", "")
    };
    assert!(names.name("brake", brake));
    names.leave_out("timestamp_str");
    VssTopics {
        prefix: "fleet/car-7".parse().unwrap(),
        names,
        whose: Whose::Vehicle,
    }
}

fn entry(class: Class, kind: PayloadKind, payload: &str) -> Entry {
    let ts = UtcTime::from_millis(1_756_370_845_373);
    let new = NewEntry::new(class, kind, ts, 2, payload).unwrap();
    new.at(EntryId::new(class, 7))
}

fn published(class: Class, payload: &str) -> BTreeMap<String, Json> {
    let entry = entry(class, PayloadKind::Telemetry, payload);
    let messages = topics().messages(&entry).unwrap();
    let mut found = BTreeMap::new();
    for message in messages {
        assert_eq!(message.entries, [entry.id], "every message is the entry's");
        let payload = serde_json::from_slice(&message.payload).unwrap();
        assert!(found.insert(message.topic.to_string(), payload).is_none());
    }
    found
}

fn expected<const N: usize>(messages: [(&str, Json); N]) -> BTreeMap<String, Json> {
    let messages = messages.into_iter();
    messages
        .map(|(topic, payload)| (format!("fleet/car-7/{topic}"), payload))
        .collect()
}

const TS: i64 = 1_756_370_845_373;

#[test]
fn row_is_one_message_per_quantity_in_the_units_of_vss() {
    let row = r#"{"soc":64.42,"odometer":3585.2,"brake":true,"timestamp_str":"2025-08-28"}"#;
    let soc = "Vehicle/Powertrain/TractionBattery/StateOfCharge/Current";
    let messages = expected([
        (soc, json!({ "ts": TS, "value": 64.42, "unit": "percent" })),
        (
            "Vehicle/TraveledDistance",
            json!({ "ts": TS, "value": 3_585_200, "unit": "m" }),
        ),
        (
            "Vehicle/Body/Lights/Brake/IsActive",
            json!({ "ts": TS, "value": "ACTIVE" }),
        ),
    ]);
    assert_eq!(published(Class::Telemetry, row), messages);
}

#[test]
fn key_without_a_path_and_value_that_the_path_does_not_have_are_private() {
    let row = r#"{"hdop":1.5,"a/b+c#":"x","brake":"half","soc":"full"}"#;
    let messages = expected([
        ("Vehicle/Private/hdop", json!({ "ts": TS, "value": 1.5 })),
        (
            "Vehicle/Private/a%2Fb%2Bc%23",
            json!({ "ts": TS, "value": "x" }),
        ),
        (
            "Vehicle/Private/brake",
            json!({ "ts": TS, "value": "half" }),
        ),
        ("Vehicle/Private/soc", json!({ "ts": TS, "value": "full" })),
    ]);
    assert_eq!(published(Class::Telemetry, row), messages);
}

#[test]
fn trips_charges_events_and_alerts_are_whole_on_topics_of_their_own() {
    for (class, topic) in [
        (Class::Trip, "trips"),
        (Class::Session, "charges"),
        (Class::Event, "events"),
        (Class::Alert, "alerts"),
    ] {
        let payload = json!({ "ts": TS, "values": { "soc": 12.0, "k": "v" } });
        let messages = expected([(topic, payload)]);
        assert_eq!(published(class, r#"{"soc":12.0,"k":"v"}"#), messages);
    }
}

#[test]
fn number_keeps_its_decimals() {
    let entry = entry(Class::Telemetry, PayloadKind::Telemetry, r#"{"soc":12.0}"#);
    let message = &topics().messages(&entry).unwrap()[0];
    let text = String::from_utf8(message.payload.clone()).unwrap();
    assert!(text.contains(r#""value":12.0"#), "{text}");
}

#[test]
fn second_key_of_a_path_is_not_published_under_it() {
    let mut names = VssNames::default();
    assert!(names.name("speed", name("Vehicle.Speed", "km/h")));
    assert!(!names.name("gps_speed", name("Vehicle.Speed", "km/h")));
    assert_eq!(names.get("gps_speed"), None);
}

#[test]
fn entry_that_no_message_can_carry_is_refused_with_its_reason() {
    let refused = |kind, payload: &str| {
        let entry = entry(Class::Telemetry, kind, payload);
        topics().messages(&entry).unwrap_err().to_string()
    };
    for payload in ["", "[1]", r#"{"a":"#] {
        let said = refused(PayloadKind::Telemetry, payload);
        assert!(said.contains("no JSON object"), "{said}");
    }
    let said = refused(PayloadKind::GatewayTelemetry, "{}");
    assert!(said.contains("gateway"), "{said}");
    let large = format!(r#"{{"{}":"{}"}}"#, "k".repeat(32_000), "v".repeat(32_900));
    let mut entry = entry(Class::Telemetry, PayloadKind::Telemetry, &large);
    assert!(topics().messages(&entry).is_ok());
    entry.payload = format!(r#"{{"{}":1}}"#, "k".repeat(65_600)).into_bytes();
    let said = topics().messages(&entry).unwrap_err().to_string();
    assert!(said.contains("65536"), "{said}");
}

#[test]
fn largest_entry_with_the_longest_prefix_fits_a_message() {
    let mut topics = topics();
    topics.prefix = "p".repeat(PREFIX_MAX_BYTES).parse().unwrap();
    let text = "v".repeat(v2x_outbox::entry::PAYLOAD_MAX_BYTES - 8);
    let entry = entry(
        Class::Session,
        PayloadKind::Telemetry,
        &format!(r#"{{"k":"{text}"}}"#),
    );
    assert_eq!(entry.payload.len(), v2x_outbox::entry::PAYLOAD_MAX_BYTES);
    assert!(topics.messages(&entry).is_ok());
}

#[test]
fn slots_of_a_station_have_their_keys_under_their_names() {
    let station = VssTopics {
        whose: Whose::Station,
        prefix: "yard".parse().unwrap(),
        names: VssNames::default(),
    };
    let published = |kind, payload: &str| {
        let messages = station.messages(&entry(Class::Telemetry, kind, payload));
        let messages = messages.unwrap().into_iter();
        let published = messages.map(|message| {
            let payload = serde_json::from_slice(&message.payload).unwrap();
            (message.topic.to_string(), payload)
        });
        published.collect::<BTreeMap<String, Json>>()
    };
    let rows = r#"{"A/1":[{"ts":5,"values":{"voltage":230.0,"state":"Charging"}}],"B":[]}"#;
    let found = published(PayloadKind::GatewayTelemetry, rows);
    let expected = BTreeMap::from([
        (
            "yard/slots/A%2F1/voltage".to_owned(),
            json!({ "ts": 5, "value": 230.0 }),
        ),
        (
            "yard/slots/A%2F1/state".to_owned(),
            json!({ "ts": 5, "value": "Charging" }),
        ),
    ]);
    assert_eq!(found, expected);
    let about = published(PayloadKind::GatewayAttributes, r#"{"B":{"slot":2}}"#);
    let expected = BTreeMap::from([("yard/slots/B/attributes".to_owned(), json!({ "slot": 2 }))]);
    assert_eq!(about, expected);
    let own = published(PayloadKind::Telemetry, r#"{"evcs_name":"Yard"}"#);
    assert_eq!(own.keys().next().unwrap(), "yard/station/evcs_name");
    for payload in [
        "5",
        r#"{"A":5}"#,
        r#"{"A":[5]}"#,
        r#"{"A":[{"ts":"x","values":{}}]}"#,
    ] {
        let entry = entry(Class::Telemetry, PayloadKind::GatewayTelemetry, payload);
        assert!(station.messages(&entry).is_err(), "{payload}");
    }
}
