//! Plain MQTT through the whole program: a car's quantities on the topics of their VSS paths, a
//! station's on those of its slots, at a broker that is no ThingsBoard.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod station_bench;

use std::collections::BTreeMap;

use bench::SOON;
use bench::car::Car;
use bench::recordings;
use bench::replay::Replay;
use bench::telemetry;
use serde_json::Value as Json;
use station_bench::Site;
use station_bench::board::{Board, Load};
use v2x_testbench::{Access, Mosquitto, Received, Subscriber, wait_until};

/// What came on each topic, in its order.
fn by_topic(heard: &Subscriber) -> BTreeMap<String, Vec<Json>> {
    sorted(heard.received())
}

fn sorted(messages: Vec<Received>) -> BTreeMap<String, Vec<Json>> {
    let mut topics = BTreeMap::<_, Vec<_>>::new();
    for message in messages {
        let payload = serde_json::from_slice(&message.payload).unwrap();
        topics.entry(message.topic).or_default().push(payload);
    }
    topics
}

/// The values of a topic by their times.
fn values(topics: &BTreeMap<String, Vec<Json>>, topic: &str) -> BTreeMap<i64, Json> {
    let messages = topics.get(topic).into_iter().flatten();
    messages
        .map(|message| (message["ts"].as_i64().unwrap(), message["value"].clone()))
        .collect()
}

#[test]
fn every_row_of_a_drive_is_published_by_its_quantities_with_their_units() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let heard = Subscriber::start(broker.port());
    let replay = Replay::start(&recordings::invented(), &["--rate", "490", "--for", "6"]);
    let car = Car::new(Some(broker.url()));
    car.set("V2X_MQTT_FORM", "vss");
    car.set("V2X_MQTT_TOPIC_PREFIX", "fleet/car \"7\"");
    car.plug_in(replay.port());
    let daemon = car.start();
    car.hide_port();
    replay.finish();
    assert!(daemon.stop().success());
    let store = car.written().store();
    let stored = telemetry::stored(&store);
    assert!(stored.len() > 3, "{} rows", stored.len());
    assert_eq!(telemetry::waiting(&store).len(), 0, "rows wait");

    let path = "fleet/car \"7\"/Vehicle";
    let of_key = |key: &str| -> BTreeMap<i64, Json> {
        let rows = stored.iter();
        rows.filter_map(|(ts, row)| Some((*ts, row.get(key)?.clone())))
            .collect()
    };
    let odometer = of_key("odometer");
    let distance = format!("{path}/TraveledDistance");
    wait_until(SOON, "the last row", || {
        values(&by_topic(&heard), &distance).len() == odometer.len()
    });
    let topics = by_topic(&heard);
    for (ts, metres) in values(&topics, &distance) {
        // 4821.3 km are 4821300 m, which has no fraction in VSS.
        let kilometres = odometer[&ts].as_f64().unwrap();
        let metres = metres.as_i64().unwrap();
        assert!(
            (kilometres * 1000.0 - metres as f64).abs() < 0.5,
            "{metres}"
        );
    }
    assert_eq!(topics[&distance][0]["unit"], "m");
    let speed = values(&topics, &format!("{path}/Speed"));
    assert_eq!(speed, of_key("motor_speed"));
    let latitude = values(&topics, &format!("{path}/CurrentLocation/Latitude"));
    assert_eq!(latitude, of_key("latitude"));
    let protocol = values(&topics, &format!("{path}/Private/time_source"));
    assert_eq!(protocol, of_key("time_source"));
    let about = &topics["fleet/car \"7\"/attributes"];
    assert_eq!(about[0]["software"], "v2x 0.1.0");
    let foreign: Vec<_> = topics
        .keys()
        .filter(|topic| !topic.starts_with("fleet/car \"7\"/"))
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
}

#[test]
fn quantity_that_does_not_change_is_not_published_again_on_its_topic() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let heard = Subscriber::start(broker.port());
    let replay = Replay::start(&recordings::invented(), &["--rate", "490", "--for", "8"]);
    let car = Car::new(Some(broker.url()));
    car.set("V2X_MQTT_FORM", "vss");
    car.set("V2X_MQTT_TOPIC_PREFIX", "car");
    car.set("V2X_MQTT_REPORTING", "by_change");
    car.plug_in(replay.port());
    let daemon = car.start();
    car.hide_port();
    replay.finish();
    assert!(daemon.stop().success());
    let store = car.written().store();
    let stored = telemetry::stored(&store);
    assert!(stored.len() > 5, "{} rows", stored.len());
    assert_eq!(telemetry::waiting(&store).len(), 0, "rows wait");

    let topics = sorted(heard.caught_up());
    let of = |topic: &str, key: &str| {
        let told = values(&topics, topic);
        for (ts, value) in &told {
            assert_eq!(stored[ts].get(key), Some(value), "{topic} at {ts}");
        }
        told
    };
    // The odometer moves by less than its hundred metres: it is told once or twice, not every
    // second.
    let distance = values(&topics, "car/Vehicle/TraveledDistance");
    let rows_with = |key: &str| stored.values().filter(|row| row.contains_key(key)).count();
    assert!(!distance.is_empty());
    assert!(
        distance.len() * 2 < rows_with("odometer"),
        "{} of {} rows tell the odometer",
        distance.len(),
        rows_with("odometer")
    );
    // What moves is told, and truly.
    let speed = of("car/Vehicle/Speed", "motor_speed");
    assert!(speed.len() > 1, "{speed:?}");
}

#[test]
fn station_publishes_each_slot_on_topics_of_its_own_and_hears_no_commands() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let heard = Subscriber::start(broker.port());
    let site = Site::new();
    let load = Load::new(100.0);
    let _board = Board::plug(&site.path("slot1"), "EELAB_EVSE_slot_1 {st}", &load);
    let text = format!(
        "[station]\nname = \"Yard\"\nrow_interval_s = 0.5\n[mqtt]\nform = \"vss\"\n\
         [[slot]]\nnumber = 1\nname = \"Yard 1/a\"\nport = \"{}\"\nstart_s = 1.0\n",
        site.path("slot1").display(),
    );
    let config = site.write("station.toml", &text).display().to_string();
    let station = site.station(&["--config", &config], Some(&broker.url()));
    load.draw(9_410);
    let slot = "v2x/station/slots/Yard 1%2Fa";
    wait_until(station_bench::SOON, "a session", || {
        let topics = by_topic(&heard);
        let state = values(&topics, &format!("{slot}/state"));
        let is_charging = state.values().any(|state| state == "Charging");
        is_charging && topics.contains_key("v2x/station/charges")
    });
    let topics = by_topic(&heard);
    let voltage = values(&topics, &format!("{slot}/voltage"));
    assert!(
        voltage
            .values()
            .all(|volts| volts.as_f64().unwrap() > 100.0)
    );
    assert_eq!(
        topics[&format!("{slot}/attributes")][0]["evcs_name"],
        "Yard"
    );
    let name = values(&topics, "v2x/station/station/evcs_name");
    assert!(name.values().all(|name| name == "Yard") && !name.is_empty());
    assert_eq!(topics["v2x/station/attributes"][0]["total_slots"], 1);
    let began = &topics["v2x/station/charges"][0]["values"];
    assert_eq!(began["session_event_slot1"], "started", "{began}");
    let before = heard.count();
    heard.publish(
        "v1/devices/me/rpc/request/1",
        r#"{"method":"stop","params":{}}"#,
    );
    wait_until(station_bench::SOON, "more rows", || {
        heard.count() > before + 20
    });
    station.stop();
    let topics = by_topic(&heard);
    let foreign: Vec<_> = topics
        .keys()
        .filter(|topic| !topic.starts_with("v2x/station/"))
        .collect();
    assert_eq!(
        foreign,
        ["v1/devices/me/rpc/request/1"],
        "only ours is there"
    );
}
