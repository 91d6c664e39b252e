//! Accepts MeteringReceiptReq with the car's signature. Leaves to ExpectSessionStop.

use super::{Answer, Secc, SeccEvent, SeccState};
use crate::secure::{Credential, Signature};
use crate::v2g::message::{MeteringReceiptRes, ResponseCode};

pub(super) fn answer(secc: &mut Secc, car: &Credential, signature: Signature) -> Answer {
    let session = secc.session.as_ref().ok_or(ResponseCode::UnknownSession)?;
    let signed = session.receipt.clone().ok_or(ResponseCode::SequenceError)?;
    if !signed.is_countersigned_by(&car.signing_key, &signature) {
        return Err(ResponseCode::MeteringSignatureNotValid);
    }
    secc.tell(SeccEvent::Countersigned(signed, signature));
    Ok((
        MeteringReceiptRes::Kept.into(),
        SeccState::ExpectSessionStop,
    ))
}
