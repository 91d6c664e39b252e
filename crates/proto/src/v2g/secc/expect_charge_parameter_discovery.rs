//! Accepts ChargeParameterDiscoveryReq, at first and when either end wants to agree anew.
//! Leaves to ExpectPowerDelivery.

use super::{Secc, SeccEvent, SeccState};
use crate::v2g::message::{ChargeParameterDiscoveryReq, Response};

pub(super) fn answer(secc: &mut Secc, req: ChargeParameterDiscoveryReq) -> (Response, SeccState) {
    secc.renegotiate = false;
    let limit_changed = secc.session.as_mut().is_some_and(|session| {
        let before = core::mem::replace(&mut session.saved.cost_limit, req.cost_limit);
        before != req.cost_limit
    });
    if limit_changed {
        secc.save();
    }
    secc.tell(SeccEvent::Wishes(req));
    (
        secc.settings.offer.clone().into(),
        SeccState::ExpectPowerDelivery,
    )
}
