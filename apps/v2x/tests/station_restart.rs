//! A station that is killed in a session goes on with it, and what a session leaves behind.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod station_bench;

use station_bench::board::{Board, Load};
use station_bench::{SOON, Site, await_slot};
use v2x_store::Store;
use v2x_testbench::{Access, Mosquitto, Subscriber, wait_until};

fn config(site: &Site) -> String {
    let text = format!(
        "[station]\nname = \"Yard\"\ncost_per_kwh = 1.50\nrow_interval_s = 0.5\ngateway = true\n\
         time_zone = \"Africa/Casablanca\"\n\
         [[slot]]\nnumber = 1\nname = \"Yard 1\"\nport = \"{}\"\n\
         start_s = 1.0\nstop_s = 1.0\nidle_timeout_s = 1.0\n",
        site.path("slot1").display(),
    );
    site.write("station.toml", &text).display().to_string()
}

#[test]
fn killed_station_goes_on_with_the_same_transaction_and_bills_it_once() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let heard = Subscriber::start(broker.port());
    let site = Site::new();
    let load = Load::new(65_530.0);
    let _board = Board::plug(&site.path("slot1"), "EELAB_EVSE_slot_1{st}", &load);
    let config = config(&site);
    let before = load.watt_hours();
    load.draw(9_410);
    let station = site.station(&["--config", &config], Some(&broker.url()));
    let charging = await_slot(&heard, "Yard 1", "a session", |row| {
        row["state"] == "Charging" && row.get("session_energy").is_some_and(|e| *e != 0.0)
    });
    station.kill();
    let energy = charging.1["session_energy"].as_f64();

    let station = site.station(&["--config", &config], Some(&broker.url()));
    let again = await_slot(&heard, "Yard 1", "the session going on", |row| {
        row["state"] == "Charging" && row["session_energy"].as_f64() > energy
    });
    assert_eq!(charging.1["session_id"], again.1["session_id"]);
    load.draw(0);
    await_slot(&heard, "Yard 1", "the end of the session", |row| {
        row["state"] == "Available"
    });
    let drawn = load.watt_hours() - before;
    station.stop();

    let sessions = site.session_json(&["list", "--json"]);
    let [session] = sessions.as_array().unwrap().as_slice() else {
        panic!("one session: {sessions}")
    };
    assert_eq!(session["session"], charging.1["session_id"]);
    assert_eq!(session["ended"], "Timeout");
    assert_eq!(session["bill"]["currency"], "MAD");
    let billed = session["energy_wh"].as_f64().unwrap();
    assert!(
        billed > 0.0 && billed <= drawn + 3.0,
        "{billed} of {drawn} Wh"
    );
    check_answers(&site, session["session"].as_str().unwrap());
}

/// What `v2x session` says of an ended session.
fn check_answers(site: &Site, id: &str) {
    let explained = site.session_json(&["explain", &id[..13], "--json"]);
    let steps = explained["steps"].as_array().unwrap();
    let happened = |step: &serde_json::Value| step["happened"].as_str().unwrap().to_owned();
    assert!(happened(&steps[0]).starts_with("started"));
    assert!(
        steps[0]["samples"].as_array().unwrap().len() >= 3,
        "what led to the start"
    );
    let restarts = steps
        .iter()
        .filter(|step| happened(step).contains("restart"));
    assert_eq!(restarts.count(), 1);
    assert!(happened(steps.last().unwrap()).starts_with("ended"));
    let said = |question: &[&str]| {
        let output = site.session(question);
        assert!(output.status.success(), "{question:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(said(&["explain", id]).contains("ended, because no current flowed"));
    assert!(said(&["receipt", id]).contains("not certified"));
    assert!(said(&["receipt", id, "--format", "html"]).starts_with("<!DOCTYPE html>"));
    let receipt = site.session_json(&["receipt", id, "--format", "json"]);
    assert_eq!(receipt["transaction"], id);
    let month = &receipt["ended"].as_str().unwrap()[..7];
    let accounts = said(&["accounts", "--month", month]);
    assert!(accounts.lines().any(|line| line.contains(id)), "{accounts}");
    let unknown = site.session(&["show", "nothing"]);
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn silent_board_makes_its_slot_unavailable_and_leaves_its_values_out() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let heard = Subscriber::start(broker.port());
    let site = Site::new();
    let board = Board::plug(&site.path("slot1"), "EVSE{st}", &Load::new(1.0));
    let station = site.station(&["--config", &config(&site)], Some(&broker.url()));
    await_slot(&heard, "Yard 1", "a free slot", |row| {
        row["state"] == "Available"
    });
    board.mute();
    let silent = await_slot(&heard, "Yard 1", "a silent slot", |row| {
        row["state"] == "Unavailable"
    });
    assert_eq!(silent.1["state_reason"], "the meter is silent");
    assert!(
        !silent.1.contains_key("voltage"),
        "a missing value is missing"
    );
    station.stop();
}

#[test]
fn changed_prices_under_an_old_version_are_refused() {
    let site = Site::new();
    let tariffs = |price: &str| {
        let text = format!(
            "[[tariff]]\nid = \"day\"\nversion = \"1\"\ncurrency = \"EUR\"\nper_kwh = {price}\n"
        );
        site.write("tariffs.toml", &text);
    };
    let config = site.write(
        "station.toml",
        "[station]\ntariffs = \"tariffs.toml\"\n[[slot]]\nnumber = 1\nport = \"nowhere\"\n",
    );
    let config = config.display().to_string();
    tariffs("0.30");
    let station = site.station(&["--config", &config], None);
    wait_until(SOON, "the first start", || {
        station.log().contains("station runs")
    });
    station.stop();
    tariffs("0.40");
    let station = site.station(&["--config", &config], None);
    wait_until(SOON, "the refusal", || {
        station.log().contains("other prices")
    });
    assert!(
        station
            .log()
            .contains("hint: give changed prices another version")
    );
    let store = Store::open(&site.out().join("v2x.db")).unwrap();
    let kept = store.tariff_document("day", "1").unwrap().unwrap();
    assert!(kept.contains("0.30"));
}
