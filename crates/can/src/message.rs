//! One message of the decoder's tables: how its signals come out of a frame.
//!
//! The tables are filled by `dbc` and chosen by identifier in `decoder`. Everything that a frame
//! touches lies together, so that a message's signals are one walk through memory.

use std::time::Duration;

use v2x_units::CanId;

use crate::decoder::Outcome;
use crate::history::FirstFrame;
use crate::layout::{Layout, Words};
use crate::signal::SignalId;
use crate::validity::{Condition, RawRange};

/// One signal as the way of a frame needs it.
#[derive(Debug, Clone)]
pub(crate) struct Extraction {
    pub(crate) factor: f64,
    pub(crate) offset: f64,
    /// The conditions of its message, each a bit, any of which withholds it.
    pub(crate) withheld_by: u64,
    /// Raw numbers that are valid beyond doubt: most frames need no further look.
    pub(crate) valid: RawRange,
    /// The raw numbers that mean "not available".
    pub(crate) invalid: Box<[RawRange]>,
    pub(crate) layout: Layout,
}

/// A rule about first frames and the bit it sets among the conditions of its message.
#[derive(Debug, Clone)]
pub(crate) struct FirstFrameRule {
    /// Its place in the memory of [`crate::History`].
    pub(crate) index: usize,
    pub(crate) kind: FirstFrame,
    pub(crate) field: Layout,
    pub(crate) bit: u64,
}

/// One message as the way of a frame needs it.
#[derive(Debug, Clone)]
pub(crate) struct MessageTable {
    /// Its signals in the order of the DBC; the first one has the id `first_signal`.
    pub(crate) signals: Box<[Extraction]>,
    pub(crate) conditions: Box<[Condition]>,
    pub(crate) first_frame_rules: Box<[FirstFrameRule]>,
    /// The conditions that say which signals a multiplexed frame holds at all.
    pub(crate) multiplexing: u64,
    pub(crate) first_signal: u16,
    pub(crate) dlc: u8,
    pub(crate) id: CanId,
    /// How often it comes; `None` on events only.
    pub(crate) cycle: Option<Duration>,
    pub(crate) name: String,
}

impl MessageTable {
    /// The conditions that hold in a frame of `have` bytes, the first one being bit 0.
    #[inline]
    pub(crate) fn conditions_met(&self, words: Words, have: u8) -> u64 {
        let from_last = self.conditions.iter().rev();
        from_last.fold(0, |met, condition| {
            met << 1 | u64::from(condition.holds(words, have))
        })
    }

    /// Walks through the signals that are whole and that none of the `withheld` conditions bars.
    #[inline]
    pub(crate) fn extract(
        &self,
        words: Words,
        have: u8,
        withheld: u64,
        mut take: impl FnMut(SignalId, u64, &Extraction),
    ) -> Outcome {
        let all = withheld == 0 && have >= self.dlc;
        for (extraction, id) in self.signals.iter().zip(self.first_signal..) {
            let is_whole = extraction.layout.bytes <= have;
            if all || is_whole && extraction.withheld_by & withheld == 0 {
                take(SignalId(id), extraction.layout.extract(words), extraction);
            }
        }
        if have < self.dlc {
            return Outcome::TooShort {
                have,
                need: self.dlc,
            };
        }
        Outcome::Decoded
    }
}

impl Extraction {
    /// Whether a raw number means "not available".
    #[inline]
    pub(crate) fn is_invalid(&self, raw: u64) -> bool {
        !self.valid.contains(raw) && self.invalid.iter().any(|range| range.contains(raw))
    }

    /// The value in the signal's unit, rounded only as `f64` rounds.
    #[inline]
    #[expect(
        clippy::cast_precision_loss,
        reason = "a DBC's values are floating point; 53 bits are what every decoder keeps"
    )]
    pub(crate) fn physical(&self, raw: u64) -> f64 {
        let number = raw.cast_signed();
        let raw = if number >= 0 || self.layout.is_signed() {
            number as f64
        } else {
            raw as f64
        };
        raw * self.factor + self.offset
    }
}
