//! What the car makes of a refusal, whatever it was waiting for.
//!
//! | refused with | then |
//! |---|---|
//! | any, while it waits for BatteryDataRes | battery data ends |
//! | any, while it waits for SessionStopRes | the session counts as ended |
//! | SequenceError, while it waits for PlugCheckRes | the station cannot be asked, the charge goes on |
//! | OtherPlug | the session is over; the station is passed over, longer each time, and another is called |
//! | UnknownSession | the session is forgotten; plugged: a new one is asked for |
//! | SequenceError | the session is asked for anew, twice; then the station is passed over |
//! | SlotOccupied, NotPlugged | the station is passed over and another is called |
//! | anything else | SessionStop |

use v2x_units::Instant;

use super::{
    Evcc, EvccEvent, EvccState, LeftReason, Plug, Session, StopReason, expect_plug,
    expect_plug_check, expect_report_time, expect_session_setup, expect_session_stop, sequence,
};
use crate::v2g::message::ResponseCode;

/// How often in a row a session is asked for anew.
const OUT_OF_SEQUENCE_MAX: u8 = 2;

pub(super) fn take(evcc: &mut Evcc, now: Instant, code: ResponseCode) {
    evcc.tell(EvccEvent::Refused(code));
    match (evcc.state, code) {
        (EvccState::ExpectBatteryData, code) => {
            expect_report_time::leave(evcc, LeftReason::Refused(code));
        }
        (EvccState::ExpectSessionStop, _) => expect_session_stop::answer(evcc, now),
        (EvccState::ExpectPlugCheck, ResponseCode::SequenceError) => {
            expect_plug_check::not_spoken(evcc, now);
        }
        (_, ResponseCode::OtherPlug) => {
            evcc.tell(EvccEvent::OtherPlug);
            forget_session(evcc);
            evcc.initiator.pass_over_other_plug(now);
            sequence::call_next(evcc);
        }
        (_, ResponseCode::UnknownSession) => {
            forget_session(evcc);
            if evcc.plug == Plug::In {
                expect_session_setup::enter(evcc, now);
            } else {
                expect_plug::enter(evcc);
            }
        }
        (_, ResponseCode::SequenceError) => {
            evcc.session.out_of_sequence += 1;
            if evcc.session.out_of_sequence > OUT_OF_SEQUENCE_MAX {
                forget_session(evcc);
                sequence::call_another(evcc, now);
            } else {
                expect_session_setup::enter(evcc, now);
            }
        }
        (_, ResponseCode::SlotOccupied | ResponseCode::NotPlugged) => {
            forget_session(evcc);
            sequence::call_another(evcc, now);
        }
        _ => {
            evcc.session.stop.get_or_insert(StopReason::Station);
            expect_session_stop::enter(evcc, now);
        }
    }
}

fn forget_session(evcc: &mut Evcc) {
    if let Some(session) = evcc.session.id {
        evcc.tell(EvccEvent::SessionEnded(session));
    }
    evcc.session = Session::default();
}
