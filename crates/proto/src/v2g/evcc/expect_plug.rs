//! Entered at the start, after battery data and from every end of a session with the plug out.
//! Accepts nothing from the radio: keys are forgotten. Leaves to ExpectStation with the plug.

use super::{Evcc, EvccState, Session};

pub(super) fn enter(evcc: &mut Evcc) {
    evcc.state = EvccState::ExpectPlug;
    evcc.session = Session::default();
    evcc.station = None;
    evcc.initiator.close();
}
