//! Type 16, journal kept: an entry of the journal is on the computer's disk.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | boot | 4 | of the entry |
//! | number | 4 | of the entry |

use v2x_units::BootId;

use crate::link::body::{BodyError, Reader, Writer};

const NAME: &str = "journal kept";

/// The board may forget an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalKept {
    /// The boot under which it was written.
    pub boot: BootId,
    /// Which entry of that boot.
    pub number: u32,
}

impl JournalKept {
    /// The type number.
    pub const TYPE: u8 = 16;

    /// Reads a body.
    ///
    /// # Errors
    /// Names the field that is cut.
    pub fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(NAME, body);
        let kept = Self {
            boot: BootId::new(from.u32("boot")?),
            number: from.u32("number")?,
        };
        from.end("number")?;
        Ok(kept)
    }

    /// Writes a body.
    ///
    /// # Errors
    /// When `out` is too short.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(NAME, out);
        to.u32("boot", self.boot.get())?;
        to.u32("number", self.number)?;
        Ok(to.used())
    }
}
