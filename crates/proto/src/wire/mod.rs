//! Bytes of the radio to values and back.
mod asn1;
mod bounded;
mod coer;
mod error;
mod number;
mod reader;
mod untouched;
mod uper;

pub mod btp;
pub mod cam;
pub mod certificate;
pub mod certificate_message;
pub mod denm;
pub mod ev_rsr;
pub mod evcsn;
pub mod geonet;
pub mod its_time;
pub mod motion;
pub mod packet;
pub mod reference_position;
pub mod secured;
pub mod station;

use alloc::vec::Vec;

pub use self::bounded::{AsciiText, List, PhoneNumber, Text};
pub use self::error::WireError;
pub use self::number::Ranged;

/// What every message and header here can do.
pub trait Wire: Sized {
    /// The name of the message in its standard.
    const NAME: &'static str;

    /// Reads a message from exactly these bytes.
    ///
    /// # Errors
    /// The bytes are no such message; the error names the field and what was seen.
    fn parse(bytes: &[u8]) -> Result<Self, WireError>;

    /// The bytes of the message.
    fn encode(&self) -> Vec<u8>;

    /// How many bytes the message takes.
    fn encoded_len(&self) -> usize {
        self.encode().len()
    }

    /// Writes the message to the start of a buffer and returns how many bytes it took.
    ///
    /// # Errors
    /// The buffer has fewer than [`Wire::encoded_len`] bytes.
    fn emit(&self, buffer: &mut [u8]) -> Result<usize, WireError> {
        let bytes = self.encode();
        let have = buffer.len();
        let start = buffer
            .get_mut(..bytes.len())
            .ok_or(WireError::BufferTooSmall {
                need: bytes.len(),
                have,
            })?;
        start.copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}
