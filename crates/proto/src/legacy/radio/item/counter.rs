//! The first `Item`, of June 2025: a number that counts up, to try the radio with.
//!
//! | offset | field | type |
//! |---|---|---|
//! | 0 | `value` | u32 |
//! | 4 | `mac` | 6 bytes, and 2 of padding |

use v2x_units::MacAddress;

use super::super::error::RadioError;
use super::super::fields::{Fields, Out, RadioBytes};
use super::MESSAGE;

const LENGTH: usize = 12;

/// A number of the sender's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CounterItem {
    /// The number.
    pub value: u32,
    /// The sender's address.
    pub mac: MacAddress,
}

impl CounterItem {
    /// Reads the struct.
    ///
    /// # Errors
    /// [`RadioError::Length`] when it does not have 12 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, RadioError> {
        if bytes.len() != LENGTH {
            let have = bytes.len();
            return Err(RadioError::Length { have });
        }
        let fields = Fields::new(MESSAGE, bytes);
        let (value, mac) = (fields.u32(0)?, fields.mac(4)?);
        Ok(Self { value, mac })
    }

    /// Writes the struct.
    #[must_use]
    pub fn emit(&self) -> RadioBytes {
        let mut out = Out::new(LENGTH);
        out.u32(0, self.value);
        out.mac(4, self.mac);
        out.finish()
    }
}
