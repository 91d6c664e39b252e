//! Trips second by second, and the same through a restart at every step.

use proptest::prelude::*;
use v2x_units::{Amps, Instant, Volts};

use super::*;

const BEGIN_MS: i64 = 1_700_000_000_000;

fn stamp(second: u32) -> Stamp {
    Stamp {
        instant: Instant::BOOT + Duration::from_secs(second.into()),
        utc: UtcTime::from_millis(BEGIN_MS + i64::from(second) * 1000),
    }
}

/// A car at a speed, with everything known but its place.
fn car(second: u32, kmh: f64, odometer: f64) -> Observation {
    Observation {
        speed: Some(KilometersPerHour::new(kmh)),
        odometer: Some(Kilometers::new(odometer)),
        soc: StateOfCharge::from_percent(70.0 - f64::from(second) / 100.0),
        current: Some(BatteryCurrent::from_signed(Amps::new(-kmh))),
        pack_voltage: Some(Volts::new(50.0)),
        ..Observation::unknown(stamp(second))
    }
}

/// A place in the sea: degrees north of a point off every coast.
fn fix(north: f64, kmh: f64) -> Option<GnssFix> {
    Some(GnssFix {
        position: Position::new(Degrees::new(36.5 + north), Degrees::new(-17.25)).unwrap(),
        altitude: None,
        speed: Some(KilometersPerHour::new(kmh)),
        satellites: None,
        hdop: None,
        utc: None,
        valid: true,
    })
}

fn id() -> EpisodeId {
    EpisodeId::new(7)
}

fn changes(observations: &[Observation]) -> Vec<Change<Trip>> {
    let mut detector = TripDetector::default();
    observations
        .iter()
        .flat_map(|seen| detector.observe(seen, id))
        .collect()
}

fn ended(changes: &[Change<Trip>]) -> Vec<Trip> {
    let ended = changes.iter().filter_map(|change| match change {
        Change::Ended(trip) => Some(trip.clone()),
        _ => None,
    });
    ended.collect()
}

/// 36 km/h for a number of seconds from a second on, 10 m in each.
fn drive(from: u32, seconds: u32) -> impl Iterator<Item = Observation> {
    (from..=from + seconds).map(move |second| car(second, 36.0, 100.0 + f64::from(second) / 100.0))
}

fn stand(from: u32, seconds: u32, odometer: f64) -> impl Iterator<Item = Observation> {
    (from..from + seconds).map(move |second| car(second, 0.0, odometer))
}

#[test]
fn drive_of_a_kilometre_is_a_trip_with_its_distance_energy_and_extremes() {
    let seen: Vec<_> = stand(0, 10, 100.1)
        .chain(drive(10, 100))
        .chain(stand(111, 125, 101.1))
        .collect();
    let trips = ended(&changes(&seen));
    let [trip] = &trips[..] else {
        panic!("{trips:?}")
    };
    assert_eq!(
        (trip.started(), trip.last_motion()),
        (stamp(10).utc, stamp(110).utc)
    );
    assert_eq!(trip.end(), Some(TripEnd::Parked));
    assert_eq!(trip.duration(), Duration::from_secs(100));
    let (way, source) = trip.distance().unwrap();
    assert!((way.get() - 1.0).abs() < 1e-9, "{way}");
    assert_eq!(source, DistanceSource::Odometer);
    // 36 A at 50 V for 100 s: 50 Wh over one kilometre.
    assert!((trip.flow().energy_out().unwrap().get() - 50.0).abs() < 1e-9);
    assert!((trip.consumption().unwrap() - 50.0).abs() < 1e-6);
    assert_eq!(trip.flow().energy_covers(), Duration::from_secs(100));
    assert_eq!(trip.fastest(), Some(KilometersPerHour::new(36.0)));
    assert_eq!(trip.strongest_drive(), Some(Watts::new(1800.0)));
    assert_eq!(trip.strongest_regeneration(), None);
}

#[test]
fn pause_below_two_minutes_belongs_to_the_trip_and_a_longer_one_ends_it() {
    let with_pause = |pause: u32| -> Vec<_> {
        drive(0, 30)
            .chain(stand(31, pause - 1, 100.3))
            .chain(drive(30 + pause, 30))
            .chain(stand(61 + pause, 125, 100.7))
            .collect()
    };
    assert_eq!(ended(&changes(&with_pause(119))).len(), 1);
    assert_eq!(ended(&changes(&with_pause(121))).len(), 2);
}

#[test]
fn manoeuvre_of_a_few_metres_is_dismissed_and_never_told() {
    let seen: Vec<_> = drive(0, 9).chain(stand(10, 125, 100.09)).collect();
    let changes = changes(&seen);
    assert_eq!(changes.last(), Some(&Change::Dismissed(id())));
    let told = |change: &Change<Trip>| matches!(change, Change::Started(_) | Change::Ended(_));
    assert!(!changes.iter().any(told));
}

#[test]
fn silence_while_driving_ends_the_trip_as_lost_and_while_parked_as_parked() {
    let silent = |second| Observation::unknown(stamp(second));
    let lost: Vec<_> = drive(0, 30).chain((31..160).map(silent)).collect();
    assert_eq!(ended(&changes(&lost))[0].end(), Some(TripEnd::DataLost));
    let parked: Vec<_> = drive(0, 30)
        .chain(stand(31, 5, 100.3))
        .chain((36..160).map(silent))
        .collect();
    assert_eq!(ended(&changes(&parked))[0].end(), Some(TripEnd::Parked));
}

#[test]
fn way_without_an_odometer_goes_through_the_fixes_and_keeps_the_final_stop() {
    // A thousandth of a degree of latitude is 111 m.
    let at = |second: u32, thousandths: f64, kmh: f64| Observation {
        fix: fix(thousandths / 1000.0, kmh),
        ..Observation::unknown(stamp(second))
    };
    let mut seen: Vec<_> = (0..10).map(|n| at(n * 5, f64::from(n), 80.0)).collect();
    seen.push(at(50, 9.5, 0.0));
    // A parked receiver wanders by tens of metres; none of it is driven.
    seen.extend((55..175).map(|second| at(second, 9.5 + f64::from(second % 2) / 5.0, 0.5)));
    let trips = ended(&changes(&seen));
    let (way, source) = trips[0].distance().unwrap();
    assert_eq!(source, DistanceSource::Gnss);
    assert!((way.get() - 9.5 * 0.1112).abs() < 0.001, "{way}");
}

#[test]
fn receiver_that_jitters_while_the_car_charges_starts_no_trip() {
    let seen = (0..100).map(|second| Observation {
        is_charging: Some(true),
        fix: fix(f64::from(second) / 1000.0, 4.2),
        ..car(second, 0.0, 100.0)
    });
    assert!(changes(&seen.collect::<Vec<_>>()).is_empty());
}

#[test]
fn pressed_pedal_in_gear_moves_a_car_whose_speed_nobody_knows() {
    let seen = (0..70).map(|second| Observation {
        speed: None,
        is_driven: Some(true),
        ..car(second, 0.0, 100.0 + f64::from(second) / 100.0)
    });
    let changes = changes(&seen.collect::<Vec<_>>());
    assert!(
        changes
            .iter()
            .any(|change| matches!(change, Change::Started(_)))
    );
}

#[test]
fn record_found_long_after_its_last_motion_is_ended_at_once() {
    let trip = match changes(&drive(0, 30).collect::<Vec<_>>()).pop().unwrap() {
        Change::Progressed(trip) => trip,
        other => panic!("{other:?}"),
    };
    let mut detector = TripDetector::default();
    let Some(Change::Ended(over)) = detector.resume(trip.clone(), stamp(3600)) else {
        panic!("the trip goes on");
    };
    assert_eq!(
        (over.end(), over.last_motion()),
        (Some(TripEnd::DataLost), stamp(30).utc)
    );
    let clock_set_back = Stamp {
        utc: UtcTime::from_millis(BEGIN_MS - 1000),
        ..stamp(31)
    };
    let resumed = TripDetector::default().resume(trip, clock_set_back);
    assert!(matches!(resumed, Some(Change::Ended(_))), "{resumed:?}");
}

#[test]
fn clock_set_while_driving_changes_neither_duration_nor_energy() {
    let year = Duration::from_secs(365 * 86_400);
    let mut seen: Vec<_> = drive(0, 60).chain(stand(61, 125, 100.6)).collect();
    let straight = ended(&changes(&seen));
    for observation in &mut seen[30..] {
        observation.at.utc = observation.at.utc - year;
    }
    let bent = ended(&changes(&seen));
    assert_eq!(bent[0].duration(), straight[0].duration());
    assert_eq!(bent[0].flow(), straight[0].flow());
}

/// One observation after another, with holes in time and in every value.
fn any_course() -> impl Strategy<Value = Vec<Observation>> {
    let step = (
        prop_oneof![8 => 1..3_u32, 1 => 10..100_u32, 1 => 118..125_u32],
        prop_oneof![4 => Just(Some(30.0)), 2 => Just(Some(0.0)), 1 => Just(None)],
        proptest::option::weighted(0.8, -40.0..40.0_f64),
        proptest::option::weighted(0.5, 0.0..0.1_f64),
    );
    proptest::collection::vec(step, 1..80).prop_map(|steps| {
        let (mut second, mut odometer) = (0, 100.0);
        let course = steps.into_iter().map(|(time, kmh, amps, north)| {
            second += time;
            odometer += f64::from(time) * kmh.unwrap_or(0.0) / 3600.0;
            Observation {
                speed: kmh.map(KilometersPerHour::new),
                current: amps.map(|amps| BatteryCurrent::from_signed(Amps::new(amps))),
                fix: north.and_then(|north| fix(north, kmh.unwrap_or(0.0))),
                ..car(second, 0.0, odometer)
            }
        });
        course.collect()
    })
}

proptest! {
    #[test]
    fn restart_at_every_step_gives_the_same_trips(course in any_course()) {
        let straight = changes(&course);
        let mut detector = TripDetector::default();
        let mut resumed = Vec::new();
        for seen in &course {
            resumed.extend(detector.observe(seen, id));
            // The record is all that survives: written, read again, and resumed in a new process.
            let running = match resumed.last() {
                Some(Change::Candidate(it) | Change::Started(it) | Change::Progressed(it)) => it,
                _ => {
                    detector = TripDetector::default();
                    continue;
                }
            };
            let text = serde_json::to_string(running).unwrap();
            detector = TripDetector::default();
            detector.resume(serde_json::from_str(&text).unwrap(), seen.at);
        }
        prop_assert_eq!(resumed, straight);
    }
}
