//! A slot whose board has a relay: orders over the framed link, what the board answers, and what
//! the operator is told of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod station_bench;

use serde_json::{Value, json};
use station_bench::board::Load;
use station_bench::slot_board::{Manners, SlotBoard};
use station_bench::{SOON, Site, ask, await_slot, rows_with};
use v2x_charging::EndReason;
use v2x_store::Store;
use v2x_testbench::{Access, Mosquitto, Subscriber, wait_until};

fn config(site: &Site) -> String {
    let text = format!(
        "[station]\nname = \"Yard\"\nrow_interval_s = 0.5\ngateway = true\n\
         [[slot]]\nnumber = 1\nname = \"Yard 1\"\nport = \"{}\"\nsource = \"framed\"\n\
         relay = true\npolicy = \"operator\"\nstart_s = 1.0\nstop_s = 1.0\n",
        site.path("slot1").display(),
    );
    site.write("station.toml", &text).display().to_string()
}

fn order(method: &str) -> Value {
    json!({ "method": method, "params": {} })
}

/// Releases the slot and waits until its session runs.
fn charge(server: &Subscriber, id: u32, board: &SlotBoard) {
    // A station that has sent a row also hears commands.
    await_slot(server, "Yard 1", "a free slot", |row| {
        row["state"] == "Available"
    });
    let released = ask(server, id, &order("release"));
    assert_eq!(released["ok"], true, "{released}");
    assert_eq!(released["relay"], "closed");
    assert!(board.is_closed(), "answered only when the contact is there");
    await_slot(server, "Yard 1", "a session", |row| {
        row["state"] == "Charging" && row["session_energy"] != 0.0
    });
}

#[test]
fn slot_stays_open_until_it_is_released_and_a_stop_is_answered_when_the_relay_is_open() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let server = Subscriber::start(broker.port());
    let site = Site::new();
    let load = Load::new(100.0);
    load.draw(9_410);
    let board = SlotBoard::plug(&site.path("slot1"), &load);
    let station = site.station(&["--config", &config(&site)], Some(&broker.url()));

    let (_, free) = await_slot(&server, "Yard 1", "an open relay", |row| {
        row["state"] == "Available" && row["relay"] == "open"
    });
    assert_eq!(
        free["current"], 0.0,
        "nothing flows before somebody releases"
    );
    assert!(board.orders().iter().all(|(_, closed)| !closed));

    charge(&server, 1, &board);
    // Two orders get lost on the way: the third is heard.
    board.behave(Manners::IsDeafTo(2));
    let stopped = ask(&server, 2, &order("stop"));
    assert_eq!(
        (&stopped["ok"], &stopped["relay"]),
        (&json!(true), &json!("open"))
    );
    assert!(!board.is_closed());
    let opening: Vec<_> = board.orders().into_iter().rev().take(3).collect();
    assert_eq!(opening, [opening[0]; 3], "one order, repeated under its id");
    await_slot(&server, "Yard 1", "the end", |row| {
        row["state"] == "Finishing"
    });
    station.stop();

    let store = Store::open(&site.out().join("v2x.db")).unwrap();
    let ended = store.newest_session(1).unwrap().unwrap().newest;
    assert_eq!(ended.ended, Some(EndReason::Remote));
}

#[test]
fn welded_or_deaf_board_faults_its_slot_with_an_alarm_and_a_refused_command() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let server = Subscriber::start(broker.port());
    let site = Site::new();
    let load = Load::new(100.0);
    load.draw(9_410);
    let board = SlotBoard::plug(&site.path("slot1"), &load);
    let station = site.station(&["--config", &config(&site)], Some(&broker.url()));
    charge(&server, 1, &board);

    board.behave(Manners::IsWelded);
    let stopped = ask(&server, 2, &order("stop"));
    let welded = "the relay's contact is not where the board was told to put it";
    assert_eq!(
        (&stopped["ok"], &stopped["error"]),
        (&json!(false), &json!(welded))
    );
    await_alarm(&server, &format!("Faulted: {welded}"));
    let (_, row) = await_slot(&server, "Yard 1", "current that flows on", |row| {
        row["state"] == "Faulted" && row["unattributed_energy"] != 0.0
    });
    assert_eq!(row["relay"], "unconfirmed");
    assert_eq!(
        row["session_energy"], 0.0,
        "what flows on is billed to nobody"
    );

    board.behave(Manners::Obeys);
    wait_until(SOON, "the contact that came loose", || !board.is_closed());
    await_slot(&server, "Yard 1", "the contact seen", |row| {
        row["relay"] == "open"
    });
    assert_eq!(ask(&server, 3, &order("clearFault"))["ok"], true);
    await_slot(&server, "Yard 1", "the slot after its fault", |row| {
        row["state"] == "Finishing"
    });
    await_alarm(&server, "none");

    board.behave(Manners::Refuses);
    let refused = ask(&server, 4, &order("release"));
    assert_eq!(refused["ok"], false);
    await_alarm(
        &server,
        "Faulted: the board refuses the relay's order, or failed to carry it out",
    );
    station.stop();
    let log = std::fs::read_to_string(site.path("log")).unwrap();
    assert!(log.contains("relay obeyed"), "{log}");
}

#[test]
fn board_that_hears_no_order_is_a_fault_that_passes_when_it_does() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let server = Subscriber::start(broker.port());
    let site = Site::new();
    let load = Load::new(100.0);
    let board = SlotBoard::plug(&site.path("slot1"), &load);
    board.behave(Manners::IsDeaf);
    let station = site.station(&["--config", &config(&site)], Some(&broker.url()));
    let silent = "Faulted: the board does not acknowledge the relay's order";
    await_alarm(&server, silent);
    assert!(board.orders().len() >= 5, "it was asked again and again");
    board.behave(Manners::Obeys);
    await_slot(&server, "Yard 1", "a free slot", |row| {
        row["state"] == "Available"
    });
    station.stop();
}

/// Waits until the newest alarm is as wanted.
fn await_alarm(server: &Subscriber, wanted: &str) {
    wait_until(SOON, wanted, || {
        let alarms = rows_with(server, "alarm_slot1");
        alarms
            .last()
            .is_some_and(|(_, row)| row["alarm_slot1"] == wanted)
    });
}

#[test]
fn slot_out_of_service_is_so_after_a_kill_too() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let server = Subscriber::start(broker.port());
    let site = Site::new();
    let board = SlotBoard::plug(&site.path("slot1"), &Load::new(100.0));
    let text = std::fs::read_to_string(config(&site)).unwrap();
    let free = text.replace("policy = \"operator\"", "policy = \"free vend\"");
    let config = site.write("station.toml", &free).display().to_string();
    let station = site.station(&["--config", &config], Some(&broker.url()));
    await_slot(&server, "Yard 1", "a free slot", |row| {
        row["state"] == "Available" && row["relay"] == "closed"
    });
    assert_eq!(ask(&server, 1, &order("outOfService"))["ok"], true);
    station.kill();
    wait_until(SOON, "an open relay", || !board.is_closed());
    let before = board.orders().len();

    let _station = site.station(&["--config", &config], Some(&broker.url()));
    wait_until(SOON, "an order of the new run", || {
        board.orders().len() > before
    });
    await_slot(&server, "Yard 1", "the slot after the kill", |row| {
        row["state"] == "Unavailable" && row["relay"] == "open"
    });
    assert!(board.orders()[before..].iter().all(|(_, closed)| !closed));
    assert_eq!(ask(&server, 2, &order("inService"))["relay"], "closed");
}
