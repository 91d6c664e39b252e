//! What is given up by age and by size, what never is, and that the file stops growing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use tempfile::TempDir;
use v2x_charging::{
    Authorisation, EndReason, EnergyLedger, MeterSample, SessionRecord, SlotState, TransactionId,
    Verdict,
};
use v2x_outbox::{Class, NewEntry, PayloadKind, Storage as _};
use v2x_store::{
    BillRow, Event, MeterValue, Pruned, Retention, SessionHead, SessionStep, Store, TelemetryRow,
    Total,
};
use v2x_units::{BootId, Instant, UtcTime};

const DAY: u64 = 86_400;
const MONTH: Retention = Retention {
    age: Some(Duration::from_secs(30 * DAY)),
    bytes: None,
};

fn open() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("v2x.db")).unwrap();
    store.keep_tariff("day", "1", "document").unwrap();
    (folder, store)
}

fn day(number: u64) -> UtcTime {
    UtcTime::from_millis(1_756_382_400_000) + Duration::from_secs(number * DAY)
}

/// Rows of one day, a second apart, each waiting to be sent.
fn rows(at: UtcTime, count: u64) -> Vec<TelemetryRow> {
    let row = |second| {
        let at = at + Duration::from_secs(second);
        let values = format!("{{\"soc\":{second},\"text\":\"{}\"}}", "x".repeat(300));
        let entry = NewEntry::new(Class::Telemetry, PayloadKind::Telemetry, at, 1, "{}");
        TelemetryRow {
            source: "station".to_owned(),
            at,
            values,
            upload: entry.ok(),
        }
    };
    (0..count).map(row).collect()
}

fn event(store: &mut Store, at: Option<UtcTime>) {
    let event = Event {
        at,
        kind: "station_command".to_owned(),
        detail: "{}".to_owned(),
        upload: None,
    };
    store.record_event(&event).unwrap();
}

/// A session with ten samples, ended at a time or open.
fn session(store: &mut Store, number: u8, at: UtcTime, ended: bool) -> TransactionId {
    let transaction = TransactionId::from_bytes([number; 16]);
    let head = SessionHead {
        transaction,
        slot: 1,
        station: "Yard".to_owned(),
        slot_name: "Yard 1".to_owned(),
        time_zone: "Africa/Casablanca".to_owned(),
        tariff_id: "day".to_owned(),
        tariff_version: "1".to_owned(),
    };
    let record = SessionRecord {
        transaction,
        seq: 0,
        boot: BootId::new(1),
        at: Instant::from_micros(100),
        utc: Some(at),
        started: Some(at),
        elapsed: Duration::ZERO,
        state: SlotState::Charging,
        energy: EnergyLedger::default(),
        baseline: None,
        authorisation: Authorisation::None,
        plugged: None,
        ended: ended.then_some(EndReason::Remote),
    };
    let value = |micros| MeterValue {
        boot: BootId::new(1),
        utc: Some(at),
        sample: MeterSample {
            at: Instant::from_micros(micros),
            voltage: None,
            current: None,
            power: None,
            energy: None,
            frequency: None,
            power_factor: None,
        },
        verdict: Verdict::Good,
        reason: None,
        gained: v2x_charging::Energy::ZERO,
        doubtful: v2x_charging::Energy::ZERO,
    };
    let values: Vec<_> = (0..10).map(value).collect();
    let bill = BillRow {
        energy: v2x_charging::Energy::ZERO,
        total: Ok(Total {
            currency: "MAD".to_owned(),
            amount: "1.50".to_owned(),
        }),
        lines: Vec::new(),
    };
    let step = SessionStep {
        opens: Some(&head),
        record: &record,
        values: &values,
        bill: ended.then_some(&bill),
        uploads: &[],
    };
    store.record_session(&step).unwrap();
    transaction
}

#[test]
fn old_rows_events_and_samples_go_and_sessions_bills_and_the_queue_stay() {
    let (_folder, mut store) = open();
    store.record_telemetry(&rows(day(0), 10)).unwrap();
    store.record_telemetry(&rows(day(40), 10)).unwrap();
    event(&mut store, Some(day(0)));
    event(&mut store, Some(day(40)));
    event(&mut store, None);
    let old = session(&mut store, 1, day(0), true);
    let open = session(&mut store, 2, day(0), false);
    let new = session(&mut store, 3, day(40), true);
    let pruned = store.prune(&MONTH, Some(day(41))).unwrap();
    let expected = Pruned {
        telemetry: 10,
        meter_values: 10,
        events: 1,
        ..Pruned::default()
    };
    assert_eq!(pruned, expected);
    assert_eq!(store.prune(&MONTH, Some(day(41))).unwrap().rows(), 0);
    assert_eq!(
        store.usage().entries,
        20,
        "what waits to be sent still waits"
    );
    let samples = |transaction| store.meter_values(transaction).unwrap().len();
    assert_eq!([samples(old), samples(open), samples(new)], [0, 10, 10]);
    assert_eq!(store.session_records(old).unwrap().len(), 1);
    assert!(store.bill(old).unwrap().is_some());
    assert_eq!(store.sessions(10).unwrap().len(), 3);
}

#[test]
fn nothing_is_too_old_while_no_clock_is_trusted() {
    let (_folder, mut store) = open();
    store.record_telemetry(&rows(day(0), 10)).unwrap();
    assert_eq!(store.prune(&MONTH, None).unwrap().rows(), 0);
}

#[test]
fn file_at_its_budget_stops_growing_and_the_newest_rows_are_there() {
    let (folder, mut store) = open();
    let paid = session(&mut store, 1, day(0), true);
    let budget = 1_000_000;
    let retention = Retention {
        age: None,
        bytes: Some(budget),
    };
    let mut largest = 0;
    for number in 0..40 {
        let mut sent = rows(day(number), 500);
        sent.iter_mut().for_each(|row| row.upload = None);
        store.record_telemetry(&sent).unwrap();
        while store.prune(&retention, None).unwrap().may_go_on {}
        largest = largest.max(store.used_bytes().unwrap());
    }
    assert!(largest <= budget, "{largest} bytes in use");
    let newest = store.telemetry("station", day(39), 1000).unwrap();
    assert_eq!(newest.len(), 500, "the newest rows stay");
    assert!(store.bill(paid).unwrap().is_some());
    drop(store);
    let file = std::fs::metadata(folder.path().join("v2x.db"))
        .unwrap()
        .len();
    assert!(file <= 2 * budget, "free pages go back to the disk: {file}");
}

#[test]
fn budget_that_cannot_be_kept_is_said_and_ends() {
    let (_folder, mut store) = open();
    let paid = session(&mut store, 1, day(0), true);
    let retention = Retention {
        age: None,
        bytes: Some(1),
    };
    let mut calls = 0;
    loop {
        let pruned = store.prune(&retention, None).unwrap();
        assert!(pruned.is_over_budget);
        calls += 1;
        if !pruned.may_go_on {
            break;
        }
    }
    assert!(calls < 5, "{calls} calls");
    assert!(store.bill(paid).unwrap().is_some());
}
