//! Entered with the countersignature. Accepts MeteringReceiptRes without a receipt.
//! Leaves to ExpectSessionStop; both ends keep the receipt.

use v2x_units::Instant;

use super::{Evcc, EvccEvent, EvccState, expect_session_stop, sequence};
use crate::secure::Signature;
use crate::v2g::message::{MeteringReceiptReq, MeteringReceiptRes, Response};

pub(super) fn enter(evcc: &mut Evcc, now: Instant, countersignature: Signature) {
    let request = MeteringReceiptReq::Countersign(countersignature);
    evcc.ask(now, request, EvccState::ExpectReceiptKept);
}

pub(super) fn answer(evcc: &mut Evcc, now: Instant, res: &MeteringReceiptRes) {
    if *res != MeteringReceiptRes::Kept {
        let kind = Response::MeteringReceipt(res.clone()).message_type();
        return sequence::sequence_error(evcc, now, kind);
    }
    if let Some((receipt, countersignature)) = evcc.session.countersigned.take() {
        evcc.tell(EvccEvent::Receipt(receipt, countersignature));
    }
    expect_session_stop::enter(evcc, now);
}
