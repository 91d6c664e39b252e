//! A recording drives a simulated car: what the vehicle computer makes of it behind a board, a line
//! and a clock that drifts is what it makes of the frames alone.
//!
//! The recordings are private data of the project: where they are absent the test says so and
//! passes. Their values stand in no message.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
#![allow(clippy::print_stdout, reason = "a test says what it played")]

mod shared;

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use v2x_can::{Decoder, RENAULT_TWIZY_DBC, RENAULT_TWIZY_VSS, VssMapping};
use v2x_recording::Recording;
use v2x_roles::vehicle::{
    Battery, Change, ChargeTracker, EpisodeId, Observation, TripDetector, VehicleState, merged,
};
use v2x_sim::chance::Seed;
use v2x_sim::hardware::Detail;
use v2x_sim::scenario::Scenario;
use v2x_sim::town::{HALFWAY, Town};
use v2x_sim::world::{Report, Run, Signatures, play_recorded};
use v2x_units::{CanFrame, Instant, Stamp, UtcTime};

type Frames = Arc<[(Duration, CanFrame)]>;

/// The car sets off a little after the world's beginning.
const SETS_OFF: Duration = Duration::from_secs(5);

/// The frames of a window with their times since the first.
fn frames(path: &Path) -> Frames {
    let file = BufReader::new(File::open(path).unwrap());
    let rows = Recording::open(file).unwrap().into_frames().unwrap();
    let whole: Vec<_> = rows.filter_map(|row| row.unwrap().ok()).collect();
    let first = whole[0].at.unwrap();
    let mut frames: Vec<_> = whole
        .iter()
        .map(|row| {
            let micros = row.at.unwrap().as_micros() - first.as_micros();
            let since = Duration::from_micros(u64::try_from(micros).unwrap_or(0));
            (since, row.frame)
        })
        .collect();
    frames.sort_by_key(|(since, _)| *since);
    frames.into()
}

/// What a computer decides when it is given the frames and nothing else.
#[derive(Debug, PartialEq)]
struct Decided {
    trips: usize,
    charges: usize,
    alarms: Vec<&'static str>,
}

fn alone(frames: &Frames, length: Duration) -> Decided {
    let decoder = Decoder::from_dbc("renault_twizy.dbc", RENAULT_TWIZY_DBC).unwrap();
    let mapping = VssMapping::from_toml("renault_twizy.toml", RENAULT_TWIZY_VSS, &decoder).unwrap();
    let mut state = VehicleState::new(decoder, mapping);
    let (mut trips, mut charges) = (TripDetector::default(), ChargeTracker::default());
    let mut battery = Battery::default();
    let mut decided = Decided {
        trips: 0,
        charges: 0,
        alarms: Vec::new(),
    };
    let stamp = |since: Duration| Stamp {
        instant: Instant::BOOT + since,
        utc: UtcTime::from_millis(1_767_225_600_000) + since,
    };
    let mut waiting = frames.iter().peekable();
    let mut second = Duration::from_secs(1);
    while second <= length {
        while let Some((since, frame)) = waiting.next_if(|(since, _)| SETS_OFF + *since < second) {
            state.frame(stamp(SETS_OFF + *since), frame);
        }
        let at = stamp(second);
        let snapshot = state.snapshot(at.instant);
        let seen = snapshot.as_ref().map_or_else(
            || Observation::unknown(at),
            |snapshot| Observation::of_snapshot(at, snapshot, &merged::row(snapshot)),
        );
        let draw = || EpisodeId::new(1);
        let ended = trips.observe(&seen, draw).into_iter();
        decided.trips += ended.filter(|it| matches!(it, Change::Ended(_))).count();
        let ended = charges.observe(&seen, draw).into_iter();
        decided.charges += ended.filter(|it| matches!(it, Change::Ended(_))).count();
        let raised = battery.observe(&seen).into_iter();
        let raised = raised.filter(|change| change.is_raised);
        decided
            .alarms
            .extend(raised.map(|change| change.alarm.word()));
        second += Duration::from_secs(1);
    }
    decided
}

/// What the log of a world says of the same.
fn in_the_world(report: &Report) -> Decided {
    let lines = || report.log.lines().filter(|line| line.contains(" alpha: "));
    let count = |what: &str| lines().filter(|line| line.contains(what)).count();
    let words = [
        "low_charge",
        "battery_hot",
        "battery_cold",
        "cell_spread",
        "service_code",
    ];
    let alarm = |line: &str| {
        let word = line.split(" alarm ").nth(1)?;
        words.into_iter().find(|known| *known == word)
    };
    Decided {
        trips: count("trip ends"),
        charges: count("charge ends"),
        alarms: lines().filter_map(alarm).collect(),
    }
}

fn world(frames: &Frames, length: Duration) -> Report {
    let town = Town::from_toml("halfway.toml", HALFWAY).unwrap();
    let scenario = "about = \"A recording drives.\"\n[[car]]\nname = \"alpha\"\n\
                    driver = \"gentle\"\npercent = 50.0\nroute = [\"west_end\", \"gate\"]\n\
                    sets_off_s = 5.0\n";
    let scenario = Scenario::from_toml("recorded", scenario).unwrap();
    let run = Run {
        seed: Seed(1),
        length,
        detail: Detail::Frames,
        signatures: Signatures::MarkedFake,
        cams_per_second: None,
        threads: 1,
        defect: None,
    };
    let drives = [("alpha".to_owned(), Arc::clone(frames))];
    play_recorded(town, &scenario, run, &drives).unwrap()
}

#[test]
fn recorded_windows_lead_to_the_same_decisions_behind_a_simulated_board() {
    let Some(folder) = shared::folder() else {
        return;
    };
    let windows = [
        "can_data.csv",
        "can_data2.csv",
        "data_24_07_11_47/can_data.csv",
        "data_24_07_2025_12/can_data.csv",
        "data_25_07_2025/can_data.csv",
        "data_29_07_25/can_data.csv",
        "data_28082025/can_data.csv",
    ];
    let (mut trips, mut charges) = (0, 0);
    for window in windows {
        let frames = frames(&folder.join("data/recordings").join(window));
        // Long enough for a trip or a charge to be over.
        let length = SETS_OFF + frames[frames.len() - 1].0 + Duration::from_secs(400);
        let length = Duration::from_secs(length.as_secs());
        let report = world(&frames, length);
        let decided = in_the_world(&report);
        assert_eq!(decided, alone(&frames, length), "{window}");
        assert!(report.complaints.is_empty(), "{window}");
        let lost = frames.len() as u64 - report.frames;
        assert_eq!(lost, 0, "{window}: frames of {}", frames.len());
        (trips, charges) = (trips + decided.trips, charges + decided.charges);
    }
    println!(
        "{} windows: {trips} trips and {charges} charges end in both",
        windows.len()
    );
    assert!(trips + charges > 0, "nothing was decided");
}
