//! Type 15, journal entry: something that a slot controller has in its journal for the computer.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | boot | 4 | boot id under which it was written |
//! | number | 4 | of that boot, from 1; 0: said once, in no journal, not to be acknowledged |
//! | kind | 1 | what the content is, see docs/protocol/link.md |
//! | content | rest | |
//!
//! The board says its oldest entry again until [`super::JournalKept`] names it.

use v2x_units::BootId;

use crate::link::body::{BodyError, Reader, Writer};

const NAME: &str = "journal entry";

/// One entry of a slot controller's journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalEntry<'a> {
    /// The boot under which it was written.
    pub boot: BootId,
    /// Which entry of that boot; 0 for one that is in no journal.
    pub number: u32,
    /// What the content is.
    pub kind: u8,
    /// The content, unread.
    pub content: &'a [u8],
}

impl<'a> JournalEntry<'a> {
    /// The type number.
    pub const TYPE: u8 = 15;

    /// Reads a body.
    ///
    /// # Errors
    /// Names the field that is cut.
    pub fn parse(body: &'a [u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(NAME, body);
        Ok(Self {
            boot: BootId::new(from.u32("boot")?),
            number: from.u32("number")?,
            kind: from.u8("kind")?,
            content: from.remaining(),
        })
    }

    /// Writes a body.
    ///
    /// # Errors
    /// When `out` is too short.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(NAME, out);
        to.u32("boot", self.boot.get())?;
        to.u32("number", self.number)?;
        to.u8("kind", self.kind)?;
        to.bytes("content", self.content)?;
        Ok(to.used())
    }
}
