//! Type 12, log line: one line of the board's log.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | level | 1 | code of [`LogLevel`] |
//! | text | rest | UTF-8 without line end |

use crate::link::body::{BodyError, Reader, Writer, coded};

const NAME: &str = "log line";

coded! {
    /// How much a line matters.
    LogLevel {
        /// A person must act.
        Error = 1,
        /// Something was wrong and was dealt with.
        Warn = 2,
        /// A milestone.
        Info = 3,
        /// A detail for those who look for a fault.
        Debug = 4,
    }
}

/// One line of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLine<'a> {
    /// How much it matters.
    pub level: LogLevel,
    /// What it says.
    pub text: &'a str,
}

impl<'a> LogLine<'a> {
    /// The type number.
    pub const TYPE: u8 = 12;

    /// Reads a body.
    ///
    /// # Errors
    /// Names the field that is cut or has no meaning.
    pub fn parse(body: &'a [u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(NAME, body);
        Ok(Self {
            level: from.code("level", LogLevel::from_code)?,
            text: from.remaining_text("text")?,
        })
    }

    /// Writes a body.
    ///
    /// # Errors
    /// When `out` is too short.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(NAME, out);
        to.u8("level", self.level.code())?;
        to.bytes("text", self.text.as_bytes())?;
        Ok(to.used())
    }
}
