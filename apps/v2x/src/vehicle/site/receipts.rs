//! Which of the station's receipts is of which charge.
//!
//! The car knows a charge by its battery and a receipt by the conversation with the station; what
//! they share is the time. A receipt is of one charge: of those during its conversation, the one
//! that was the longest in it. A charge has one receipt.

use std::collections::HashMap;

use v2x_roles::vehicle::Charge;
use v2x_store::V2gReceipt;
use v2x_units::UtcTime;
use v2x_web::Answer;

use crate::site::Readers;

/// The car hears of the station before its charger starts, and of the end after it has stopped, and
/// their clocks differ: a charge may reach so many seconds out of the conversation on either side.
const CLOCKS_DIFFER_S: i64 = 60;
/// Charges that are looked at for one receipt.
const CHARGES: usize = 100;

/// A receipt of a charge.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Paid {
    pub(super) receipt: V2gReceipt,
    /// Whether no other charge was during the conversation.
    pub(super) is_alone: bool,
}

/// A stretch of seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stretch {
    from: i64,
    to: i64,
}

impl Stretch {
    /// For how long both last; negative where there is a gap between them.
    fn shared(self, other: Self) -> i64 {
        self.to.min(other.to) - self.from.max(other.from)
    }
}

/// The receipt of each of some charges that have ended, in their order.
pub(super) fn of_charges(readers: &Readers, charges: &[&Charge]) -> Answer<Vec<Option<Paid>>> {
    let ended: Vec<_> = charges.iter().filter(|it| it.end().is_some()).collect();
    let stretches = || ended.iter().map(|it| stretch(it));
    let from = stretches().map(|it| it.from).min();
    let Some((from, to)) = from.zip(stretches().map(|it| it.to).max()) else {
        return Ok(vec![None; charges.len()]);
    };
    let paid = readers.ask(|store| {
        let (from, to) = (from - CLOCKS_DIFFER_S, to + CLOCKS_DIFFER_S + 1);
        let mut paid: HashMap<String, (i64, Paid)> = HashMap::new();
        for receipt in store.v2g_receipts_between(from, to)? {
            let Some(during) = conversation(&receipt) else {
                continue;
            };
            // All of them, not only those that are asked for.
            let beside = store.charges_between(second(during.from), second(during.to), CHARGES)?;
            let beside = beside.iter().filter(|it| it.is_confirmed());
            let beside: Vec<_> = beside
                .map(|it| (it.id().to_string(), during.shared(stretch(it))))
                .filter(|(_, shared)| *shared >= 0)
                .collect();
            let is_alone = beside.len() == 1;
            let Some((charge, shared)) = longest(beside) else {
                continue;
            };
            let better = paid.get(&charge).is_none_or(|(before, _)| shared > *before);
            if better {
                paid.insert(charge, (shared, Paid { receipt, is_alone }));
            }
        }
        Ok(paid)
    })?;
    let of = |charge: &&Charge| {
        let found = paid.get(&charge.id().to_string());
        found
            .filter(|_| charge.end().is_some())
            .map(|(_, paid)| paid.clone())
    };
    Ok(charges.iter().map(of).collect())
}

/// Of charges with the seconds that each was in the conversation, the longest; the first of equals.
fn longest(beside: Vec<(String, i64)>) -> Option<(String, i64)> {
    let rank = |(id, shared): &(String, i64)| (std::cmp::Reverse(*shared), id.clone());
    beside.into_iter().min_by_key(rank)
}

fn stretch(charge: &Charge) -> Stretch {
    let seconds = |at: UtcTime| at.as_millis().div_euclid(1000);
    Stretch {
        from: seconds(charge.started()),
        to: seconds(charge.last_charging()),
    }
}

/// When the conversation of a receipt was open, as widely as the clocks make it.
fn conversation(receipt: &V2gReceipt) -> Option<Stretch> {
    let from = receipt.started.or(receipt.ended)?;
    let to = receipt.ended.or(receipt.started)?;
    Some(Stretch {
        from: i64::from(from) - CLOCKS_DIFFER_S,
        to: i64::from(to) + CLOCKS_DIFFER_S,
    })
}

fn second(at: i64) -> UtcTime {
    UtcTime::from_millis(at.saturating_mul(1000))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use v2x_roles::vehicle::{Change, ChargeTracker, EpisodeId, Observation};
    use v2x_store::Store;
    use v2x_units::{Amps, BatteryCurrent, Instant, Stamp, WattHours};

    use super::*;

    const START: u32 = 1_795_000_000;

    /// A charge from a second to another.
    fn charge(drawn: u64, seconds: std::ops::Range<u32>) -> Charge {
        let mut tracker = ChargeTracker::default();
        for second in seconds {
            let after = Duration::from_secs(second.into());
            let seen = Observation {
                is_charging: Some(true),
                current: Some(BatteryCurrent::charging(Amps::new(32.0))),
                ..Observation::unknown(Stamp {
                    instant: Instant::BOOT + after,
                    utc: UtcTime::from_millis(i64::from(START) * 1000) + after,
                })
            };
            tracker.observe(&seen, || EpisodeId::new(drawn));
        }
        match tracker.finish() {
            Some(Change::Ended(charge)) => charge,
            other => panic!("{other:?}"),
        }
    }

    fn receipt(number: u8, seconds: std::ops::Range<u32>) -> V2gReceipt {
        V2gReceipt {
            session: [number; 8],
            evse: "S".to_owned(),
            evcc: "C".to_owned(),
            started: Some(START + seconds.start),
            ended: Some(START + seconds.end),
            energy: Some(WattHours::new(1000.0)),
            cost: Some("1.50 MAD".to_owned()),
            tariff: "day".to_owned(),
            receipt: vec![1],
            signature: vec![2; 64],
            countersignature: None,
            transaction: None,
        }
    }

    /// Which receipt each charge has, and whether it is alone under it.
    fn paid(charges: &[Charge], receipts: &[V2gReceipt]) -> Vec<Option<(u8, bool)>> {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("v2x.db")).unwrap();
        for charge in charges {
            store.record_charge(charge, None).unwrap();
        }
        for receipt in receipts {
            store.keep_v2g_receipt(receipt, None).unwrap();
        }
        let charges: Vec<_> = charges.iter().collect();
        let found = of_charges(&Readers::new(folder.path()), &charges).unwrap();
        let short = |paid: Paid| (paid.receipt.session[0], paid.is_alone);
        found.into_iter().map(|paid| paid.map(short)).collect()
    }

    #[test]
    fn charge_has_the_receipt_of_its_own_conversation_and_not_a_near_one() {
        let charges = [charge(1, 0..100), charge(2, 400..500), charge(3, 900..1000)];
        let receipts = [receipt(1, 0..110), receipt(2, 390..520)];
        assert_eq!(
            paid(&charges, &receipts),
            [Some((1, true)), Some((2, true)), None],
            "the third was at a socket without a conversation"
        );
    }

    #[test]
    fn one_receipt_pays_one_charge() {
        let charges = [charge(1, 0..100), charge(2, 300..800)];
        let receipts = [receipt(1, 0..900)];
        assert_eq!(paid(&charges, &receipts), [None, Some((1, false))]);
        assert_eq!(paid(&charges, &[]), [None, None]);
    }

    #[test]
    fn charge_has_one_receipt_that_of_the_longer_conversation() {
        let receipts = [receipt(1, 0..40), receipt(2, 100..600)];
        assert_eq!(paid(&[charge(1, 0..600)], &receipts), [Some((2, true))]);
    }
}
