//! What the conversation about charging leaves in the store, the same for both ends.
//!
//! Not when: the vehicle's keeper and the station's write it.

use v2x_outbox::{Class, NewEntry};
use v2x_proto::secure::Signature;
use v2x_proto::v2g::BatteryReport;
use v2x_proto::v2g::message::SignedReceipt;
use v2x_store::{BatteryRow, V2gReceipt};
use v2x_units::{BatteryCurrent, UtcTime, WattHours};
use v2x_uplink::thingsboard::{Value, Values};

use super::entry;
use crate::keys::hex;

/// A receipt as the store keeps it; `None` when it cannot be written, which no end signs.
pub(crate) fn receipt_row(
    signed: &SignedReceipt,
    countersignature: Option<&Signature>,
) -> Option<V2gReceipt> {
    let receipt = &signed.receipt;
    Some(V2gReceipt {
        session: receipt.session.bytes(),
        evse: receipt.evse.to_string(),
        evcc: receipt.evcc.to_string(),
        started: receipt.started.map(|second| second.0),
        ended: receipt.ended.map(|second| second.0),
        energy: receipt.energy,
        cost: receipt.cost.map(|cost| cost.to_string()),
        tariff: receipt.tariff.to_string(),
        receipt: receipt.signed_bytes().ok()?.to_vec(),
        signature: signed.signature.bytes().to_vec(),
        countersignature: countersignature.map(|it| it.bytes().to_vec()),
        transaction: None,
    })
}

/// What of a receipt is sent, and never evicted. `suffix` tells a station's slots apart.
pub(crate) fn receipt_entry(kept: &V2gReceipt, suffix: &str, at: UtcTime) -> Option<NewEntry> {
    let mut values = Values::new();
    let mut put = |key: &str, value| values.put(&format!("v2g_{key}{suffix}"), value);
    put("session", Value::text(hex::of(&kept.session)).ok());
    put("evse", Value::text(&kept.evse).ok());
    put("evcc", Value::text(&kept.evcc).ok());
    let energy = kept.energy.map(WattHours::get);
    put(
        "energy_wh",
        energy.and_then(|energy| Value::number(energy, 0)),
    );
    put(
        "cost",
        kept.cost.as_deref().and_then(|cost| Value::text(cost).ok()),
    );
    put("tariff", Value::text(&kept.tariff).ok());
    let is_whole = kept.countersignature.is_some();
    put("countersigned", Some(Value::bool(is_whole)));
    entry(Class::Session, at, values)
}

/// A car's word on its battery as the store keeps it.
pub(crate) fn battery_row(
    at: Option<UtcTime>,
    (evse, evcc): (&str, &str),
    is_plugged: bool,
    battery: &BatteryReport,
) -> BatteryRow {
    BatteryRow {
        at,
        evse: evse.to_owned(),
        evcc: evcc.to_owned(),
        is_charging: battery.charging,
        is_plugged,
        soc: battery.state_of_charge,
        desired_soc: battery.desired_state_of_charge,
        voltage: battery.voltage,
        current: battery.current.map(BatteryCurrent::into_battery),
        available: battery.available_energy,
        speed: None,
        position: None,
        entry: None,
    }
}
