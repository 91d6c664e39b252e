//! What the car's end does because time passes.

use rand_core::CryptoRng;
use v2x_units::Instant;

use super::{
    Evcc, EvccEvent, EvccState, LeftReason, Plug, expect_plug, expect_report_time, expect_station,
    expect_status_time,
};
use crate::deadlines::{OUT_OF_REACH, RADIO_GAP_MAX, RECEIPT_PICKUP, REQUEST_GIVE_UP};

pub(super) fn run(evcc: &mut Evcc, now: Instant, rng: &mut dyn CryptoRng) {
    match evcc.state {
        EvccState::ExpectPlug | EvccState::ExpectUnplug => {}
        EvccState::ExpectStation => {
            if seeks_until(evcc).is_some_and(|until| now >= until) {
                if let Some(session) = evcc.session.id {
                    evcc.tell(EvccEvent::SessionEnded(session));
                }
                expect_plug::enter(evcc);
            } else if evcc.initiator.is_closed()
                || (evcc.initiator.is_answered() && has_waited(evcc, now, REQUEST_GIVE_UP))
            {
                expect_station::enter(evcc, now, rng);
            }
        }
        EvccState::ExpectStatusTime => expect_status_time::run(evcc, now),
        EvccState::ExpectReportTime | EvccState::ExpectBatteryData => {
            if evcc.initiator.is_closed() || has_waited(evcc, now, OUT_OF_REACH) {
                expect_report_time::leave(evcc, LeftReason::Silence);
            } else {
                expect_report_time::run(evcc, now);
            }
        }
        _ => {
            if evcc.initiator.is_closed() || has_waited(evcc, now, REQUEST_GIVE_UP) {
                evcc.tell(EvccEvent::RadioGap);
                expect_station::enter(evcc, now, rng);
            }
        }
    }
}

/// How long a station is called without a plug: as long as one keeps a session or its receipt.
fn seeks_until(evcc: &Evcc) -> Option<Instant> {
    match evcc.plug {
        Plug::In => None,
        Plug::Out => Some(evcc.unplugged_at + RECEIPT_PICKUP),
        Plug::NotKnown => Some(evcc.unplugged_at + RADIO_GAP_MAX + RECEIPT_PICKUP),
    }
}

fn has_waited(evcc: &Evcc, now: Instant, longest: core::time::Duration) -> bool {
    let since = evcc.initiator.waiting_since();
    since.is_some_and(|since| now.since(since) >= longest)
}

/// When something is to be done next.
pub(super) fn next(evcc: &Evcc) -> Option<Instant> {
    let due = match evcc.state {
        EvccState::ExpectStatusTime | EvccState::ExpectReportTime => Some(evcc.due),
        EvccState::ExpectStation => seeks_until(evcc),
        _ => None,
    };
    let give_up = match evcc.state {
        EvccState::ExpectBatteryData => OUT_OF_REACH,
        _ => REQUEST_GIVE_UP,
    };
    let give_up = evcc.initiator.waiting_since().map(|since| since + give_up);
    // An unanswered call is not given up, so its deadline may lie in the past.
    let give_up = give_up.filter(|_| evcc.initiator.is_answered());
    [due, give_up, evcc.initiator.deadline()]
        .into_iter()
        .flatten()
        .min()
}
