//! Receipts that stations and cars told of: which session or charge each is of, and its text.
//!
//! A station says which of its sessions a receipt is of. Those that stations told of before they
//! did, and those of cars, which do not know it, are found by slot, time and energy.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value as Json;
use v2x_proto::secure::UtcSecond;
use v2x_proto::v2g::message::{MeterKind, Receipt as Signed};
use v2x_roles::hub::DeviceId;
use v2x_store::hub::EpisodeRow;
use v2x_units::WattHours;
use v2x_web::types::{Receipt, Session, SignedBytes};

use super::super::fleet::Known;
use super::shown::{number, text};
use crate::keys::hex;

/// A receipt is told so soon after the end of its session, with the same energy but for rounding.
pub(super) const RECEIPT_WITHIN: Duration = Duration::from_secs(600);
const RECEIPT_WITHIN_WH: f64 = 2.0;
/// How many digits of signed bytes stand on a line.
const DIGITS: usize = 64;

/// What was told of receipts.
#[derive(Debug, Default)]
pub(super) struct Receipts {
    /// By station and session.
    tied: HashMap<(DeviceId, String), EpisodeRow>,
    /// Those of which nobody said it.
    loose: Vec<EpisodeRow>,
}

impl Receipts {
    /// Takes receipts of some sessions or charges; of several of one session the first.
    pub(super) fn new(told: impl IntoIterator<Item = EpisodeRow>) -> Self {
        let mut receipts = Self::default();
        for row in told {
            match text(&row.detail, "transaction") {
                Some(session) => drop(receipts.tied.entry((row.device, session)).or_insert(row)),
                None => receipts.loose.push(row),
            }
        }
        receipts
    }

    /// The receipt of a session.
    pub(super) fn of(&self, session: &EpisodeRow) -> Option<&EpisodeRow> {
        let tied = self.tied.get(&(session.device, session.id.clone()));
        tied.or_else(|| self.near(session))
    }

    /// Of the same slot, told before long after its end, with the same energy; none where there are
    /// several.
    fn near(&self, session: &EpisodeRow) -> Option<&EpisodeRow> {
        let (start, end) = (session.start?, session.end?);
        let energy = number(&session.detail, "final_energy")? * 1000.0;
        let slot = session.detail.get("slot")?;
        only(self.loose.iter().filter(|receipt| {
            let told = receipt.end.unwrap_or(end);
            let off = number(&receipt.detail, "energy_wh").map(|wh| (wh - energy).abs());
            receipt.device == session.device
                && receipt.detail.get("slot") == Some(slot)
                && (start..=end + RECEIPT_WITHIN).contains(&told)
                && off.is_some_and(|off| off <= RECEIPT_WITHIN_WH)
        }))
    }

    /// The receipt that a car told of while it charged or soon after; none where there are several.
    pub(super) fn of_charge(&self, charge: &EpisodeRow) -> Option<&EpisodeRow> {
        let during = charge.start?..=charge.end? + RECEIPT_WITHIN;
        only(self.loose.iter().filter(|receipt| {
            let at = receipt.end.filter(|at| during.contains(at));
            receipt.device == charge.device && at.is_some()
        }))
    }
}

/// The only one of some.
fn only<'a>(mut some: impl Iterator<Item = &'a EpisodeRow>) -> Option<&'a EpisodeRow> {
    let first = some.next();
    first.filter(|_| some.next().is_none())
}

/// The car that a receipt names.
pub(super) fn vehicle(receipt: &EpisodeRow) -> Option<String> {
    text(&receipt.detail, "evcc").or_else(|| Some(read(receipt)?.ok()?.evcc.to_string()))
}

/// The signed bytes, as far as they were told.
fn signed(receipt: &EpisodeRow) -> Option<SignedBytes> {
    let signed = receipt.detail.get("signed")?;
    let text = |key: &str| signed.get(key)?.as_str().map(str::to_owned);
    Some(SignedBytes {
        receipt: text("receipt")?,
        signature: text("signature")?,
        countersignature: text("countersignature"),
    })
}

/// What the signed bytes say; `None` where there are none, else what is wrong with them.
fn read(receipt: &EpisodeRow) -> Option<Result<Signed, String>> {
    let signed = signed(receipt)?;
    let bytes = hex::read(&signed.receipt).ok_or("they are not hexadecimal");
    let read = bytes
        .map_err(str::to_owned)
        .and_then(|bytes| Signed::from_signed_bytes(&bytes).map_err(|error| error.to_string()));
    Some(read)
}

/// A receipt as a text: what the station signed, with its bytes; of one that came without them,
/// what was told of it.
pub(super) fn shown(station: &Known, session: &Session, told: &EpisodeRow) -> Receipt {
    let signed = signed(told);
    let read = read(told);
    let place = [
        ("station", station.row.name.clone()),
        ("slot", session.slot.to_string()),
        ("session", session.id.clone()),
    ];
    let (title, lines) = match &read {
        Some(Ok(receipt)) => ("RECEIPT, AS THE STATION SIGNED IT", of_signed(receipt)),
        _ => (
            "RECEIPT, AS THE STATION TOLD THE HUB",
            of_told(session, told),
        ),
    };
    let mut shown = format!("{title}\n\n");
    for (name, value) in place.into_iter().chain(lines) {
        shown += &format!("{name:<12} {value}\n");
    }
    match (&signed, &read) {
        (Some(signed), Some(Ok(_))) => shown += &bytes(signed),
        (_, Some(Err(why))) => {
            shown += &format!("\nThe signed bytes that came with it are no receipt: {why}.\n");
        }
        _ => {
            shown += "\nThe signed bytes did not come with it: station and vehicle keep them.\n\
                      `v2x session receipt` at the station prints its receipt.\n";
        }
    }
    let countersigned = told.detail.get("countersigned").and_then(Json::as_bool);
    let by = match read {
        Some(Ok(receipt)) => Some(receipt.evse.to_string()),
        _ => text(&told.detail, "evse"),
    };
    Receipt {
        text: shown,
        signed_by: by,
        countersigned: countersigned.unwrap_or_default(),
        not_certified_meter: true,
        signed,
    }
}

fn of_signed(receipt: &Signed) -> Vec<(&'static str, String)> {
    let time = |at: Option<UtcSecond>| moment(at.map(|second| second.utc().as_millis()));
    let energy = receipt.energy.map(WattHours::get);
    let meter = match receipt.meter {
        MeterKind::Uncertified => "not certified for billing",
        MeterKind::Certified => "certified for billing",
    };
    vec![
        ("EVSE", receipt.evse.to_string()),
        ("vehicle", receipt.evcc.to_string()),
        ("began", time(receipt.started)),
        ("ended", time(receipt.ended)),
        ("energy", or_missing(energy.map(|wh| format!("{wh:.0} Wh")))),
        (
            "cost",
            or_missing(receipt.cost.map(|cost| cost.to_string())),
        ),
        ("tariff", receipt.tariff.to_string()),
        ("meter", meter.to_owned()),
        ("V2G session", hex::of(&receipt.session.bytes())),
    ]
}

fn of_told(session: &Session, told: &EpisodeRow) -> Vec<(&'static str, String)> {
    let text = |key| or_missing(text(&told.detail, key));
    let energy = number(&told.detail, "energy_wh");
    vec![
        ("EVSE", text("evse")),
        ("vehicle", text("evcc")),
        ("began", moment(session.start)),
        ("ended", moment(session.end)),
        ("energy", or_missing(energy.map(|wh| format!("{wh:.0} Wh")))),
        ("cost", text("cost")),
        ("tariff", text("tariff")),
        ("V2G session", told.id.clone()),
    ]
}

fn or_missing(text: Option<String>) -> String {
    text.unwrap_or_else(|| "not told".to_owned())
}

fn moment(ms: Option<i64>) -> String {
    let at = ms.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    or_missing(at.map(|at| format!("{at:.0}")))
}

/// The signed bytes for those who verify them: docs/protocol/v2g.md says what is signed, and how.
fn bytes(signed: &SignedBytes) -> String {
    let none = "none: the vehicle has not signed".to_owned();
    let parts = [
        ("receipt", signed.receipt.clone()),
        ("station's signature", signed.signature.clone()),
        (
            "vehicle's signature",
            signed.countersignature.clone().unwrap_or(none),
        ),
    ];
    let mut shown = "\nWHAT IS SIGNED (ECDSA P-256, see docs/protocol/v2g.md)\n".to_owned();
    for (name, digits) in parts {
        shown += &format!("\n{name}\n");
        let digits: Vec<char> = digits.chars().collect();
        for line in digits.chunks(DIGITS) {
            shown.extend(std::iter::once(' ').chain(line.iter().copied()));
            shown.push('\n');
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use v2x_units::UtcTime;

    use super::super::shown as pages;
    use super::*;

    fn at(minutes: i64) -> UtcTime {
        UtcTime::from_millis(1_795_514_400_000 + minutes * 60_000)
    }

    fn row(start: Option<i64>, end: i64, detail: &Json) -> EpisodeRow {
        EpisodeRow {
            device: DeviceId::new(1),
            id: "x".to_owned(),
            start: start.map(at),
            end: Some(at(end)),
            detail: detail.as_object().unwrap().clone(),
        }
    }

    #[test]
    fn charge_has_the_cost_and_efficiency_of_its_one_receipt_and_of_no_other() {
        let charge = row(Some(0), 60, &json!({ "energy_wh": 1200.0 }));
        let receipt = |end| {
            let told = json!({ "energy_wh": 1500, "cost": "2.10 MAD", "countersigned": true });
            row(None, end, &told)
        };
        let shown = pages::charge(&charge, &Receipts::new([receipt(61), receipt(300)]));
        assert_eq!(shown.cost.as_deref(), Some("2.10"));
        assert_eq!(shown.currency.as_deref(), Some("MAD"));
        assert_eq!(
            (shown.station_energy_wh, shown.efficiency),
            (Some(1500.0), Some(0.8))
        );
        // Whose is which of two nobody can say.
        let shown = pages::charge(&charge, &Receipts::new([receipt(30), receipt(61)]));
        assert_eq!((shown.cost, shown.efficiency), (None, None));
    }

    #[test]
    fn receipt_of_another_slot_time_or_energy_is_not_that_of_a_session() {
        let session = row(Some(0), 60, &json!({ "slot": 1, "final_energy": 1.5 }));
        let receipt =
            |slot: u32, end, wh: f64| row(None, end, &json!({ "slot": slot, "energy_wh": wh }));
        let found = |receipt| Receipts::new([receipt]).of(&session).is_some();
        assert!(found(receipt(1, 61, 1501.0)));
        for other in [
            receipt(2, 61, 1500.0),
            receipt(1, 71, 1500.0),
            receipt(1, 61, 1510.0),
        ] {
            assert!(!found(other));
        }
    }

    #[test]
    fn receipt_of_a_named_session_is_that_ones_however_late_it_is_told_and_no_others() {
        let session = row(Some(0), 60, &json!({ "slot": 1, "final_energy": 1.5 }));
        let of = |session: &str, end| {
            let told = json!({ "slot": 1, "energy_wh": 1500, "transaction": session });
            Receipts::new([row(None, end, &told)])
        };
        assert!(of("x", 5000).of(&session).is_some());
        assert!(of("another", 61).of(&session).is_none(), "alike, and said");
    }
}
