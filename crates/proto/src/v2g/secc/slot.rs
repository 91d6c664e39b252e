//! The session of the slot: which car it is bound to, and whether power may flow.
//!
//! Not the conversation with each car (`mod.rs`, `expect_*.rs`) and not the meter's books
//! (`charging`).

use v2x_units::Instant;

use super::input::{PowerOffReason, SavedSession};
use crate::secure::Name;
use crate::v2g::message::SignedReceipt;

/// Whether power may flow in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Power {
    /// The car has not asked for it since the session opened or the station started.
    NotYet,
    /// It may.
    On,
    /// It has ended, and does not come back in this session.
    Off,
}

/// The session of the slot.
#[derive(Debug, Clone)]
pub(super) struct SlotSession {
    pub(super) saved: SavedSession,
    pub(super) power: Power,
    pub(super) receipt: Option<SignedReceipt>,
    /// When its car was last heard, or when it ended.
    pub(super) since: Instant,
    /// Whether somebody was told that the car is silent.
    pub(super) silence_told: bool,
}

impl SlotSession {
    pub(super) fn new(saved: SavedSession, now: Instant) -> Self {
        let power = if saved.ended {
            Power::Off
        } else {
            Power::NotYet
        };
        Self {
            saved,
            power,
            receipt: None,
            since: now,
            silence_told: false,
        }
    }

    pub(super) fn is_of(&self, car: &Name) -> bool {
        self.saved.car == *car
    }

    /// Ends power for good; `None` when that was so already.
    pub(super) fn end(&mut self, now: Instant, why: PowerOffReason) -> Option<PowerOffReason> {
        let before = core::mem::replace(&mut self.power, Power::Off);
        self.saved.ended = true;
        self.since = now;
        (before == Power::On).then_some(why)
    }
}
