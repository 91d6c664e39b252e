//! What was agreed over the radio comes back as it was written.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use v2x_charging::TransactionId;
use v2x_outbox::{Class, NewEntry, PayloadKind, Storage as _};
use v2x_store::{BatteryRow, Store, V2gReceipt, V2gSession};
use v2x_units::{Amps, Degrees, Position, StateOfCharge, UtcTime, WattHours};

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("v2x.db")).unwrap();
    (folder, store)
}

fn receipt() -> V2gReceipt {
    V2gReceipt {
        session: *b"session1",
        evse: "MA*HEL*E0001*1".to_owned(),
        evcc: "CAR-7\"'".to_owned(),
        started: Some(1_795_000_000),
        ended: None,
        energy: Some(WattHours::new(1250.0)),
        cost: Some("1.88 MAD".to_owned()),
        tariff: "day".to_owned(),
        receipt: vec![1, 2, 3],
        signature: vec![4; 64],
        countersignature: None,
        transaction: None,
    }
}

fn entry() -> NewEntry {
    let (class, kind) = (Class::Session, PayloadKind::Telemetry);
    NewEntry::new(class, kind, UtcTime::from_millis(1), 1, "{}".to_owned()).unwrap()
}

#[test]
fn open_session_replaces_the_one_before_and_is_forgotten_when_it_ends() {
    let (_folder, mut store) = store();
    let open = V2gSession {
        session: *b"session1",
        peer: "CAR".to_owned(),
        started: Some(7),
        cost_limit: Some("20.00 MAD".to_owned()),
        powered: true,
        ended: false,
        confirmed: true,
    };
    store.save_v2g_session("slot 1", Some(&open)).unwrap();
    let later = V2gSession {
        ended: true,
        confirmed: false,
        ..open.clone()
    };
    store.save_v2g_session("slot 2", Some(&open)).unwrap();
    store.save_v2g_session("slot 1", Some(&later)).unwrap();
    assert_eq!(store.v2g_session("slot 1").unwrap(), Some(later));
    assert_eq!(store.v2g_session("slot 2").unwrap(), Some(open));
    store.save_v2g_session("slot 1", None).unwrap();
    assert_eq!(store.v2g_session("slot 1").unwrap(), None);
}

#[test]
fn countersignature_is_added_once_and_told_once() {
    let (_folder, mut store) = store();
    store.keep_v2g_receipt(&receipt(), None).unwrap();
    let signed = V2gReceipt {
        countersignature: Some(vec![5; 64]),
        tariff: "night".to_owned(),
        ..receipt()
    };
    store.keep_v2g_receipt(&signed, Some(&entry())).unwrap();
    store.keep_v2g_receipt(&signed, Some(&entry())).unwrap();
    let kept = store.v2g_receipts(10).unwrap();
    let whole = V2gReceipt {
        tariff: "day".to_owned(),
        ..signed
    };
    assert_eq!(kept, [whole]);
    assert_eq!(store.usage().entries, 1);
}

#[test]
fn receipt_is_found_by_its_session_and_by_when_its_conversation_was_open() {
    let (_folder, mut store) = store();
    let of = TransactionId::from_bytes([7; 16]);
    store.keep_v2g_receipt(&receipt(), None).unwrap();
    assert_eq!(store.v2g_receipt_of(of).unwrap(), None);
    let known = V2gReceipt {
        ended: Some(1_795_003_600),
        transaction: Some(of),
        session: *b"session2",
        ..receipt()
    };
    store.keep_v2g_receipt(&known, None).unwrap();
    let later = V2gReceipt {
        transaction: Some(TransactionId::from_bytes([8; 16])),
        ..known.clone()
    };
    store.keep_v2g_receipt(&later, None).unwrap();
    assert_eq!(
        store.v2g_receipt_of(of).unwrap().as_ref(),
        Some(&known),
        "the first word stays"
    );
    let between = |from, to| store.v2g_receipts_between(from, to).unwrap().len();
    assert_eq!(between(1_795_000_000, 1_795_000_001), 2);
    assert_eq!(between(1_795_000_001, i64::MAX), 1, "the other has no end");
    assert_eq!(between(1_795_003_601, i64::MAX), 0);
    assert_eq!(between(0, 1_795_000_000), 0);
}

#[test]
fn battery_comes_back_with_what_was_not_known_as_unknown() {
    let (_folder, mut store) = store();
    let told = BatteryRow {
        at: Some(UtcTime::from_millis(1_795_000_000_000)),
        evse: "S".to_owned(),
        evcc: "C".to_owned(),
        is_charging: None,
        is_plugged: false,
        soc: StateOfCharge::from_percent(69.42),
        desired_soc: None,
        voltage: None,
        current: Some(Amps::new(-3.25)),
        available: None,
        speed: None,
        position: Position::new(Degrees::new(1.5), Degrees::new(-2.5)).ok(),
        entry: None,
    };
    store.record_battery(&told, None).unwrap();
    assert_eq!(store.battery_data(1).unwrap(), std::slice::from_ref(&told));

    let journaled = BatteryRow {
        entry: Some("0000002a-7".to_owned()),
        ..told.clone()
    };
    for _ in 0..2 {
        store.record_battery(&told, None).unwrap();
        store.record_battery(&journaled, Some(&entry())).unwrap();
    }
    let kept = store.battery_data(10).unwrap();
    let of_journal = kept.iter().filter(|row| **row == journaled).count();
    assert_eq!(
        (kept.len(), of_journal),
        (4, 1),
        "an entry that comes again is one row"
    );
    assert_eq!(store.usage().entries, 1);
}
