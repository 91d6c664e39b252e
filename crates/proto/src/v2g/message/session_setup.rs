//! SessionSetup: the car asks for a session, a new one or the one that it had.
//!
//! | request | bytes | meaning |
//! |---|---|---|
//! | session id | 8 | 0: a new one, or whichever is open for this car |
//!
//! | response | bytes | meaning |
//! |---|---|---|
//! | outcome | 1 | code of [`SetupOutcome`] |
//! | session id | 8 | never 0 |
//!
//! ISO 15118-2, SessionSetupReq and SessionSetupRes; who asks is known from the credential.

use core::fmt;

use crate::link::body::{BodyError, Problem, Reader, Writer, coded};
use crate::v2g::field::coded_byte;

/// A session, as the station numbers it: 8 random bytes, never all zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId([u8; 8]);

impl SessionId {
    /// Takes 8 bytes; `None` when all are zero, which stands for no session.
    #[must_use]
    pub fn new(bytes: [u8; 8]) -> Option<Self> {
        (bytes != [0; 8]).then_some(Self(bytes))
    }

    /// The bytes in the order of the wire.
    #[must_use]
    pub const fn bytes(self) -> [u8; 8] {
        self.0
    }

    pub(super) fn parse(from: &mut Reader<'_>) -> Result<Self, BodyError> {
        Self::new(from.array(SESSION)?).ok_or_else(|| {
            let (seen, right) = (0, "a session is never 0");
            from.error(SESSION, Problem::Value { seen, right })
        })
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

coded! {
    /// Which session the car has now.
    SetupOutcome {
        /// A new one (OK_NewSessionEstablished).
        New = 0,
        /// The one it had, which goes on (OK_OldSessionJoined).
        Joined = 1,
        /// The one it had, which has ended meanwhile and whose receipt waits. Ours; ISO 15118-2
        /// has no receipt to fetch afterwards.
        Ended = 2,
    }
}

const SESSION: &str = "session id";

/// The car asks for a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionSetupReq {
    /// The session that it remembers.
    pub session: Option<SessionId>,
}

impl SessionSetupReq {
    const NAME: &'static str = "SessionSetupReq";

    pub(super) fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(Self::NAME, body);
        let session = SessionId::new(from.array(SESSION)?);
        from.end(SESSION)?;
        Ok(Self { session })
    }

    pub(super) fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(Self::NAME, out);
        to.bytes(SESSION, &self.session.map_or([0; 8], SessionId::bytes))?;
        Ok(to.used())
    }
}

/// The station gives a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionSetupRes {
    /// Whether it is a new one.
    pub outcome: SetupOutcome,
    /// Its number.
    pub session: SessionId,
}

impl SessionSetupRes {
    const NAME: &'static str = "SessionSetupRes";

    pub(super) fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(Self::NAME, body);
        let outcome = coded_byte(&mut from, "outcome", SetupOutcome::from_code)?;
        let session = SessionId::parse(&mut from)?;
        from.end(SESSION)?;
        Ok(Self { outcome, session })
    }

    pub(super) fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(Self::NAME, out);
        to.u8("outcome", self.outcome.code())?;
        to.bytes(SESSION, &self.session.bytes())?;
        Ok(to.used())
    }
}
