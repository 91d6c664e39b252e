//! Accepts PlugCheckReq while the car charges: whether it is the car in this slot. Stays.
//!
//! Whoever has proven a credential may be plugged in elsewhere: two cars that come together can
//! call each the other one's slot. What only the right car knows is when its mains came.

use v2x_units::{Amps, Instant};

use super::{Answer, PowerOffReason, Secc, SeccEvent, SeccState};
use crate::deadlines::{
    CHARGE_FELT_WITHIN, MAINS_FELT_AFTER, MAINS_FELT_BEFORE, NOBODY_DRAWS, NOTHING_FELT,
};
use crate::v2g::message::{Felt, PlugCheckReq, PlugCheckRes, ResponseCode};
use crate::v2g::onset::Onset;

/// What a meter shows of no load at all.
const NOTHING: Amps = Amps::new(0.1);

/// Whether the car that asks is the one in the slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    NotKnown,
    Confirmed,
    OtherPlug,
}

pub(super) fn answer(secc: &mut Secc, now: Instant, req: PlugCheckReq) -> Answer {
    let live = secc.live;
    let session = secc.session.as_mut().ok_or(ResponseCode::UnknownSession)?;
    let verdict = if session.saved.confirmed {
        Verdict::Confirmed
    } else {
        let flows = secc.meter.current.is_none_or(|current| current > NOTHING);
        judge(live, req, flows, now)
    };
    match verdict {
        Verdict::OtherPlug => {
            secc.end_power(now, PowerOffReason::OtherPlug);
            secc.close_session();
            return Err(ResponseCode::OtherPlug);
        }
        Verdict::Confirmed if !session.saved.confirmed => {
            session.saved.confirmed = true;
            let id = session.saved.id;
            secc.save();
            secc.tell(SeccEvent::PlugConfirmed(id));
        }
        Verdict::Confirmed | Verdict::NotKnown => {}
    }
    let response = PlugCheckRes {
        confirmed: verdict == Verdict::Confirmed,
    };
    Ok((response.into(), SeccState::ExpectChargingStatus))
}

/// Compares what the car feels with what the slot does.
fn judge(live: Option<Onset>, req: PlugCheckReq, flows: bool, now: Instant) -> Verdict {
    let (felt, at, before, after) = match live {
        None => return Verdict::NotKnown,
        Some(Onset::Mains(at)) => (req.mains, at, MAINS_FELT_BEFORE, MAINS_FELT_AFTER),
        Some(Onset::Current(at)) => (req.charging, at, CHARGE_FELT_WITHIN, CHARGE_FELT_WITHIN),
    };
    // As ages, so that what began before this clock did has a place too.
    let fed_for = now.since(at);
    match felt {
        Felt::NotKnown if fed_for >= NOBODY_DRAWS && !flows => Verdict::OtherPlug,
        Felt::NotKnown | Felt::On(None) => Verdict::NotKnown,
        Felt::Off if fed_for >= NOTHING_FELT => Verdict::OtherPlug,
        Felt::Off => Verdict::NotKnown,
        Felt::On(Some(age)) if age > fed_for + before || age + after < fed_for => {
            Verdict::OtherPlug
        }
        Felt::On(Some(_)) => Verdict::Confirmed,
    }
}
