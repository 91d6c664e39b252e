//! What is written is read again, once, and through a restart.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use tempfile::TempDir;
use v2x_outbox::{Class, NewEntry, PayloadKind, Storage};
use v2x_store::{Event, FixRow, Recorded, Store, TelemetryRow};
use v2x_units::{Degrees, GnssFix, KilometersPerHour, Position, UtcTime};

fn new_store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("v2x.db")).unwrap();
    (folder, store)
}

fn row(ms: i64, soc: f64) -> TelemetryRow {
    let at = UtcTime::from_millis(ms);
    let values = format!(r#"{{"soc":{soc}}}"#);
    let (class, kind) = (Class::Telemetry, PayloadKind::Telemetry);
    TelemetryRow {
        source: "vehicle".to_owned(),
        at,
        upload: Some(NewEntry::new(class, kind, at, 1, values.clone()).unwrap()),
        values,
    }
}

#[test]
fn row_and_its_outbox_entry_survive_a_restart_together() {
    let (folder, mut store) = new_store();
    store
        .record_telemetry(&[row(1000, 64.4), row(2000, 64.3)])
        .unwrap();
    drop(store);
    let store = Store::open(&folder.path().join("v2x.db")).unwrap();
    let rows = store
        .telemetry("vehicle", UtcTime::from_millis(1001), 10)
        .unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].values, r#"{"soc":64.3}"#);
    let entries = store.pending(Class::Telemetry, 0, 10).unwrap();
    assert_eq!(entries[1].ts, UtcTime::from_millis(2000));
    assert_eq!(entries[1].payload, br#"{"soc":64.3}"#);
    assert_eq!(store.usage().entries, 2);
}

#[test]
fn row_of_the_same_source_and_millisecond_is_written_and_sent_once() {
    let (_folder, mut store) = new_store();
    store.record_telemetry(&[row(1000, 64.4)]).unwrap();
    let recorded = store
        .record_telemetry(&[row(1000, 50.0), row(2000, 64.3)])
        .unwrap();
    assert_eq!(
        recorded,
        Recorded {
            written: 1,
            repeated: 1
        }
    );
    let rows = store
        .telemetry("vehicle", UtcTime::from_millis(0), 10)
        .unwrap();
    assert_eq!(rows[0].values, r#"{"soc":64.4}"#, "the first one stays");
    assert_eq!(store.usage().entries, 2);
    let other = TelemetryRow {
        source: "slot 1".to_owned(),
        ..row(1000, 1.0)
    };
    assert_eq!(store.record_telemetry(&[other]).unwrap().written, 1);
}

#[test]
fn row_that_is_no_json_takes_its_whole_group_back() {
    let (_folder, mut store) = new_store();
    let broken = TelemetryRow {
        values: "{soc:".to_owned(),
        ..row(2000, 0.0)
    };
    assert!(store.record_telemetry(&[row(1000, 64.4), broken]).is_err());
    assert_eq!(store.telemetry_count().unwrap(), 0);
    assert_eq!(store.usage().entries, 0);
    assert_eq!(store.newest(Class::Telemetry), 0);
}

#[test]
fn fix_keeps_what_the_receiver_said_and_what_it_did_not() {
    let (_folder, mut store) = new_store();
    // A place in the sea: positions of real drives stay out of the repository.
    let fix = FixRow {
        at: UtcTime::from_micros(1_000_001),
        fix: GnssFix {
            position: Position::new(Degrees::new(36.5), Degrees::new(-7.25)).unwrap(),
            altitude: None,
            speed: Some(KilometersPerHour::new(42.5)),
            satellites: Some(7),
            hdop: None,
            utc: Some(UtcTime::from_micros(999_000)),
            valid: true,
        },
        quality: "good".to_owned(),
    };
    store.record_fixes(std::slice::from_ref(&fix)).unwrap();
    assert_eq!(store.fixes(fix.at, 10).unwrap(), [fix]);
}

#[test]
fn events_keep_the_order_of_happening_when_the_clock_goes_back() {
    let (_folder, mut store) = new_store();
    for ms in [Some(5000), Some(1000), None] {
        let event = Event {
            at: ms.map(UtcTime::from_millis),
            kind: "clock_set".to_owned(),
            detail: "{}".to_owned(),
            upload: None,
        };
        store.record_event(&event).unwrap();
    }
    let times: Vec<_> = store
        .events(0, 10)
        .unwrap()
        .into_iter()
        .map(|e| e.event.at)
        .collect();
    let ms = |ms| Some(UtcTime::from_millis(ms));
    assert_eq!(times, [ms(5000), ms(1000), None]);
}

#[test]
fn entry_set_aside_is_kept_with_its_reason_and_its_id_is_not_given_again() {
    let (folder, mut store) = new_store();
    store.record_telemetry(&[row(1000, 64.4)]).unwrap();
    let id = store.pending(Class::Telemetry, 0, 1).unwrap()[0].id;
    store.set_aside(id, "refused three times").unwrap();
    drop(store);
    let mut store = Store::open(&folder.path().join("v2x.db")).unwrap();
    store.record_telemetry(&[row(2000, 64.3)]).unwrap();
    assert_ne!(store.pending(Class::Telemetry, 0, 1).unwrap()[0].id, id);
    let kept = store.set_aside_entries(10).unwrap();
    assert_eq!(kept[0].reason, "refused three times");
    assert_eq!(kept[0].entry.payload, br#"{"soc":64.4}"#);
}

#[test]
fn what_was_between_two_moments_has_its_beginning_and_not_its_end() {
    let (_folder, mut store) = new_store();
    let rows: Vec<_> = (1..=5).map(|n| row(n * 1000, 60.0)).collect();
    store.record_telemetry(&rows).unwrap();
    let extent = store.extent("vehicle", 2000, 4000).unwrap();
    assert_eq!((extent.rows, extent.ends), (2, Some((2000, 3000))));
    let none = store.extent("nobody", 0, i64::MAX).unwrap();
    assert_eq!((none.rows, none.ends), (0, None));
    let mut seen = Vec::new();
    let each = |ts, values: &str| {
        seen.push((ts, values.to_owned()));
        seen.len() < 2
    };
    store.each_row("vehicle", 2000, i64::MAX, each).unwrap();
    let values = r#"{"soc":60}"#.to_owned();
    assert_eq!(
        seen,
        [(2000, values.clone()), (3000, values.clone())],
        "it stops when told"
    );
    assert_eq!(store.newest_row("vehicle").unwrap(), Some((5000, values)));
    assert_eq!(store.newest_row("nobody").unwrap(), None);
}

#[test]
fn years_are_handed_over_whole_and_nothing_is_held_open_meanwhile() {
    let (folder, mut store) = new_store();
    let rows: Vec<_> = (0..2500).map(|n| row(n, 60.0)).collect();
    store.record_telemetry(&rows).unwrap();
    // More than a page of fixes within one microsecond.
    let fixes: Vec<_> = (0..2500)
        .map(|n| FixRow {
            at: UtcTime::from_micros(n / 2000),
            fix: GnssFix {
                position: Position::new(Degrees::new(36.5), Degrees::new(-7.25)).unwrap(),
                altitude: None,
                speed: None,
                satellites: u8::try_from(n % 12).ok(),
                hdop: None,
                utc: None,
                valid: true,
            },
            quality: "good".to_owned(),
        })
        .collect();
    store.record_fixes(&fixes).unwrap();
    let path = folder.path().join("v2x.db");
    let reader = Store::open_to_read(&path).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.busy_timeout(std::time::Duration::ZERO).unwrap();
    let mut seen = Vec::new();
    let each = |ts: i64, _: &str| {
        if ts % 1000 == 500 {
            store.record_telemetry(&[row(10_000 + ts, 1.0)]).unwrap();
            let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
            let is_busy: i64 = other.query_row(checkpoint, [], |row| row.get(0)).unwrap();
            assert_eq!(is_busy, 0, "at {ts}");
        }
        seen.push(ts);
        true
    };
    reader.each_row("vehicle", 0, 2500, each).unwrap();
    assert_eq!(seen, (0..2500).collect::<Vec<i64>>());
    let mut count = 0;
    let each = |_: &FixRow| {
        count += 1;
        true
    };
    let (from, to) = (UtcTime::from_micros(0), UtcTime::from_micros(9));
    reader.each_good_fix(from, to, each).unwrap();
    assert_eq!(count, 2500);
}

#[test]
fn events_of_some_kinds_come_newest_first_with_those_without_a_time() {
    let (_folder, mut store) = new_store();
    let kinds = ["a", "b\"", "c"];
    for (ms, kind) in [
        (Some(1), 0),
        (None, 1),
        (Some(3), 2),
        (Some(4), 0),
        (Some(9), 1),
    ] {
        let event = Event {
            at: ms.map(UtcTime::from_millis),
            kind: kinds[kind].to_owned(),
            detail: "{}".to_owned(),
            upload: None,
        };
        store.record_event(&event).unwrap();
    }
    let found = store.events_between(&["a", "b\""], 1, 9, 10).unwrap();
    let found: Vec<_> = found.iter().map(|it| it.id).collect();
    assert_eq!(found, [4, 2, 1]);
    assert_eq!(store.events_between(&["a"], 0, 9, 1).unwrap().len(), 1);
    assert!(store.events_between(&[], 0, 9, 10).unwrap().is_empty());
}
