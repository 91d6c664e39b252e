//! What the station's end does because time passes.

use core::time::Duration;

use v2x_units::Instant;

use super::{Power, PowerOffReason, Secc, SeccEvent};
use crate::deadlines::{RADIO_GAP_MAX, RECEIPT_PICKUP, SEQUENCE_TIMEOUT};

pub(super) fn run(secc: &mut Secc, now: Instant) {
    secc.responder.expire(now);
    let Some(session) = &mut secc.session else {
        return;
    };
    let (silent, id) = (now.since(session.since), session.saved.id);
    match session.power {
        Power::On => {
            if silent >= SEQUENCE_TIMEOUT && !session.silence_told {
                session.silence_told = true;
                secc.tell(SeccEvent::CarSilent(id));
            } else if silent >= RADIO_GAP_MAX {
                secc.end_power(now, PowerOffReason::Silent);
            }
        }
        // A session that was open before a restart waits as long as one with power.
        Power::NotYet if session.saved.powered => {
            if silent >= RADIO_GAP_MAX {
                secc.end_power(now, PowerOffReason::Silent);
            }
        }
        Power::NotYet => {
            if silent >= SEQUENCE_TIMEOUT {
                secc.close_session();
            }
        }
        Power::Off => {
            if silent >= RECEIPT_PICKUP {
                secc.close_session();
            }
        }
    }
}

/// When something is to be done next.
pub(super) fn next(secc: &Secc) -> Option<Instant> {
    let session = secc.session.as_ref()?;
    let wait: Duration = match session.power {
        Power::On if !session.silence_told => SEQUENCE_TIMEOUT,
        Power::On => RADIO_GAP_MAX,
        Power::NotYet if session.saved.powered => RADIO_GAP_MAX,
        Power::NotYet => SEQUENCE_TIMEOUT,
        Power::Off => RECEIPT_PICKUP,
    };
    Some(session.since + wait)
}
