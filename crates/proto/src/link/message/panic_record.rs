//! Type 13, panic record: what a board kept of its last panic, handed up after the restart.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | boot | 4 | boot id under which it panicked |
//! | at | 8 | microseconds since that boot |
//! | text | rest | UTF-8: message and place in the source |

use v2x_units::{BootId, Instant};

use crate::link::body::{BodyError, Reader, Writer};

const NAME: &str = "panic record";

/// The last words of an earlier boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PanicRecord<'a> {
    /// The boot that ended so.
    pub boot: BootId,
    /// When, on the clock of that boot.
    pub at: Instant,
    /// Message and place in the source.
    pub text: &'a str,
}

impl<'a> PanicRecord<'a> {
    /// The type number.
    pub const TYPE: u8 = 13;

    /// Reads a body.
    ///
    /// # Errors
    /// Names the field that is cut or has no meaning.
    pub fn parse(body: &'a [u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(NAME, body);
        Ok(Self {
            boot: BootId::new(from.u32("boot")?),
            at: Instant::from_micros(from.u64("at")?),
            text: from.remaining_text("text")?,
        })
    }

    /// Writes a body.
    ///
    /// # Errors
    /// When `out` is too short.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(NAME, out);
        to.u32("boot", self.boot.get())?;
        to.u64("at", self.at.as_micros())?;
        to.bytes("text", self.text.as_bytes())?;
        Ok(to.used())
    }
}
