//! Our own daemons at the hub and at a plain broker: which of them they talk to is a matter of
//! their settings.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod hub_bench;
mod station_bench;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use bench::SOON;
use bench::car::Car;
use bench::monitor::{health, part};
use bench::recordings;
use bench::replay::Replay;
use bench::telemetry;
use hub_bench::{HubFolder, mosquitto_pub};
use serde_json::json;
use station_bench::Site;
use station_bench::board::{Board, Load};
use v2x_roles::hub::DeviceKind;
use v2x_testbench::{Access, Mosquitto, wait_until};

/// A drive of some seconds whose rows go to this address; the rows that the car has stored.
fn drive(car: &Car) -> telemetry::Rows {
    let replay = Replay::start(&recordings::invented(), &["--rate", "490", "--for", "5"]);
    car.plug_in(replay.port());
    let daemon = car.start();
    car.hide_port();
    replay.finish();
    assert!(daemon.stop().success());
    let store = car.written().store();
    assert_eq!(telemetry::waiting(&store).len(), 0, "rows wait");
    telemetry::stored(&store)
}

/// Every row of the car stands in the hub with its values.
fn assert_there(folder: &HubFolder, name: &str, stored: &telemetry::Rows) {
    assert!(stored.len() > 2, "{} rows", stored.len());
    let id = folder.device(name).unwrap().id;
    let there = folder.rows_of(id);
    for (ts, values) in stored {
        let row = there.iter().find(|row| row.ts.as_millis() == *ts);
        let row = row.unwrap_or_else(|| panic!("no row of {ts}"));
        for (key, value) in values.iter().filter(|(key, _)| *key != "timestamp_str") {
            let has = &row.values[key];
            let is_same = has == value
                || has
                    .as_f64()
                    .zip(value.as_f64())
                    .is_some_and(|(a, b)| (a - b).abs() < 1e-6);
            assert!(is_same, "{ts} {key}: {has} instead of {value}");
        }
    }
}

#[test]
fn car_talks_to_the_hub_as_to_thingsboard() {
    let folder = HubFolder::new();
    let token = folder.add("Car \"7\"");
    let hub = folder.start(&[]);
    let car = Car::new(Some(hub.url()));
    car.log_in_by(&token);
    let stored = drive(&car);
    assert_there(&folder, "Car \"7\"", &stored);
    let device = folder.device("Car \"7\"").unwrap();
    assert_eq!(device.kind, DeviceKind::Vehicle, "seen in what it says");
    let about = folder
        .store()
        .attributes(device.id, v2x_store::hub::Scope::Client);
    assert!(about.unwrap().contains_key("software"));
    hub.stop();
}

#[test]
fn same_car_talks_to_a_plain_broker_and_the_hub_hears_it_there() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let folder = HubFolder::new();
    let hub = folder.start(&["--broker", &broker.url()]);
    let car = Car::new(Some(broker.url()));
    car.set("V2X_MQTT_FORM", "vss");
    car.set("V2X_MQTT_TOPIC_PREFIX", "fleet/car \"7\"");
    let stored = drive(&car);
    let name = "fleet/car \"7\"";
    let keys = stored.values().next_back().unwrap().len() - 1;
    wait_until(SOON, "the last row", || {
        let rows = folder.rows(name);
        rows.len() >= stored.len() && rows.last().unwrap().values.len() >= keys
    });
    assert_there(&folder, name, &stored);
    hub.stop();
}

/// A session of a station with one slot whose way to a broker is this text: its name and its slot's
/// at the hub.
fn charge(folder: &HubFolder, (mqtt, url): (&str, &str), (yard, slot): (&str, &str)) {
    let site = Site::new();
    let load = Load::new(100.0);
    let _board = Board::plug(&site.path("slot1"), "EELAB_EVSE_slot_1 {st}", &load);
    let text = format!(
        "[station]\nname = \"Yard\"\nrow_interval_s = 0.5\ngateway = true\n[mqtt]\n{mqtt}\n\
         [[slot]]\nnumber = 1\nname = \"Yard 1/a\"\nport = \"{}\"\nstart_s = 1.0\n",
        site.path("slot1").display(),
    );
    let config = site.write("station.toml", &text).display().to_string();
    let station = site.station(&["--config", &config], Some(url));
    folder.wait_for(yard, &json!({ "vehicle_connected": false }));
    load.draw(9_410);
    folder.wait_for(yard, &json!({ "session_event_slot1": "started" }));
    folder.wait_for(slot, &json!({ "state": "Charging" }));
    let slot = folder.device(slot).unwrap();
    let yard = folder.device(yard).unwrap();
    assert_eq!((slot.parent, slot.kind), (Some(yard.id), DeviceKind::Slot));
    assert_eq!(yard.kind, DeviceKind::Station);
    let all = (
        v2x_units::UtcTime::from_millis(0),
        v2x_units::UtcTime::from_millis(i64::MAX / 1000),
    );
    let kind = v2x_roles::hub::EpisodeKind::Session;
    let sessions = folder
        .store()
        .episodes(kind, Some(yard.id), all, 10)
        .unwrap();
    assert_eq!(sessions.len(), 1);
    assert!(sessions[0].start.is_some() && sessions[0].end.is_none());
    station.stop();
}

#[test]
fn station_and_its_slots_are_devices_of_the_hub() {
    let folder = HubFolder::new();
    let token = folder.add("Yard");
    let hub = folder.start(&[]);
    let file = folder.path("token");
    std::fs::write(&file, token).unwrap();
    let mqtt = format!("token_file = \"{}\"", file.display());
    charge(&folder, (&mqtt, &hub.url()), ("Yard", "Yard 1/a"));
    hub.stop();
}

#[test]
fn same_station_talks_to_a_plain_broker_and_the_hub_hears_it_there() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let folder = HubFolder::new();
    let hub = folder.start(&["--broker", &broker.url()]);
    let mqtt = "form = \"vss\"\ntopic_prefix = \"fleet/yard\"";
    charge(&folder, (mqtt, &broker.url()), ("fleet/yard", "Yard 1/a"));
    hub.stop();
}

/// Nobody else can write the hub's file while this lives.
struct Occupied(Child);

impl Occupied {
    fn by_us(folder: &HubFolder) -> Self {
        let python = std::env::var("V2X_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let program = "import sqlite3, sys\n\
                       file = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)\n\
                       file.execute('BEGIN IMMEDIATE')\n\
                       print('held', flush=True)\n\
                       sys.stdin.read()\n";
        let mut child = Command::new(python)
            .args(["-c", program])
            .arg(folder.out().join("hub.db"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut held = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut held).unwrap();
        assert_eq!(held.trim(), "held");
        Self(child)
    }

    fn end(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().unwrap().success());
    }
}

#[test]
fn what_the_disk_refuses_of_a_broker_is_said_and_comes_again_when_it_takes_it() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let mut folder = HubFolder::new();
    let monitor = v2x_testbench::free_port();
    folder.set("V2X_MONITOR_LISTEN", &format!("127.0.0.1:{monitor}"));
    let hub = folder.start(&["--broker", &broker.url()]);
    let broker_part = || part(&health(monitor).1, "broker");
    wait_until(SOON, "the way to the broker", || broker_part().0 == "ok");
    let say = |number: i64| {
        let payload = format!(
            r#"{{"ts":{},"value":{number}}}"#,
            1_795_514_400_000 + number
        );
        let topic = "car/Vehicle/Private/number";
        let sent = mosquitto_pub(broker.port(), &[], topic, &payload);
        assert!(sent.status.success(), "{sent:?}");
    };
    say(0);
    folder.wait_for("car", &json!({ "number": 0 }));
    let occupied = Occupied::by_us(&folder);
    say(1);
    wait_until(SOON, "the refusal", || {
        let (status, reason) = broker_part();
        status == "failed" && reason.contains("asked for again")
    });
    occupied.end();
    folder.wait_for("car", &json!({ "number": 1 }));
    say(2);
    folder.wait_for("car", &json!({ "number": 2 }));
    wait_until(SOON, "the way to the broker", || broker_part().0 == "ok");
    assert_eq!(folder.rows("car").len(), 3, "each once");
    hub.stop();
}
