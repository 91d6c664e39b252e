//! Entered from ExpectStation, and from battery data when the plug goes in again.
//! Accepts SessionSetupRes.
//! Leaves to ExpectAuthorization, ExpectMeteringReceipt or ExpectSessionStop.

use v2x_units::Instant;

use super::{
    Evcc, EvccEvent, EvccState, Plug, Session, StopReason, expect_authorization,
    expect_metering_receipt, expect_session_stop, has_ended,
};
use crate::v2g::message::{SessionSetupReq, SessionSetupRes, SetupOutcome};

pub(super) fn enter(evcc: &mut Evcc, now: Instant) {
    let session = evcc.session.id;
    evcc.ask(
        now,
        SessionSetupReq { session },
        EvccState::ExpectSessionSetup,
    );
}

pub(super) fn answer(evcc: &mut Evcc, now: Instant, res: SessionSetupRes) {
    if evcc.session.id != Some(res.session) {
        evcc.session = Session {
            id: Some(res.session),
            powered: res.outcome != SetupOutcome::New,
            ..Session::default()
        };
    }
    if !has_ended(res.outcome) {
        evcc.session.plugging.get_or_insert(evcc.pluggings);
    }
    if evcc.plug == Plug::Out {
        evcc.session.stop.get_or_insert(StopReason::Unplugged);
    } else if evcc.is_not_wanted() {
        evcc.session.stop.get_or_insert(StopReason::Driver);
    }
    evcc.tell(EvccEvent::Session(res.outcome, res.session));
    if has_ended(res.outcome) {
        evcc.session.stop.get_or_insert(StopReason::Station);
        expect_metering_receipt::enter(evcc, now);
    } else if evcc.session.stop.is_some() && !evcc.session.powered {
        expect_session_stop::enter(evcc, now);
    } else {
        expect_authorization::enter(evcc, now);
    }
}
