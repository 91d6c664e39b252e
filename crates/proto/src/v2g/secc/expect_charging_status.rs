//! Accepts ChargingStatusReq every 5 s. Stays; the car leaves with PowerDeliveryReq.

use super::{Power, Secc, SeccEvent, SeccState};
use crate::v2g::message::{ChargingStatusReq, ChargingStatusRes, Notification, Response};

pub(super) fn answer(secc: &mut Secc, req: ChargingStatusReq) -> (Response, SeccState) {
    secc.tell(SeccEvent::Battery(req.battery));
    let ended = secc
        .session
        .as_ref()
        .is_none_or(|session| session.power == Power::Off);
    let notification = match (ended, secc.renegotiate) {
        (true, _) => Notification::StopCharging,
        (false, true) => Notification::Renegotiation,
        (false, false) => Notification::None,
    };
    let response = ChargingStatusRes {
        notification,
        meter: secc.meter,
    };
    (response.into(), SeccState::ExpectChargingStatus)
}
