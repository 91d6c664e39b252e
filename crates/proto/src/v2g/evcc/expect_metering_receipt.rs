//! Entered when power has ended. Accepts MeteringReceiptRes with a receipt.
//! Leaves to ExpectReceiptKept, or to ExpectSessionStop when the receipt is disputed.

use v2x_units::Instant;

use super::{Evcc, EvccEvent, EvccState, expect_receipt_kept, expect_session_stop, sequence};
use crate::v2g::message::{MeteringReceiptReq, MeteringReceiptRes, Response, SignedReceipt};

pub(super) fn enter(evcc: &mut Evcc, now: Instant) {
    evcc.ask(
        now,
        MeteringReceiptReq::Give,
        EvccState::ExpectMeteringReceipt,
    );
}

pub(super) fn answer(evcc: &mut Evcc, now: Instant, res: MeteringReceiptRes) {
    let MeteringReceiptRes::Receipt(signed) = res else {
        return sequence::sequence_error(evcc, now, Response::MeteringReceipt(res).message_type());
    };
    let countersignature = signed.countersign(&evcc.identity).ok();
    match countersignature.filter(|_| is_ours(evcc, &signed)) {
        Some(countersignature) => {
            evcc.session.countersigned = Some((signed, countersignature));
            expect_receipt_kept::enter(evcc, now, countersignature);
        }
        None => {
            evcc.tell(EvccEvent::ReceiptDisputed(signed));
            expect_session_stop::enter(evcc, now);
        }
    }
}

/// Whether a receipt is about this session, this car and this station, and signed by it.
fn is_ours(evcc: &Evcc, signed: &SignedReceipt) -> bool {
    let receipt = &signed.receipt;
    let own = &evcc.identity.credential().subject.name;
    evcc.session.id == Some(receipt.session)
        && receipt.evcc == *own
        && evcc.station.as_ref().is_some_and(|station| {
            station.subject.name == receipt.evse && signed.is_by(&station.signing_key)
        })
}
