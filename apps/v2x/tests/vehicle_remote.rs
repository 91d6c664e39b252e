//! What a server may ask of a vehicle and set in it, over a real broker: attributes, settings,
//! commands.
//!
//! The broker is none of ThingsBoard's: this test plays its part on the same topics.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;

use std::fs;

use bench::car::{Car, Daemon};
use bench::program::v2x;
use bench::recordings;
use bench::replay::Replay;
use bench::server::Server;
use serde_json::{Value as Json, json};
use v2x_store::Store;
use v2x_testbench::{Access, Mosquitto};

/// The VIN's serial in the frame that the car is given to say: vector 53 of the fact table.
const VIN_FRAME: &str = "69F#F0828737";
const VIN_SERIAL: &str = "7378280";

/// A recording of an invented drive whose car also says who it is.
fn drive_with_vin(folder: &std::path::Path) -> std::path::PathBuf {
    let path = folder.join("drive.log");
    let drive = fs::read_to_string(&recordings::invented()[0]).unwrap();
    let first = drive.lines().next().unwrap();
    let stamp = first.split_whitespace().next().unwrap();
    let vin = format!("{stamp} can0 {VIN_FRAME}\n");
    fs::write(&path, vin + &drive).unwrap();
    path
}

fn start(car: &Car, replay: &Replay) -> Daemon {
    car.plug_in(replay.port());
    car.start()
}

fn answered(server: &Server, id: u32, method: &str, params: &Json) -> Json {
    server.ask(id, &json!({ "method": method, "params": params }))
}

#[test]
fn vehicle_describes_itself_and_hides_its_vin_unless_the_owner_allows_it() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let server = Server::start(broker.port());
    let folder = tempfile::tempdir().unwrap();
    let drive = [drive_with_vin(folder.path())];
    let replay = Replay::start(&drive, &["--rate", "490"]);
    let car = Car::new(Some(broker.url()));
    let daemon = start(&car, &replay);
    let told = server.await_attributes("a hash of the VIN", |told| told.contains_key("vin_hash"));
    assert_eq!(told["software"], "v2x 0.1.0");
    assert_eq!(told["dbc"], "renault_twizy.dbc (built in)");
    assert_eq!(told["vss"], "VSS 6.0");
    assert_eq!(told["vin_serial"], "none");
    let capabilities = told["capabilities"].as_str().unwrap();
    assert!(
        capabilities.contains("commands, settings"),
        "{capabilities}"
    );
    let hash = told["vin_hash"].as_str().unwrap().to_owned();
    assert!(
        hash.starts_with("hmac-sha256:") && !hash.contains(VIN_SERIAL),
        "{hash}"
    );
    assert!(daemon.stop().success());
    // Not only there: the serial stands in nothing that was sent.
    let leaks = server.received().iter().any(|message| {
        let text = String::from_utf8_lossy(&message.payload);
        text.contains(VIN_SERIAL) || text.contains("F0828737")
    });
    assert!(!leaks, "the serial of the VIN was sent");

    // The same key gives the same hash after a restart; the owner may allow the serial.
    car.set("V2X_REMOTE_VIN_IN_CLEAR", "true");
    let replay = Replay::start(&drive, &["--rate", "490"]);
    let daemon = start(&car, &replay);
    let told = server.await_attributes("the serial", |told| {
        told.get("vin_serial")
            .is_some_and(|serial| serial != "none")
    });
    assert_eq!(told["vin_serial"], format!("…{VIN_SERIAL}"));
    assert_eq!(told["vin_hash"], "none");
    assert!(daemon.stop().success());
}

#[test]
fn settings_of_the_server_are_checked_kept_over_a_restart_and_taken_back() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let server = Server::start(broker.port());
    server.has(json!({ "vehicle.row_interval_s": 0.5, "fw_title": "other" }));
    let replay = Replay::start(&recordings::invented(), &["--rate", "490"]);
    let car = Car::new(Some(broker.url()));
    let daemon = start(&car, &replay);
    let interval = |seconds: f64| {
        move |told: &serde_json::Map<String, Json>| {
            told.get("row_interval_s") == Some(&json!(seconds))
        }
    };
    server.await_attributes("the setting of the answer", interval(0.5));

    server.sets(&json!({ "vehicle.row_interval_s": 1000, "vehicle.out": "/etc" }));
    let told = server.await_attributes("both refusals", |told| {
        let refused = told.get("settings_refused").and_then(Json::as_str);
        refused.is_some_and(|refused| refused.contains("it must be 0.1 to 600"))
    });
    let refused = told["settings_refused"].as_str().unwrap();
    assert!(
        refused.contains("vehicle.out is nothing that can be changed"),
        "{refused}"
    );
    assert_eq!(told["row_interval_s"], 0.5, "the value before holds");
    server.sets(&json!({ "alarms.hot_c": 45, "vehicle.row_interval_s": 0.25 }));
    server.await_attributes("the next setting", interval(0.25));
    let settings = answered(&server, 1, "getSettings", &json!(null));
    let hot = &settings["settings"]["alarms.hot_c"];
    assert_eq!(*hot, json!({ "value": 45.0, "from": "server" }));
    assert!(daemon.stop().success());

    // The server cannot be asked at the next start: what was kept holds.
    server.has(json!(null));
    let shown = v2x()
        .env("V2X_VEHICLE_OUT", car.out())
        .args(["config", "show"])
        .output()
        .unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(
        shown.contains("vehicle.row_interval_s = 0.25  (server)"),
        "{shown}"
    );
    let replay = Replay::start(&recordings::invented(), &["--rate", "490"]);
    let before = server.count();
    let daemon = start(&car, &replay);
    server.await_attributes_after(before, "the kept setting", interval(0.25));
    server.sets(&json!({ "deleted": ["vehicle.row_interval_s"] }));
    server.await_attributes_after(before, "the file's setting", interval(1.0));
    assert!(daemon.stop().success());

    let store = Store::open(&car.out().join("v2x.db")).unwrap();
    let events = store.events(0, 1000).unwrap();
    let noted = events.iter().filter(|it| it.event.kind == "remote_setting");
    let noted: Vec<Json> = noted
        .map(|it| serde_json::from_str(&it.event.detail).unwrap())
        .collect();
    let refusals = noted.iter().filter(|it| !it["refused"].is_null()).count();
    assert_eq!((noted.len(), refusals), (6, 2), "{noted:#?}");
}

#[test]
fn owner_forbids_settings_and_commands_and_the_server_is_told_so() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let server = Server::start(broker.port());
    server.has(json!({ "vehicle.row_interval_s": 0.5 }));
    let replay = Replay::start(&recordings::invented(), &["--rate", "490"]);
    let car = Car::new(Some(broker.url()));
    car.set("V2X_REMOTE_SETTINGS", "false");
    car.set("V2X_REMOTE_COMMANDS", "false");
    let daemon = start(&car, &replay);
    let told = server.await_attributes("a refusal", |told| {
        told.get("settings_refused")
            .is_some_and(|refused| refused != "none")
    });
    let refused = told["settings_refused"].as_str().unwrap();
    assert!(refused.contains("remote.settings is false"), "{refused}");
    assert_eq!(told["row_interval_s"], 1.0);
    let answer = answered(&server, 1, "getState", &json!({}));
    assert_eq!(answer["ok"], false);
    let why = answer["error"].as_str().unwrap();
    assert!(why.contains("remote.commands is false"), "{why}");
    assert!(daemon.stop().success());
}

#[test]
fn commands_are_answered_noted_and_not_carried_out_twice() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let server = Server::start(broker.port());
    let replay = Replay::start(&recordings::invented(), &["--rate", "490"]);
    let car = Car::new(Some(broker.url()));
    // Rows come at their turn only after the end of this test.
    car.set("V2X_VEHICLE_ROW_INTERVAL_S", "600");
    car.set_clock("0 ntp");
    let daemon = start(&car, &replay);
    server.await_attributes("a vehicle", |told| told.contains_key("software"));

    let error = |answer: &Json| answer["error"].as_str().unwrap_or_default().to_owned();
    let before = answered(&server, 1, "getState", &json!(null));
    assert!(
        error(&before).contains("nothing was heard of the car"),
        "{before}"
    );
    server.wait("a time", || daemon.says("the time is known"));
    let sent = answered(&server, 2, "uploadNow", &json!({}));
    assert_eq!(sent["ok"], true, "{sent}");
    server.wait("the row that was asked for", || !server.rows().is_empty());
    let state = answered(&server, 3, "getState", &json!(null));
    assert!(state["values"]["odometer"].is_f64(), "{state}");
    let ts = server.rows().keys().next().copied();
    assert_eq!((sent["ts"].as_i64(), state["ts"].as_i64()), (ts, ts));
    let health = answered(&server, 4, "getHealth", &json!(null));
    let parts = health["parts"].as_array().unwrap();
    assert!(
        parts.iter().any(|part| part["name"] == "collector"),
        "{health}"
    );
    assert_eq!(
        answered(&server, 5, "getOutbox", &json!(null))["set_aside"],
        0
    );
    let versions = answered(&server, 6, "getVersions", &json!(null));
    assert_eq!(versions["software"], "v2x 0.1.0");
    let nothing = answered(&server, 7, "openDoor", &json!(null));
    assert!(
        error(&nothing).starts_with("there is no method `openDoor`"),
        "{nothing}"
    );

    let text = "hit a \"pothole\" at #12";
    let mark = json!({ "method": "markEvent", "params": { "text": text } });
    let marked = server.ask(8, &mark);
    assert!(marked["ok"] == true && marked["ts"].is_i64(), "{marked}");
    assert_eq!(server.ask_again(8, &mark), marked, "it came twice");
    let wrong = answered(&server, 9, "markEvent", &json!({ "text": "a\nb" }));
    assert!(error(&wrong).contains("one line"), "{wrong}");
    let held = answered(&server, 10, "setInterval", &json!({ "seconds": 0.5 }));
    assert!(
        error(&held).contains("V2X_VEHICLE_ROW_INTERVAL_S holds it"),
        "{held}"
    );
    server.retain(11, &mark);
    assert!(daemon.stop().success());

    // A command that the broker kept is old when the next daemon hears it.
    let replay = Replay::start(&recordings::invented(), &["--rate", "490"]);
    let daemon = start(&car, &replay);
    let old = server.answer_to(11);
    server.wait("two answers to the kept command", || {
        server.answers_to(11).len() == 2
    });
    assert_eq!(old["ok"], true, "it was new when it was sent");
    let again = server.answers_to(11).pop().unwrap();
    assert!(error(&again).contains("retained"), "{again}");
    assert!(daemon.stop().success());
    check_store(&car, text);
}

/// What the commands have left behind.
fn check_store(car: &Car, text: &str) {
    let store = Store::open(&car.out().join("v2x.db")).unwrap();
    let events = store.events(0, 1000).unwrap();
    let of = |kind: &str| -> Vec<Json> {
        let found = events.iter().filter(|it| it.event.kind == kind);
        found
            .map(|it| serde_json::from_str(&it.event.detail).unwrap())
            .collect()
    };
    let marks = of("mark");
    assert_eq!(
        marks,
        [json!({ "text": text }), json!({ "text": text })],
        "8 and 11, each once"
    );
    let commands = of("vehicle_command");
    let ids: Vec<_> = commands
        .iter()
        .map(|it| it["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    let brief = &commands[2];
    assert_eq!(
        brief["answer"],
        json!({ "ok": true }),
        "what only reads is noted briefly"
    );
    assert_eq!(commands[7]["params"]["text"], text);
    assert_eq!(commands[7]["by"], "server");
}
