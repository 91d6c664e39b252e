//! Type 14, slot report: the session of a slot as its controller keeps it, now.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | state | 2 | codes of a session step, see docs/protocol/link.md |
//! | has session | 1 | 1 when the rest follows, otherwise 0 and the body ends |
//! | transaction | 16 | |
//! | energy | 8 | plausible energy so far, mWh |

use crate::link::body::{BodyError, Reader, Writer};

const NAME: &str = "slot report";

/// A slot as its controller sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotReport {
    /// State and why it is out of use, in the codes of a session step.
    pub state: [u8; 2],
    /// Transaction and plausible energy in milliwatt hours of the open session.
    pub session: Option<([u8; 16], u64)>,
}

impl SlotReport {
    /// The type number.
    pub const TYPE: u8 = 14;

    /// Reads a body.
    ///
    /// # Errors
    /// Names the field that is cut or has no meaning.
    pub fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(NAME, body);
        let state = from.array("state")?;
        let session = if from.flag("has session")? {
            Some((from.array("transaction")?, from.u64("energy")?))
        } else {
            None
        };
        from.end("energy")?;
        Ok(Self { state, session })
    }

    /// Writes a body.
    ///
    /// # Errors
    /// When `out` is too short.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(NAME, out);
        to.bytes("state", &self.state)?;
        to.u8("has session", u8::from(self.session.is_some()))?;
        if let Some((transaction, energy)) = &self.session {
            to.bytes("transaction", transaction)?;
            to.u64("energy", *energy)?;
        }
        Ok(to.used())
    }
}
