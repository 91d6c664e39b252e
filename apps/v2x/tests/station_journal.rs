//! A station whose slot controller keeps the sessions: its journal is booked, whoever was away.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod radio_bench;
mod station_bench;

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use bench::program::run;
use radio_bench::Operator;
use serde_json::Value;
use station_bench::staged::Staged;
use station_bench::{SOON, Site, Station};
use v2x_boards::slot_controller::keys::NO_AUTHORITY;
use v2x_boards::stage::SlotStage;
use v2x_testbench::wait_until;
use v2x_units::{BootId, Instant};

/// The meter's counter when the story begins, in milliwatt hours.
const BEGINNING: u64 = 12_345_000;
/// How long the car stays, on the board's clock.
const STAYS: Duration = Duration::from_secs(5_400);

fn start(site: &Site) -> Station {
    start_with(site, "")
}

/// `slot` are further settings of the slot.
fn start_with(site: &Site, slot: &str) -> Station {
    let port = site.path("slot1");
    let text = format!(
        "[station]\nname = \"Yard\"\ncost_per_kwh = 1.50\n[[slot]]\nnumber = 1\n\
         port = \"{}\"\nsource = \"framed\"\nsessions = \"controller\"\n{slot}",
        port.display()
    );
    let config = site.write("station.toml", &text).display().to_string();
    site.station(&["--config", &config], None)
}

fn sessions(site: &Site) -> Vec<Value> {
    let output = site.session(&["list", "--json"]);
    let sessions: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    sessions.as_array().cloned().unwrap_or_default()
}

#[test]
fn hour_without_the_computer_and_a_reset_of_the_board_lose_and_double_no_kilowatt_hour() {
    let site = Site::new();
    let make = || SlotStage::that_leaves_after(STAYS, BootId::new(0x51_07), Instant::BOOT);
    let board = Staged::watched(&site.path("slot1"), make, SlotStage::milliwatt_hours);
    let reins = board.reins.clone();
    let station = start(&site);
    wait_until(SOON, "a session in the books", || {
        !sessions(&site).is_empty()
    });
    station.kill();

    // An hour on the board's clock, and a reset in the middle of it.
    reins.faster.store(900, SeqCst);
    wait_until(SOON, "half an hour", || reins.lived.load(SeqCst) > 1_800);
    reins.reset.store(true, SeqCst);
    wait_until(SOON, "an hour", || reins.lived.load(SeqCst) > 3_700);
    reins.faster.store(0, SeqCst);
    assert_eq!(sessions(&site).len(), 1, "nobody booked anything meanwhile");

    let station = start(&site);
    wait_until(SOON, "what was measured meanwhile", || {
        let energy = sessions(&site).first().map(energy);
        energy.is_some_and(|energy| energy > 1.9)
    });
    // The computer starts anew once more, with the journal told in part or in whole.
    station.kill();
    let station = start(&site);
    reins.faster.store(400, SeqCst);
    wait_until(SOON, "the end of the session", || {
        sessions(&site)
            .first()
            .is_some_and(|it| it["ended"] == "EVDisconnected")
    });
    reins.faster.store(0, SeqCst);
    let booked = sessions(&site);
    assert_eq!(booked.len(), 1, "{booked:?}");
    let metered = (reins.seen.load(SeqCst) - BEGINNING) as f64 / 1_000_000.0;
    let energy = energy(&booked[0]);
    assert!(
        (energy - metered).abs() < 0.006,
        "{energy} booked, {metered} kWh metered"
    );
    let id = booked[0]["session"].as_str().unwrap().to_owned();
    let receipt = site.session(&["receipt", &id]);
    let receipt = String::from_utf8_lossy(&receipt.stdout).into_owned();
    assert!(
        receipt.contains("kWh") && receipt.contains("MAD"),
        "{receipt}"
    );
    println!("{energy} kWh booked, {metered} kWh metered\n{receipt}");
    station.stop();
}

fn energy(session: &Value) -> f64 {
    session["energy_wh"].as_f64().unwrap_or_default() / 1000.0
}

/// The board on the slot's port gets keys of its own, as a person gives them.
fn give_keys(site: &Site, operator: &Operator) {
    let (port, keys) = (site.path("slot1"), operator.slot("MA*HEL*E0001*1"));
    let ran = run(&[
        "board",
        "keys",
        port.to_str().unwrap(),
        keys.to_str().unwrap(),
    ]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
}

#[test]
fn controller_without_keys_says_so_once_and_takes_the_list_when_it_has_them() {
    let (site, operator) = (Site::new(), Operator::new());
    operator.car("CAR-1");
    let make = || SlotStage::new(BootId::new(0x51_09), Instant::BOOT);
    let board = Staged::plug(&site.path("slot1"), make);
    let folder = site.path("lists");
    std::fs::create_dir(&folder).unwrap();
    operator.revoke("CAR-1", &folder);
    let slot = format!(
        "revocations = \"{}\"\n",
        folder.join("revocations").display()
    );
    let station = start_with(&site, &slot);
    let complains = |log: &str| log.matches(NO_AUTHORITY).count();
    wait_until(SOON, "a word on the missing keys", || {
        complains(&station.log()) > 0
    });
    // It starts anew without keys: the list comes at once, the same words do not.
    let started = |log: &str| log.matches("a board has started").count();
    let before = started(&station.log());
    board.reins.reset.store(true, SeqCst);
    wait_until(SOON, "another start", || started(&station.log()) > before);
    let log = station.log();
    assert_eq!(complains(&log), 1, "{log}");
    station.stop();
    give_keys(&site, &operator);
    let station = start_with(&site, &slot);
    wait_until(SOON, "the list on the board", || {
        station.log().contains("has the revocation list")
    });
    station.stop();
}

#[test]
fn controller_gets_the_operators_newest_revocation_list_and_again_after_a_reset() {
    let (site, operator) = (Site::new(), Operator::new());
    operator.car("CAR-1");
    operator.car("CAR-2");
    let make = || SlotStage::new(BootId::new(0x51_08), Instant::BOOT);
    let board = Staged::plug(&site.path("slot1"), make);
    give_keys(&site, &operator);
    let folder = site.path("lists");
    std::fs::create_dir(&folder).unwrap();
    let list = folder.join("revocations");
    let station = start_with(&site, &format!("revocations = \"{}\"\n", list.display()));
    let given = |times: usize| {
        wait_until(SOON, "the list on the board", || {
            let log = station.log();
            log.matches("has the revocation list").count() >= times
        });
    };
    operator.revoke("CAR-1", &folder);
    given(1);
    operator.revoke("CAR-2", &folder);
    given(2);
    board.reins.reset.store(true, SeqCst);
    given(3);
    // A damaged copy is said, and the board keeps what it has.
    std::fs::write(&list, "nonsense\n").unwrap();
    wait_until(SOON, "a word on the damaged file", || {
        station.log().contains("revocation list not read")
    });
    station.stop();
}
