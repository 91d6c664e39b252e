//! Type 9, slot state: plug and relay of a charging slot.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | plug | 1 | code of [`Plug`] |
//! | relay asked | 1 | code of [`Contact`]: what the board set its output to |
//! | relay seen | 1 | code of [`Contact`]: what the feedback input says |
//!
//! Sent at every change and every second.

use crate::link::body::{BodyError, Reader, Writer, coded};

const NAME: &str = "slot state";

coded! {
    /// Whether a plug is in the socket.
    Plug {
        /// The slot has no plug input.
        Unknown = 0,
        /// The socket is free.
        Out = 1,
        /// A plug is in.
        In = 2,
    }
}

coded! {
    /// A relay's contact.
    Contact {
        /// The slot has no relay, or no feedback input.
        Unknown = 0,
        /// Open: no current can flow.
        Open = 1,
        /// Closed: current can flow.
        Closed = 2,
    }
}

/// What a slot's inputs and outputs say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotState {
    /// The plug input.
    pub plug: Plug,
    /// What the board asked of its relay.
    pub relay_asked: Contact,
    /// What the feedback of the relay says; where the two differ the relay is stuck or welded.
    pub relay_seen: Contact,
}

impl SlotState {
    /// The type number.
    pub const TYPE: u8 = 9;

    /// Reads a body.
    ///
    /// # Errors
    /// Names the field that is cut or has no meaning.
    pub fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(NAME, body);
        let state = Self {
            plug: from.code("plug", Plug::from_code)?,
            relay_asked: from.code("relay asked", Contact::from_code)?,
            relay_seen: from.code("relay seen", Contact::from_code)?,
        };
        from.end("relay seen")?;
        Ok(state)
    }

    /// Writes a body.
    ///
    /// # Errors
    /// When `out` is too short.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(NAME, out);
        to.u8("plug", self.plug.code())?;
        to.u8("relay asked", self.relay_asked.code())?;
        to.u8("relay seen", self.relay_seen.code())?;
        Ok(to.used())
    }
}
