//! What a vehicle commits together: rows, fixes, and what the broker has meanwhile.
//!
//! One transaction per group instead of three: each writes its pages anew, and SD cards die of it.

use rusqlite::Transaction;
use v2x_outbox::EntryId;
use v2x_units::Instant;

use crate::error::StoreError;
use crate::fix::{self, FixRow};
use crate::open::Store;
use crate::outbox::Queue;
use crate::telemetry::TelemetryRow;
use crate::when::{HostBoot, When};

/// The newest rows among which one is looked for that may have been written before: more than a
/// group ever holds.
const NEWEST_ROWS: u64 = 4_000;

/// A row with its date and its clocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedRow {
    /// The row; its upload enters the outbox.
    pub row: TelemetryRow,
    /// Its moment.
    pub when: When,
    /// The place in the outbox that was reserved for its upload; without one it gets the next.
    pub place: Option<EntryId>,
}

/// What shares one commit.
#[derive(Debug, Clone, Copy, Default)]
pub struct Group<'a> {
    /// Rows. At a moment that is taken nothing is written; [`Store::free_moment`] finds one that
    /// is not.
    pub rows: &'a [DatedRow],
    /// Fixes.
    pub fixes: &'a [(FixRow, When)],
    /// Rows that waited for a date under these numbers, and are among `rows` now.
    pub waited: &'a [i64],
    /// Entries of the outbox that the server has.
    pub acknowledged: &'a [EntryId],
}

impl Store {
    /// Writes a group, all or nothing.
    ///
    /// # Errors
    /// The disk's; then nothing is written.
    pub fn record_group(&mut self, group: Group<'_>) -> Result<(), StoreError> {
        self.change_queue(|tx, queue| {
            for row in group.rows {
                insert(tx, queue, row)?;
            }
            for (row, when) in group.fixes {
                fix::insert(tx, row, when)?;
            }
            let mut statement = tx.prepare_cached("DELETE FROM telemetry_undated WHERE id = ?1")?;
            for id in group.waited {
                statement.execute([id])?;
            }
            queue.delete(tx, group.acknowledged)
        })
    }

    /// Whether one of the newest rows, dated or not, was measured at this moment of the computer.
    ///
    /// # Errors
    /// The disk's.
    pub fn has_measured(&self, boot: (HostBoot, &str), since: Instant) -> Result<bool, StoreError> {
        let (number, words) = boot;
        let found: Vec<bool> = self.rows(
            "SELECT EXISTS (
                 SELECT 1 FROM (SELECT host_boot, since_us FROM telemetry ORDER BY id DESC LIMIT ?4)
                     WHERE host_boot = ?1 AND since_us = ?3)
             OR EXISTS (SELECT 1 FROM telemetry_undated WHERE boot = ?2 AND since_us = ?3)",
            (number.0, words, since.as_micros(), NEWEST_ROWS),
            |row| row.get(0),
        )?;
        Ok(found.first().copied().unwrap_or(false))
    }
}

impl Store {
    /// Whether one of the newest fixes was received at this moment of the computer.
    ///
    /// # Errors
    /// The disk's.
    pub fn has_fix(&self, boot: HostBoot, since: Instant) -> Result<bool, StoreError> {
        let found: Vec<bool> = self.rows(
            "SELECT EXISTS (
                 SELECT 1 FROM (SELECT host_boot, since_us FROM fix ORDER BY id DESC LIMIT ?3)
                     WHERE host_boot = ?1 AND since_us = ?2)",
            (boot.0, since.as_micros(), NEWEST_ROWS),
            |row| row.get(0),
        )?;
        Ok(found.first().copied().unwrap_or(false))
    }
}

fn insert(tx: &Transaction<'_>, queue: &mut Queue, dated: &DatedRow) -> rusqlite::Result<()> {
    let DatedRow { row, when, place } = dated;
    let written = tx
        .prepare_cached(
            "INSERT INTO telemetry (source, ts_ms, row_values, time_source, time_error_ms,
                                    host_boot, since_us, board_boot, board_us)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (source, ts_ms) DO NOTHING",
        )?
        .execute((
            &row.source,
            row.at.as_millis(),
            &row.values,
            when.source(),
            when.error_ms(),
            when.host_boot(),
            when.since_us(),
            when.board_boot(),
            when.board_us(),
        ))?;
    let Some(entry) = row.upload.as_ref().filter(|_| written > 0) else {
        return Ok(());
    };
    match place {
        Some(place) => queue.enter(tx, *place, entry),
        None => queue.insert(tx, entry).map(drop),
    }
}

#[cfg(test)]
mod tests {
    use v2x_outbox::{Class, NewEntry, PayloadKind, Storage as _};
    use v2x_units::{BootId, UtcTime};

    use super::*;
    use crate::when::DateMark;

    fn new_store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("v2x.db")).unwrap();
        (folder, store)
    }

    fn row(ms: i64, when: When, place: Option<EntryId>) -> DatedRow {
        let at = UtcTime::from_millis(ms);
        let upload = NewEntry::new(Class::Telemetry, PayloadKind::Telemetry, at, 1, "{}");
        DatedRow {
            row: TelemetryRow {
                source: "vehicle".to_owned(),
                at,
                values: "{}".to_owned(),
                upload: upload.ok(),
            },
            when,
            place,
        }
    }

    #[test]
    fn row_keeps_its_moment_on_every_clock() {
        let (_folder, mut store) = new_store();
        let boot = store.host_boot("a-boot").unwrap();
        assert_eq!(store.host_boot("a-boot").unwrap(), boot);
        let since = Instant::from_micros(61_000_000);
        let when = When {
            mark: Some(DateMark {
                source: "ntp",
                error_ms: Some(1000),
            }),
            host: Some((boot, since)),
            board: Some((BootId::new(9), Instant::from_micros(5))),
        };
        let rows = [row(5000, when, None)];
        let group = Group {
            rows: &rows,
            ..Group::default()
        };
        store.record_group(group).unwrap();
        type Columns = (String, i64, i64, u64, u32, u64);
        let columns: Vec<Columns> = store
            .rows(
                "SELECT time_source, time_error_ms, host_boot, since_us, board_boot, board_us
                     FROM telemetry",
                (),
                |row| {
                    let (host, board) = ((row.get(2)?, row.get(3)?), (row.get(4)?, row.get(5)?));
                    Ok((row.get(0)?, row.get(1)?, host.0, host.1, board.0, board.1))
                },
            )
            .unwrap();
        assert_eq!(columns, [("ntp".to_owned(), 1000, 1, 61_000_000, 9, 5)]);
        assert!(store.has_measured((boot, "a-boot"), since).unwrap());
        let other = Instant::from_micros(61_000_001);
        assert!(!store.has_measured((boot, "a-boot"), other).unwrap());
    }

    #[test]
    fn row_enters_the_outbox_at_its_reserved_place_and_what_is_acknowledged_goes() {
        let (_folder, mut store) = new_store();
        let first = store.reserve(Class::Telemetry);
        let second = store.reserve(Class::Telemetry);
        let rows = [row(1, When::default(), Some(first))];
        let group = Group {
            rows: &rows,
            ..Group::default()
        };
        store.record_group(group).unwrap();
        let rows = [row(2, When::default(), Some(second))];
        let group = Group {
            rows: &rows,
            acknowledged: &[first],
            ..Group::default()
        };
        store.record_group(group).unwrap();
        let waiting = store.pending(Class::Telemetry, 0, 9).unwrap();
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0].id, second);
    }
}
