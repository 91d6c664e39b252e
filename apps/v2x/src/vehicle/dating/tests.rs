//! Rows before, at and after the moment at which the time is known.

use v2x_outbox::{Class, Storage as _};
use v2x_units::Stamp;

use super::*;
use crate::clock::SystemClock;

/// 2030-03-17: after any build of this program, and within its life.
const NOON_MS: i64 = 1_900_000_000_000;
const LONG: Duration = Duration::from_secs(3600);

fn new_store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("v2x.db")).unwrap();
    (folder, store)
}

/// Rows of the last seconds, one per second.
fn rows(clock: &Clock, count: u64) -> Vec<MeasuredRow> {
    let now = clock.now();
    let row = |number: u64| {
        let ago = (count - number) * 1_000_000;
        let instant = Instant::from_micros(now.instant.as_micros() - ago);
        MeasuredRow {
            at: Stamp { instant, ..now },
            board: None,
            values: format!(r#"{{"number":{number}}}"#),
            points: 1,
        }
    };
    (0..count).map(row).collect()
}

/// Commits rows as they were measured.
fn commit(dating: &mut Dating, store: &mut Store, rows: Vec<MeasuredRow>) {
    let row = |measured| GroupRow {
        measured,
        dated: None,
    };
    let rows: Vec<_> = rows.into_iter().map(row).collect();
    dating
        .commit(store, &rows, |_| true, &Beside::default())
        .unwrap();
}

/// Lets the receiver say three times that it is now so late.
fn hear_fixes(clock: &Clock, now_ms: i64) {
    let now = clock.now().instant;
    for number in 0..3_u64 {
        let at = now + Duration::from_secs(number);
        let utc = UtcTime::from_millis(now_ms) + Duration::from_secs(number);
        clock.hear_fix(at, utc);
    }
}

fn numbers(store: &Store) -> Vec<String> {
    let rows = store
        .telemetry(SOURCE, UtcTime::from_millis(0), 100)
        .unwrap();
    let number = |values: &str| {
        values[10..]
            .chars()
            .take_while(char::is_ascii_digit)
            .collect()
    };
    rows.iter().map(|row| number(&row.values)).collect()
}

#[test]
fn rows_from_before_the_time_was_known_are_dated_in_order_and_never_offered_before() {
    let (_folder, mut store) = new_store();
    let clock = Clock::start();
    let mut dating = Dating::new(clock, LONG);
    commit(&mut dating, &mut store, rows(&clock, 3));
    assert_eq!(
        (store.undated_count().unwrap(), store.usage().entries),
        (3, 0)
    );
    hear_fixes(&clock, NOON_MS);
    dating.date_waiting(&mut store).unwrap();
    assert_eq!(
        (store.undated_count().unwrap(), store.usage().entries),
        (0, 3)
    );
    let entries = store.pending(Class::Telemetry, 0, 10).unwrap();
    let first = entries[0].ts.as_millis() - NOON_MS;
    assert!(
        (-3_000..=3_100).contains(&first),
        "{first} ms from the receiver's time"
    );
    let gaps = entries
        .windows(2)
        .map(|two| two[1].ts.micros_since(two[0].ts) / 1000);
    let gaps: Vec<_> = gaps.collect();
    assert!(
        gaps.iter().all(|gap| (999..=1001).contains(gap)),
        "{gaps:?}"
    );
    assert_eq!(numbers(&store), ["0", "1", "2"]);
}

#[test]
fn rows_of_an_earlier_run_of_this_boot_are_dated_by_the_next_one() {
    let (folder, mut store) = new_store();
    let clock = Clock::start();
    let mut first = Dating::new(clock, LONG);
    commit(&mut first, &mut store, rows(&clock, 2));
    drop(store);
    let mut store = Store::open(&folder.path().join("v2x.db")).unwrap();
    let clock = Clock::start();
    let mut dating = Dating::new(clock, LONG);
    hear_fixes(&clock, NOON_MS);
    commit(&mut dating, &mut store, rows(&clock, 1));
    assert_eq!(store.undated_count().unwrap(), 0);
    assert_eq!(store.usage().entries, 3);
}

#[test]
fn row_at_a_moment_that_is_taken_moves_on_and_is_not_lost() {
    let (_folder, mut store) = new_store();
    for _ in 0..2 {
        // The second run's receiver says the same time again: a clock that was set back.
        let clock = Clock::start();
        let mut dating = Dating::new(clock, LONG);
        hear_fixes(&clock, NOON_MS);
        let same = Instant::from_micros(clock.now().instant.as_micros());
        let mut rows = rows(&clock, 1);
        rows[0].at.instant = same;
        commit(&mut dating, &mut store, rows);
    }
    let taken = store
        .telemetry(SOURCE, UtcTime::from_millis(0), 10)
        .unwrap();
    assert_eq!(taken.len(), 2);
    assert_eq!(store.usage().entries, 2);
}

#[test]
fn clock_that_nobody_vouches_for_dates_only_after_the_wait_and_says_so() {
    let (folder, mut store) = new_store();
    let setting = folder.path().join("clock");
    std::fs::write(&setting, "0 free").unwrap();
    let clock = Clock::start();
    clock.hear_system(&mut SystemClock::of_test(&setting));
    let mut patient = Dating::new(clock, LONG);
    commit(&mut patient, &mut store, rows(&clock, 1));
    assert_eq!(store.usage().entries, 0);
    let mut impatient = Dating::new(clock, Duration::ZERO);
    commit(&mut impatient, &mut store, rows(&clock, 1));
    assert_eq!(store.usage().entries, 2);
    let entries = store.pending(Class::Telemetry, 0, 10).unwrap();
    for entry in entries {
        let payload = String::from_utf8(entry.payload).unwrap();
        assert!(payload.contains(r#""time_source":"system""#), "{payload}");
    }
}

#[test]
fn row_of_an_earlier_boot_without_any_clock_is_kept_and_not_offered() {
    let (_folder, mut store) = new_store();
    let clock = Clock::start();
    let mut dating = Dating::new(clock, LONG);
    let lost = UndatedRow {
        boot: "another boot".to_owned(),
        ..dating.undated(&rows(&clock, 1)[0])
    };
    store.keep_undated(&[lost]).unwrap();
    hear_fixes(&clock, NOON_MS);
    commit(&mut dating, &mut store, rows(&clock, 2));
    assert_eq!(
        (store.undated_count().unwrap(), store.usage().entries),
        (1, 2)
    );
}

#[test]
fn row_is_dated_as_it_comes_once_nothing_waits_before_it() {
    let (_folder, mut store) = new_store();
    let clock = Clock::start();
    let mut dating = Dating::new(clock, LONG);
    let row = rows(&clock, 1).remove(0);
    assert!(dating.date_now(&mut store, &row, &[]).is_none());
    hear_fixes(&clock, NOON_MS);
    assert!(
        dating.date_now(&mut store, &row, &[]).is_none(),
        "rows of an earlier run may wait in the store"
    );
    dating.date_waiting(&mut store).unwrap();
    let dated = dating.date_now(&mut store, &row, &[]).unwrap();
    let undated = GroupRow {
        measured: row,
        dated: None,
    };
    let next = rows(&clock, 1).remove(0);
    assert!(dating.date_now(&mut store, &next, &[undated]).is_none());
    // A moment that waits for its commit is taken as well.
    let mut again = Dating::new(clock, LONG);
    again.date_waiting(&mut store).unwrap();
    let same = rows(&clock, 1).remove(0);
    let waiting = GroupRow {
        measured: MeasuredRow {
            at: Stamp {
                instant: next.at.instant,
                ..same.at
            },
            ..same
        },
        dated: Some(dated.clone()),
    };
    let at = again
        .date_now(
            &mut store,
            &waiting.measured,
            std::slice::from_ref(&waiting),
        )
        .unwrap();
    assert_ne!(at.row.at, dated.row.at);
}
