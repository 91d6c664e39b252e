//! Entered from ExpectSessionSetup. Accepts AuthorizationRes.
//! Leaves to ExpectChargeParameterDiscovery, or to ExpectSessionStop when stopped before power.

use v2x_units::Instant;

use super::{Evcc, EvccState, expect_charge_parameter_discovery, expect_session_stop};
use crate::v2g::message::AuthorizationReq;

pub(super) fn enter(evcc: &mut Evcc, now: Instant) {
    evcc.ask(now, AuthorizationReq, EvccState::ExpectAuthorization);
}

pub(super) fn answer(evcc: &mut Evcc, now: Instant) {
    if evcc.session.stop.is_some() && !evcc.session.powered {
        expect_session_stop::enter(evcc, now);
    } else {
        expect_charge_parameter_discovery::enter(evcc, now);
    }
}
