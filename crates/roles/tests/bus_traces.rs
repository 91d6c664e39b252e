//! Whole-bus traces of a Twizy that starts and stops driving, charging and trickling: the states
//! come in the right order, and only the charge is a charge.
//!
//! The traces are private data of the project: where they are absent the test says so and passes.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says when it cannot run"
)]

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Duration;

use v2x_can::{Decoder, RENAULT_TWIZY_DBC, RENAULT_TWIZY_VSS, VssMapping};
use v2x_recording::Recording;
use v2x_roles::vehicle::{
    Change, Charge, ChargeEnd, ChargeTracker, EpisodeId, Mode, Observation, TripDetector,
    VehicleState, merged,
};
use v2x_units::{Instant, Stamp, UtcTime};

/// The charger's status, which it sends every 100 ms: the clock of traces without stamps.
const CHARGER_STATUS: u32 = 0x597;

fn traces() -> Option<PathBuf> {
    let shared = std::env::var_os("V2X_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("data/bus-traces");
    if folder.is_dir() {
        return Some(folder);
    }
    let is_required = std::env::var("V2X_REQUIRE_SHARED").is_ok_and(|value| value == "1");
    assert!(!is_required, "{} does not exist", folder.display());
    println!("skipped: no recordings");
    None
}

fn stamp(time: Duration) -> Stamp {
    Stamp {
        instant: Instant::BOOT + time,
        utc: UtcTime::from_millis(1_700_000_000_000) + time,
    }
}

/// What a trace led to: the modes in their order, and every change of a charge.
struct Course {
    modes: Vec<Mode>,
    charges: Vec<Change<Charge>>,
    trips: usize,
}

/// Follows a trace, with an observation at each of the charger's statuses, and then three seconds
/// of silence.
fn follow(trace: &Path) -> Course {
    let decoder = Decoder::from_dbc("renault_twizy.dbc", RENAULT_TWIZY_DBC).unwrap();
    let mapping = VssMapping::from_toml("renault_twizy.toml", RENAULT_TWIZY_VSS, &decoder).unwrap();
    let mut state = VehicleState::new(decoder, mapping);
    let mut tracker = ChargeTracker::default();
    let mut trips = TripDetector::default();
    let mut course = Course {
        modes: Vec::new(),
        charges: Vec::new(),
        trips: 0,
    };
    let file = BufReader::new(File::open(trace).unwrap());
    let frames = Recording::open(file).unwrap().into_frames().unwrap();
    let mut time = Duration::ZERO;
    for frame in frames.map(|frame| frame.unwrap().unwrap().frame) {
        let is_status = frame.id().raw() == CHARGER_STATUS;
        time += Duration::from_millis(if is_status { 100 } else { 0 });
        let at = stamp(time);
        state.frame(at, &frame);
        if is_status {
            course.look(&state, at, &mut tracker, &mut trips);
        }
    }
    course.look(
        &state,
        stamp(time + Duration::from_secs(3)),
        &mut tracker,
        &mut trips,
    );
    course.charges.extend(tracker.finish());
    course
}

impl Course {
    fn look(
        &mut self,
        state: &VehicleState,
        at: Stamp,
        tracker: &mut ChargeTracker,
        trips: &mut TripDetector,
    ) {
        let mode = state.mode(at.instant);
        if mode.is_some() && self.modes.last().copied() != mode {
            self.modes.extend(mode);
        }
        let snapshot = state.snapshot(at.instant).unwrap();
        let row = merged::row(&snapshot);
        let seen = Observation::of_snapshot(at, &snapshot, &row);
        self.charges
            .extend(tracker.observe(&seen, || EpisodeId::new(1)));
        self.trips += trips.observe(&seen, || EpisodeId::new(2)).len();
    }
}

#[test]
fn traces_show_the_modes_of_their_names_in_order_and_sleep_at_the_end() {
    let Some(folder) = traces() else { return };
    for (name, expected) in [
        ("init_drv", [Mode::Handshake, Mode::Drive, Mode::Asleep]),
        ("end_drv", [Mode::Drive, Mode::Handshake, Mode::Asleep]),
        ("init_chg", [Mode::Handshake, Mode::Charging, Mode::Asleep]),
        ("end_chg", [Mode::Charging, Mode::Handshake, Mode::Asleep]),
        ("init_trc", [Mode::Handshake, Mode::Trickle, Mode::Asleep]),
        ("end_trc", [Mode::Trickle, Mode::Handshake, Mode::Asleep]),
    ] {
        let course = follow(&folder.join(format!("balzer_protocol_{name}.csv")));
        assert_eq!(course.modes, expected, "{name}");
        assert_eq!(course.trips, 0, "{name}: the car stands in every trace");
        assert_eq!(course.charges.is_empty(), !name.ends_with("chg"), "{name}");
    }
}

#[test]
fn trace_of_a_beginning_charge_starts_one_that_is_not_inferred() {
    let Some(folder) = traces() else { return };
    let course = follow(&folder.join("balzer_protocol_init_chg.csv"));
    let Some(Change::Started(first)) = course.charges.first() else {
        panic!("{:?}", course.charges.first());
    };
    assert!(!first.is_inferred());
    let Some(Change::Ended(last)) = course.charges.last() else {
        panic!("{:?}", course.charges.last());
    };
    assert_eq!(first.id(), last.id());
    assert_eq!(
        last.end(),
        Some(ChargeEnd::DataLost),
        "the trace stops in the middle"
    );
    // Section 1 of the fact table: the current ramps up to 32.25 A; it overshoots on the way.
    let strongest = last.strongest_current().unwrap().get();
    assert!((32.25..35.0).contains(&strongest), "{strongest} A");
}

#[test]
fn trace_of_an_ending_charge_ends_it_because_the_battery_is_full() {
    let Some(folder) = traces() else { return };
    let course = follow(&folder.join("balzer_protocol_end_chg.csv"));
    let ends = course.charges.iter().filter_map(|change| match change {
        Change::Ended(charge) => charge.end(),
        _ => None,
    });
    assert_eq!(ends.collect::<Vec<_>>(), [ChargeEnd::Finished]);
}
