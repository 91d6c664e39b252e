//! Trips and charges: one row each for ever, read again exactly, through any restart.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use tempfile::TempDir;
use v2x_outbox::{Class, NewEntry, PayloadKind, Storage as _};
use v2x_roles::vehicle::{
    Change, Charge, ChargeTracker, EpisodeId, Observation, Trip, TripDetector,
};
use v2x_store::Store;
use v2x_units::{Amps, BatteryCurrent, Instant, Kilometers, KilometersPerHour, Stamp, UtcTime};

fn new_store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("v2x.db")).unwrap();
    (folder, store)
}

fn seen(second: u32) -> Observation {
    let time = std::time::Duration::from_secs(second.into());
    Observation {
        speed: Some(KilometersPerHour::new(33.3)),
        odometer: Some(Kilometers::new(3500.0 + f64::from(second) / 109.0)),
        current: Some(BatteryCurrent::from_signed(Amps::new(-41.25))),
        ..Observation::unknown(Stamp {
            instant: Instant::BOOT + time,
            utc: UtcTime::from_millis(1_700_000_000_000) + time,
        })
    }
}

/// The records of a trip as it goes on, and its last one.
fn trip(drawn: u64) -> (Vec<Trip>, Trip) {
    let mut detector = TripDetector::default();
    let changes = (0..60).flat_map(|it| detector.observe(&seen(it), || EpisodeId::new(drawn)));
    let running = changes.filter_map(|change| match change {
        Change::Candidate(trip) | Change::Started(trip) | Change::Progressed(trip) => Some(trip),
        Change::Dismissed(_) | Change::Ended(_) => None,
    });
    let running = running.collect();
    let Some(Change::Ended(last)) = detector.finish() else {
        panic!("the trip does not end");
    };
    (running, last)
}

fn charge(drawn: u64) -> Charge {
    let mut tracker = ChargeTracker::default();
    for second in 0..60 {
        let seen = Observation {
            is_charging: Some(true),
            current: Some(BatteryCurrent::charging(Amps::new(32.25))),
            ..seen(second)
        };
        tracker.observe(&seen, || EpisodeId::new(drawn));
    }
    match tracker.finish() {
        Some(Change::Ended(charge)) => charge,
        other => panic!("{other:?}"),
    }
}

fn entry(class: Class) -> NewEntry {
    let at = UtcTime::from_millis(1_700_000_000_000);
    NewEntry::new(class, PayloadKind::Telemetry, at, 1, "{\"k\":1}").unwrap()
}

#[test]
fn trip_written_at_every_step_is_one_row_that_can_go_on_after_a_restart() {
    let (folder, mut store) = new_store();
    let (running, last) = trip(5);
    for step in &running {
        store.record_trip(step, None).unwrap();
        assert_eq!(store.unfinished_trip().unwrap().as_ref(), Some(step));
    }
    drop(store);
    let mut store = Store::open(&folder.path().join("v2x.db")).unwrap();
    assert_eq!(store.unfinished_trip().unwrap().as_ref(), running.last());
    store.record_trip(&last, Some(&entry(Class::Trip))).unwrap();
    assert_eq!(store.unfinished_trip().unwrap(), None);
    let trips = store.trips(last.started(), 10).unwrap();
    assert_eq!(trips, [last]);
    assert_eq!(store.pending(Class::Trip, 0, 10).unwrap().len(), 1);
}

#[test]
fn episode_that_has_ended_is_neither_changed_nor_sent_again() {
    let (_folder, mut store) = new_store();
    let (running, last) = trip(5);
    let upload = entry(Class::Trip);
    store.record_trip(&last, Some(&upload)).unwrap();
    store.record_trip(&last, Some(&upload)).unwrap();
    store.record_trip(&running[0], Some(&upload)).unwrap();
    store.dismiss_trip(last.id()).unwrap();
    assert_eq!(store.trips(last.started(), 10).unwrap(), [last]);
    let charge = charge(6);
    let upload = entry(Class::Session);
    store.record_charge(&charge, Some(&upload)).unwrap();
    store.record_charge(&charge, Some(&upload)).unwrap();
    store.dismiss_charge(charge.id()).unwrap();
    assert_eq!(store.charges(charge.started(), 10).unwrap(), [charge]);
    assert_eq!(store.usage().entries, 2);
}

#[test]
fn candidate_that_became_nothing_is_forgotten() {
    let (_folder, mut store) = new_store();
    let (running, _) = trip(5);
    store.record_trip(&running[0], None).unwrap();
    store.dismiss_trip(running[0].id()).unwrap();
    assert_eq!(store.unfinished_trip().unwrap(), None);
}

#[test]
fn trips_are_given_in_the_order_of_their_beginning_from_a_time_on() {
    let (_folder, mut store) = new_store();
    let trips: Vec<_> = (0..3).map(|drawn| trip(drawn).1).collect();
    for trip in trips.iter().rev() {
        store.record_trip(trip, None).unwrap();
    }
    assert_eq!(store.trips(trips[0].started(), 10).unwrap(), trips);
    assert_eq!(store.trips(trips[0].started(), 2).unwrap().len(), 2);
    let after = UtcTime::from_micros(trips[0].started().as_micros() + 1);
    assert!(store.trips(after, 10).unwrap().is_empty());
}
