//! A row that cannot be read, and why.
//!
//! Not here: files whose format is unknown ([`crate::OpenError`]). Texts are bounded, and positions
//! and frame bytes (which may hold a serial number) are never quoted.

use v2x_units::{CanIdError, PositionError};

use crate::lines::LINE_MAX;

/// The most characters of a cell that a fault quotes: enough to find it in the file.
const SEEN_MAX: usize = 32;

/// A row that gave no value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct Damaged {
    /// The line in the file; the first is 1.
    pub line: u64,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The last line stops before its line end, and nothing in it proves that it is whole.
    #[error("the line has no end; the file was cut here")]
    Unfinished,
    /// Longer than any row of any known file.
    #[error("the line is longer than {LINE_MAX} bytes")]
    TooLong,
    /// The file system lost what was here.
    #[error("the line holds NUL bytes, as files do after a power cut")]
    NulBytes,
    /// Fields are missing, or a second row follows on the same line.
    #[error("the row has {have} fields and the header {header}; it was cut or joined with another")]
    FieldCount {
        /// Fields in this row; 65 stands for any number above 64.
        have: usize,
        /// Fields in the header.
        header: usize,
    },
    /// A cell that is not what its column holds.
    #[error("{column} is \"{seen}\"; it should be {wanted}")]
    Cell {
        /// The column.
        column: &'static str,
        /// The beginning of what stands there, escaped.
        seen: String,
        /// What would be right.
        wanted: &'static str,
    },
    /// The line does not have the parts of a candump line.
    #[error("the line is not `(seconds) interface id#data`")]
    NotCandump,
    /// An identifier that its frame format does not have.
    #[error("{0}")]
    CanId(#[from] CanIdError),
    /// The frame bytes are not pairs of hex digits.
    #[error("the frame's bytes contain {0:?}; they should be pairs of hex digits")]
    NotHex(char),
    /// The frame bytes end in the middle of one.
    #[error("a byte of the frame has one hex digit; each should have two")]
    HalfByte,
    /// The frame has more bytes than the bus can carry.
    #[error("the frame has {0} bytes; a classic CAN frame has at most 8")]
    TooManyBytes(usize),
    /// The data length code and the bytes disagree.
    #[error("dlc is {dlc} and the frame has {bytes} bytes")]
    Length {
        /// What the row says.
        dlc: u8,
        /// What the row has.
        bytes: usize,
    },
    /// A frame of a kind that the Twizy's bus does not have.
    #[error("the line is {0}; only classic CAN data and remote frames are read")]
    OtherKind(&'static str),
    /// Coordinates that the earth does not have.
    #[error("{0}")]
    Position(#[from] PositionError),
}

impl Fault {
    /// A cell that is not `wanted`; quotes its beginning unless it may tell where somebody was.
    pub(crate) fn cell(column: &'static str, seen: &[u8], wanted: &'static str) -> Self {
        let seen = if is_coordinate(column) {
            "(withheld)".to_owned()
        } else {
            excerpt(seen, SEEN_MAX)
        };
        Self::Cell {
            column,
            seen,
            wanted,
        }
    }
}

/// The first `most` bytes as printable ASCII.
pub(crate) fn excerpt(bytes: &[u8], most: usize) -> String {
    let shown = bytes.get(..most).unwrap_or(bytes);
    let dots = if shown.len() < bytes.len() { "..." } else { "" };
    format!("{}{dots}", shown.escape_ascii())
}

fn is_coordinate(column: &str) -> bool {
    column.contains("lat") || column.contains("lon")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_quotes_a_bounded_and_printable_beginning() {
        let text = Fault::cell("dlc", &[b'\x07'; 5000], "0 to 8").to_string();
        assert!(text.starts_with(r#"dlc is "\x07\x07"#), "{text}");
        assert!(text.ends_with(r#"\x07..."; it should be 0 to 8"#), "{text}");
        assert!(text.len() < 200);
    }

    #[test]
    fn fault_in_a_coordinate_does_not_tell_the_place() {
        let text = Fault::cell("gps_lat", b"12.345x", "degrees").to_string();
        assert_eq!(text, "gps_lat is \"(withheld)\"; it should be degrees");
    }
}
