//! Tables that hold the same rows: copies and joined files, of which each row counts once.
//!
//! The prototype's folders hold a table twice, once alone and once joined with the next. A table
//! of which every row stands in a larger one is left out as a whole; the others stay whole and in
//! the order of their beginnings, and their common rows are told apart by their stamps.

use std::collections::HashMap;

use v2x_recording::MergedRow;

use super::merged_tables::MergedTable;
use super::report::Report;

/// The tables in the order of their beginnings, without those that larger ones hold.
pub(super) fn without_repeats(
    mut tables: Vec<MergedTable>,
    report: &mut Report,
) -> Vec<MergedTable> {
    // The largest first; of equal ones the first by name stays.
    tables.sort_by(|a, b| {
        b.rows
            .len()
            .cmp(&a.rows.len())
            .then_with(|| a.name.cmp(&b.name))
    });
    let mut kept: Vec<(MergedTable, HashMap<i64, Vec<MergedRow>>)> = Vec::new();
    for table in tables {
        let rows = by_stamp(&table);
        match kept.iter().find(|(_, larger)| holds(larger, &table)) {
            None => kept.push((table, rows)),
            Some((larger, _)) => {
                let why = format!("every row of it stands in {}", larger.name);
                let file = report.of(&table.name);
                file.recorded(0, table.rows.len());
                file.leave_out(why);
            }
        }
    }
    let mut tables: Vec<_> = kept.into_iter().map(|(table, _)| table).collect();
    tables.sort_by_key(|table| table.rows.first().map(|first| first.row.at));
    tables
}

fn by_stamp(table: &MergedTable) -> HashMap<i64, Vec<MergedRow>> {
    let mut rows: HashMap<i64, Vec<MergedRow>> = HashMap::new();
    for row in &table.rows {
        rows.entry(row.row.at.as_micros())
            .or_default()
            .push(row.row);
    }
    rows
}

fn holds(larger: &HashMap<i64, Vec<MergedRow>>, table: &MergedTable) -> bool {
    table.rows.iter().all(|row| {
        let same_moment = larger.get(&row.row.at.as_micros());
        same_moment.is_some_and(|rows| rows.contains(&row.row))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use v2x_recording::{Origin, RecordedRow};
    use v2x_units::UtcTime;

    fn table(name: &str, seconds: std::ops::Range<i64>) -> MergedTable {
        let rows = seconds.map(|second| RecordedRow {
            line: 2,
            origin: Origin::Prototype,
            row: MergedRow::unknown(UtcTime::from_millis(second * 1000)),
        });
        MergedTable {
            name: name.to_owned(),
            rows: rows.collect(),
        }
    }

    #[test]
    fn table_that_a_larger_one_holds_is_left_out_and_others_stand_in_time() {
        let tables = vec![
            table("late", 100..120),
            table("part", 10..20),
            table("whole", 0..50),
            table("copy", 0..50),
        ];
        let mut report = Report::default();
        let names: Vec<_> = without_repeats(tables, &mut report)
            .into_iter()
            .map(|table| table.name)
            .collect();
        assert_eq!(names, ["copy", "late"]);
    }
}
