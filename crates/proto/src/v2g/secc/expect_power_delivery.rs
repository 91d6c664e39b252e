//! Accepts PowerDeliveryReq: start and stop here, stop and renegotiate while charging.
//! Leaves to ExpectChargingStatus, ExpectMeteringReceipt or ExpectChargeParameterDiscovery.

use v2x_units::Instant;

use super::{Answer, Power, PowerOffReason, Secc, SeccEvent, SeccState};
use crate::secure::Credential;
use crate::v2g::message::{ChargeProgress, PowerDeliveryRes, ResponseCode};

pub(super) fn answer(
    secc: &mut Secc,
    now: Instant,
    car: &Credential,
    progress: ChargeProgress,
) -> Answer {
    let next = match progress {
        ChargeProgress::Start => {
            start(secc, car)?;
            SeccState::ExpectChargingStatus
        }
        ChargeProgress::Stop => {
            secc.end_power(now, PowerOffReason::Car);
            SeccState::ExpectMeteringReceipt
        }
        ChargeProgress::Renegotiate => SeccState::ExpectChargeParameterDiscovery,
    };
    Ok((PowerDeliveryRes.into(), next))
}

/// Lets power flow; after renegotiation and resumption it may flow already.
fn start(secc: &mut Secc, car: &Credential) -> Result<(), ResponseCode> {
    let plugged = secc.plugged;
    let session = secc.session.as_mut().ok_or(ResponseCode::UnknownSession)?;
    if session.power == Power::Off || !plugged {
        return Err(ResponseCode::PowerDeliveryNotApplied);
    }
    if session.power == Power::NotYet {
        session.power = Power::On;
        session.saved.powered = true;
        let id = session.saved.id;
        secc.save();
        secc.tell(SeccEvent::PowerOn(id, car.fingerprint()));
    }
    Ok(())
}
