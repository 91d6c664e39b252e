//! Why bytes are no struct of the prototype, or a value makes none: what was seen, and where.
//!
//! Its lines of text have errors of their own ([`crate::legacy::LineError`]).

use core::fmt;

use thiserror::Error;
use v2x_units::MacAddress;

/// What stood in a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Seen {
    /// A number, perhaps infinite or none at all.
    Number(f64),
    /// An address.
    Address(MacAddress),
    /// A text of four bytes.
    Text([u8; 4]),
}

impl Seen {
    /// A whole number.
    pub(super) fn number(seen: impl Into<f64>) -> Self {
        Self::Number(seen.into())
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(seen) => write!(f, "{seen}"),
            Self::Address(seen) => write!(f, "{seen}"),
            Self::Text(seen) => write!(f, "\"{}\"", seen.escape_ascii()),
        }
    }
}

/// Why bytes are no struct of the prototype, or why a value cannot be written as one.
///
/// What would be refused when it is heard is refused when it is written, with the same words.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum RadioError {
    /// No struct of the prototype has this length.
    #[error(
        "{have} bytes are no message of the prototype; its messages have 12, 24, 36, 40, 44, 48, \
         52, 56, 68 or 88"
    )]
    Length {
        /// How many bytes there are.
        have: usize,
    },
    /// The length is right, but a field holds what no prototype would send.
    #[error("{field} of the {message} at byte {at} is {seen}; it must be {expected}")]
    Implausible {
        /// The struct, by the prototype's name.
        message: &'static str,
        /// The field, by the prototype's name.
        field: &'static str,
        /// Where the field begins, in bytes.
        at: usize,
        /// What stands there.
        seen: Seen,
        /// What would be plausible.
        expected: &'static str,
    },
    /// The address in the message is not the one that the frame came from.
    #[error("the {message} names {named}, but the frame came from {from}")]
    OtherSender {
        /// The struct, by the prototype's name.
        message: &'static str,
        /// The address in the message.
        named: MacAddress,
        /// The source address of the frame.
        from: MacAddress,
    },
}
