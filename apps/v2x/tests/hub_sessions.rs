//! Sessions, bills, receipts and months of stations at the hub, out of what stations upload.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod hub_bench;

use bench::browser::Browser;
use hub_bench::{HubFolder, mosquitto_pub};
use serde_json::{Value as Json, json};

/// A receipt and both signatures by another implementation:
/// `crates/proto/tests/v2g_vectors/vectors.txt`.
const RECEIPT: &str = "010203040506070800b9556984bc5569f5010000005b1d000000000000044d414408646179\
                       2d323032360e4d412a48454c2a45303030312a31077477697a792d31";
const SIGNATURE: &str = "5f51f06402cfd7ad8a52a6c90f95d09ac83f714f1f25973125337586dae94ae2\
                         ecfe9c66579b8fb61ff8526563343936f794b6df6d17fc4bdfebe211de8bb637";
const COUNTERSIGNATURE: &str = "3673b1b8e2d1684bbbf9d2f6d448405475041c2c89e107ccc6c02df24ca70af7\
                                8d5469387c8d6173da7c923414c1e2cc4e912ce86275a18d432bc4eca4b7f04c";

const PASSWORD: &str = "a \"long\" password";

fn folder() -> HubFolder {
    let mut folder = HubFolder::new();
    folder.set("V2X_DASHBOARD_LISTEN", "127.0.0.1:0");
    folder.set("V2X_HUB_ADMIN_PASSWORD", PASSWORD);
    folder
}

/// Says it as the device of a token.
fn say(port: u16, token: &str, topic: &str, payload: &Json) {
    let sent = mosquitto_pub(port, &["-u", token], topic, &payload.to_string());
    assert!(sent.status.success(), "{sent:?}");
}

/// A row of so many minutes after the beginning.
fn row(port: u16, token: &str, minutes: i64, values: &Json) {
    let row = json!({ "ts": 1_795_514_400_000_i64 + minutes * 60_000, "values": values });
    say(port, token, "v1/devices/me/telemetry", &row);
}

/// What a station says of three sessions in one slot: one with a receipt, one whose end was never
/// told, one without a receipt.
fn tell_of_sessions(port: u16, token: &str) {
    let about = json!({ "evcs_name": "Yard", "time_zone": "Africa/Casablanca" });
    say(port, token, "v1/devices/me/attributes", &about);
    let at = |minutes: i64, values: Json| row(port, token, minutes, &values);
    let begin = |minutes, id: &str| {
        let started = json!({
            "session_id_slot1": id, "session_event_slot1": "started",
            "session_tariff_slot1": "standard 3"
        });
        at(minutes, started);
    };
    let end = |minutes, id: &str, kwh: f64, cost: f64| {
        let ended = json!({
            "session_id_slot1": id, "session_event_slot1": "ended", "session_reason_slot1": "Local",
            "session_final_energy_slot1": kwh, "session_doubtful_energy_slot1": 0.0,
            "session_duration_s_slot1": 3661.5, "session_final_cost_slot1": cost,
            "session_currency_slot1": "MAD"
        });
        at(minutes, ended);
    };
    begin(0, "a1");
    end(61, "a1", 1.5, 2.1);
    let receipt = json!({
        "v2g_session_slot1": "5eed", "v2g_evse_slot1": "EELAB*1",
        "v2g_evcc_slot1": "car \"7\"", "v2g_energy_wh_slot1": 1500, "v2g_cost_slot1": "2.10 MAD",
        "v2g_tariff_slot1": "standard 3", "v2g_countersigned_slot1": true
    });
    at(62, receipt);
    begin(80, "lost");
    begin(90, "b2");
    end(100, "b2", 0.25, 0.35);
}

#[test]
fn sessions_of_a_station_are_shown_with_their_cost_and_receipt_and_add_up_to_its_month() {
    let folder = folder();
    let token = folder.add("Yard");
    let hub = folder.start(&[]);
    tell_of_sessions(hub.port(), &token);
    let admin = Browser::log_in_by(hub.pages(), "admin", PASSWORD);
    let devices = admin.json("/api/v1/devices");
    let id = devices[0]["id"].as_str().unwrap();
    let sessions = admin.json(&format!("/api/v1/sessions?station={id}"));
    let ids = sessions.as_array().unwrap().iter().map(|it| &it["id"]);
    assert_eq!(ids.collect::<Vec<_>>(), ["b2", "lost", "a1"]);
    let first = &sessions[2];
    for (key, value) in [
        ("cost", "2.10"),
        ("currency", "MAD"),
        ("vehicle", "car \"7\""),
    ] {
        assert_eq!(first[key], value);
    }
    assert_eq!(
        (&first["receipt"], &sessions[0]["receipt"]),
        (&json!(true), &json!(false))
    );
    let path = format!("/api/v1/sessions/{id}");
    let told = admin.json(&format!("{path}/a1"))["explanation"].to_string();
    for part in [
        "standard 3",
        "61 min 2 s: Local",
        "2.10 MAD for 1.500 kWh",
        "its own dashboard",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let receipt = admin.json(&format!("{path}/a1/receipt"));
    assert_eq!(receipt["signed_by"], "EELAB*1");
    assert_eq!(receipt["countersigned"], true);
    assert!(receipt["text"].as_str().unwrap().contains("1500 Wh"));
    assert_eq!(admin.get(&format!("{path}/b2/receipt")).code, 404);
    assert_eq!(admin.get(&format!("{path}/none")).code, 404);
    let month = admin.json(&format!("/api/v1/stations/{id}/report?month=2026-11"));
    assert_eq!(
        (&month["sessions"], &month["revenue"]),
        (&json!(2), &json!("2.45"))
    );
    assert_eq!(month["energy_wh"], 1750.0);
    assert_eq!(month["by_day"][0]["day"], "2026-11-24");
    // The one whose end was never told does not go on in a slot that others have used since.
    let slots = admin.json(&format!("/api/v1/devices/{id}/slots"));
    assert_eq!(slots[0]["session"], json!(null), "{slots}");
    hub.stop();
}

#[test]
fn bill_and_signed_receipt_of_a_session_are_shown_as_its_station_sent_them() {
    let folder = folder();
    let token = folder.add("Yard");
    let hub = folder.start(&[]);
    let at = |minutes, values: &Json| row(hub.port(), &token, minutes, values);
    at(
        0,
        &json!({ "session_id_slot2": "c3", "session_event_slot2": "started" }),
    );
    let ended = json!({
        "session_id_slot2": "c3", "session_event_slot2": "ended",
        "session_final_energy_slot2": 0.501, "session_final_cost_slot2": 0.75,
        "session_currency_slot2": "MAD",
        "session_bill_slot2": [
            { "for": "Energy", "period": "night", "quantity": "0.501", "price": "1.50",
              "amount": "0.75" },
        ],
    });
    at(15, &ended);
    // The car was out of reach: it signs hours later, and it comes twice.
    let receipt = |countersignature: Option<&str>| {
        let mut signed = json!({ "receipt": RECEIPT, "signature": SIGNATURE });
        if let Some(countersignature) = countersignature {
            signed["countersignature"] = countersignature.into();
        }
        json!({
            "v2g_session_slot2": "0x0102030405060708", "v2g_transaction_slot2": "c3",
            "v2g_countersigned_slot2": countersignature.is_some(), "v2g_signed_slot2": signed,
        })
    };
    at(16, &receipt(None));
    at(300, &receipt(Some(COUNTERSIGNATURE)));
    at(300, &receipt(Some(COUNTERSIGNATURE)));
    let admin = Browser::log_in_by(hub.pages(), "admin", PASSWORD);
    let devices = admin.json("/api/v1/devices");
    let path = format!("/api/v1/sessions/{}/c3", devices[0]["id"].as_str().unwrap());
    let session = admin.json(&path);
    assert_eq!(session["lines"].as_array().unwrap().len(), 1);
    let line = &session["lines"][0];
    for (key, value) in [
        ("text", json!("Energy, night")),
        ("energy_wh", json!(501.0)),
        ("quantity", json!("0.501 kWh")),
        ("price", json!("1.50")),
        ("amount", json!("0.75")),
    ] {
        assert_eq!(line[key], value, "{key}");
    }
    assert_eq!(session["vehicle"], "twizy-1", "as the signed bytes say");
    let receipt = admin.json(&format!("{path}/receipt"));
    assert_eq!(receipt["signed_by"], "MA*HEL*E0001*1");
    assert_eq!(receipt["countersigned"], true);
    let signed = json!({
        "receipt": RECEIPT, "signature": SIGNATURE, "countersignature": COUNTERSIGNATURE
    });
    assert_eq!(receipt["signed"], signed);
    let text = receipt["text"].as_str().unwrap();
    for part in [
        "501 Wh",
        "0.7515 MAD",
        "day-2026",
        "2026-01-01",
        &RECEIPT[..64],
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    hub.stop();
}
