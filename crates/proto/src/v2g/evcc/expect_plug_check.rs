//! Entered before a status, until the station knows that the car is in its slot. Accepts
//! PlugCheckRes. Leaves to ExpectChargingStatus, to ExpectStation when the car is in another slot.

use v2x_units::Instant;

use super::{Evcc, EvccEvent, EvccState, PlugProof, Sense, expect_charging_status};
use crate::v2g::message::{Felt, PlugCheckReq, PlugCheckRes, Request};

/// Whether there is anything to ask.
pub(super) fn is_due(evcc: &Evcc) -> bool {
    let senses = evcc.senses;
    let says_nothing = (senses.mains, senses.charging) == (Sense::NotKnown, Sense::NotKnown);
    evcc.session.plug_proof == PlugProof::Open && !says_nothing
}

pub(super) fn enter(evcc: &mut Evcc, now: Instant) {
    let request = request(evcc, now);
    evcc.ask(now, request, EvccState::ExpectPlugCheck);
}

/// Ages grow while a request is tried again.
pub(super) fn freshen(evcc: &mut Evcc, now: Instant) {
    if let Ok(body) = Request::from(request(evcc, now)).emit() {
        evcc.initiator.freshen(body);
    }
}

pub(super) fn answer(evcc: &mut Evcc, now: Instant, res: PlugCheckRes) {
    if res.confirmed {
        evcc.session.plug_proof = PlugProof::Confirmed;
        evcc.tell(EvccEvent::PlugConfirmed);
    }
    expect_charging_status::enter(evcc, now);
}

/// The station does not know the question.
pub(super) fn not_spoken(evcc: &mut Evcc, now: Instant) {
    evcc.session.plug_proof = PlugProof::NotSpoken;
    expect_charging_status::enter(evcc, now);
}

fn request(evcc: &Evcc, now: Instant) -> PlugCheckReq {
    let felt = |sense| match sense {
        Sense::NotKnown => Felt::NotKnown,
        Sense::Off => Felt::Off,
        Sense::On(since) => Felt::On(since.map(|since| now.since(since))),
    };
    PlugCheckReq {
        mains: felt(evcc.senses.mains),
        charging: felt(evcc.senses.charging),
    }
}
