//! Entered when everything is said. Accepts SessionStopRes.
//! Leaves to ExpectUnplug, to battery data when the plug is out, to a new session when it was
//! out and is in again.

use v2x_units::Instant;

use super::{Evcc, EvccEvent, EvccState, expect_session_setup, expect_unplug};
use crate::v2g::message::SessionStopReq;

pub(super) fn enter(evcc: &mut Evcc, now: Instant) {
    evcc.ask(now, SessionStopReq, EvccState::ExpectSessionStop);
}

pub(super) fn answer(evcc: &mut Evcc, now: Instant) {
    let plugging = evcc.session.plugging;
    if let Some(session) = evcc.session.id.take() {
        evcc.tell(EvccEvent::SessionEnded(session));
    }
    evcc.session.stop = None;
    evcc.session.powered = false;
    if !evcc.plugged {
        expect_unplug::leave(evcc, now);
    } else if plugging == Some(evcc.pluggings) {
        evcc.state = EvccState::ExpectUnplug;
    } else {
        expect_session_setup::enter(evcc, now);
    }
}
