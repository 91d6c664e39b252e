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
        let row = line
            .text
            .and_then(|text| self.parser.parse(number, text))
            .map_err(|fault| Damaged {
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
