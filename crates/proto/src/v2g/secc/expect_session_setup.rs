//! Accepts SessionSetupReq, in every state: a car begins, or comes back.
//! Leaves to ExpectAuthorization, or to ExpectMeteringReceipt when the session has ended.

use rand_core::CryptoRng;
use v2x_units::Instant;

use super::{Answer, Power, SavedSession, Secc, SeccEvent, SeccState, SlotSession, draw_session};
use crate::secure::{ChannelId, Credential};
use crate::v2g::message::{ResponseCode, SessionSetupReq, SessionSetupRes, SetupOutcome};

pub(super) fn answer(
    secc: &mut Secc,
    now: Instant,
    channel: ChannelId,
    car: &Credential,
    req: SessionSetupReq,
    rng: &mut dyn CryptoRng,
) -> Answer {
    let name = &car.subject.name;
    let (outcome, session) = match &mut secc.session {
        Some(session) if session.is_of(name) => {
            let outcome = match session.power {
                Power::Off => SetupOutcome::Ended,
                _ => SetupOutcome::Joined,
            };
            if session.power != Power::Off {
                session.since = now;
            }
            session.silence_told = false;
            let id = session.saved.id;
            secc.tell(SeccEvent::Resumed(id));
            (outcome, id)
        }
        Some(session) if session.power != Power::Off => return Err(ResponseCode::SlotOccupied),
        // A session that this car asks for by number and that is no longer kept is over.
        _ if !secc.plugged && req.session.is_some() => return Err(ResponseCode::UnknownSession),
        _ if !secc.plugged => return Err(ResponseCode::NotPlugged),
        _ => {
            // Whatever waited for its receipt belongs to a car that has left the slot.
            secc.close_session();
            let saved = SavedSession {
                id: draw_session(rng),
                car: name.clone(),
                started: secc.utc_second(now),
                cost_limit: None,
                powered: false,
                ended: false,
                confirmed: false,
            };
            let id = saved.id;
            secc.session = Some(SlotSession::new(saved, now));
            secc.meter = Default::default();
            secc.save();
            (SetupOutcome::New, id)
        }
    };
    for peer in secc.responder.peers() {
        peer.holds_slot = false;
    }
    if let Some(peer) = secc.responder.peer(channel) {
        peer.holds_slot = true;
    }
    let next = match outcome {
        SetupOutcome::Ended => SeccState::ExpectMeteringReceipt,
        _ => SeccState::ExpectAuthorization,
    };
    Ok((SessionSetupRes { outcome, session }.into(), next))
}
