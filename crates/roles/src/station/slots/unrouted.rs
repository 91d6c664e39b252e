//! A reading that belongs to no slot, in words.

use std::fmt;

use super::SlotNumber;

/// A reading names a slot that the station does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unrouted {
    /// The slot that it names; `None` when its line belongs to no slot.
    pub named: Option<SlotNumber>,
}

impl fmt::Display for Unrouted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.named {
            Some(slot) => write!(
                f,
                "a reading of slot {slot}, which this station does not have"
            ),
            None => f.write_str("a reading without a slot on a line that belongs to none"),
        }
    }
}

impl std::error::Error for Unrouted {}
