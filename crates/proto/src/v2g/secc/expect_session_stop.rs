//! Accepts SessionStopReq. Leaves to ExpectBatteryData; the slot is free for another car.

use super::{Secc, SeccState};
use crate::v2g::message::{Response, SessionStopRes};

pub(super) fn answer(secc: &mut Secc) -> (Response, SeccState) {
    secc.close_session();
    (SessionStopRes.into(), SeccState::ExpectBatteryData)
}
