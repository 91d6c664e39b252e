//! CSV tables whose columns are found by their names in the header.
//!
//! Each line is split on its own, so that a stray quotation mark spoils one row and not the rest
//! of the file. Quoting follows RFC 4180 (by `csv-core`).

use std::str::{self, FromStr};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};

use crate::damaged::Fault;
use crate::lines::LINE_MAX;

/// The most columns of a table: more than twice the widest of the prototype (24).
///
/// A row with more is [`Fault::FieldCount`], as is any row that differs from its header.
const FIELDS_MAX: usize = 64;

/// A table of which the header has been read.
#[derive(Debug)]
pub(crate) struct Table {
    splitter: Splitter,
    header: Vec<String>,
}

/// One column of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    name: &'static str,
    index: usize,
}

/// The fields of one row.
pub(crate) struct Fields<'a> {
    text: &'a [u8],
    ends: &'a [usize],
}

impl Table {
    /// Takes the header line; `None` when it has more columns than any known table.
    pub(crate) fn new(header: &[u8]) -> Option<Self> {
        let mut splitter = Splitter::new();
        let fields = splitter.split(header)?;
        let header = (0..fields.ends.len())
            .map(|index| String::from_utf8_lossy(fields.at(index)).into_owned())
            .collect();
        Some(Self { splitter, header })
    }

    /// The names in the header, in their order.
    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    /// The column of this name.
    pub(crate) fn column(&self, name: &'static str) -> Option<Column> {
        let index = self.header.iter().position(|column| column == name)?;
        Some(Column { name, index })
    }

    /// Splits one row.
    ///
    /// # Errors
    /// When it does not have exactly the fields of the header.
    pub(crate) fn row(&mut self, line: &[u8]) -> Result<Fields<'_>, Fault> {
        let header = self.header.len();
        let fields = self.splitter.split(line);
        let have = fields.as_ref().map_or(FIELDS_MAX + 1, |it| it.ends.len());
        fields
            .filter(|_| have == header)
            .ok_or(Fault::FieldCount { have, header })
    }
}

impl<'a> Fields<'a> {
    fn at(&self, index: usize) -> &'a [u8] {
        let end_of = |index| self.ends.get(index).copied();
        let start = index.checked_sub(1).and_then(end_of).unwrap_or(0);
        let end = end_of(index).unwrap_or(start);
        self.text.get(start..end).unwrap_or(&[]).trim_ascii()
    }

    /// The text of a cell without blanks around it; nothing where the table has no such column.
    pub(crate) fn text(&self, column: Option<Column>) -> &'a [u8] {
        column.map_or(&[], |column| self.at(column.index))
    }

    /// What `read` makes of a cell; `None` where the cell is empty or there is no such column.
    ///
    /// # Errors
    /// When `read` makes nothing of it: the cell is not `wanted`.
    pub(crate) fn read<T>(
        &self,
        column: Option<Column>,
        wanted: &'static str,
        read: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        let text = self.text(column);
        match column {
            Some(column) if !text.is_empty() => read(text)
                .map(Some)
                .ok_or_else(|| Fault::cell(column.name, text, wanted)),
            _ => Ok(None),
        }
    }

    /// The value that a cell names in Rust's own notation, as [`Self::read`].
    ///
    /// # Errors
    /// When the cell is not `wanted`.
    pub(crate) fn parsed<T: FromStr>(
        &self,
        column: Option<Column>,
        wanted: &'static str,
    ) -> Result<Option<T>, Fault> {
        self.read(column, wanted, |text| {
            str::from_utf8(text).ok()?.parse().ok()
        })
    }

    /// The number in a cell, as [`Self::read`]; `nan` is unknown too.
    ///
    /// # Errors
    /// When the cell is no number.
    pub(crate) fn number(&self, column: Option<Column>) -> Result<Option<f64>, Fault> {
        let number = self.parsed::<f64>(column, "a number")?;
        Ok(number.filter(|number| number.is_finite()))
    }

    /// Whether a cell says `1` or `0`, as [`Self::read`].
    ///
    /// # Errors
    /// When it says anything else.
    pub(crate) fn flag(&self, column: Option<Column>) -> Result<Option<bool>, Fault> {
        self.read(column, "1 or 0", |text| match text {
            b"1" => Some(true),
            b"0" => Some(false),
            _ => None,
        })
    }
}

/// Splits lines into one buffer.
#[derive(Debug)]
struct Splitter {
    reader: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Splitter {
    fn new() -> Self {
        Self {
            reader: ReaderBuilder::new()
                .terminator(Terminator::Any(b'\n'))
                .build(),
            text: vec![0; LINE_MAX],
            ends: vec![0; FIELDS_MAX],
        }
    }

    /// The fields of a line without its end; `None` when there are too many.
    fn split(&mut self, line: &[u8]) -> Option<Fields<'_>> {
        self.reader.reset();
        let (_, _, written, ended) = self
            .reader
            .read_record(line, &mut self.text, &mut self.ends);
        // The end of the input ends the last field and with it the record.
        let (result, _, _, last) = self.reader.read_record(
            &[],
            self.text.get_mut(written..)?,
            self.ends.get_mut(ended..)?,
        );
        let ends = match result {
            ReadRecordResult::Record => self.ends.get(..ended + last)?,
            ReadRecordResult::End => &[],
            _ => return None,
        };
        Some(Fields {
            text: &self.text,
            ends,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(header: &str, line: &str) -> Result<Vec<String>, Fault> {
        let mut table = Table::new(header.as_bytes()).unwrap();
        let fields = table.row(line.as_bytes())?;
        Ok((0..fields.ends.len())
            .map(|index| String::from_utf8_lossy(fields.at(index)).into_owned())
            .collect())
    }

    #[test]
    fn quoted_fields_may_hold_commas_and_blanks_around_cells_are_no_part() {
        assert_eq!(
            row("a,b,c", r#"1, two ,"three, ""3""""#).unwrap(),
            ["1", "two", r#"three, "3""#]
        );
        assert_eq!(row("a,b", ",").unwrap(), ["", ""]);
    }

    #[test]
    fn open_quotation_mark_spoils_its_own_row_only() {
        let mut table = Table::new(b"a,b,c").unwrap();
        assert!(table.row(br#"1,"2,3"#).is_err());
        assert!(table.row(b"1,2,3").is_ok());
    }

    #[test]
    fn cut_joined_and_endless_rows_name_their_fields() {
        let count = |line: &str| match row("a,b,c", line) {
            Err(Fault::FieldCount { have, header: 3 }) => have,
            other => panic!("{other:?}"),
        };
        assert_eq!(count("1,2"), 2);
        assert_eq!(count("1,2,3,4"), 4);
        assert_eq!(count(&",".repeat(200)), FIELDS_MAX + 1);
        assert!(Table::new(",".repeat(200).as_bytes()).is_none());
    }
}
