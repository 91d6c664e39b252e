//! The rows of one file as an iterator: values and damaged rows, each with its line.

use std::io::{self, BufRead, Chain, Cursor};

use crate::damaged::{Damaged, Fault};
use crate::lines::Lines;

/// How a line of one format becomes a row.
pub trait ParseRow {
    /// What a whole row is.
    type Row;

    /// Reads one line, which is bounded, has no line end and holds no NUL.
    ///
    /// # Errors
    /// Says what is wrong with the line.
    fn parse(&mut self, line: u64, text: &[u8]) -> Result<Self::Row, Fault>;

    /// Whether a row proves by itself that nothing of it is missing, so that it counts even when
    /// the file stops before the end of its line.
    fn is_whole_without_end(&self, _row: &Self::Row) -> bool {
        false
    }
}

/// The rows of one file, in its order, read as they are asked for.
///
/// Each item is a row or [`Damaged`]; the outer error is the input's own and ends the iteration.
/// Blank lines are passed over.
#[derive(Debug)]
pub struct Rows<R, P> {
    lines: Lines<Chain<Cursor<Vec<u8>>, R>>,
    parser: P,
    ended: bool,
}

impl<R: BufRead, P: ParseRow> Rows<R, P> {
    pub(crate) fn new(lines: Lines<Chain<Cursor<Vec<u8>>, R>>, parser: P) -> Self {
        Self {
            lines,
            parser,
            ended: false,
        }
    }

    pub(crate) fn parser(&self) -> &P {
        &self.parser
    }

    fn read(&mut self) -> io::Result<Option<Result<P::Row, Damaged>>> {
        let Some(line) = self.lines.next()? else {
            return Ok(None);
        };
        let number = line.number;
        let has_end = line.has_end;
        let mut row = line.text.and_then(|text| self.parser.parse(number, text));
        let is_whole = |row: &_| self.parser.is_whole_without_end(row);
        if !has_end && !row.as_ref().is_ok_and(is_whole) {
            row = Err(match row {
                Err(fault @ (Fault::NulBytes | Fault::TooLong)) => fault,
                _ => Fault::Unfinished,
            });
        }
        let row = row.map_err(|fault| Damaged {
            line: number,
            fault,
        });
        Ok(Some(row))
    }
}

impl<R: BufRead, P: ParseRow> Iterator for Rows<R, P> {
    type Item = io::Result<Result<P::Row, Damaged>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let row = self.read().transpose();
        self.ended = !matches!(row, Some(Ok(_)));
        row
    }
}
