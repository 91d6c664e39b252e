//! Who is around, for the server: what the car's own pages show of it, in short.
//!
//! It is sent and not kept: an old one is worth nothing. What the keys mean is
//! `docs/protocol/mqtt.md`; why it is sent, `docs/decisions/0060-neighbours-at-the-server.md`.

use std::collections::BTreeMap;

use serde_json::{Number, Value as Json, json};
use v2x_outbox::{Class, NewEntry};
use v2x_units::UtcTime;
use v2x_uplink::thingsboard::{Value, Values};
use v2x_web::types::{Neighbour, V2x};

use crate::daemon::entry;

/// Of so many the server is told, the nearest: 150 bytes each.
const NEAREST: usize = 16;
/// The most bytes of it.
const BYTES_MAX: usize = 8192;
/// Numbers are told to a millionth: 0.1 m of a coordinate.
const PARTS: f64 = 1e6;

/// What the server is told of a moment.
pub(in crate::vehicle) fn told(traffic: &V2x, at: UtcTime) -> Option<NewEntry> {
    let mut nearest: Vec<&Neighbour> = traffic.neighbours.iter().collect();
    let distance = |of: &Neighbour| of.distance_m.unwrap_or(f64::INFINITY);
    nearest.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    nearest.truncate(NEAREST);
    let counters = traffic.counters.iter().filter(|(_, count)| **count > 0);
    let counters: BTreeMap<_, _> = counters.collect();
    let link = traffic.link_by_distance.iter();
    let link: Vec<_> = link.filter(|band| band.messages > 0).collect();
    let told = json!({ "neighbours": nearest, "link_by_distance": link, "counters": counters });
    let mut values = Values::new();
    values.put("v2v_around", Value::json(short(told), BYTES_MAX)?);
    entry(Class::Telemetry, at, values)
}

/// The same without what is not known, and with numbers no longer than they are good for.
fn short(json: Json) -> Json {
    match json {
        Json::Object(members) => {
            let known = members.into_iter().filter(|(_, value)| !value.is_null());
            known.map(|(key, value)| (key, short(value))).collect()
        }
        Json::Array(values) => values.into_iter().map(short).collect(),
        Json::Number(number) if number.is_f64() => {
            let rounded = number.as_f64().map(|it| (it * PARTS).round() / PARTS);
            let rounded = rounded.and_then(Number::from_f64);
            rounded.map_or(Json::Null, Json::Number)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use v2x_web::types::NeighbourKind;

    use super::*;

    fn neighbour(number: u32) -> Neighbour {
        Neighbour {
            station_id: number.to_string(),
            kind: NeighbourKind::Car,
            latitude: Some(33.123_456_789),
            longitude: Some(-7.5),
            speed_kmh: None,
            heading: Some(270.1),
            age_ms: 120,
            confidence: Some(0.85),
            verified: true,
            legacy: false,
            rssi_dbm: Some(-71.0),
            delivery_ratio: Some(0.999_999_99),
            age_of_information_ms: Some(101.5),
            distance_m: Some(f64::from(1000 - number)),
        }
    }

    #[test]
    fn nearest_are_told_in_short_and_a_crowd_has_room_in_a_message() {
        let traffic = V2x {
            neighbours: (0..500).map(neighbour).collect(),
            counters: [("forged".to_owned(), 0), ("verified".to_owned(), 7)].into(),
            ..V2x::default()
        };
        let entry = told(&traffic, UtcTime::from_millis(5)).expect("it has room");
        assert!(entry.payload().len() < BYTES_MAX);
        let told: Json = serde_json::from_slice(entry.payload()).unwrap();
        let around = &told["v2v_around"];
        let neighbours = around["neighbours"].as_array().unwrap();
        assert_eq!(neighbours.len(), NEAREST);
        assert_eq!(neighbours[0]["station_id"], "499", "the nearest is first");
        assert_eq!(neighbours[0]["latitude"], 33.123_457);
        assert!(neighbours[0].get("speed_kmh").is_none());
        assert_eq!(around["counters"], json!({ "verified": 7 }));
        // The server reads it as what it was made of.
        let read: Neighbour = serde_json::from_value(neighbours[0].clone()).unwrap();
        assert_eq!((read.kind, read.speed_kmh), (NeighbourKind::Car, None));
    }
}
