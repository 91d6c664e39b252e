//! Tables of fixes: each judged as the car would have, and repeats left out.

use std::collections::HashSet;
use std::fs::File;
use std::io::BufReader;

use v2x_recording::Fixes;
use v2x_roles::vehicle::{FixJudge, FixQuality};
use v2x_store::{FixRow, Store};
use v2x_units::{GnssFix, UtcTime};

use super::report::FileReport;
use super::timeline::{Placed, Timeline};
use crate::failure::{Blame, Context as _, Failure};

/// Fixes of the store that are looked at, to see which an earlier import brought.
const KNOWN_MAX: usize = 10_000_000;

/// Imports one table.
pub(super) fn import(
    name: &str,
    rows: Fixes<BufReader<File>>,
    store: &mut Store,
    report: &mut FileReport,
) -> Result<(), Failure> {
    let mut judge = FixJudge::default();
    let mut timeline = Timeline::default();
    timeline.begin_file();
    let mut judged = Vec::new();
    for row in rows {
        let row = match row.blame(Blame::Input, name)? {
            Ok(row) => row,
            Err(damaged) => {
                report.refuse(damaged.fault.to_string(), damaged.line);
                continue;
            }
        };
        report.read();
        if is_dated_by_its_row(row.at, &row.fix) {
            let what = "date without a time, and valid held the hour; dated by the row";
            report.repair(what, row.line);
        }
        let at = match timeline.place(row.at, None) {
            Placed::InOrder(at) => at,
            Placed::Behind(at) | Placed::ClockSetBack(at, _) => {
                report.repair("stamp behind the row above", row.line);
                at
            }
            Placed::Repeated => continue,
        };
        // The same fix in the next row carries that row's time; it is the same fix all the same.
        let timeless = GnssFix {
            utc: None,
            ..row.fix
        };
        match judge.judge(at, &timeless, None) {
            FixQuality::Repeated => report.recorded(0, 1),
            quality => judged.push(FixRow {
                at: row.at,
                fix: row.fix,
                quality: quality.word().to_owned(),
            }),
        }
    }
    let Some(first) = judged.iter().map(|row| row.at).min() else {
        return Ok(());
    };
    let known = store
        .fixes(first, KNOWN_MAX)
        .blame(Blame::Runtime, "store")?;
    let known: HashSet<UtcTime> = known.into_iter().map(|row| row.at).collect();
    let (old, new): (Vec<_>, Vec<_>) = judged.into_iter().partition(|it| known.contains(&it.at));
    report.recorded(new.len(), old.len());
    store.record_fixes(&new).blame(Blame::Runtime, "store")
}

/// Whether the prototype's table lost the receiver's own time.
fn is_dated_by_its_row(at: UtcTime, fix: &GnssFix) -> bool {
    fix.utc == Some(at)
}
