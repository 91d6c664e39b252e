//! PlugCheck: the car tells what it feels of the mains, and the station whether they are its own.
//!
//! | request | bytes | meaning |
//! |---|---|---|
//! | mains | 1 | what it feels of mains at its charger: 0 not known, 1 none, 2 there |
//! | mains, age | 4 | ms since they came; none where that moment is not known |
//! | charging | 1 | whether its charger is at work: 0 not known, 1 no, 2 yes |
//! | charging, age | 4 | ms since it began; none where that moment is not known |
//!
//! | response | bytes | meaning |
//! |---|---|---|
//! | confirmed | 1 | 0 not known yet, 1 the car is in this slot |
//!
//! A car that is in another slot is refused with OtherPlug. Ages are those of the try, so they are
//! measured anew each time the request is sent. Ours; the idea is that of the validation of
//! ISO 15118-3 (SLAC), where a car shows by the control pilot which plug is its own.

use core::time::Duration;

use crate::link::body::{BodyError, Problem, Reader, Writer};

const NOT_KNOWN: u8 = 0;
const OFF: u8 = 1;
const ON: u8 = 2;
const NO_AGE: u32 = u32::MAX;

/// What the car feels of something that comes and goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Felt {
    /// Nobody can say: its bus sleeps.
    #[default]
    NotKnown,
    /// It is not there.
    Off,
    /// It is there, since so long, as far as the moment is known; in steps of 1 ms.
    On(Option<Duration>),
}

impl Felt {
    fn parse(from: &mut Reader<'_>, field: &'static str) -> Result<Self, BodyError> {
        let (state, age) = (from.u8(field)?, from.u32(field)?);
        match (state, age) {
            (NOT_KNOWN, NO_AGE) => Ok(Self::NotKnown),
            (OFF, NO_AGE) => Ok(Self::Off),
            (ON, NO_AGE) => Ok(Self::On(None)),
            (ON, age) => Ok(Self::On(Some(Duration::from_millis(age.into())))),
            (seen, _) => {
                let right = "docs/protocol/v2g.md lists the codes; only what is there has an age";
                let seen = i64::from(seen);
                Err(from.error(field, Problem::Value { seen, right }))
            }
        }
    }

    fn emit(self, to: &mut Writer<'_>, field: &'static str) -> Result<(), BodyError> {
        let (state, age) = match self {
            Self::NotKnown => (NOT_KNOWN, None),
            Self::Off => (OFF, None),
            Self::On(age) => (ON, age),
        };
        // After 49 days nobody knows the moment any more.
        let age = age.and_then(|age| u32::try_from(age.as_millis()).ok());
        to.u8(field, state)?;
        to.u32(field, age.unwrap_or(NO_AGE))
    }
}

/// The car asks whether it is in this station's slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlugCheckReq {
    /// Mains at its charger.
    pub mains: Felt,
    /// The charger at work.
    pub charging: Felt,
}

impl PlugCheckReq {
    const NAME: &'static str = "PlugCheckReq";

    pub(super) fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(Self::NAME, body);
        let mains = Felt::parse(&mut from, "mains")?;
        let charging = Felt::parse(&mut from, "charging")?;
        from.end("charging")?;
        Ok(Self { mains, charging })
    }

    pub(super) fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(Self::NAME, out);
        self.mains.emit(&mut to, "mains")?;
        self.charging.emit(&mut to, "charging")?;
        Ok(to.used())
    }
}

/// The station says whether the car is in its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlugCheckRes {
    /// Whether that is certain; it is asked again until it is.
    pub confirmed: bool,
}

impl PlugCheckRes {
    const NAME: &'static str = "PlugCheckRes";

    pub(super) fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(Self::NAME, body);
        let confirmed = from.flag("confirmed")?;
        from.end("confirmed")?;
        Ok(Self { confirmed })
    }

    pub(super) fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(Self::NAME, out);
        to.u8("confirmed", u8::from(self.confirmed))?;
        Ok(to.used())
    }
}
