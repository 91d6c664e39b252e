//! Each checker on both sides of its bound.

use super::*;
use crate::world::witness::Now;
use core::time::Duration;
use v2x_charging::TransactionIds;
use v2x_units::{BootId, Degrees};

const AT: Instant = Instant::from_micros(90_000_000);

fn row(station: f64, physics: f64) -> SessionRow {
    SessionRow {
        slot: 1,
        ended: AT,
        station,
        physics,
        car: Some(0),
        cost: None,
    }
}

/// What a complaint says; none is an empty text.
fn story(found: Option<Complaint>) -> String {
    found.map_or_else(String::new, |it| it.to_string())
}

#[test]
fn complaint_tells_when_and_what() {
    let found = session_has_a_plug(AT, 0, false);
    assert_eq!(
        story(found),
        "At 90.0 s a session began at slot 1, into which nothing was plugged."
    );
    assert_eq!(session_has_a_plug(AT, 0, true), None);
}

#[test]
fn session_has_what_passed_its_meter_within_the_stated_error() {
    for (station, physics, well, word) in [
        (1002.0, 1000.0, true, ""),
        (1002.1, 1000.0, true, "but only 1000.0 Wh had passed"),
        (1002.1, 1000.0, false, "but only 1000.0 Wh had passed"),
        (987.0, 1000.0, true, ""),
        (986.9, 1000.0, true, "which was well all the time"),
        (0.0, 1000.0, false, ""),
    ] {
        let said = story(energy_agrees(&row(station, physics), well));
        assert_eq!(said.is_empty(), word.is_empty(), "{station}: {said}");
        assert!(said.contains(word), "{station}: {said}");
    }
}

#[test]
fn receipt_has_what_its_session_has_and_is_made_out_to_the_plug() {
    let alpha = || Some("ALPHA".to_owned());
    for (energy, plugged, session, word) in [
        (Some(100.0), alpha(), Some(101.0), ""),
        (Some(100.0), alpha(), Some(99.0), ""),
        (Some(100.0), alpha(), Some(101.1), "ended with 101.100 Wh"),
        (Some(100.0), alpha(), Some(98.9), "ended with 98.900 Wh"),
        (Some(0.0), alpha(), Some(500.0), "ended with 500.000 Wh"),
        (
            Some(100.0),
            Some("BETA".to_owned()),
            Some(100.0),
            "was of BETA",
        ),
        (Some(100.0), None, Some(100.0), "was of no car"),
        // Nothing flowed, and nobody pays: the car may have called from where it is parked.
        (Some(0.0), None, None, ""),
        (Some(100.0), alpha(), None, ""),
        // Nobody knows what flowed, and the receipt says so.
        (None, None, Some(100.0), ""),
    ] {
        let found = receipt_is_right(AT, 0, ("ALPHA", energy), (plugged.clone(), session));
        let said = story(found);
        let which = format!("{energy:?} {plugged:?} {session:?}: {said}");
        assert_eq!(said.is_empty(), word.is_empty(), "{which}");
        assert!(said.contains(word), "{which}");
    }
}

#[test]
fn receipt_that_only_the_station_has_is_lost() {
    let (kept, none) = (vec![7, 8], vec![]);
    let cars = BTreeMap::from([("ALPHA".to_owned(), &kept), ("BETA".to_owned(), &none)]);
    let lost = |held: &[(&'static str, i32)]| {
        let held = held.iter().map(|(car, receipt)| (*car, receipt));
        story(no_receipt_is_lost(AT, held, &cars))
    };
    assert_eq!(lost(&[("ALPHA", 7), ("ALPHA", 8)]), "");
    assert!(lost(&[("ALPHA", 7), ("ALPHA", 9)]).contains("car ALPHA has not kept"));
    assert!(lost(&[("BETA", 7)]).contains("car BETA has not kept"));
    assert!(lost(&[("GAMMA", 7)]).contains("car GAMMA has not kept"));
}

#[test]
fn car_counts_what_its_charger_put_into_the_battery_within_the_stated_error() {
    let physics = |is_heard| Charged {
        energy: 1000.0,
        is_heard,
    };
    for (counted, is_heard, complains) in [
        (Some(1022.9), true, false),
        (Some(1023.1), true, true),
        (Some(1023.1), false, true),
        (Some(977.1), true, false),
        (Some(976.9), true, true),
        (Some(976.9), false, false),
        (None, true, false),
    ] {
        let said = story(car_energy_agrees(AT, "alpha", counted, physics(is_heard)));
        assert_eq!(!said.is_empty(), complains, "{counted:?}: {said}");
    }
}

#[test]
fn row_that_neither_waits_nor_arrived_is_lost() {
    let lost = |rows: &[(u64, bool)]| story(nothing_is_lost(AT, 3, rows.iter().copied()));
    assert_eq!(lost(&[(1, true), (2, true)]), "");
    let said = lost(&[(1, true), (2, false), (3, false)]);
    assert!(said.contains("2 rows of car number 3"), "{said}");
    assert!(said.contains("the first one is row 2"), "{said}");
}

#[test]
fn step_is_accepted_once_in_each_session() {
    let mut ids = TransactionIds::new(BootId::new(1), 1);
    let (one, other) = (ids.draw(), ids.draw());
    let twice = |kept: &[(TransactionId, u32)]| story(no_step_twice(AT, kept.iter().copied()));
    assert_eq!(twice(&[(one, 0), (one, 1), (other, 0), (other, 1)]), "");
    let said = twice(&[(one, 0), (other, 0), (one, 0)]);
    assert!(said.contains(&format!("step 0 of session {one}")), "{said}");
}

#[test]
fn message_believed_twice_says_whose_it_was() {
    let said = believed_twice(AT, "beta", "alpha", "DENM").story;
    assert_eq!(said, "car beta believed a DENM of alpha a second time.");
}

#[test]
fn values_are_true_within_the_stated_error() {
    let take = |speed, percent| {
        let taken = Taken { speed, percent };
        story(values_are_true(AT, "alpha", taken, (40.0, 60.0)))
    };
    assert_eq!(take(Some(54.9), Some(60.4)), "");
    assert_eq!(take(Some(-54.9), Some(59.6)), "", "backwards");
    assert_eq!(take(None, None), "", "not known is not wrong");
    for speed in [55.1, 24.9] {
        assert!(take(Some(speed), None).contains("its speed"), "{speed}");
    }
    for percent in [60.6, 59.4] {
        assert!(
            take(None, Some(percent)).contains("its charge"),
            "{percent}"
        );
    }
}

#[test]
fn place_or_serial_in_the_log_is_found_and_a_measurement_is_not() {
    let origin = Position::new(Degrees::new(44.0), Degrees::new(-30.0)).unwrap();
    let serials = ["1234560".to_owned()];
    let told = |line: &str| story(nothing_private(AT, line, origin, &serials));
    for line in [
        "    10.000 alpha: 44.25 km/h, 44.123 %",
        "    44.000123 alpha: sets off",
        "    10.000 slot 1: session 01-23 ends with 44.123 Wh",
    ] {
        assert_eq!(told(line), "");
    }
    for line in [
        "    10.000 alpha: at 44.000123",
        "    10.000 alpha: at -30.000123",
        "    10.000 alpha: car 1234560",
        "    10.000 alpha: id=x1234560y",
    ] {
        assert!(told(line).contains("the log told"), "{line}");
    }
}

/// A battery that is well.
const WELL: Pack = Pack {
    percent: 60.0,
    coldest: 20.0,
    hottest: 22.0,
    spread: 0.01,
};

#[test]
fn every_alarm_has_its_bound() {
    let raised = |alarm, pack| story(alarm_has_a_cause(AT, "alpha", alarm, pack));
    type With = fn(f64) -> Pack;
    let with: [(Alarm, With, f64, f64); 4] = [
        (
            Alarm::LowCharge,
            |percent| Pack { percent, ..WELL },
            15.5,
            15.6,
        ),
        (Alarm::Hot, |hottest| Pack { hottest, ..WELL }, 49.0, 48.9),
        (Alarm::Cold, |coldest| Pack { coldest, ..WELL }, 1.0, 1.1),
        (
            Alarm::CellSpread,
            |spread| Pack { spread, ..WELL },
            0.09,
            0.089,
        ),
    ];
    for (alarm, with, cause, none) in with {
        assert_eq!(raised(alarm, with(cause)), "");
        assert!(
            raised(alarm, with(none)).contains(alarm.word()),
            "{alarm:?}"
        );
        assert!(raised(alarm, WELL).contains(alarm.word()), "{alarm:?}");
    }
    assert!(raised(Alarm::ServiceCode, WELL).contains("raised the alarm"));
}

/// Two cars 50 m apart: the first drives at 10 m/s; the second does so a moment before, and is now
/// this fast with so much in its battery.
fn two_cars(speed: f64, percent: f64) -> Witness {
    let mut witness = Witness::new(2);
    let is = |east, speed, percent| Now {
        speed,
        percent,
        ..Now::standing(east)
    };
    let tick = Duration::from_millis(100);
    for (at, speed) in [(Instant::from_micros(89_900_000), 10.0), (AT, speed)] {
        witness.see(at, tick, 0, is(0.0, 10.0, 60.0));
        witness.see(at, tick, 1, is(50.0, speed, percent));
    }
    witness
}

#[test]
fn every_warning_has_its_cause() {
    let warned =
        |kind: &str, witness: &Witness| story(warning_has_a_cause(AT, (0, "alpha"), kind, witness));
    let (calm, braking, empty) = (
        two_cars(10.0, 60.0),
        two_cars(9.0, 60.0),
        two_cars(10.0, 5.0),
    );
    assert_eq!(warned("EmergencyBrakeLight", &braking), "");
    assert!(warned("EmergencyBrakeLight", &calm).contains("had braked hard"));
    assert_eq!(warned("SlowVehicleAhead", &empty), "");
    assert!(warned("SlowVehicleAhead", &calm).contains("almost empty battery"));
    assert_eq!(warned("ForwardCollision", &calm), "");
    let alone = Witness::new(1);
    assert!(warned("ForwardCollision", &alone).contains("nobody was near it"));
    assert!(warned("StationaryVehicle", &braking).contains("nothing in this world"));
}

#[test]
fn every_event_that_a_car_reports_of_itself_has_its_cause() {
    let reported = |event: &str, witness: &Witness| {
        story(own_event_has_a_cause(AT, (1, "beta"), event, witness))
    };
    let (calm, braking, empty) = (
        two_cars(10.0, 60.0),
        two_cars(9.0, 60.0),
        two_cars(10.0, 5.0),
    );
    assert_eq!(reported("EmergencyBraking", &braking), "");
    assert!(reported("EmergencyBraking", &calm).contains("physics has no cause"));
    assert_eq!(reported("Limp", &empty), "");
    assert!(reported("Limp", &calm).contains("physics has no cause"));
    assert!(reported("Breakdown", &braking).contains("physics has no cause"));
}
