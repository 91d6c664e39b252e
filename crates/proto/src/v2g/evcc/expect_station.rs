//! Entered with the plug, and from any state in which the station falls silent.
//! Accepts a handshake and the station's credential (`secure/initiator.rs`).
//! Leaves to ExpectSessionSetup when both credentials are proven.

use rand_core::CryptoRng;
use v2x_units::Instant;

use super::{Evcc, EvccState};

pub(super) fn enter(evcc: &mut Evcc, now: Instant, rng: &mut dyn CryptoRng) {
    evcc.state = EvccState::ExpectStation;
    evcc.station = None;
    evcc.initiator.connect(now, &evcc.identity, rng);
}
