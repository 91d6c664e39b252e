//! The world in virtual time: the same seed gives the same bytes, checkers stay silent over a
//! random campaign, and planted faults of the product are caught.
//!
//! Not every checker has a planted fault here; what each of them finds, on both sides of its
//! bound, is in `src/world/checkers/tests.rs` and `src/world/witness.rs`.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
#![allow(clippy::print_stdout, reason = "a failure tells its story")]

use std::thread;
use std::time::Duration;

use v2x_sim::chance::Seed;
use v2x_sim::hardware::Detail;
use v2x_sim::scenario::{BUILT_IN, Scenario};
use v2x_sim::town::{HALFWAY, Town};
use v2x_sim::world::campaign::{self, Campaign};
use v2x_sim::world::checkers::Complaint;
use v2x_sim::world::{Defect, Report, Run, Signatures, play};

const HOUR: f64 = 3600.0;

fn town() -> Town {
    Town::from_toml("halfway.toml", HALFWAY).unwrap()
}

fn run(seed: u64, seconds: f64) -> Run {
    Run {
        seed: Seed(seed),
        length: Duration::from_secs_f64(seconds),
        detail: Detail::Signals,
        signatures: Signatures::MarkedFake,
        cams_per_second: None,
        threads: 1,
        defect: None,
    }
}

/// So many seconds of the usual campaign: five cars, two stations, faults on.
fn drawn(seconds: f64, run: Run) -> Report {
    let town = town();
    let scenario = campaign::scenario(&town, run.seed, Campaign::usual(seconds));
    play(town, &scenario, run).unwrap()
}

fn hour(seed: u64, defect: Option<Defect>) -> Report {
    let run = run(seed, HOUR);
    drawn(HOUR, Run { defect, ..run })
}

#[test]
fn same_seed_gives_the_same_log_to_the_byte_on_one_thread_and_on_two() {
    const WHILE: f64 = 1200.0;
    let play = |seed, threads| {
        let run = run(seed, WHILE);
        drawn(WHILE, Run { threads, ..run })
    };
    let (one, again, two) = (play(11, 1), play(11, 1), play(11, 2));
    let lines = one.log.lines().count();
    assert!(lines > 500, "{lines} lines");
    assert!(one.cams_sent > 100 && one.believed > 100, "nobody spoke");
    assert!(one.log == again.log, "one seed, two worlds");
    assert!(one.log == two.log, "two threads, another world");
    assert!(one.log != play(12, 1).log, "two seeds, one world");
}

#[test]
fn random_campaign_leaves_the_checkers_silent() {
    let seeds: u64 = std::env::var("V2X_SIM_SEEDS").map_or(6, |text| text.parse().unwrap());
    let first: u64 = std::env::var("V2X_SIM_FIRST").map_or(1, |text| text.parse().unwrap());
    // Two cores of a small computer: each takes every second seed.
    let hours = thread::scope(|scope| {
        let share = |rest| {
            let seeds = (first..first + seeds).filter(move |seed| seed % 2 == rest);
            scope.spawn(move || {
                seeds
                    .map(|seed| (seed, hour(seed, None)))
                    .collect::<Vec<_>>()
            })
        };
        let halves = [share(0), share(1)];
        halves.map(|half| half.join().unwrap()).concat()
    });
    let mut bad = 0;
    for (seed, report) in &hours {
        for complaint in &report.complaints {
            for line in report.before(complaint) {
                println!("  {line}");
            }
            println!("Seed {seed}: {complaint}");
            println!(
                "  replay: v2x sim run campaign --seed {seed} --vehicles 5 --stations 2 --slots 3 \
                 --hours 1 --signatures fake"
            );
        }
        bad += report.complaints.len();
    }
    let sum = |count: fn(&Report) -> u64| -> u64 { hours.iter().map(|(_, it)| count(it)).sum() };
    let (trips, sessions) = (sum(|it| it.trips), sum(|it| it.sessions.len() as u64));
    let (receipts, believed) = (sum(|it| it.receipts as u64), sum(|it| it.believed));
    println!(
        "{seeds} hours: {trips} trips, {sessions} sessions, {receipts} receipts, {} frames, \
         {} rows, {} CAMs, {} DENMs, {believed} messages believed, {} warnings",
        sum(|it| it.frames),
        sum(|it| it.delivered),
        sum(|it| it.cams_sent),
        sum(|it| it.denms_sent),
        sum(|it| it.warnings),
    );
    assert!(trips > 0 && sessions > 0, "nothing happened");
    assert!(receipts > 0 && believed > 0, "nobody spoke");
    assert_eq!(bad, 0, "complaints; each says how to replay it");
}

#[test]
fn each_planted_defect_is_caught() {
    for (defect, word) in [
        (Defect::ForgetsOnDisconnect, "nowhere now"),
        (Defect::Overcharges, "had passed its meter since"),
        (Defect::KeepsTwice, "a second time"),
        (Defect::TellsPlaces, "the log told"),
    ] {
        let report = hour(3, Some(defect));
        let caught = report.complaints.iter().find(|it| it.story.contains(word));
        println!(
            "{defect:?}: {}",
            caught.map_or("not caught".to_owned(), ToString::to_string)
        );
        assert!(caught.is_some(), "{defect:?}: {:?}", report.complaints);
    }
}

#[test]
fn car_that_forgets_what_it_has_believed_is_caught_by_who_says_it_again() {
    let (name, text) = (BUILT_IN.iter())
        .find(|(name, _)| *name == "replay_is_refused")
        .unwrap();
    let scenario = Scenario::from_toml(name, text).unwrap();
    let run = Run {
        defect: Some(Defect::BelievesReplays),
        ..run(1, 90.0)
    };
    let report = play(town(), &scenario, run).unwrap();
    let twice =
        |it: &&Complaint| it.story.contains("believed a") && it.story.contains("second time");
    let caught = report.complaints.iter().find(twice);
    println!("{:?}: {caught:?}", Defect::BelievesReplays);
    assert!(caught.is_some(), "{:?}", report.complaints);
}
