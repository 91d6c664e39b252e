//! What the conversations leave in the store.

use v2x_outbox::Class;
use v2x_proto::secure::{Name, UtcSecond};
use v2x_proto::v2g::{BatteryReport, SavedSession, SessionId};
use v2x_roles::station::SlotNumber;
pub(in crate::station) use v2x_roles::station::v2g::Told;
use v2x_roles::vehicle::radio::amount;
use v2x_store::{Event, Store, StoreError, V2gSession};
use v2x_units::{Amps, BatteryCurrent, StateOfCharge, UtcTime, Volts, WattHours};
use v2x_uplink::thingsboard::{Value, Values};

use crate::daemon::entry;
use crate::daemon::v2g_books::{battery_row, receipt_entry, receipt_row};

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
            let Some(row) = receipt_row(signed, countersignature.as_ref()) else {
                return Ok(());
            };
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
    })
}
