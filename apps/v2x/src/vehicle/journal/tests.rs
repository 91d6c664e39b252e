//! The journal through stops, kills and full queues; the store under it is a real one.

use tempfile::TempDir;
use v2x_outbox::Storage as _;
use v2x_units::{BatteryCurrent, Kilometers, UtcTime};

use super::*;

struct Car {
    folder: TempDir,
    store: Store,
    /// Every start draws another number.
    starts: u64,
}

impl Car {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("v2x.db")).unwrap();
        Self {
            folder,
            store,
            starts: 0,
        }
    }

    /// Runs the journal over some seconds; `is_killed` ends it without its last words.
    fn run(
        &mut self,
        seconds: std::ops::Range<u32>,
        seen: fn(u32) -> Observation,
        is_killed: bool,
    ) {
        self.starts += 1;
        let begin = seen(seconds.start).at;
        let folder = self.folder.path();
        let mut journal = Journal::resume(&self.store, folder, begin, self.starts).unwrap();
        for second in seconds {
            journal.observe(&seen(second), &mut self.store);
        }
        if !is_killed {
            journal.close(&mut self.store);
        }
    }
}

fn at(second: u32) -> Observation {
    let time = Duration::from_secs(second.into());
    Observation::unknown(Stamp {
        instant: Instant::BOOT + time,
        utc: UtcTime::from_millis(1_700_000_000_000) + time,
    })
}

/// A kilometre at 36 km/h and 36 A, then parked.
fn drive(second: u32) -> Observation {
    let driven = f64::from(second.min(100)) / 100.0;
    let is_moving = second <= 100;
    Observation {
        speed: Some(KilometersPerHour::new(if is_moving { 36.0 } else { 0.0 })),
        odometer: Some(Kilometers::new(3500.0 + driven)),
        current: Some(BatteryCurrent::discharging(Amps::new(36.0))),
        ..at(second)
    }
}

/// A charge of 100 s at 36 A, from 60 to 61 %.
fn charge(second: u32) -> Observation {
    let is_charging = second <= 100;
    Observation {
        soc: StateOfCharge::from_percent(60.0 + f64::from(second.min(100)) / 100.0),
        current: is_charging.then_some(BatteryCurrent::charging(Amps::new(36.0))),
        is_charging: Some(is_charging),
        is_full: Some(!is_charging),
        ..at(second)
    }
}

#[test]
fn trip_is_one_row_and_one_upload_however_often_the_daemon_stops() {
    let mut car = Car::new();
    for begin in [0, 30, 60, 90] {
        car.run(begin..begin + 30, drive, false);
        assert!(car.store.unfinished_trip().unwrap().is_some());
    }
    car.run(120..240, drive, false);
    let trips = car.store.trips(at(0).at.utc, 10).unwrap();
    assert_eq!(trips.len(), 1);
    assert_eq!(trips[0].duration(), Duration::from_secs(100));
    assert!((trips[0].by_odometer().unwrap().get() - 1.0).abs() < 1e-9);
    assert!((trips[0].flow().charge_out().unwrap().get() - 1.0).abs() < 1e-9);
    let sent = car.store.pending(Class::Trip, 0, 10).unwrap();
    assert_eq!(sent.len(), 1);
    let payload = String::from_utf8(sent[0].payload.clone()).unwrap();
    assert!(payload.contains(r#""trip_distance_km":1.0"#), "{payload}");
}

#[test]
fn kill_takes_at_most_ten_seconds_of_a_running_trip() {
    let mut car = Car::new();
    car.run(0..59, drive, true);
    let kept = car.store.unfinished_trip().unwrap().unwrap();
    assert!(at(58).at.utc.micros_since(kept.last_motion()) <= 10_000_000);
    car.run(60..240, drive, false);
    let trips = car.store.trips(at(0).at.utc, 10).unwrap();
    assert_eq!(trips.len(), 1);
    assert_eq!(trips[0].started(), at(0).at.utc);
    assert!((trips[0].by_odometer().unwrap().get() - 1.0).abs() < 1e-9);
}

#[test]
fn charge_that_ended_stands_in_the_store_the_outbox_and_the_prototypes_log() {
    let mut car = Car::new();
    car.run(0..110, charge, false);
    let charges = car.store.charges(at(0).at.utc, 10).unwrap();
    assert_eq!(charges.len(), 1);
    let sent = car.store.pending(Class::Session, 0, 10).unwrap();
    let payload = String::from_utf8(sent[0].payload.clone()).unwrap();
    assert!(payload.contains(r#""charge_end":"Finished""#), "{payload}");
    let path = car
        .folder
        .path()
        .join(v2g_sessions::file_name(at(100).at.utc));
    let log = std::fs::read_to_string(path).unwrap();
    let lines: Vec<_> = log.lines().collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        lines[1],
        "1700000100.000000000,1.7,60.00,61.00,1.00,,,,36.00"
    );
}

#[test]
fn alarm_is_an_event_and_an_alert() {
    let low = |second| Observation {
        soc: StateOfCharge::from_percent(10.0),
        ..at(second)
    };
    let mut car = Car::new();
    car.run(0..10, low, false);
    let events = car.store.events(0, 10).unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].event.kind, "low_charge");
    assert_eq!(car.store.pending(Class::Alert, 0, 10).unwrap().len(), 1);
}

#[test]
fn alarm_that_a_killed_run_left_is_over_at_the_next_start_and_told_with_its_own_number() {
    let low = |second| Observation {
        soc: StateOfCharge::from_percent(10.0),
        ..at(second)
    };
    let mut car = Car::new();
    car.run(0..10, low, true);
    let mut journal = Journal::resume(&car.store, car.folder.path(), at(60).at, 9).unwrap();
    journal.observe(&at(60), &mut car.store);
    let told = journal.take_alarms();
    assert_eq!(told.len(), 1);
    let began = car.store.events(0, 10).unwrap()[0].clone();
    assert_eq!(
        (told[0].id, Some(told[0].began)),
        (began.id, began.event.at)
    );
    assert_eq!(told[0].ended, Some(at(60).at.utc));
    for second in 61..75 {
        journal.observe(&low(second), &mut car.store);
    }
    let told = journal.take_alarms();
    assert_eq!(
        (told.len(), told[0].ended),
        (1, None),
        "what is still wrong is raised again"
    );
    let events = car.store.events(0, 10).unwrap();
    let raised: Vec<_> = events
        .iter()
        .map(|it| alarm_detail(&it.event.detail))
        .collect();
    assert_eq!(
        raised,
        [(true, Some(10.0)), (false, None), (true, Some(10.0))]
    );
    assert_eq!(car.store.pending(Class::Alert, 0, 10).unwrap().len(), 3);
}

#[test]
fn oldest_change_is_given_up_and_counted_when_full() {
    let car = Car::new();
    let mut journal = Journal::resume(&car.store, car.folder.path(), at(0).at, 1).unwrap();
    for drawn in 0..=WAITING_MAX {
        let id = EpisodeId::new(u64::try_from(drawn).unwrap());
        journal.wait(Entry::Trip(Change::Dismissed(id)));
    }
    assert_eq!((journal.waiting.len(), journal.given_up), (WAITING_MAX, 1));
}
