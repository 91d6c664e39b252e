//! The dashboards of a running vehicle and a running station, asked over HTTP as pages do: only
//! with a log-in, and only what is true.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod station_bench;

use bench::browser::{Browser, add_user};
use bench::car::Car;
use bench::replay::Replay;
use bench::{SOON, recordings, telemetry};
use serde_json::{Value, json};
use station_bench::Site;
use station_bench::board::{Board, Load};
use v2x_testbench::{free_port, wait_until};

/// A board of the prototype's newest firmware.
const SLOT_1: &str = "EELAB_EVCS2_slot_1 {st}";

/// A car with its dashboard at a port and the invented drive that plays into it.
fn car() -> (Car, u16) {
    let port = free_port();
    let car = Car::new(None);
    car.set("V2X_DASHBOARD_LISTEN", &format!("127.0.0.1:{port}"));
    car.set("V2X_DASHBOARD_NAME", "The \"red\" one");
    (car, port)
}

fn drive(car: &Car) -> Replay {
    let replay = Replay::start(&recordings::invented(), &["--rate", "490"]);
    car.plug_in(replay.port());
    replay
}

#[test]
fn vehicle_shows_whom_it_knows_exactly_what_its_store_has() {
    let (car, port) = car();
    add_user(&car.out(), "amal", "viewer");
    let replay = drive(&car);
    let daemon = car.start();
    let nobody = Browser::at(port);
    let amal = Browser::log_in(port, "amal");
    for path in [
        "/api/v1/devices",
        "/api/v1/me",
        "/api/v1/devices/vehicle/history?keys=soc",
    ] {
        assert_eq!(nobody.get(path).code, 401, "{path}");
    }
    assert_eq!(nobody.get("/").code, 200, "the pages hold no data");
    assert_eq!(
        amal.post("/api/v1/devices/vehicle/rpc", &json!({"method": "x"}))
            .code,
        403
    );

    let live = amal.follow_until("event: values");
    assert!(
        live.contains("event: values\ndata: {\"device\":\"vehicle\",\"ts\":"),
        "{live}"
    );
    let me = amal.json("/api/v1/me");
    assert_eq!(me["site"]["name"], "The \"red\" one");
    let features = me["site"]["features"].as_array().unwrap();
    assert!(features.contains(&"trips".into()) && !features.contains(&"v2x".into()));
    assert_eq!(
        amal.get("/api/v1/devices/vehicle/v2x").code,
        404,
        "there is no radio"
    );
    let health = amal.json("/api/v1/devices/vehicle/health");
    assert!(
        health["parts"]
            .as_array()
            .unwrap()
            .iter()
            .any(|part| part["name"] == "collector")
    );

    let mut newest = Value::Null;
    wait_until(SOON, "values of several rows", || {
        newest = amal.json("/api/v1/devices/vehicle");
        newest["values"]["soc"].is_object() && newest["values"]["latitude"].is_object()
    });
    replay.finish();
    assert!(daemon.stop().success());
    check_values(&newest, &car);

    // What was written is shown as it was written, after a restart as well.
    let _replay = drive(&car);
    let _daemon = car.start();
    let amal = Browser::log_in(port, "amal");
    check_past(&amal, &car);
}

/// Every value that was shown stands in the store, under its time; nothing else was shown.
fn check_values(device: &Value, car: &Car) {
    let stored = telemetry::stored(&car.written().store());
    let values = device["values"].as_object().unwrap();
    assert!(values.len() > 10, "{device}");
    for (key, reading) in values {
        let ts = reading["ts"].as_i64().unwrap();
        let row = stored
            .get(&ts)
            .unwrap_or_else(|| panic!("{key}: no row at {ts}"));
        assert_eq!(row.get(key), Some(&reading["value"]), "{key} at {ts}");
    }
}

/// History, table and track of the first drive.
fn check_past(amal: &Browser, car: &Car) {
    let stored = telemetry::stored(&car.written().store());
    let (first, last) = (stored.keys().next().unwrap(), stored.keys().last().unwrap());
    let span = format!("from={first}&to={}", last + 1);
    let path = format!("/api/v1/devices/vehicle/history?keys=soc,gear,nothing&{span}");
    let history = amal.json(&path);
    assert_eq!(history["resolution"], "raw");
    for key in ["soc", "gear"] {
        let shown = history["series"][key].as_array().unwrap();
        let held = stored
            .iter()
            .filter_map(|(ts, row)| Some(json!([ts, row.get(key)?])));
        assert_eq!(*shown, held.collect::<Vec<_>>(), "{key}");
        assert!(!shown.is_empty());
    }
    assert_eq!(
        history["series"]["nothing"],
        json!([]),
        "missing is missing"
    );
    let thin = amal.json(&format!(
        "/api/v1/devices/vehicle/history?keys=soc&{span}&points=2"
    ));
    assert!(thin["series"]["soc"].as_array().unwrap().len() <= 2);

    let table = amal.get(&format!(
        "/api/v1/devices/vehicle/export.csv?keys=soc&{span}"
    ));
    let with_soc = stored
        .values()
        .filter(|row| row.contains_key("soc"))
        .count();
    assert_eq!(table.body.lines().count(), with_soc + 1, "{table:?}");
    let track = amal.get(&format!("/api/v1/devices/vehicle/track.gpx?{span}"));
    assert!(track.head.contains("application/gpx+xml"), "{}", track.head);
    assert!(track.body.contains("<trkpt lat=\""), "{}", track.body);
    for path in ["trips", "charges", "battery", "warnings"] {
        assert!(
            amal.json(&format!("/api/v1/devices/vehicle/{path}"))
                .is_array(),
            "{path}"
        );
    }
}

#[test]
fn vehicle_answers_no_request_of_its_description_with_a_5xx() {
    let (car, port) = car();
    add_user(&car.out(), "root", "admin");
    let _replay = drive(&car);
    let _daemon = car.start();
    let folder = tempfile::tempdir().unwrap();
    Browser::log_in(port, "root").fuzz(folder.path());
}

/// A station with one slot at which a car charges, and its dashboard at a port.
fn station(site: &Site, port: u16) -> String {
    let text = format!(
        "[station]\nname = \"Yard\"\ncost_per_kwh = 1.50\nrow_interval_s = 0.5\n\
         [dashboard]\nlisten = \"127.0.0.1:{port}\"\n\
         [[slot]]\nnumber = 1\nname = \"Yard 1\"\nport = \"{}\"\n\
         start_s = 1.0\nstop_s = 1.0\nidle_timeout_s = 1.0\n",
        site.path("slot1").display(),
    );
    site.write("station.toml", &text).display().to_string()
}

#[test]
fn station_shows_its_sessions_with_the_bill_and_takes_new_prices() {
    let (site, port) = (Site::new(), free_port());
    add_user(&site.out(), "omar", "operator");
    add_user(&site.out(), "amal", "viewer");
    let load = Load::new(1000.0);
    let _board = Board::plug(&site.path("slot1"), SLOT_1, &load);
    load.draw(9_410);
    let config = station(&site, port);
    let station = site.station(&["--config", &config], None);
    let (omar, amal) = (Browser::log_in(port, "omar"), Browser::log_in(port, "amal"));
    assert_eq!(
        Browser::at(port).get("/api/v1/devices/station/slots").code,
        401
    );

    let mut slot = Value::Null;
    wait_until(SOON, "a session that costs something", || {
        let slots = amal.json("/api/v1/devices/station/slots");
        slot = slots[0].clone();
        slot["session"]["energy_wh"]
            .as_f64()
            .is_some_and(|energy| energy > 0.0)
    });
    assert_eq!(
        (&slot["state"], &slot["name"]),
        (&"Charging".into(), &"Yard 1".into())
    );
    assert_eq!(slot["session"]["currency"], "MAD");
    let live = amal.follow_until("event: session");
    let id = slot["session"]["id"].as_str().unwrap();
    assert!(live.contains(&format!("\"id\":\"{id}\"")), "{live}");

    load.draw(0);
    let mut session = Value::Null;
    wait_until(SOON, "the end of the session", || {
        session = amal.json("/api/v1/sessions")[0].clone();
        session["state"] == "ended"
    });
    check_bill(&amal, &site, &session);

    check_prices(&omar, &amal);
    station.stop();
    let again = site.station(&["--config", &config], None);
    let amal = Browser::log_in(port, "amal");
    let tariff = amal.json("/api/v1/stations/station/tariff");
    assert_eq!(
        tariff["description"],
        "cost_per_kwh, version 2: 2.25 MAD/kWh"
    );
    assert_eq!(
        amal.json("/api/v1/sessions")[0]["cost"],
        session["cost"],
        "bills stay"
    );
    again.stop();
}

/// The session, its bill, its receipt and its month say what the station's books say.
fn check_bill(amal: &Browser, site: &Site, session: &Value) {
    let id = session["id"].as_str().unwrap();
    let told = site.session_json(&["show", id, "--json"]);
    assert_eq!(session["cost"], told["bill"]["total"]);
    assert_eq!(session["currency"], told["bill"]["currency"]);
    let detail = amal.json(&format!("/api/v1/sessions/station/{id}"));
    let lines = detail["lines"].as_array().unwrap();
    assert_eq!(lines.len(), told["bill"]["lines"].as_array().unwrap().len());
    assert_eq!(lines[0]["amount"], told["bill"]["lines"][0]["amount"]);
    assert!(
        detail["explanation"].as_array().unwrap().len() > 1,
        "{detail}"
    );
    let receipt = amal.json(&format!("/api/v1/sessions/station/{id}/receipt"));
    assert_eq!(receipt["not_certified_meter"], true);
    assert!(
        receipt["text"].as_str().unwrap().contains("Yard 1"),
        "{receipt}"
    );
    let month = amal.json("/api/v1/stations/station/report");
    assert_eq!(
        (&month["sessions"], &month["revenue"]),
        (&1.into(), &session["cost"])
    );
}

/// Prices are tried by anybody, set by an operator, refused when they are wrong, and noted.
fn check_prices(omar: &Browser, amal: &Browser) {
    let toml = "[[tariff]]\nid = \"cost_per_kwh\"\nversion = \"2\"\ncurrency = \"MAD\"\n\
                per_kwh = 2.25\n";
    let preview = json!({
        "toml": toml, "start": 1_790_000_000_000_i64, "end": 1_790_003_600_000_i64,
        "energy_wh": 2000.0,
    });
    let path = "/api/v1/stations/station/tariff";
    let price = amal.post(&format!("{path}/preview"), &preview);
    assert_eq!(price.json()["total"], "4.50", "{price:?}");
    assert_eq!(amal.put(path, &json!({ "toml": toml })).code, 403);
    for wrong in ["[[tariff]]\n", &toml.replace("cost_per_kwh", "other"), ""] {
        assert_eq!(
            omar.put(path, &json!({ "toml": wrong })).code,
            400,
            "{wrong}"
        );
    }
    let set = omar.put(path, &json!({ "toml": toml }));
    assert_eq!(set.code, 200, "{set:?}");
    let changed = toml.replace("2.25", "9.99");
    assert_eq!(
        omar.put(path, &json!({ "toml": changed })).code,
        409,
        "the version is taken"
    );
    assert_eq!(omar.json(path)["toml"], toml);
}

#[test]
fn station_answers_no_request_of_its_description_with_a_5xx() {
    let (site, port) = (Site::new(), free_port());
    add_user(&site.out(), "root", "admin");
    let load = Load::new(1000.0);
    let _board = Board::plug(&site.path("slot1"), SLOT_1, &load);
    load.draw(9_410);
    let config = station(&site, port);
    let _station = site.station(&["--config", &config], None);
    let root = Browser::log_in(port, "root");
    wait_until(SOON, "a session", || {
        root.json("/api/v1/sessions")
            .as_array()
            .is_some_and(|all| !all.is_empty())
    });
    root.fuzz(&site.path("."));
    let deeds = root.json("/api/v1/audit?limit=1000");
    assert!(
        deeds
            .as_array()
            .unwrap()
            .iter()
            .any(|deed| deed["action"] == "login"),
        "{deeds}"
    );
}
