//! Accepts MeteringReceiptReq for the receipt, which is written once and then stays as it is; a car
//! that may be plugged in elsewhere gets none.
//! Leaves to ExpectCountersignature.

use v2x_units::Instant;

use super::{Answer, Secc, SeccEvent, SeccState};
use crate::secure::Credential;
use crate::v2g::message::{MeteringReceiptRes, Receipt, ResponseCode, SignedReceipt};

pub(super) fn answer(secc: &mut Secc, now: Instant, car: &Credential) -> Answer {
    let ended = secc.utc_second(now);
    let session = secc.session.as_mut().ok_or(ResponseCode::UnknownSession)?;
    if !session.saved.confirmed {
        return Err(ResponseCode::PlugNotConfirmed);
    }
    let signed = match &session.receipt {
        Some(signed) => signed.clone(),
        None => {
            let receipt = Receipt {
                session: session.saved.id,
                started: session.saved.started,
                ended,
                energy: secc.meter.energy,
                meter: secc.settings.meter,
                cost: secc.meter.cost,
                tariff: secc.settings.offer.tariff.clone(),
                evse: secc.identity.credential().subject.name.clone(),
                evcc: car.subject.name.clone(),
            };
            let signed =
                SignedReceipt::sign(receipt, &secc.identity).map_err(|_| ResponseCode::Failed)?;
            session.receipt = Some(signed.clone());
            secc.tell(SeccEvent::Receipt(signed.clone()));
            signed
        }
    };
    let response = MeteringReceiptRes::Receipt(signed);
    Ok((response.into(), SeccState::ExpectCountersignature))
}
