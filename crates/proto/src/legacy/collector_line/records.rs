//! The records of one line: usually one, but bytes get lost on the way and lines run together.
//!
//! How a single record is read is in `can.rs`, `gnss.rs` and `status.rs`. A record begins at its
//! word (`SIM`, `REAL`, `GPS`, `STATUS`) wherever that stands, and ends where the next begins.

use super::super::fields::{Fields, is_blank, skip_blanks};
use super::super::line_error::{Excerpt, LineError};
use super::{BANNER, CollectorLine, can, gnss, status};

/// Reads every record of a line without its end, whole or not; an empty line has none.
///
/// Each piece of the line comes out exactly once, as a record or as the error that names it, so
/// that counts add up: foreign text before a record is one [`LineError::NotARecord`].
#[must_use]
pub const fn records(line: &[u8]) -> Records<'_> {
    Records { line, at: 0 }
}

/// The records of one line, made by [`records`].
#[derive(Debug, Clone)]
pub struct Records<'a> {
    line: &'a [u8],
    at: usize,
}

impl Iterator for Records<'_> {
    type Item = Result<CollectorLine, LineError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.at == 0
            && let Some(frame) = can::parse_usual(self.line)
        {
            self.at = self.line.len();
            return Some(Ok(CollectorLine::Can(frame)));
        }
        self.next_unusual()
    }
}

impl Records<'_> {
    /// Where the next record begins, in bytes from the start of the line; `None` at its end.
    #[must_use]
    pub fn place(&self) -> Option<usize> {
        let at = skip_blanks(self.line, self.at);
        (at < self.line.len()).then_some(at)
    }

    fn next_unusual(&mut self) -> Option<Result<CollectorLine, LineError>> {
        let start = self.place()?;
        if is_banner(self.line) {
            self.at = self.line.len();
            return Some(Ok(CollectorLine::Banner));
        }
        let end = (start + 1..self.line.len())
            .find(|&at| Word::at(self.line, at).is_some())
            .unwrap_or(self.line.len());
        self.at = end;
        let piece = self.line.get(..end).unwrap_or_default();
        Some(match Word::at(piece, start) {
            Some(word) => word.parse(piece, start),
            None => parse_without_word(piece, start),
        })
    }
}

/// The words that begin records.
#[derive(Debug, Clone, Copy)]
enum Word {
    Sim,
    Real,
    Gps,
    Status,
}

impl Word {
    const ALL: [Self; 4] = [Self::Sim, Self::Real, Self::Gps, Self::Status];

    const fn text(self) -> &'static [u8] {
        match self {
            Self::Sim => b"SIM",
            Self::Real => b"REAL",
            Self::Gps => b"GPS",
            Self::Status => b"STATUS",
        }
    }

    /// The word that begins a record at this place, in either case. It is followed by a blank or
    /// the line's end, and not by prose: "GPS module not found" is none.
    fn at(line: &[u8], at: usize) -> Option<Self> {
        let rest = line.get(at..)?;
        // Every byte of an unusual line is asked, so most must be turned away by one comparison.
        if !matches!(rest.first()?, b'S' | b's' | b'R' | b'r' | b'G' | b'g') {
            return None;
        }
        let word = Self::ALL.into_iter().find(|word| {
            rest.get(..word.text().len())
                .is_some_and(|text| text.eq_ignore_ascii_case(word.text()))
        })?;
        let after = rest.get(word.text().len()..)?;
        if after.first().is_some_and(|&byte| !is_blank(byte)) {
            return None;
        }
        let next = after.iter().find(|&&byte| !is_blank(byte));
        let prose = next.is_some_and(|byte| match word {
            Self::Sim | Self::Real => byte.is_ascii_alphabetic() && !byte.is_ascii_hexdigit(),
            Self::Gps => byte.is_ascii_alphabetic(),
            Self::Status => false,
        });
        (!prose).then_some(word)
    }

    fn parse(self, piece: &[u8], start: usize) -> Result<CollectorLine, LineError> {
        let at = start + self.text().len();
        let fields = |record| Fields::new(record, piece, at);
        match self {
            Self::Sim => can::parse_fields(fields("SIM line")).map(CollectorLine::Can),
            Self::Real => can::parse_fields(fields("REAL line")).map(CollectorLine::Can),
            Self::Gps => gnss::parse_fields(fields("GPS line")).map(CollectorLine::Gnss),
            Self::Status => status::parse_fields(fields("STATUS line")).map(CollectorLine::Status),
        }
    }
}

/// Reads a piece that begins with none of the words: a bare frame, the rest of a record whose
/// beginning was lost, or foreign text.
fn parse_without_word(piece: &[u8], start: usize) -> Result<CollectorLine, LineError> {
    let fields = Fields::new("bare frame", piece, start);
    if can::begins_bare(fields.clone()) {
        return can::parse_fields(fields).map(CollectorLine::Can);
    }
    let text = piece.get(start..).unwrap_or_default();
    let seen = Excerpt::of(text);
    if is_rest_of_record(text) {
        return Err(LineError::Damaged {
            record: "record",
            field: "beginning",
            at: start,
            seen,
            expected: "SIM, REAL, GPS or STATUS and a blank",
        });
    }
    Err(LineError::NotARecord { seen })
}

/// Whether a text can be the rest of a `SIM` or `GPS` record: at most a word that lost a letter or
/// its blank, then only hex digits, signs of numbers and dates, and blanks.
fn is_rest_of_record(text: &[u8]) -> bool {
    let letters = text
        .iter()
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    let rest = text.get(letters..).unwrap_or_default();
    letters <= Word::Status.text().len()
        && rest.iter().any(u8::is_ascii_digit)
        && rest
            .iter()
            .all(|&byte| byte.is_ascii_hexdigit() || is_blank(byte) || b"-.:".contains(&byte))
}

/// Whether a line is one of the boot text, blanks around it aside.
fn is_banner(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    BANNER
        .iter()
        .any(|banner| banner.as_bytes().trim_ascii() == line)
}
