//! A scenario for each claim of the README that a world can show: it plays to its end without a
//! complaint of the checkers, and what the claim says is in what it came to.
//!
//! | claim | scenario |
//! |---|---|
//! | turns CAN and GNSS into true, dated values | `hard_braking_and_charge`, every frame |
//! | keeps them when the power or the network goes | `broker_away_and_restarts` |
//! | a station runs a slot, and charges for what flowed | `meter_fails_while_charging` |
//! | an encrypted conversation about charging in ISO 15118-2's order | `known_cars_charge` |
//! | several stations, several cars | `two_stations_and_a_queue` |
//! | signed CAM and DENM: who brakes hard is warned of | `hard_braking_and_charge` |
//! | signatures are believed once | `replay_is_refused` |
//! | pseudonyms that change; positions and serials stand in no log | `pseudonyms_change` |
//! | what a car says of its battery goes encrypted to its station, and in clear to nobody | `known_cars_charge` |
//! | a town with cars, boards and faults | all of them, and the campaign in `world.rs` |
//! | three cars and two slots on a laptop in a minute | `demo` |
//!
//! What a process has to show (tokens, files, links, the prototype's boards) is shown by the tests
//! in `apps/v2x/tests`.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use v2x_sim::chance::Seed;
use v2x_sim::hardware::Detail;
use v2x_sim::scenario::{BUILT_IN, Scenario};
use v2x_sim::town::{HALFWAY, Town};
use v2x_sim::world::{Report, Run, Signatures, play};

/// Every scenario of this repository, with how many seconds it takes until everybody has done what
/// he set out to do.
const PLAYED: &[(&str, u64)] = &[
    ("broker_away_and_restarts", 600),
    ("demo", 720),
    ("hard_braking_and_charge", 120),
    ("known_cars_charge", 700),
    ("meter_fails_while_charging", 1100),
    ("pseudonyms_change", 900),
    ("replay_is_refused", 240),
    ("two_stations_and_a_queue", 800),
];

/// What each scenario came to, played once for all tests.
type Shown = Mutex<Vec<(&'static str, Arc<OnceLock<Report>>)>>;
static SHOWN: Shown = Mutex::new(Vec::new());

/// What a scenario of this repository came to, with every frame and real signatures.
fn shown(name: &'static str) -> Arc<OnceLock<Report>> {
    let place = {
        let mut all = SHOWN.lock().unwrap();
        match all.iter().find(|(known, _)| *known == name) {
            Some((_, place)) => Arc::clone(place),
            None => {
                let place = Arc::new(OnceLock::new());
                all.push((name, Arc::clone(&place)));
                place
            }
        }
    };
    place.get_or_init(|| played(name));
    place
}

fn played(name: &str) -> Report {
    let (_, seconds) = PLAYED.iter().find(|(known, _)| *known == name).unwrap();
    let town = Town::from_toml("halfway.toml", HALFWAY).unwrap();
    let (_, text) = BUILT_IN.iter().find(|(known, _)| *known == name).unwrap();
    let scenario = Scenario::from_toml(name, text).unwrap();
    let run = Run {
        seed: Seed(1),
        length: Duration::from_secs(*seconds),
        detail: Detail::Frames,
        signatures: Signatures::Real,
        cams_per_second: None,
        threads: 1,
        defect: None,
    };
    let report = play(town, &scenario, run).unwrap();
    assert!(
        report.complaints.is_empty(),
        "{name}: {:?}",
        report.complaints
    );
    // Whoever was plugged in has a session, and nobody else has one.
    let charges = report.waits.len() - report.plugged_at_end;
    let (name, seen) = (name, &report.sessions);
    assert_eq!(seen.len(), charges, "{name}: {seen:?}");
    // Each driver has done everything: nothing of a scenario is left unplayed.
    assert_eq!(report.still_waiting, [], "{name}");
    assert_eq!(report.under_way, 0, "{name}");
    report
}

#[test]
fn every_scenario_of_this_repository_is_played_to_its_end() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let files = folder.read_dir().unwrap().map(|file| {
        let path = file.unwrap().path();
        path.file_stem().unwrap().to_str().unwrap().to_owned()
    });
    let files: BTreeSet<_> = files.collect();
    let names = |all: &mut dyn Iterator<Item = &'static str>| -> BTreeSet<_> {
        all.map(str::to_owned).collect()
    };
    assert_eq!(files, names(&mut BUILT_IN.iter().map(|(name, _)| *name)));
    assert_eq!(files, names(&mut PLAYED.iter().map(|(name, _)| *name)));
    for (name, _) in PLAYED {
        assert!(shown(name).get().is_some(), "{name}");
    }
}

/// The lines of a log in which one speaks of something, in order.
fn lines<'a>(report: &'a Report, who: &str, what: &str) -> Vec<&'a str> {
    let says = |line: &&str| line.contains(&format!(" {who}: ")) && line.contains(what);
    report.log.lines().filter(says).collect()
}

#[test]
fn frames_become_true_values_and_none_of_them_is_lost() {
    let report = shown("hard_braking_and_charge");
    let report = report.get().unwrap();
    // That each value is true is what a checker watches.
    assert!(report.frames > 50_000, "{} frames", report.frames);
    assert_eq!(report.frames_lost, 0);
    assert!(report.delivered > 100, "{} rows", report.delivered);
}

#[test]
fn rows_outlive_a_broker_that_is_away_a_dead_disk_and_a_restart() {
    let report = shown("broker_away_and_restarts");
    let report = report.get().unwrap();
    assert_eq!(lines(report, "broker", "is away").len(), 1);
    assert_eq!(lines(report, "alpha", "starts anew").len(), 1);
    assert!(report.delivered > 300, "{} rows", report.delivered);
}

#[test]
fn what_flowed_is_paid_for_and_nothing_else_when_a_meter_fails() {
    let report = shown("meter_fails_while_charging");
    let report = report.get().unwrap();
    let [row] = &report.sessions[..] else {
        panic!("{:?}", report.sessions)
    };
    // A counter in whole watt hours that was believed again after each fault.
    assert!((row.station - row.physics).abs() <= 3.0, "{row:?}");
    // 1.50 MAD for each kilowatt hour.
    let cost: f64 = row.cost.unwrap().to_string().parse().unwrap();
    assert!((cost - row.station * 1.5e-3).abs() < 0.01, "{row:?}");
}

#[test]
fn known_car_gets_power_by_its_credential_and_both_ends_keep_the_receipt() {
    let report = shown("known_cars_charge");
    let report = report.get().unwrap();
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
    let [row] = &report.sessions[..] else {
        panic!("{:?}", report.sessions)
    };
    assert!(row.physics > 100.0, "{row:?}");
    let within = -(3.0 + 0.01 * row.physics)..=2.0;
    assert!(within.contains(&(row.station - row.physics)), "{row:?}");
    assert_eq!(
        report.battery_in_clear, 0,
        "the battery's state went to everybody"
    );
}

#[test]
fn cars_wait_for_each_other_at_one_slot_and_not_at_another() {
    let report = shown("two_stations_and_a_queue");
    let report = report.get().unwrap();
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
    let report = shown("hard_braking_and_charge");
    let report = report.get().unwrap();
    let brakes = lines(report, "alpha", "reports itself: EmergencyBraking");
    assert_eq!(brakes.len(), 1);
    let warned = lines(report, "beta", "is warned: emergency braking ahead");
    assert!(!warned.is_empty(), "{}", report.log);
}

#[test]
fn message_said_again_by_somebody_else_is_not_believed_again() {
    let report = shown("replay_is_refused");
    let report = report.get().unwrap();
    assert!(report.denms_sent > 0 && report.believed > 100, "{report:?}");
    let warned = lines(report, "beta", "is warned: emergency braking ahead");
    assert!(!warned.is_empty(), "the first time it is believed");
}

#[test]
fn names_on_the_air_change_and_no_place_stands_in_the_log() {
    let report = shown("pseudonyms_change");
    let report = report.get().unwrap();
    for car in ["alpha", "beta"] {
        let changes = lines(report, car, "v2v_pseudonym_changed");
        // The first one is the name it begins with.
        assert!(changes.len() >= 2, "{car}: {changes:?}");
    }
}

#[test]
fn demo_has_a_warning_a_charge_and_a_farewell_within_a_minute() {
    let report = shown("demo");
    let report = report.get().unwrap();
    let within_a_minute = |who: &str, what: &str| {
        let lines = lines(report, who, what).into_iter();
        let second = |line: &str| line.split_whitespace().next().unwrap().parse::<f64>();
        lines.filter(|line| second(line).unwrap() < 60.0).count()
    };
    assert!(within_a_minute("beta", "is warned") > 0);
    assert_eq!(within_a_minute("gamma", "has countersigned a receipt"), 1);
    assert_eq!(within_a_minute("world", "gamma: sets off"), 2);
}
