//! What the conversations leave in the store.

use v2x_charging::{SessionRecord, TransactionId};
use v2x_outbox::Class;
use v2x_proto::secure::{Name, UtcSecond};
use v2x_proto::v2g::{BatteryReport, SavedSession, SessionId};
use v2x_roles::station::SlotNumber;
pub(in crate::station) use v2x_roles::station::v2g::Told;
use v2x_roles::vehicle::radio::amount;
use v2x_store::{Event, Store, StoreError, V2gReceipt, V2gSession};
use v2x_units::{Amps, BatteryCurrent, StateOfCharge, UtcTime, Volts, WattHours};
use v2x_uplink::thingsboard::{Value, Values};

use crate::daemon::entry;
use crate::daemon::v2g_books::{battery_row, receipt_entry, receipt_row};

/// A receipt counts whole watt-hours.
const RECEIPT_WITHIN_WH: f64 = 1.0;
/// The clocks of session and receipt may have been set in between, by so many seconds.
const CLOCKS_DIFFER_S: i64 = 60;

/// Under this name a slot's session stands in the store.
pub(super) fn owner(slot: SlotNumber) -> String {
    format!("slot {slot}")
}

/// Writes what happened at a moment; `None` while no clock is right.
pub(in crate::station) fn write(
    store: &mut Store,
    slot: SlotNumber,
    now: Option<UtcTime>,
    told: &Told,
) -> Result<(), StoreError> {
    let suffix = format!("_slot{slot}");
    match told {
        Told::Save(saved) => {
            let row = saved.as_ref().map(row);
            store.save_v2g_session(&owner(slot), row.as_ref())
        }
        Told::Receipt(signed, countersignature) => {
            let Some(mut row) = receipt_row(signed, countersignature.as_ref()) else {
                return Ok(());
            };
            row.transaction = session_of(store, slot, &row)?;
            let ended = signed.receipt.ended.map(|second| second.utc());
            let upload = (now.or(ended)).and_then(|now| receipt_entry(&row, &suffix, now));
            store.keep_v2g_receipt(&row, upload.as_ref())
        }
        Told::Battery(evse, evcc, battery) => {
            let row = battery_row(now, (evse, evcc), true, battery);
            let values = values(evcc, battery, &suffix);
            let upload = now.and_then(|now| entry(Class::Telemetry, now, values));
            store.record_battery(&row, upload.as_ref())
        }
        Told::BatteryData(evse, evcc, data, entry) => {
            let mut row = battery_row(now, (evse, evcc), false, &data.battery);
            (row.speed, row.position) = (data.speed, data.position);
            row.entry.clone_from(entry);
            store.record_battery(&row, None)
        }
        Told::Event(kind, detail) => store.record_event(&Event {
            at: now,
            kind: (*kind).to_owned(),
            detail: detail.to_string(),
            upload: None,
        }),
    }
}

/// The slot's session that a receipt is of: the one that ended last, where it went on while the
/// car was spoken with and has the receipt's energy.
fn session_of(
    store: &Store,
    slot: SlotNumber,
    receipt: &V2gReceipt,
) -> Result<Option<TransactionId>, StoreError> {
    let newest = store.newest_session(slot.get())?;
    let ended = newest.filter(|session| session.newest.ended.is_some());
    let meant = ended.filter(|session| is_of(&session.newest, receipt));
    Ok(meant.map(|session| session.head.transaction))
}

/// Whether a receipt can be of a session that has ended. What one of them does not know speaks
/// against nothing.
fn is_of(session: &SessionRecord, receipt: &V2gReceipt) -> bool {
    let counted = session.energy.plausible.kilowatt_hours() * 1000.0;
    let told = receipt.energy.map(WattHours::get);
    if told.is_some_and(|told| (told - counted).abs() > RECEIPT_WITHIN_WH) {
        return false;
    }
    let Some(started) = session.started else {
        return true;
    };
    let seconds = |at: UtcTime| at.as_millis().div_euclid(1000);
    let (began, over) = (seconds(started), seconds(started + session.elapsed));
    let opened = receipt.started.map_or(i64::MIN, i64::from);
    let written = receipt.ended.map_or(i64::MAX, i64::from);
    began <= written.saturating_add(CLOCKS_DIFFER_S)
        && over >= opened.saturating_sub(CLOCKS_DIFFER_S)
}

fn values(evcc: &str, battery: &BatteryReport, suffix: &str) -> Values {
    let mut values = Values::new();
    let number = |value: Option<f64>, decimals| value.and_then(|it| Value::number(it, decimals));
    let mut put = |key: &str, value| values.put(&format!("vehicle_{key}{suffix}"), value);
    put("name", Value::text(evcc).ok().filter(|_| !evcc.is_empty()));
    put(
        "soc",
        number(battery.state_of_charge.map(StateOfCharge::percent), 2),
    );
    put("voltage", number(battery.voltage.map(Volts::get), 1));
    let current = battery.current.map(BatteryCurrent::into_battery);
    put("current", number(current.map(Amps::get), 2));
    put(
        "energy_wh",
        number(battery.available_energy.map(WattHours::get), 0),
    );
    values
}

fn row(saved: &SavedSession) -> V2gSession {
    V2gSession {
        session: saved.id.bytes(),
        peer: saved.car.to_string(),
        started: saved.started.map(|second| second.0),
        cost_limit: saved.cost_limit.map(|limit| limit.to_string()),
        powered: saved.powered,
        ended: saved.ended,
        confirmed: saved.confirmed,
    }
}

/// The session as it was saved; `None` when the store has nothing that makes sense.
pub(super) fn saved(row: &V2gSession) -> Option<SavedSession> {
    Some(SavedSession {
        id: SessionId::new(row.session)?,
        car: Name::new(&row.peer).ok()?,
        started: row.started.map(UtcSecond),
        cost_limit: row.cost_limit.as_deref().and_then(amount),
        powered: row.powered,
        ended: row.ended,
        confirmed: row.confirmed,
    })
}
