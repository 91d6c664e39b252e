//! The relay or contactor of a slot: where it was asked to be, where its feedback says it is.
//!
//! Not here: when current may flow (`v2x_charging::session`). The coil is driven only while the
//! board's loop runs; a reset, a panic and a watchdog leave the pin low, and a pull-down opens the
//! relay, so that every failure of the board opens it.

use core::time::Duration;

use v2x_proto::link::message::Contact;
use v2x_units::Instant;

use super::contacts::{self, BELIEVED_WITHIN};

/// How long a contactor may take to move and its feedback to follow, before that is believed.
const MOVES_WITHIN: Duration = Duration::from_millis(500);

/// What is wrong with a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayFault {
    /// It was opened and its feedback says closed: its contacts are welded.
    Welded,
    /// It was closed and its feedback says open: no coil, no supply, a broken wire.
    DoesNotClose,
}

/// One relay.
#[derive(Debug, Clone)]
pub struct Relay {
    is_there: bool,
    has_feedback: bool,
    closed: bool,
    moved_at: Instant,
    feedback: contacts::Contact,
}

impl Relay {
    /// A relay that is open, as after every start.
    #[must_use]
    pub const fn new(is_there: bool, has_feedback: bool, now: Instant) -> Self {
        Self {
            is_there,
            has_feedback,
            closed: false,
            moved_at: now,
            feedback: contacts::Contact::new(),
        }
    }

    /// Asks it to move; `true` when the pin has to change.
    pub fn ask(&mut self, closed: bool, now: Instant) -> bool {
        let changes = self.is_there && self.closed != closed;
        if changes {
            self.closed = closed;
            self.moved_at = now;
        }
        changes
    }

    /// What a sample of the feedback input says.
    pub fn see(&mut self, closed: bool) {
        if self.has_feedback {
            self.feedback.see(closed);
        }
    }

    /// What is wrong with it; a contactor that is still moving is right.
    #[must_use]
    pub fn fault(&self, now: Instant) -> Option<RelayFault> {
        if now.since(self.moved_at) < MOVES_WITHIN + BELIEVED_WITHIN {
            return None;
        }
        match (self.closed, self.feedback.is()?) {
            (false, true) => Some(RelayFault::Welded),
            (true, false) => Some(RelayFault::DoesNotClose),
            _ => None,
        }
    }

    /// Whether current may flow through it: as its feedback says, or as it was asked without one;
    /// `None` where there is no relay.
    #[must_use]
    pub fn is_closed(&self) -> Option<bool> {
        let seen = self.feedback.is();
        let closed = seen.map_or(self.closed, |seen| seen && self.closed);
        self.is_there.then_some(closed)
    }

    /// Where it was asked to be, for the link.
    #[must_use]
    pub const fn asked(&self) -> Contact {
        if !self.is_there {
            Contact::Unknown
        } else if self.closed {
            Contact::Closed
        } else {
            Contact::Open
        }
    }

    /// Where its feedback says it is, for the link.
    #[must_use]
    pub const fn seen(&self) -> Contact {
        match self.feedback.is() {
            None => Contact::Unknown,
            Some(true) => Contact::Closed,
            Some(false) => Contact::Open,
        }
    }
}
