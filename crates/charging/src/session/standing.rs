//! What holds at a slot whatever its sessions, until somebody takes it back: it outlives a restart.
//!
//! Not here: the open session (`resume`), and keeping this (the store's, the board's).

use super::state::{EndReason, Fault, RelayFailure};
use super::{Phase, Slot};

/// What operator and faults have left behind at a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whether the operator has not taken the slot out of service.
    pub in_service: bool,
    /// Whether no session starts until somebody releases the slot or the vehicle leaves: it was
    /// stopped.
    pub held: bool,
    /// What somebody has to look at. A board that did not answer is none: that passes by itself.
    pub fault: Option<Fault>,
}

impl Default for Standing {
    /// A slot of which nothing is known.
    fn default() -> Self {
        Self {
            in_service: true,
            held: false,
            fault: None,
        }
    }
}

impl Slot {
    /// What is to be kept over a restart beside the sessions.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let passes = Fault::Relay(RelayFailure::Unanswered);
        Standing {
            in_service: !self.wishes.out_of_service,
            held: self.wishes.held,
            fault: self.fault.filter(|fault| *fault != passes),
        }
    }

    /// Takes up what was kept; call it before the slot takes anything else in.
    ///
    /// A session that was open when its stop was kept is ended.
    pub fn stand(&mut self, standing: Standing) {
        self.wishes.out_of_service = !standing.in_service;
        self.wishes.held = standing.held;
        self.fault = standing.fault;
        if !standing.held {
            return;
        }
        if self.session.is_some() {
            self.wishes.end.get_or_insert(EndReason::Remote);
        } else {
            self.phase = Phase::Finishing;
        }
    }
}
