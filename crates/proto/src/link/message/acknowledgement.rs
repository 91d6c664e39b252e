//! Type 11, acknowledgement: what became of one command.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | id | 2 | the one that came with the command |
//! | result | 1 | code of [`CommandResult`] |
//! | detail | rest | UTF-8: the value that was asked for, or the reason in words |

use crate::link::body::{BodyError, Reader, Writer, coded};

const NAME: &str = "acknowledgement";

coded! {
    /// What became of a command.
    CommandResult {
        /// It is done.
        Done = 0,
        /// This board does not know the order.
        UnknownOrder = 1,
        /// A parameter has a value that the board refuses.
        BadParameter = 2,
        /// The board may not do that now, as closing the relay without a proven session.
        Refused = 3,
        /// The board tried and failed.
        Failed = 4,
    }
}

/// The answer to one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acknowledgement<'a> {
    /// Which command.
    pub id: u16,
    /// What became of it.
    pub result: CommandResult,
    /// The value that was asked for, or the reason; may be empty.
    pub detail: &'a str,
}

impl<'a> Acknowledgement<'a> {
    /// The type number.
    pub const TYPE: u8 = 11;

    /// Reads a body.
    ///
    /// # Errors
    /// Names the field that is cut or has no meaning.
    pub fn parse(body: &'a [u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(NAME, body);
        Ok(Self {
            id: from.u16("id")?,
            result: from.code("result", CommandResult::from_code)?,
            detail: from.remaining_text("detail")?,
        })
    }

    /// Writes a body.
    ///
    /// # Errors
    /// When `out` is too short.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(NAME, out);
        to.u16("id", self.id)?;
        to.u8("result", self.result.code())?;
        to.bytes("detail", self.detail.as_bytes())?;
        Ok(to.used())
    }
}
