//! One recorded file: its format is told from its content, never from its name.

use std::fmt;
use std::io::{self, BufRead, Cursor, Read as _};

use crate::can_data;
use crate::candump;
use crate::damaged::{Fault, excerpt};
use crate::frames::ParseFrame;
use crate::gps_data;
use crate::lines::{LINE_MAX, Lines};
use crate::merged_reader;
use crate::rows::Rows;
use crate::table::Table;

/// The lines at the beginning of a file among which a whole candump line is looked for, so that a
/// few spoilt ones do not hide the format.
const PROBE_LINES: usize = 8;
/// The most characters of a header that an error quotes.
const HEADER_SEEN_MAX: usize = 120;
/// The formats that are read, for error messages.
const KNOWN: &str = "known are candump logs, `(seconds) can0 155#0596E7`, and CSV files whose \
    header names can_id, dlc and data_hex (frames), timestamp, latitude and longitude (fixes), \
    or timestamp, soc, gear and power_request (merged rows)";

/// The frames of a file.
pub type Frames<R> = Rows<R, ParseFrame>;
/// The GNSS fixes of a file.
pub type Fixes<R> = Rows<R, gps_data::Rows>;
/// The merged rows of a file.
pub type MergedRows<R> = Rows<R, merged_reader::Rows>;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A candump log.
    Candump,
    /// A table of frames.
    CanData,
    /// A table of GNSS fixes.
    GpsData,
    /// A table of merged rows.
    Merged,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Candump => "a candump log",
            Self::CanData => "a table of CAN frames",
            Self::GpsData => "a table of GNSS fixes",
            Self::Merged => "a table of merged rows",
        })
    }
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The input failed.
    #[error("the file cannot be read")]
    Io(#[from] io::Error),
    /// There is nothing in it.
    #[error("the file is empty; {KNOWN}")]
    Empty,
    /// The first line is no text or is cut.
    #[error("in the first line {0}; {KNOWN}")]
    FirstLine(Fault),
    /// A table without its header. The values are not quoted: they may tell where somebody was.
    #[error("the file begins with {fields} values and has no header; {KNOWN}")]
    NoHeader {
        /// The fields of the first line.
        fields: usize,
    },
    /// Text that is no header of a known table.
    #[error("the file begins with \"{seen}\"; {KNOWN}")]
    UnknownHeader {
        /// The beginning of the first line, escaped.
        seen: String,
    },
    /// A known file, but of another kind than was asked for.
    #[error("the file is {found}; wanted is one with CAN frames")]
    NoFrames {
        /// What it is.
        found: Format,
    },
}

/// A recorded file that has been recognised.
#[derive(Debug)]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "one for each open file, never copied"
)]
pub enum Recording<R> {
    /// A candump log or a table of frames.
    Frames(Frames<R>),
    /// A table of GNSS fixes.
    Fixes(Fixes<R>),
    /// A table of merged rows.
    Merged(MergedRows<R>),
}

impl<R: BufRead> Recording<R> {
    /// Recognises the format from the first lines.
    ///
    /// # Errors
    /// Says what was seen and which formats are known.
    pub fn open(mut input: R) -> Result<Self, OpenError> {
        let probe = probe(&mut input)?;
        let is_candump = probe.split(|&byte| byte == b'\n').any(candump::looks_like);
        let mut lines = Lines::new(Cursor::new(probe).chain(input));
        if is_candump {
            return Ok(Self::Frames(Rows::new(lines, ParseFrame::Candump)));
        }
        let header = lines.next()?.ok_or(OpenError::Empty)?;
        let has_end = header.has_end;
        let header = header.text.map_err(OpenError::FirstLine)?;
        if !has_end {
            return Err(OpenError::FirstLine(Fault::Unfinished));
        }
        let table = Table::new(header).ok_or_else(|| OpenError::UnknownHeader {
            seen: excerpt(header, HEADER_SEEN_MAX),
        })?;
        if let Some(columns) = can_data::Columns::find(&table) {
            let rows = ParseFrame::CanData(can_data::Rows::new(table, columns));
            return Ok(Self::Frames(Rows::new(lines, rows)));
        }
        if let Some(columns) = gps_data::Columns::find(&table) {
            let rows = gps_data::Rows::new(table, columns);
            return Ok(Self::Fixes(Rows::new(lines, rows)));
        }
        if let Some(columns) = merged_reader::Columns::find(&table) {
            let rows = merged_reader::Rows::new(table, columns);
            return Ok(Self::Merged(Rows::new(lines, rows)));
        }
        Err(unknown(header, &table))
    }

    /// What the file holds.
    #[must_use]
    pub fn format(&self) -> Format {
        match self {
            Self::Frames(frames) => match frames.parser() {
                ParseFrame::Candump => Format::Candump,
                ParseFrame::CanData(_) => Format::CanData,
            },
            Self::Fixes(_) => Format::GpsData,
            Self::Merged(_) => Format::Merged,
        }
    }

    /// The frames, when it holds frames.
    ///
    /// # Errors
    /// Says what it holds instead.
    pub fn into_frames(self) -> Result<Frames<R>, OpenError> {
        match self {
            Self::Frames(frames) => Ok(frames),
            other => Err(OpenError::NoFrames {
                found: other.format(),
            }),
        }
    }
}

/// Reads the first lines, bounded.
fn probe(input: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut probe = Vec::new();
    for _ in 0..PROBE_LINES {
        let mut bounded = input.by_ref().take(LINE_MAX as u64 + 1);
        bounded.read_until(b'\n', &mut probe)?;
    }
    Ok(probe)
}

/// Names the first line of a file that is none of the known ones.
fn unknown(line: &[u8], table: &Table) -> OpenError {
    let begins_with_digit = |name: &String| name.starts_with(|first: char| first.is_ascii_digit());
    if table.header().first().is_some_and(begins_with_digit) {
        OpenError::NoHeader {
            fields: table.header().len(),
        }
    } else {
        OpenError::UnknownHeader {
            seen: excerpt(line, HEADER_SEEN_MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(bytes: &[u8]) -> Result<Format, String> {
        match Recording::open(bytes) {
            Ok(recording) => Ok(recording.format()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn format_is_told_from_the_first_lines() {
        assert_eq!(open(b"(1.5) can0 155#05\n"), Ok(Format::Candump));
        assert_eq!(open(b"\0\0\0\n(1.5) can0 155#05\n"), Ok(Format::Candump));
        assert_eq!(open(b"(1.5) can0 155#0"), Ok(Format::Candump));
        assert_eq!(open(can_data::HEADER.as_bytes()), Ok(Format::CanData));
        assert_eq!(open(b"can_id,dlc,data\r\n"), Ok(Format::CanData));
        assert_eq!(open(b"\xEF\xBB\xBFcan_id,dlc,data\n"), Ok(Format::CanData));
        assert_eq!(open(gps_data::HEADER.as_bytes()), Ok(Format::GpsData));
        assert_eq!(open(crate::merged::HEADER.as_bytes()), Ok(Format::Merged));
    }

    #[test]
    fn unknown_file_is_refused_with_what_was_seen_and_what_is_known() {
        let text = open(b"MAC,SOC,Speed\n").unwrap_err();
        assert!(
            text.starts_with("the file begins with \"MAC,SOC,Speed\"; known are"),
            "{text}"
        );
        assert!(text.contains("can_id, dlc and data_hex"), "{text}");
        let text = open(b"1753260346.4,12.345678,5,15\n").unwrap_err();
        assert!(
            text.starts_with("the file begins with 4 values and has no header"),
            "{text}"
        );
        assert!(open(b"").unwrap_err().starts_with("the file is empty"));
        assert!(open(b"\n\n").unwrap_err().starts_with("the file is empty"));
        assert!(open(&[0; 300]).unwrap_err().contains("NUL bytes"));
        assert!(open(b"can_id,dlc").unwrap_err().contains("has no end"));
    }

    #[test]
    fn table_without_frames_says_what_it_holds() {
        let fixes = Recording::open(gps_data::HEADER.as_bytes()).unwrap();
        let text = fixes.into_frames().unwrap_err().to_string();
        assert_eq!(
            text,
            "the file is a table of GNSS fixes; wanted is one with CAN frames"
        );
    }

    #[test]
    fn damaged_rows_stand_between_good_ones_with_their_lines() {
        let log = b"(1.5) can0 155#05\n(1.5) can0 155#0596(1.\n\n(1.7) can0 155#06\n(1.8) can0 1";
        let rows: Vec<_> = Recording::open(&log[..])
            .unwrap()
            .into_frames()
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let lines: Vec<_> = rows
            .iter()
            .map(|row| match row {
                Ok(frame) => (frame.line, true),
                Err(damaged) => (damaged.line, false),
            })
            .collect();
        assert_eq!(lines, [(1, true), (2, false), (4, true), (5, false)]);
        assert_eq!(rows[3].as_ref().unwrap_err().fault, Fault::Unfinished);
    }

    #[test]
    fn last_row_without_its_end_counts_when_it_proves_to_be_whole() {
        let last_is_read = |file: &str| {
            let frames = Recording::open(file.as_bytes())
                .unwrap()
                .into_frames()
                .unwrap();
            frames.last().unwrap().unwrap().is_ok()
        };
        assert!(last_is_read(
            "can_id,dlc,data_hex\n155,8,05 96 E7 54 6D 58 00 6F"
        ));
        assert!(!last_is_read(
            "can_id,dlc,data_hex\n155,8,05 96 E7 54 6D 58 00"
        ));
        assert!(last_is_read(
            "(1.5) can0 155#05\n(1.6) can0 155#0596E7546D58006F"
        ));
        assert!(!last_is_read(
            "(1.5) can0 155#05\n(1.6) can0 155#0596E7546D5800"
        ));
    }

    /// Gives one line, then fails for ever.
    struct FailingDisk(&'static [u8]);

    impl io::Read for FailingDisk {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Err(io::Error::other("the card was pulled out"));
            }
            self.0.read(into)
        }
    }

    #[test]
    fn failing_input_is_told_once_and_ends_the_rows() {
        let log: &[u8] = b"(1.5) can0 155#05\n(1.5) can0 155#05\n(1.5) can0 155#05\n\
            (1.5) can0 155#05\n(1.5) can0 155#05\n(1.5) can0 155#05\n(1.5) can0 155#05\n\
            (1.5) can0 155#05\n(1.5) can0 155#05\n";
        let input = io::BufReader::with_capacity(18, FailingDisk(log));
        let rows: Vec<_> = Recording::open(input)
            .unwrap()
            .into_frames()
            .unwrap()
            .collect();
        assert_eq!(rows.len(), 10);
        assert!(rows[9].is_err());
    }
}
