//! Merged tables: their rows, without those whose time nobody knows and files that no car wrote.

use std::fs::File;
use std::io::BufReader;

use v2x_recording::{MergedRows, Origin, RecordedRow};
use v2x_units::UtcTime;

use super::report::FileReport;
use crate::failure::{Blame, Context as _, Failure};

/// The most rows of one table: four months at one row per second, 2 GB in memory.
const ROWS_MAX: usize = 10_000_000;
/// The prototype's stamps have nine decimals; over this many rows chance does not make them round.
const ROWS_FOR_A_MARK: usize = 6;
/// A stamp further behind the row above is of another setting of the clock.
const CLOCK_SET_BACK_US: i64 = 10_000_000;

/// The rows of one table, in the order of its lines.
#[derive(Debug)]
pub(super) struct MergedTable {
    pub(super) name: String,
    pub(super) rows: Vec<RecordedRow>,
}

impl MergedTable {
    /// From its earliest stamp to its latest.
    pub(super) fn span(&self) -> Option<(UtcTime, UtcTime)> {
        let stamps = || self.rows.iter().map(|row| row.row.at);
        stamps().min().zip(stamps().max())
    }
}

/// Reads a table; `None` when nothing of it is used.
pub(super) fn read(
    name: String,
    rows: MergedRows<BufReader<File>>,
    report: &mut FileReport,
) -> Result<Option<MergedTable>, Failure> {
    let mut read = Vec::new();
    for row in rows {
        match row.blame(Blame::Input, &name)? {
            Ok(row) if read.len() < ROWS_MAX => {
                report.read();
                read.push(row);
            }
            Ok(row) => report.refuse("the table has more rows than are imported", row.line),
            Err(damaged) => report.refuse(damaged.fault.to_string(), damaged.line),
        }
    }
    if let Some(why) = foreign_mark(&read) {
        report.leave_out(why);
        return Ok(None);
    }
    refuse_stamp_before_the_clock_was_set(&mut read, report);
    for row in &read {
        if row.origin == Origin::Prototype && row.row.fix.is_some() {
            report.repair("gps_valid held the hour and is not looked at", row.line);
        }
    }
    Ok(Some(MergedTable { name, rows: read }))
}

/// What shows that a table of the prototype's form was not written by it.
fn foreign_mark(rows: &[RecordedRow]) -> Option<&'static str> {
    let is_prototype = rows.iter().all(|row| row.origin == Origin::Prototype);
    let is_round = rows.iter().all(|row| row.row.at.as_micros() % 10 == 0);
    (rows.len() >= ROWS_FOR_A_MARK && is_prototype && is_round).then_some(
        "its stamps have five decimals or fewer, where the collector's have nine: it was made or \
         edited by other means, and is no record of a car",
    )
}

/// A first row far ahead of the second was dated before the clock was set; a single row tells
/// nothing about when it was.
fn refuse_stamp_before_the_clock_was_set(rows: &mut Vec<RecordedRow>, report: &mut FileReport) {
    let [first, second, ..] = &rows[..] else {
        return;
    };
    let back = first.row.at.micros_since(second.row.at);
    if back > CLOCK_SET_BACK_US {
        let why = format!(
            "its stamp is {} s ahead of the next row's: the clock was set after it",
            back / 1_000_000
        );
        report.refuse(why, first.line);
        rows.remove(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use v2x_recording::MergedRow;

    fn rows(stamps: &[i64]) -> Vec<RecordedRow> {
        let rows = (2..).zip(stamps).map(|(line, at)| RecordedRow {
            line,
            origin: Origin::Prototype,
            row: MergedRow::unknown(UtcTime::from_micros(*at)),
        });
        rows.collect()
    }

    #[test]
    fn table_whose_stamps_are_all_round_is_no_record_of_a_car() {
        let round: Vec<_> = (0..20).map(|n| n * 1_000_000 + 123_000).collect();
        assert!(foreign_mark(&rows(&round)).is_some());
        let mut real = round.clone();
        real[7] += 1;
        assert!(foreign_mark(&rows(&real)).is_none());
        assert!(
            foreign_mark(&rows(&round[..5])).is_none(),
            "too few to tell"
        );
    }

    #[test]
    fn first_row_dated_before_the_clock_was_set_is_refused() {
        let mut report = FileReport::default();
        let mut table = rows(&[1_112_000_000, 1_000_000, 6_000_000]);
        refuse_stamp_before_the_clock_was_set(&mut table, &mut report);
        assert_eq!(table[0].line, 3);
        refuse_stamp_before_the_clock_was_set(&mut table, &mut report);
        assert_eq!(table.len(), 2);
    }
}
