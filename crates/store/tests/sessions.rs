//! Charging sessions in the store: whole steps, resumption, bills, tariffs.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use tempfile::TempDir;
use v2x_charging::meter::Baseline;
use v2x_charging::{
    Authorisation, EndReason, Energy, EnergyLedger, Fault, MeterSample, Outage, RelayFailure,
    SessionRecord, SlotState, Standing, TransactionId, Verdict,
};
use v2x_outbox::{Class, NewEntry, PayloadKind, Storage as _};
use v2x_store::{BillLineRow, BillRow, Chosen, MeterValue, SessionHead, SessionStep, Store, Total};
use v2x_units::{BootId, Instant, UtcTime, Volts, Watts};

fn open() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("v2x.db")).unwrap();
    store.keep_tariff("day", "1", "document").unwrap();
    (folder, store)
}

fn head(number: u8) -> SessionHead {
    SessionHead {
        transaction: TransactionId::from_bytes([number; 16]),
        slot: 2,
        station: "Yard".to_owned(),
        slot_name: "Yard 2".to_owned(),
        time_zone: "Africa/Casablanca".to_owned(),
        tariff_id: "day".to_owned(),
        tariff_version: "1".to_owned(),
    }
}

fn record(number: u8, seq: u32) -> SessionRecord {
    SessionRecord {
        transaction: TransactionId::from_bytes([number; 16]),
        seq,
        boot: BootId::new(u32::MAX),
        at: Instant::from_micros(77),
        utc: Some(UtcTime::from_micros(1_756_382_400_000_001)),
        started: None,
        elapsed: Duration::from_micros(60_000_001 * u64::from(seq)),
        state: SlotState::Unavailable(Outage::SourceLost),
        energy: EnergyLedger {
            plausible: Energy::from_milliwatt_hours(1_234_567),
            doubtful: Energy::from_milliwatt_hours(89),
            samples: [1, 2, 3, 4, 5],
        },
        baseline: Some(Baseline {
            energy: Energy::from_watt_hours(9_999_990),
            power: Some(Watts::new(2127.3)),
        }),
        authorisation: Authorisation::Car([1, 2, 3, 4, 5, 6, 7, 0xFF]),
        plugged: Some(true),
        ended: None,
    }
}

fn step<'a>(opens: Option<&'a SessionHead>, record: &'a SessionRecord) -> SessionStep<'a> {
    SessionStep {
        opens,
        record,
        values: &[],
        bill: None,
        uploads: &[],
    }
}

#[test]
fn records_come_back_to_the_last_bit_in_the_order_of_their_numbers() {
    let (folder, mut store) = open();
    let head = head(1);
    let records: Vec<_> = (0..3).map(|seq| record(1, seq)).collect();
    store
        .record_session(&step(Some(&head), &records[0]))
        .unwrap();
    for later in &records[1..] {
        store.record_session(&step(None, later)).unwrap();
    }
    drop(store);
    let store = Store::open(&folder.path().join("v2x.db")).unwrap();
    assert_eq!(store.session_records(head.transaction).unwrap(), records);
    let newest = store.newest_session(2).unwrap().unwrap();
    assert_eq!((&newest.head, newest.newest), (&head, records[2]));
    assert_eq!(store.newest_session(1).unwrap(), None);
    assert_eq!(store.sessions(10).unwrap().len(), 1);
    assert_eq!(store.session(head.transaction).unwrap(), Some(newest));
}

#[test]
fn sessions_are_chosen_by_slot_beginning_and_page() {
    let (_folder, mut store) = open();
    for number in 1..=4 {
        let mut head = head(number);
        head.slot = 1 + number % 2;
        let first = record(number, 0);
        store.record_session(&step(Some(&head), &first)).unwrap();
        // The time became known later, and of the last session never.
        let mut later = record(number, 1);
        let at = UtcTime::from_millis(1000 * i64::from(number));
        later.started = (number < 4).then_some(at);
        store.record_session(&step(None, &later)).unwrap();
    }
    let all = Chosen {
        slot: None,
        from: None,
        to: None,
        before: None,
        limit: 10,
    };
    let chosen = |chosen: Chosen| {
        let found = store.chosen_sessions(&chosen).unwrap();
        found
            .iter()
            .map(|it| it.head.transaction.bytes()[0])
            .collect::<Vec<_>>()
    };
    let at = |ms| Some(UtcTime::from_millis(ms));
    assert_eq!(chosen(all), [4, 3, 2, 1]);
    assert_eq!(
        chosen(Chosen {
            slot: Some(2),
            ..all
        }),
        [3, 1]
    );
    assert_eq!(
        chosen(Chosen {
            from: at(2000),
            ..all
        }),
        [3, 2]
    );
    assert_eq!(
        chosen(Chosen {
            from: at(1000),
            to: at(2000),
            ..all
        }),
        [1]
    );
    let before = Some(TransactionId::from_bytes([3; 16]));
    assert_eq!(
        chosen(Chosen {
            before,
            limit: 1,
            ..all
        }),
        [2]
    );
    let before = Some(TransactionId::from_bytes([9; 16]));
    assert!(
        chosen(Chosen { before, ..all }).is_empty(),
        "there is no such session"
    );
}

#[test]
fn step_of_a_session_that_was_never_opened_leaves_nothing_behind() {
    let (_folder, mut store) = open();
    let upload = NewEntry::new(
        Class::Session,
        PayloadKind::Telemetry,
        UtcTime::from_millis(0),
        1,
        "{}",
    );
    let uploads = [upload.unwrap()];
    let orphan = record(1, 4);
    let orphan = SessionStep {
        uploads: &uploads,
        ..step(None, &orphan)
    };
    store.record_session(&orphan).unwrap_err();
    assert_eq!(store.usage().entries, 0);
    let mut stranger = head(1);
    stranger.tariff_version = "never kept".to_owned();
    let first = record(1, 0);
    store
        .record_session(&step(Some(&stranger), &first))
        .unwrap_err();
    assert!(store.sessions(10).unwrap().is_empty());
}

#[test]
fn step_that_is_written_twice_is_there_once_and_told_once() {
    let (_folder, mut store) = open();
    let (head, first) = (head(1), record(1, 0));
    let at = UtcTime::from_millis(0);
    let kind = PayloadKind::Telemetry;
    let uploads = [NewEntry::new(Class::Session, kind, at, 1, "{}").unwrap()];
    for _ in 0..2 {
        let step = SessionStep {
            uploads: &uploads,
            ..step(Some(&head), &first)
        };
        store.record_session(&step).unwrap();
    }
    assert_eq!(store.session_records(head.transaction).unwrap().len(), 1);
    assert_eq!(store.usage().entries, 1);
}

#[test]
fn bill_and_samples_come_back_as_they_were_made() {
    let (_folder, mut store) = open();
    let (head, mut last) = (head(1), record(1, 0));
    last.ended = Some(EndReason::MeterLost);
    let value = |micros| MeterValue {
        boot: BootId::new(u32::MAX),
        utc: None,
        sample: MeterSample {
            at: Instant::from_micros(micros),
            voltage: Some(Volts::new(226.1)),
            current: None,
            power: Some(Watts::new(f64::NAN)),
            energy: None,
            frequency: None,
            power_factor: Some(0.99),
        },
        verdict: Verdict::Impossible,
        reason: Some("power is not a number".to_owned()),
        gained: Energy::ZERO,
        doubtful: Energy::from_milliwatt_hours(5),
    };
    let bill = BillRow {
        energy: Energy::from_watt_hours(2_298),
        total: Ok(Total {
            currency: "MAD".to_owned(),
            amount: "3.45".to_owned(),
        }),
        lines: vec![BillLineRow {
            kind: "Energy".to_owned(),
            period: Some("night".to_owned()),
            quantity: "2.298".to_owned(),
            price: "1.50".to_owned(),
            exact: "3.447".to_owned(),
            amount: "3.45".to_owned(),
        }],
    };
    let values = [value(1), value(2)];
    let ending = SessionStep {
        values: &values,
        bill: Some(&bill),
        ..step(Some(&head), &last)
    };
    store.record_session(&ending).unwrap();
    assert_eq!(store.bill(head.transaction).unwrap(), Some(bill));
    let mut expected = values.to_vec();
    for value in &mut expected {
        value.sample.power = None;
    }
    assert_eq!(store.meter_values(head.transaction).unwrap(), expected);
}

#[test]
fn tariff_version_keeps_the_document_that_came_first() {
    let (_folder, mut store) = open();
    assert_eq!(store.keep_tariff("day", "1", "other").unwrap(), "document");
    assert_eq!(store.keep_tariff("day", "2", "other").unwrap(), "other");
    let kept = store.tariff_document("day", "1").unwrap();
    assert_eq!(kept.as_deref(), Some("document"));
    assert_eq!(store.tariff_document("night", "1").unwrap(), None);
    store.choose_tariff(2, "day").unwrap();
    store.choose_tariff(2, "night").unwrap();
    assert_eq!(store.chosen_tariffs().unwrap(), [(2, "night".to_owned())]);
}

#[test]
fn run_names_the_start_of_the_computer_that_it_belongs_to() {
    let (_folder, mut store) = open();
    let run = BootId::new(u32::MAX);
    store.begin_run(run, Some("one"), None).unwrap();
    assert_eq!(store.host_boot_of(run).unwrap().as_deref(), Some("one"));
    assert_eq!(store.host_boot_of(BootId::new(1)).unwrap(), None);
}

#[test]
fn ended_session_of_an_unknown_time_is_counted_as_such() {
    let (_folder, mut store) = open();
    let ended = |number: u8, started: Option<i64>| SessionRecord {
        started: started.map(UtcTime::from_millis),
        ended: Some(EndReason::EvDisconnected),
        ..record(number, 1)
    };
    let records = [
        record(1, 1),
        ended(2, None),
        ended(3, Some(5)),
        ended(4, None),
    ];
    for (number, record) in (1..).zip(&records) {
        let step = SessionStep {
            opens: Some(&head(number)),
            record,
            values: &[],
            bill: None,
            uploads: &[],
        };
        store.record_session(&step).unwrap();
    }
    assert_eq!(store.undated_sessions().unwrap(), 2);
}

#[test]
fn what_holds_at_a_slot_is_kept_beside_its_sessions() {
    let (_folder, mut store) = open();
    assert_eq!(store.standings().unwrap(), []);
    let faults = [
        None,
        Some(Fault::RelayStuck),
        Some(Fault::Relay(RelayFailure::Contradicted)),
    ];
    for fault in faults {
        let standing = Standing {
            in_service: fault.is_none(),
            held: true,
            fault,
        };
        store.keep_standing(2, &standing).unwrap();
        assert_eq!(store.standings().unwrap(), [(2, standing)]);
    }
}
