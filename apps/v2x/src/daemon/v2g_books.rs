//! What the conversation about charging leaves in the store, the same for both ends.
//!
//! Not when: the vehicle's keeper and the station's write it.

use serde_json::json;
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

/// The most bytes of the signed receipt as JSON: 126 of the receipt and two signatures, in hex.
const SIGNED_MAX: usize = 1000;

/// What of a receipt is sent, and never evicted: what it says, and the signed bytes themselves.
/// `suffix` tells a station's slots apart.
pub(crate) fn receipt_entry(kept: &V2gReceipt, suffix: &str, at: UtcTime) -> Option<NewEntry> {
    let mut values = Values::new();
    let mut put = |key: &str, value| values.put(&format!("v2g_{key}{suffix}"), value);
    // One number in a thousand has only digits and would be stored as a number.
    let session = hex::of(&kept.session);
    let session = Value::text(&*session).or_else(|_| Value::text(format!("0x{session}")));
    put("session", session.ok());
    let transaction = kept.transaction.map(|it| Value::text(it.to_string()));
    put("transaction", transaction.and_then(Result::ok));
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
    let mut signed = json!({
        "receipt": hex::of(&kept.receipt),
        "signature": hex::of(&kept.signature),
    });
    if let Some(countersignature) = &kept.countersignature {
        signed["countersignature"] = hex::of(countersignature).into();
    }
    put("signed", Value::json(signed, SIGNED_MAX));
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

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;
    use v2x_charging::TransactionId;

    use super::*;

    fn kept() -> V2gReceipt {
        V2gReceipt {
            session: [0x5e, 0xed, 0, 0, 0, 0, 0, 1],
            evse: "EELAB*1".to_owned(),
            evcc: "car 7".to_owned(),
            started: Some(1_795_000_000),
            ended: Some(1_795_003_600),
            energy: Some(WattHours::new(1500.0)),
            cost: Some("2.10 MAD".to_owned()),
            tariff: "day 1".to_owned(),
            receipt: vec![0xab; 126],
            signature: vec![1; 64],
            countersignature: Some(vec![2; 64]),
            transaction: Some(TransactionId::from_bytes([0x11; 16])),
        }
    }

    fn sent(kept: &V2gReceipt) -> Json {
        let entry = receipt_entry(kept, "_slot2", UtcTime::from_millis(5)).unwrap();
        serde_json::from_slice(entry.payload()).unwrap()
    }

    #[test]
    fn receipt_is_sent_with_its_session_and_the_signed_bytes_of_the_longest_too() {
        let sent = &sent(&kept());
        let transaction = "11111111-1111-1111-1111-111111111111";
        assert_eq!(sent["v2g_transaction_slot2"], transaction);
        assert_eq!(sent["v2g_session_slot2"], "5eed000000000001");
        let signed = &sent["v2g_signed_slot2"];
        assert_eq!(signed["receipt"], "ab".repeat(126));
        assert_eq!(signed["signature"], "01".repeat(64));
        assert_eq!(signed["countersignature"], "02".repeat(64));
    }

    #[test]
    fn number_of_digits_only_is_sent_as_a_text_that_no_server_turns_into_a_number() {
        let digits = V2gReceipt {
            session: [0x12; 8],
            countersignature: None,
            transaction: None,
            ..kept()
        };
        let sent = &sent(&digits);
        assert_eq!(sent["v2g_session_slot2"], "0x1212121212121212");
        assert!(sent["v2g_signed_slot2"].get("countersignature").is_none());
        assert!(sent.get("v2g_transaction_slot2").is_none());
    }
}
