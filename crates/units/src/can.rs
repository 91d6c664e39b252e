//! CAN identifiers and classic CAN frames as values.
//!
//! What a frame means is the `can` crate's business; how it travels is `proto`'s.

use core::fmt;

/// The largest identifier of a CAN 2.0A frame (11 bits).
const STANDARD_MAX: u32 = 0x7FF;
/// The largest identifier of a CAN 2.0B frame (29 bits).
const EXTENDED_MAX: u32 = 0x1FFF_FFFF;

/// The identifier of a CAN frame: standard (11 bits) or extended (29 bits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CanId {
    raw: u32,
    extended: bool,
}

/// An identifier that does not fit the frame format it was given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CanIdError {
    /// What was seen.
    pub seen: u32,
    /// The largest identifier of that format.
    pub largest: u32,
}

impl fmt::Display for CanIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "CAN id is 0x{:X}; the largest in this format is 0x{:X}",
            self.seen, self.largest
        )
    }
}

impl core::error::Error for CanIdError {}

impl CanId {
    /// Takes an 11-bit identifier.
    ///
    /// # Errors
    /// When it is above 0x7FF.
    pub const fn standard(raw: u32) -> Result<Self, CanIdError> {
        if raw > STANDARD_MAX {
            return Err(CanIdError {
                seen: raw,
                largest: STANDARD_MAX,
            });
        }
        Ok(Self {
            raw,
            extended: false,
        })
    }

    /// Takes a 29-bit identifier.
    ///
    /// # Errors
    /// When it is above 0x1FFF_FFFF.
    pub const fn extended(raw: u32) -> Result<Self, CanIdError> {
        if raw > EXTENDED_MAX {
            return Err(CanIdError {
                seen: raw,
                largest: EXTENDED_MAX,
            });
        }
        Ok(Self {
            raw,
            extended: true,
        })
    }

    /// The identifier's bits, without flags.
    #[must_use]
    pub const fn raw(self) -> u32 {
        self.raw
    }

    /// Whether it is a 29-bit identifier.
    #[must_use]
    pub const fn is_extended(self) -> bool {
        self.extended
    }
}

/// Prints as the field writes it: `155` (three digits) or `18DAF110` (eight digits).
impl fmt::Display for CanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.extended {
            write!(f, "{:08X}", self.raw)
        } else {
            write!(f, "{:03X}", self.raw)
        }
    }
}

/// One classic CAN frame: an identifier and up to eight bytes, or a request for them.
///
/// Bytes past the length are zero, so that equal frames compare equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CanFrame {
    id: CanId,
    bytes: [u8; 8],
    dlc: u8,
    remote: bool,
}

impl CanFrame {
    /// The most bytes a classic CAN frame carries.
    pub const MAX_DLC: usize = 8;

    /// Makes a data frame; `None` when there are more than eight bytes.
    #[must_use]
    pub fn new(id: CanId, data: &[u8]) -> Option<Self> {
        let mut bytes = [0; Self::MAX_DLC];
        bytes.get_mut(..data.len())?.copy_from_slice(data);
        Some(Self {
            id,
            bytes,
            dlc: u8::try_from(data.len()).ok()?,
            remote: false,
        })
    }

    /// Makes a remote frame, which asks for `dlc` bytes and carries none; `None` above eight.
    #[must_use]
    pub fn remote(id: CanId, dlc: u8) -> Option<Self> {
        (usize::from(dlc) <= Self::MAX_DLC).then_some(Self {
            id,
            bytes: [0; 8],
            dlc,
            remote: true,
        })
    }

    /// The identifier.
    #[must_use]
    pub const fn id(&self) -> CanId {
        self.id
    }

    /// The data length code, 0 to 8.
    #[must_use]
    pub const fn dlc(&self) -> u8 {
        self.dlc
    }

    /// Whether this is a remote frame.
    #[must_use]
    pub const fn is_remote(&self) -> bool {
        self.remote
    }

    /// The bytes it carries; none for a remote frame.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        let carried = if self.remote {
            0
        } else {
            usize::from(self.dlc)
        };
        self.bytes.get(..carried).unwrap_or(&[])
    }

    /// All eight bytes, those past the length being zero.
    #[must_use]
    pub const fn padded(&self) -> &[u8; 8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::*;

    #[test]
    fn standard_id_above_eleven_bits_is_refused() {
        assert_eq!(
            CanId::standard(0x1558),
            Err(CanIdError {
                seen: 0x1558,
                largest: 0x7FF
            })
        );
        assert_eq!(CanId::standard(0x155).unwrap().to_string(), "155");
        assert_eq!(
            CanId::extended(0x18DA_F110).unwrap().to_string(),
            "18DAF110"
        );
    }

    #[test]
    fn frame_with_nine_bytes_does_not_exist() {
        let id = CanId::standard(0x155).unwrap();
        assert!(CanFrame::new(id, &[0; 9]).is_none());
        assert_eq!(
            CanFrame::new(id, &[1, 2]).unwrap().padded(),
            &[1, 2, 0, 0, 0, 0, 0, 0]
        );
    }

    #[test]
    fn remote_frame_asks_for_bytes_and_carries_none() {
        let frame = CanFrame::remote(CanId::standard(0x155).unwrap(), 8).unwrap();
        assert_eq!(frame.dlc(), 8);
        assert!(frame.data().is_empty());
    }
}
