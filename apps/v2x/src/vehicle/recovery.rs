//! Rows that a kill left in the journal of rows: into the next group, unless they are in the store.
//!
//! A row that has its date keeps it, since the broker may have it. A row of an earlier boot without
//! a date is none of a kill: what a power cut left of the journal may be older than the store.

use std::time::Duration;

use tracing::{info, warn};
use v2x_roles::timekeeping::{Dated, TimeSource};
use v2x_store::{DatedRow, Store, StoreError};
use v2x_units::{BootId, Instant, Stamp, UtcTime};

use super::dating::{Dating, GroupRow, MeasuredRow};
use super::row_journal::{JournalDate, JournalRow};
use super::source::BoardTime;
use super::telemetry::{self, SOURCE};

/// A row as the journal keeps it.
pub(super) fn journal_row(boot: &str, row: &MeasuredRow, dated: Option<&DatedRow>) -> JournalRow {
    let date = dated.and_then(|dated| {
        let mark = dated.when.mark?;
        Some(JournalDate {
            utc_us: dated.row.at.as_micros(),
            source: mark.source.to_owned(),
            error_us: mark
                .error_ms
                .map(|ms| ms.unsigned_abs().saturating_mul(1000)),
        })
    });
    JournalRow {
        boot: boot.to_owned(),
        since_us: row.at.instant.as_micros(),
        provisional_us: row.at.utc.as_micros(),
        board: row
            .board
            .map(|board| (board.boot.get(), board.at.as_micros())),
        points: row.points,
        values: row.values.clone(),
        date,
    }
}

/// The rows that a kill left and that are not in the store, oldest first.
pub(super) fn recover(
    left: Vec<JournalRow>,
    store: &mut Store,
    dating: &mut Dating,
) -> Vec<GroupRow> {
    let mut rows = Vec::new();
    for row in left {
        match recover_one(row, store, dating) {
            Ok(row) => rows.extend(row),
            Err(error) => warn!(%error, "a row that was not committed is lost"),
        }
    }
    if !rows.is_empty() {
        info!(
            rows = rows.len(),
            "rows that the last run did not commit are taken up"
        );
    }
    rows
}

fn recover_one(
    left: JournalRow,
    store: &mut Store,
    dating: &mut Dating,
) -> Result<Option<GroupRow>, StoreError> {
    let host = store.host_boot(&left.boot)?;
    let at = Stamp {
        instant: Instant::from_micros(left.since_us),
        utc: UtcTime::from_micros(left.provisional_us),
    };
    let measured = MeasuredRow {
        at,
        board: left.board.map(|(boot, since)| BoardTime {
            boot: BootId::new(boot),
            at: Instant::from_micros(since),
        }),
        values: left.values,
        points: left.points,
    };
    let Some(date) = left.date.as_ref().and_then(date) else {
        let is_known =
            left.boot != dating.boot() || store.has_measured((host, &left.boot), at.instant)?;
        return Ok((!is_known).then_some(GroupRow {
            measured,
            dated: None,
        }));
    };
    let stored = store.telemetry(SOURCE, date.utc, 1)?;
    if stored.first().is_some_and(|row| row.at == date.utc) {
        return Ok(None);
    }
    let mut when = dating.when(store, at.instant, measured.board, Some(date));
    when.host = Some((host, at.instant));
    let row = telemetry::dated(date, &measured.values, measured.points);
    let dated = DatedRow {
        row,
        when,
        place: None,
    };
    Ok(Some(GroupRow {
        measured,
        dated: Some(dated),
    }))
}

fn date(kept: &JournalDate) -> Option<Dated> {
    let sources = [
        TimeSource::Gnss,
        TimeSource::Ntp,
        TimeSource::SystemUnsynchronised,
    ];
    let source = sources
        .into_iter()
        .find(|source| source.word() == kept.source)?;
    Some(Dated {
        utc: UtcTime::from_micros(kept.utc_us),
        source,
        error: kept.error_us.map(Duration::from_micros),
    })
}
