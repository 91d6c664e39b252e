//! Accepts AuthorizationReq: the car's credential has spoken already.
//! Leaves to ExpectChargeParameterDiscovery.

use super::SeccState;
use crate::v2g::message::{AuthorizationRes, Response};

pub(super) fn answer() -> (Response, SeccState) {
    (
        AuthorizationRes.into(),
        SeccState::ExpectChargeParameterDiscovery,
    )
}
