//! A scenario for each claim of the README that a world can show: it plays without a complaint of
//! the checkers, and what the claim says is in what it came to.
//!
//! | claim | scenario |
//! |---|---|
//! | turns CAN and GNSS into true, dated values | `hard_braking_and_charge`, every frame |
//! | keeps them when the power or the network goes | `broker_away_and_restarts` |
//! | a station runs a slot, and charges for no more than flowed | `meter_fails_while_charging` |
//! | an encrypted conversation about charging in ISO 15118-2's order | `known_cars_charge` |
//! | several stations, several cars | `two_stations_and_a_queue` |
//! | signed CAM and DENM: who brakes hard is warned of | `hard_braking_and_charge` |
//! | signatures are believed once | `replay_is_refused` |
//! | pseudonyms that change; positions and serials stand in no log | `pseudonyms_change` |
//! | three cars and two slots on a laptop in a minute | `demo` |
//!
//! What a process has to show (tokens, files, links, the prototype's boards) is shown by the tests
//! in `apps/v2x/tests`.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::time::Duration;

use v2x_sim::chance::Seed;
use v2x_sim::hardware::Detail;
use v2x_sim::scenario::{BUILT_IN, Scenario};
use v2x_sim::town::{HALFWAY, Town};
use v2x_sim::world::{Report, Run, Signatures, play};

/// Plays a scenario of this repository with every frame and real signatures.
fn shown(name: &str, seconds: u64) -> Report {
    let town = Town::from_toml("halfway.toml", HALFWAY).unwrap();
    let (_, text) = BUILT_IN.iter().find(|(known, _)| *known == name).unwrap();
    let scenario = Scenario::from_toml(name, text).unwrap();
    let run = Run {
        seed: Seed(1),
        length: Duration::from_secs(seconds),
        detail: Detail::Frames,
        signatures: Signatures::Real,
        cams_per_second: None,
        threads: 1,
        defect: None,
    };
    let report = play(town, &scenario, run).unwrap();
    assert!(report.complaints.is_empty(), "{:?}", report.complaints);
    report
}

/// The lines of a log in which one speaks of something, in order.
fn lines<'a>(report: &'a Report, who: &str, what: &str) -> Vec<&'a str> {
    let says = |line: &&str| line.contains(&format!(" {who}: ")) && line.contains(what);
    report.log.lines().filter(says).collect()
}

#[test]
fn frames_become_true_values_and_none_of_them_is_lost() {
    let report = shown("hard_braking_and_charge", 120);
    // That each value is true is what a checker watches.
    assert!(report.frames > 50_000, "{} frames", report.frames);
    assert_eq!(report.frames_lost, 0);
    assert!(report.delivered > 100, "{} rows", report.delivered);
}

#[test]
fn rows_outlive_a_broker_that_is_away_a_dead_disk_and_a_restart() {
    let report = shown("broker_away_and_restarts", 600);
    assert_eq!(lines(&report, "broker", "is away").len(), 1);
    assert_eq!(lines(&report, "alpha", "starts anew").len(), 1);
    assert!(report.delivered > 300, "{} rows", report.delivered);
}

#[test]
fn nobody_pays_for_more_than_flowed_when_a_meter_fails() {
    let report = shown("meter_fails_while_charging", 1100);
    let [row] = &report.sessions[..] else {
        panic!("{:?}", report.sessions)
    };
    assert!(row.station <= row.physics + 2.0, "{row:?}");
    // 1.50 MAD for each kilowatt hour.
    let cost: f64 = row.cost.unwrap().to_string().parse().unwrap();
    assert!((cost - row.station * 1.5e-3).abs() < 0.01, "{row:?}");
}

#[test]
fn known_car_gets_power_by_its_credential_and_both_ends_keep_the_receipt() {
    let report = shown("known_cars_charge", 700);
    assert_eq!(report.receipts, 1);
    let steps = [
        "v2g_station_proven",
        "has a session with HW*SIM*E0001*1",
        "v2g_power_started",
        "has countersigned a receipt",
        "has no session any more",
    ];
    let places = steps.map(|step| {
        let found = report.log.lines().position(|line| line.contains(step));
        found.unwrap_or_else(|| panic!("no line says {step}"))
    });
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(report.sessions.len(), 1);
    assert!(report.sessions[0].physics > 100.0, "{:?}", report.sessions);
}

#[test]
fn cars_wait_for_each_other_at_one_slot_and_not_at_another() {
    let report = shown("two_stations_and_a_queue", 800);
    assert_eq!(report.sessions.len(), 4, "{:?}", report.sessions);
    let waited = |slot: usize| {
        let of_slot = report.waits.iter().filter(move |wait| wait.slot == slot);
        of_slot.map(|wait| wait.waited.as_secs())
    };
    assert!(waited(1).max().unwrap() > 100, "{:?}", report.waits);
    assert_eq!(waited(2).max(), Some(0));
}

#[test]
fn hard_braking_is_reported_and_warned_of_in_the_car_behind() {
    let report = shown("hard_braking_and_charge", 120);
    let brakes = lines(&report, "alpha", "reports itself: EmergencyBraking");
    assert_eq!(brakes.len(), 1);
    let warned = lines(&report, "beta", "is warned: emergency braking ahead");
    assert!(!warned.is_empty(), "{}", report.log);
}

#[test]
fn message_said_again_by_somebody_else_is_not_believed_again() {
    let report = shown("replay_is_refused", 90);
    assert!(report.denms_sent > 0 && report.believed > 100, "{report:?}");
    let warned = lines(&report, "beta", "is warned: emergency braking ahead");
    assert!(!warned.is_empty(), "the first time it is believed");
}

#[test]
fn names_on_the_air_change_and_no_place_stands_in_the_log() {
    let report = shown("pseudonyms_change", 900);
    for car in ["alpha", "beta"] {
        let changes = lines(&report, car, "v2v_pseudonym_changed");
        // The first one is the name it begins with.
        assert!(changes.len() >= 2, "{car}: {changes:?}");
    }
}

#[test]
fn demo_has_a_warning_a_charge_and_a_farewell_within_a_minute() {
    let report = shown("demo", 60);
    assert!(!lines(&report, "beta", "is warned").is_empty());
    assert_eq!(report.receipts, 1);
    assert_eq!(lines(&report, "world", "gamma: sets off").len(), 2);
}
