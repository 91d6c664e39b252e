//! What is wrong with a text line, in words and without a heap.
//!
//! Which lines exist is in [`super::collector_line`] and [`super::evcs_line`].

use core::fmt;

/// The most bytes of foreign text an error repeats: the longest single field of any line
/// (`Pos:-90.000000,-180.000000`, 26 bytes) fits.
pub const EXCERPT_MAX: usize = 26;

/// The first bytes of what was seen, printed with everything unprintable escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Excerpt {
    bytes: [u8; EXCERPT_MAX],
    len: usize,
    cut: bool,
}

impl Excerpt {
    /// Copies the first [`EXCERPT_MAX`] bytes.
    #[must_use]
    pub fn of(text: &[u8]) -> Self {
        let mut bytes = [0; EXCERPT_MAX];
        let len = text.len().min(EXCERPT_MAX);
        bytes[..len].copy_from_slice(&text[..len]);
        Self {
            bytes,
            len,
            cut: text.len() > EXCERPT_MAX,
        }
    }

    /// The bytes that were kept.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = if self.cut { "…" } else { "" };
        write!(f, "\"{}\"{rest}", self.bytes().escape_ascii())
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a line, or a piece of one, gives no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineError {
    /// Text that is no record and never was one: boot messages, debug output, noise.
    NotARecord {
        /// How it begins.
        seen: Excerpt,
    },
    /// A record of which something is missing, too much or out of range.
    Damaged {
        /// Which record it began as.
        record: &'static str,
        /// The field that is wrong.
        field: &'static str,
        /// Where that field is, in bytes from the start of the line.
        at: usize,
        /// What stands there; empty when the line ends before the field.
        seen: Excerpt,
        /// What would be right.
        expected: &'static str,
    },
    /// More than one record in a line that was to hold one.
    Joined {
        /// Where the second begins, in bytes from the start of the line.
        at: usize,
    },
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotARecord { seen } => write!(f, "no record, but the text {seen}"),
            Self::Damaged {
                record,
                field,
                at,
                seen,
                expected,
            } if seen.bytes().is_empty() => write!(
                f,
                "{record} ends at byte {at} before its {field}; expected {expected}"
            ),
            Self::Damaged {
                record,
                field,
                at,
                seen,
                expected,
            } => write!(
                f,
                "{field} of the {record} is {seen} at byte {at}; expected {expected}"
            ),
            Self::Joined { at } => write!(
                f,
                "a second record begins at byte {at}; read such a line record by record"
            ),
        }
    }
}

impl core::error::Error for LineError {}

/// Why a value cannot be written as a line of the prototype.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmitError {
    /// The line has a place for this field but no way to say what the value says.
    CannotSay {
        /// The field.
        field: &'static str,
        /// What the line can say there.
        expected: &'static str,
    },
    /// The writer refused the text.
    Writer,
}

impl fmt::Display for EmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CannotSay { field, expected } => {
                write!(f, "the line cannot say this {field}; expected {expected}")
            }
            Self::Writer => f.write_str("the writer refused the line"),
        }
    }
}

impl core::error::Error for EmitError {}

impl From<fmt::Error> for EmitError {
    fn from(_: fmt::Error) -> Self {
        Self::Writer
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::*;

    #[test]
    fn error_text_names_field_place_seen_and_right() {
        let error = LineError::Damaged {
            record: "SIM line",
            field: "id",
            at: 4,
            seen: Excerpt::of(b"1558"),
            expected: "3 or 8 hex digits",
        };
        assert_eq!(
            error.to_string(),
            "id of the SIM line is \"1558\" at byte 4; expected 3 or 8 hex digits"
        );
    }

    #[test]
    fn foreign_bytes_are_printed_escaped_and_bounded() {
        let error = LineError::NotARecord {
            seen: Excerpt::of(b"\x00\xffets Jul 29 2019 12:21:46 and more"),
        };
        assert_eq!(
            error.to_string(),
            "no record, but the text \"\\x00\\xffets Jul 29 2019 12:21:46\"…"
        );
    }
}
