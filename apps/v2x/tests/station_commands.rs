//! Commands from the server: checked, noted, carried out, answered.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod station_bench;

use serde_json::json;
use station_bench::board::{Board, Load};
use station_bench::{Site, answer, ask, await_slot};
use v2x_store::Store;
use v2x_testbench::{Access, Mosquitto, Subscriber};

fn config(site: &Site) -> String {
    site.write(
        "tariffs.toml",
        "[[tariff]]\nid = \"day\"\nversion = \"1\"\ncurrency = \"EUR\"\nper_kwh = 0.30\n\
         [[tariff]]\nid = \"guest\"\nversion = \"1\"\ncurrency = \"EUR\"\nper_kwh = 0.45\n",
    );
    let text = format!(
        "[station]\nname = \"Yard\"\nrow_interval_s = 0.5\ngateway = true\n\
         tariffs = \"tariffs.toml\"\n\
         [[slot]]\nnumber = 1\nname = \"Yard 1\"\nport = \"{}\"\nstart_s = 1.0\nstop_s = 1.0\n\
         [[slot]]\nnumber = 2\nname = \"Yard 2\"\nport = \"{}\"\n",
        site.path("slot1").display(),
        site.path("slot2").display(),
    );
    site.write("station.toml", &text).display().to_string()
}

#[test]
fn commands_are_carried_out_noted_and_answered_with_what_is_right() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let server = Subscriber::start(broker.port());
    let site = Site::new();
    let load = Load::new(100.0);
    let _one = Board::plug(&site.path("slot1"), "EELAB_EVSE_slot_1 {st}", &load);
    let _two = Board::plug(
        &site.path("slot2"),
        "EELAB_EVSE_slot_2 {st}",
        &Load::new(1.0),
    );
    load.draw(9_410);
    let config = config(&site);
    let station = site.station(&["--config", &config], Some(&broker.url()));
    await_slot(&server, "Yard 1", "a session", |row| {
        row["state"] == "Charging"
    });

    let set = json!({ "method": "setTariff", "params": { "slot": 2, "tariff": "guest" } });
    assert_eq!(ask(&server, 1, &set)["tariff"], "guest");
    let wrong = json!({ "method": "setTariff", "params": { "slot": 2, "tariff": "free" } });
    let refused = ask(&server, 2, &wrong);
    assert_eq!(refused["ok"], false);
    assert_eq!(
        refused["error"],
        "there is no tariff `free`; there are: day, guest"
    );
    let nowhere = ask(
        &server,
        3,
        &json!({ "method": "stop", "params": { "slot": 7 } }),
    );
    assert_eq!(nowhere["error"], "there is no slot `7`; there are: 1, 2");
    let nothing = ask(
        &server,
        4,
        &json!({ "method": "launch", "params": { "slot": 1 } }),
    );
    assert!(
        nothing["error"]
            .as_str()
            .unwrap()
            .starts_with("there is no method `launch`")
    );

    // To the slot's own device, behind the gateway.
    let stop = json!({ "device": "Yard 1", "data": { "id": 9, "method": "stop", "params": {} } });
    server.publish("v1/gateway/rpc", &stop.to_string());
    let stopped = answer(&server, |topic, payload| {
        topic == "v1/gateway/rpc" && payload["data"].get("ok").is_some()
    });
    assert_eq!(
        (&stopped["device"], &stopped["id"]),
        (&json!("Yard 1"), &json!(9))
    );
    assert_eq!(stopped["data"]["ok"], true);
    let note = stopped["data"]["note"].as_str().unwrap();
    assert!(
        note.contains("no relay"),
        "a slot without one says so: {note}"
    );
    await_slot(&server, "Yard 1", "the end of the session", |row| {
        row["state"] == "Finishing"
    });
    station.stop();
    check_store(&site);
}

/// What the commands have left behind.
fn check_store(site: &Site) {
    let store = Store::open(&site.out().join("v2x.db")).unwrap();
    let events = store.events(0, 100).unwrap();
    let commands = events
        .iter()
        .filter(|event| event.event.kind == "station_command");
    assert_eq!(
        commands.count(),
        5,
        "each command is noted, also a refused one"
    );
    assert_eq!(store.chosen_tariffs().unwrap(), [(2, "guest".to_owned())]);
    let ended = store.newest_session(1).unwrap().unwrap();
    assert_eq!(ended.newest.ended, Some(v2x_charging::EndReason::Remote));
    assert_eq!(ended.head.tariff_id, "day");
}
