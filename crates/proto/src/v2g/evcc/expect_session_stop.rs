//! Entered when everything is said. Accepts SessionStopRes.
//! Leaves to ExpectUnplug, to battery data when the plug is out, to a new session when it was
//! out and is in again, to ExpectPlug when nobody knows.

use v2x_units::Instant;

use super::{Evcc, EvccEvent, EvccState, Plug, expect_plug, expect_session_setup, expect_unplug};
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
    let is_over = plugging == Some(evcc.pluggings);
    match evcc.plug {
        Plug::Out => expect_unplug::leave(evcc, now),
        Plug::In | Plug::NotKnown if is_over => evcc.state = EvccState::ExpectUnplug,
        Plug::In => expect_session_setup::enter(evcc, now),
        // Whoever does not know of a plug begins nothing; if there is one it will be told.
        Plug::NotKnown => expect_plug::enter(evcc),
    }
}
