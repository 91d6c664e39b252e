//! A car at the other end of a channel, as the station's end keeps it.
//!
//! What is said to it is `responder.rs`.

use core::time::Duration;

use v2x_units::{Instant, MacAddress};

use super::credential::Credential;
use super::noise::MESSAGE_3;
use super::record::Record;
use super::tunnel::Tunnel;
use crate::deadlines::{PEER_IDLE_MAX, PROOF_GIVE_UP};

/// What a car has shown of itself.
#[expect(
    clippy::large_enum_variant,
    reason = "without a heap a value lives where it is used"
)]
pub(super) enum Proof {
    Awaited { car_key: [u8; 32] },
    Refused,
    Given(Credential),
}

/// A car with which a handshake is finished.
pub(crate) struct Peer<T> {
    pub(super) mac: MacAddress,
    pub(super) tunnel: Tunnel,
    pub(super) message_3: [u8; MESSAGE_3],
    pub(super) proof: Proof,
    pub(super) answered: Record,
    pub(super) heard: Instant,
    /// Whether it may not be crowded out, because its session holds the slot.
    pub(crate) holds_slot: bool,
    /// What the conversation with it has come to.
    pub(crate) state: T,
}

impl<T> Peer<T> {
    /// The proven credential.
    pub(crate) const fn credential(&self) -> Option<&Credential> {
        match &self.proof {
            Proof::Given(credential) => Some(credential),
            _ => None,
        }
    }

    /// How long it may be silent before it is forgotten.
    pub(super) const fn longest_silence(&self) -> Duration {
        match self.proof {
            Proof::Given(_) => PEER_IDLE_MAX,
            Proof::Awaited { .. } | Proof::Refused => PROOF_GIVE_UP,
        }
    }
}
