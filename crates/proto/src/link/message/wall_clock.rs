//! Type 17, wall clock: what the computer's clock says when it sends this.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | UTC | 8 | signed, microseconds since 1970; 0x8000000000000000: the computer does not know |

use v2x_units::UtcTime;

use crate::link::body::{BodyError, Reader, Writer};

const NAME: &str = "wall clock";

/// What time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WallClock {
    /// The time; `None` when nobody knows it.
    pub utc: Option<UtcTime>,
}

impl WallClock {
    /// The type number.
    pub const TYPE: u8 = 17;

    /// Reads a body.
    ///
    /// # Errors
    /// Names the field that is cut.
    pub fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(NAME, body);
        let micros = from.i64("UTC")?;
        from.end("UTC")?;
        let utc = (micros != i64::MIN).then(|| UtcTime::from_micros(micros));
        Ok(Self { utc })
    }

    /// Writes a body.
    ///
    /// # Errors
    /// When `out` is too short.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(NAME, out);
        let micros = self.utc.map_or(i64::MIN, UtcTime::as_micros);
        to.bytes("UTC", &micros.to_le_bytes())?;
        Ok(to.used())
    }
}
