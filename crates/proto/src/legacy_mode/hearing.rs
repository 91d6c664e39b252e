//! What is taken from the air: a struct of the prototype, plausible, and not too many of them.
//!
//! Not what follows from it (`car.rs`, `station.rs`).

use v2x_units::{Instant, MacAddress};

use crate::deadlines::LEGACY_PACE;
use crate::legacy::radio::{RadioError, RadioMessage};
use crate::limits::LEGACY_BURST;
use crate::pace::Pace;

/// What somebody on the air says, who may be a prototype. Nobody has proven any of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LegacyHeard {
    /// When it was heard.
    pub at: Instant,
    /// The address that it came from: a name that anybody may take.
    pub from: MacAddress,
    /// What it says.
    pub message: RadioMessage,
}

/// What was not taken or not said, by reason, since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LegacyCounters {
    /// Of a length that no struct of the prototype has.
    pub other_length: u32,
    /// With a field that no prototype would send.
    pub implausible: u32,
    /// With another address inside than the one it came from.
    pub other_sender: u32,
    /// More than are looked at in so short a time.
    pub over_pace: u32,
    /// Stations or cars that made room for others.
    pub crowded_out: u32,
    /// Messages of ours that were due but could not be said, because a value was missing or no
    /// prototype could send it.
    pub unsaid: u32,
}

/// Reads, counts, and lets a flood pass by.
#[derive(Debug)]
pub(super) struct Hearing {
    pace: Pace,
    pub(super) counters: LegacyCounters,
    last_error: Option<RadioError>,
}

impl Hearing {
    pub(super) fn new() -> Self {
        Self {
            pace: Pace::new(LEGACY_BURST, LEGACY_PACE),
            counters: LegacyCounters::default(),
            last_error: None,
        }
    }

    /// Why the last payload that was refused was refused.
    pub(super) const fn last_error(&self) -> Option<RadioError> {
        self.last_error
    }

    /// Reads a payload; `None` when it is not to be believed even as a prototype's.
    pub(super) fn take(
        &mut self,
        now: Instant,
        from: MacAddress,
        bytes: &[u8],
    ) -> Option<LegacyHeard> {
        let message = match RadioMessage::parse(from, bytes) {
            Ok(message) => message,
            Err(error) => {
                let counter = match error {
                    RadioError::Length { .. } => &mut self.counters.other_length,
                    RadioError::Implausible { .. } => &mut self.counters.implausible,
                    RadioError::OtherSender { .. } => &mut self.counters.other_sender,
                };
                *counter = counter.saturating_add(1);
                self.last_error = Some(error);
                return None;
            }
        };
        if !self.pace.take(now) {
            self.counters.over_pace = self.counters.over_pace.saturating_add(1);
            return None;
        }
        Some(LegacyHeard {
            at: now,
            from,
            message,
        })
    }

    pub(super) fn count_crowded_out(&mut self) {
        self.counters.crowded_out = self.counters.crowded_out.saturating_add(1);
    }

    pub(super) fn count_unsaid(&mut self) {
        self.counters.unsaid = self.counters.unsaid.saturating_add(1);
    }
}
