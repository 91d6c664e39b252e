//! What can be wrong with bytes that come in, and with values that should go out.
//!
//! Every variant names the field, what was seen in it and what would be right.

use alloc::string::String;

use thiserror::Error;

/// Why bytes are no message, or why values make none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WireError {
    /// The bytes end inside a field.
    #[error("{field} at byte {at} takes {need} bytes, but {have} are left")]
    Truncated {
        /// The field, in the standard's words.
        field: &'static str,
        /// Where the field begins, in bytes from the start of what was parsed.
        at: usize,
        /// How many bytes it takes.
        need: usize,
        /// How many were left.
        have: usize,
    },
    /// Bytes follow after the last field.
    #[error("{what} ends at byte {at}, but {extra} bytes follow")]
    Trailing {
        /// What should have ended.
        what: &'static str,
        /// Where it ended, in bytes.
        at: usize,
        /// How many bytes follow.
        extra: usize,
    },
    /// A header announces another length of its payload than follows.
    #[error(
        "payload length at byte {at} is {announced}, but {have} bytes follow from byte \
         {payload_at}"
    )]
    PayloadLength {
        /// Where the length stands, in bytes from the start of what was parsed.
        at: usize,
        /// The length announced, in bytes.
        announced: usize,
        /// Where the payload begins.
        payload_at: usize,
        /// How many bytes follow.
        have: usize,
    },
    /// A number is outside the range of its field.
    #[error("{field} is {seen}; it must be {lowest} to {highest} (in steps of the field)")]
    OutOfRange {
        /// The field, in the standard's words.
        field: &'static str,
        /// What was seen, in the steps of the field.
        seen: i64,
        /// The smallest number allowed.
        lowest: i64,
        /// The largest number allowed.
        highest: i64,
    },
    /// A quantity is not a number or too far off to be counted in steps.
    #[error("{field} is not a number that fits the field")]
    NotANumber {
        /// The field, in the standard's words.
        field: &'static str,
    },
    /// A list or text has too few or too many entries.
    #[error("{field} has {seen} entries; it must have {lowest} to {highest}")]
    Count {
        /// The field, in the standard's words.
        field: &'static str,
        /// How many were seen.
        seen: usize,
        /// The fewest allowed.
        lowest: usize,
        /// The most allowed.
        highest: usize,
    },
    /// A text has a character that its field cannot carry.
    #[error("{field} cannot carry the character {seen:?} at {at}")]
    Character {
        /// The field, in the standard's words.
        field: &'static str,
        /// Which character, counted from 0.
        at: usize,
        /// The character.
        seen: char,
    },
    /// A text is not UTF-8.
    #[error("{field} is not UTF-8 at byte {at}")]
    NotUtf8 {
        /// The field, in the standard's words.
        field: &'static str,
        /// Where the first bad byte is, in bytes from the start of what was parsed.
        at: usize,
    },
    /// The value is the standard's, but this end does not speak it.
    #[error("{field} at byte {at} is {seen:#x}, which is not spoken here; spoken are {supported}")]
    Unsupported {
        /// The field, in the standard's words.
        field: &'static str,
        /// Where the field begins, in bytes from the start of what was parsed.
        at: usize,
        /// What was seen.
        seen: u64,
        /// What is supported instead.
        supported: &'static str,
    },
    /// The bytes say the same as a shorter or other form would: not the canonical encoding.
    #[error("{field} at byte {at} is not in its canonical form")]
    NotCanonical {
        /// The field, in the standard's words.
        field: &'static str,
        /// Where the field begins, in bytes from the start of what was parsed.
        at: usize,
    },
    /// The UPER decoder refused the bytes; its own words name the field.
    #[error("no {message} in UPER: {reason}")]
    Uper {
        /// The message that was expected.
        message: &'static str,
        /// What the decoder says.
        reason: String,
    },
    /// The header names another message or version.
    #[error("no {message}: the header says message {message_id}, version {protocol_version}")]
    WrongMessage {
        /// The message that was expected.
        message: &'static str,
        /// The protocol version seen.
        protocol_version: i64,
        /// The message id seen.
        message_id: i64,
    },
    /// What was built does not fit into one frame of the radio.
    #[error("{what} takes {size} bytes, but a frame of the radio carries {limit}")]
    TooLong {
        /// What was built.
        what: &'static str,
        /// Its size in bytes.
        size: usize,
        /// The most that fits, in bytes.
        limit: usize,
    },
    /// The buffer to write into is too small.
    #[error("{need} bytes are to be written into a buffer of {have}")]
    BufferTooSmall {
        /// How many bytes are to be written.
        need: usize,
        /// How many the buffer has.
        have: usize,
    },
}
