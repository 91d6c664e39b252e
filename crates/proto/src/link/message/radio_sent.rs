//! Type 7, radio result: what became of one payload of [`super::RadioSend`].
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | ticket | 2 | the one that came with the payload |
//! | result | 1 | code of [`RadioResult`] |
//!
//! The time in the header is when the radio was done with it.

use crate::link::body::{BodyError, Reader, Writer, coded};

const NAME: &str = "radio result";

coded! {
    /// What became of a payload.
    RadioResult {
        /// Broadcast: it was on the air, nobody confirms it. One receiver: its radio confirmed it,
        /// which does not prove that its program got it.
        Sent = 0,
        /// No confirmation came; it may have arrived all the same.
        Unconfirmed = 1,
        /// The board's queue was full and dropped it as the oldest.
        Dropped = 2,
        /// It is longer than this radio sends.
        TooLong = 3,
        /// The radio has no room for another peer.
        PeerTableFull = 4,
        /// The limit on air time held it back.
        AirTimeLimit = 5,
        /// The radio refused it for another reason, which a log line tells.
        Failed = 6,
    }
}

/// The result of one payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RadioSent {
    /// Which payload.
    pub ticket: u16,
    /// What became of it.
    pub result: RadioResult,
}

impl RadioSent {
    /// The type number.
    pub const TYPE: u8 = 7;

    /// Reads a body.
    ///
    /// # Errors
    /// Names the field that is cut or has no meaning.
    pub fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(NAME, body);
        let ticket = from.u16("ticket")?;
        let result = from.code("result", RadioResult::from_code)?;
        from.end("result")?;
        Ok(Self { ticket, result })
    }

    /// Writes a body.
    ///
    /// # Errors
    /// When `out` is too short.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(NAME, out);
        to.u16("ticket", self.ticket)?;
        to.u8("result", self.result.code())?;
        Ok(to.used())
    }
}
