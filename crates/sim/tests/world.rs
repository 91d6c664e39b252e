//! The world in virtual time: the same seed gives the same bytes, checkers stay silent over a
//! random campaign, and each of them speaks when a fault of the product is planted.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
#![allow(clippy::print_stdout, reason = "a failure tells its story")]

use std::time::Duration;

use v2x_sim::chance::Seed;
use v2x_sim::hardware::Detail;
use v2x_sim::scenario::{BUILT_IN, Scenario};
use v2x_sim::town::{HALFWAY, Town};
use v2x_sim::world::{Defect, Report, Run, campaign, play};

const HOUR: f64 = 3600.0;

fn town() -> Town {
    Town::from_toml("halfway.toml", HALFWAY).unwrap()
}

fn hour(seed: u64, threads: usize, defect: Option<Defect>) -> Report {
    let (town, seed) = (town(), Seed(seed));
    let scenario = campaign::scenario(&town, seed, 5, 2, HOUR);
    let run = Run {
        seed,
        length: Duration::from_secs_f64(HOUR),
        detail: Detail::Signals,
        threads,
        defect,
    };
    play(town, &scenario, run).unwrap()
}

#[test]
fn same_seed_gives_the_same_log_to_the_byte_on_one_thread_and_on_two() {
    let (one, again, two) = (hour(11, 1, None), hour(11, 1, None), hour(11, 2, None));
    assert!(
        one.log.lines().count() > 1000,
        "{} lines",
        one.log.lines().count()
    );
    assert!(one.log == again.log, "one seed, two worlds");
    assert!(one.log == two.log, "two threads, another world");
    assert!(one.log != hour(12, 1, None).log, "two seeds, one world");
}

#[test]
fn random_campaign_leaves_the_checkers_silent() {
    let seeds: u64 = std::env::var("V2X_SIM_SEEDS").map_or(6, |text| text.parse().unwrap());
    let first: u64 = std::env::var("V2X_SIM_FIRST").map_or(1, |text| text.parse().unwrap());
    let mut bad = 0;
    let (mut sessions, mut trips, mut frames, mut rows) = (0, 0, 0, 0);
    for seed in first..first + seeds {
        let report = hour(seed, 2, None);
        sessions += report.sessions.len();
        (trips, frames) = (trips + report.trips, frames + report.frames);
        rows += report.delivered;
        for complaint in &report.complaints {
            println!("Seed {seed}: {complaint}");
            println!("  replay: v2x sim run campaign --seed {seed} --vehicles 5 --hours 1");
        }
        bad += report.complaints.len();
    }
    println!("{seeds} hours: {trips} trips, {sessions} sessions, {frames} frames, {rows} rows");
    assert!(trips > 0 && sessions > 0, "nothing happened");
    assert_eq!(bad, 0, "complaints; each says how to replay it");
}

#[test]
fn every_scenario_of_this_repository_plays_without_a_complaint() {
    for (name, text) in BUILT_IN {
        let scenario = Scenario::from_toml(name, text).unwrap();
        let run = Run {
            seed: Seed(1),
            length: Duration::from_secs(1200),
            detail: Detail::Frames,
            threads: 1,
            defect: None,
        };
        let report = play(town(), &scenario, run).unwrap();
        println!("{name}: {} trips, {:?}", report.trips, report.sessions);
        assert!(
            report.complaints.is_empty(),
            "{name}: {:?}",
            report.complaints
        );
        assert!(report.trips > 0, "{name}: nobody drove");
        let charges = scenario
            .cars
            .iter()
            .filter(|car| car.charge.is_some())
            .count();
        assert_eq!(
            report.sessions.len(),
            charges,
            "{name}: {:?}",
            report.sessions
        );
    }
}

#[test]
fn each_planted_defect_is_caught() {
    for (defect, word) in [
        (Defect::ForgetsOnDisconnect, "nowhere now"),
        (Defect::Overcharges, "had passed its meter since"),
        (Defect::KeepsTwice, "a second time"),
        (Defect::TellsPlaces, "the log told"),
    ] {
        let report = hour(3, 2, Some(defect));
        let caught = report.complaints.iter().find(|it| it.story.contains(word));
        println!(
            "{defect:?}: {}",
            caught.map_or("not caught".to_owned(), ToString::to_string)
        );
        assert!(caught.is_some(), "{defect:?}: {:?}", report.complaints);
    }
}
