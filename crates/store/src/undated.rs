//! What was measured before anybody knew the time: kept by boot and time since it, dated later.
//!
//! Nothing here is in the outbox; a row gets there in the transaction that dates it. Who knows the
//! time, and when to stop waiting for it, is decided in `roles` and in the daemon.

use rusqlite::Transaction;
use v2x_units::{BootId, Instant, UtcTime};

use crate::error::StoreError;
use crate::event;
use crate::open::Store;
use crate::outbox::sql_limit;

/// Rows that may wait for a date: eleven days at one per second.
pub const UNDATED_MAX: u64 = 1_000_000;
/// The kind of event that is left behind by rows that were given up because there were too many.
const GIVEN_UP: &str = "undated_given_up";

/// A row without a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndatedRow {
    /// Who measured it, as `vehicle`.
    pub source: String,
    /// The boot of the computer during which it was measured, in the kernel's words.
    pub boot: String,
    /// When, since that boot.
    pub since_boot: Instant,
    /// When, on the clock of the board that measured.
    pub board: Option<(BootId, Instant)>,
    /// What a clock said that nobody trusts; `None` when there was none.
    pub unsure: Option<UtcTime>,
    /// How many data points the values are.
    pub points: u32,
    /// The values as a JSON object.
    pub values: String,
}

impl Store {
    /// Keeps rows that have no date yet, in one transaction. When more than [`UNDATED_MAX`] wait,
    /// the oldest are given up, which is recorded as an event.
    ///
    /// # Errors
    /// The disk's; then nothing is written.
    pub fn keep_undated(&mut self, rows: &[UndatedRow]) -> Result<(), StoreError> {
        self.transaction(|tx| {
            let mut statement = tx.prepare_cached(
                "INSERT INTO telemetry_undated
                     (source, boot, since_us, unsure_us, points, row_values, board_boot, board_us)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?;
            for row in rows {
                statement.execute((
                    &row.source,
                    &row.boot,
                    row.since_boot.as_micros(),
                    row.unsure.map(UtcTime::as_micros),
                    row.points,
                    &row.values,
                    row.board.map(|(boot, _)| boot.get()),
                    row.board.map(|(_, at)| at.as_micros()),
                ))?;
            }
            give_up_above(tx, UNDATED_MAX)
        })
    }

    /// Rows without a date after a number, in the order of measurement, at most `limit`.
    ///
    /// # Errors
    /// The disk's.
    pub fn undated(&self, after: i64, limit: usize) -> Result<Vec<(i64, UndatedRow)>, StoreError> {
        self.rows(
            "SELECT id, source, boot, since_us, unsure_us, points, row_values, board_boot, board_us
                 FROM telemetry_undated WHERE id > ?1 ORDER BY id LIMIT ?2",
            (after, sql_limit(limit)),
            |row| {
                let board_boot: Option<u32> = row.get(7)?;
                let board_at: Option<u64> = row.get(8)?;
                let kept = UndatedRow {
                    board: (board_boot.map(BootId::new)).zip(board_at.map(Instant::from_micros)),
                    source: row.get(1)?,
                    boot: row.get(2)?,
                    since_boot: Instant::from_micros(row.get(3)?),
                    unsure: row.get::<_, Option<i64>>(4)?.map(UtcTime::from_micros),
                    points: row.get(5)?,
                    values: row.get(6)?,
                };
                Ok((row.get(0)?, kept))
            },
        )
    }

    /// How many rows wait for a date.
    ///
    /// # Errors
    /// The disk's.
    pub fn undated_count(&self) -> Result<u64, StoreError> {
        let counts: Vec<u64> = self.rows("SELECT count(*) FROM telemetry_undated", (), |row| {
            row.get(0)
        })?;
        Ok(counts.into_iter().sum())
    }

    /// The first millisecond from a moment on at which a source has no row.
    ///
    /// # Errors
    /// The disk's.
    pub fn free_moment(&self, source: &str, from: UtcTime) -> Result<UtcTime, StoreError> {
        let mut free = from.as_millis();
        loop {
            let taken: Vec<i64> = self.rows(
                "SELECT ts_ms FROM telemetry WHERE source = ?1 AND ts_ms = ?2",
                (source, free),
                |row| row.get(0),
            )?;
            if taken.is_empty() {
                return Ok(UtcTime::from_millis(free));
            }
            free = free.saturating_add(1);
        }
    }

    /// The date of the row that was last dated by somebody whom one may trust.
    ///
    /// # Errors
    /// The disk's.
    pub fn newest_trusted(&self) -> Result<Option<UtcTime>, StoreError> {
        let newest: Vec<i64> = self.rows(
            "SELECT ts_ms FROM telemetry WHERE time_source IN ('gnss', 'ntp')
                 ORDER BY id DESC LIMIT 1",
            (),
            |row| row.get(0),
        )?;
        Ok(newest.first().copied().map(UtcTime::from_millis))
    }
}

fn give_up_above(tx: &Transaction<'_>, most: u64) -> rusqlite::Result<()> {
    let count: u64 = tx.query_row("SELECT count(*) FROM telemetry_undated", (), |row| {
        row.get(0)
    })?;
    let excess = count.saturating_sub(most);
    if excess == 0 {
        return Ok(());
    }
    tx.execute(
        "DELETE FROM telemetry_undated WHERE id IN
             (SELECT id FROM telemetry_undated ORDER BY id LIMIT ?1)",
        [excess],
    )?;
    event::insert(tx, None, GIVEN_UP, &format!(r#"{{"rows":{excess}}}"#))
}

#[cfg(test)]
mod tests {
    use v2x_outbox::{Class, NewEntry, PayloadKind, Storage as _};

    use super::*;
    use crate::group::{DatedRow, Group};
    use crate::telemetry::TelemetryRow;
    use crate::when::{DateMark, When};

    fn new_store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("v2x.db")).unwrap();
        (folder, store)
    }

    fn undated(second: u64) -> UndatedRow {
        UndatedRow {
            source: "vehicle".to_owned(),
            boot: "a-boot".to_owned(),
            since_boot: Instant::from_micros(second * 1_000_000),
            board: Some((BootId::new(7), Instant::from_micros(second))),
            unsure: None,
            points: 1,
            values: r#"{"soc":64.4}"#.to_owned(),
        }
    }

    fn dated(ms: i64, values: &str) -> DatedRow {
        let at = UtcTime::from_millis(ms);
        let upload = NewEntry::new(Class::Telemetry, PayloadKind::Telemetry, at, 1, values);
        let row = TelemetryRow {
            source: "vehicle".to_owned(),
            at,
            values: values.to_owned(),
            upload: upload.ok(),
        };
        let by_gnss = DateMark {
            source: "gnss",
            error_ms: Some(3),
        };
        DatedRow {
            row,
            when: When {
                mark: Some(by_gnss),
                ..When::default()
            },
            place: None,
        }
    }

    fn record(store: &mut Store, rows: &[DatedRow], waited: &[i64]) -> Result<(), StoreError> {
        store.record_group(Group {
            rows,
            waited,
            ..Group::default()
        })
    }

    #[test]
    fn row_without_a_date_survives_a_restart_and_is_not_offered() {
        let (folder, mut store) = new_store();
        store.keep_undated(&[undated(1), undated(2)]).unwrap();
        drop(store);
        let store = Store::open(&folder.path().join("v2x.db")).unwrap();
        let kept = store.undated(0, 10).unwrap();
        assert_eq!(kept[1].1, undated(2));
        assert_eq!(store.usage().entries, 0);
    }

    #[test]
    fn dating_a_row_offers_it_and_ends_its_waiting_in_one_step() {
        let (_folder, mut store) = new_store();
        store.keep_undated(&[undated(1), undated(2)]).unwrap();
        let first = store.undated(0, 1).unwrap()[0].0;
        record(&mut store, &[dated(5000, "{}")], &[first]).unwrap();
        assert_eq!(store.undated_count().unwrap(), 1);
        assert_eq!(store.usage().entries, 1);
        assert_eq!(
            store.newest_trusted().unwrap(),
            Some(UtcTime::from_millis(5000))
        );
        // What cannot be written is still waiting.
        let second = store.undated(0, 1).unwrap()[0].0;
        assert!(record(&mut store, &[dated(6000, "{")], &[second]).is_err());
        assert_eq!(store.undated_count().unwrap(), 1);
    }

    #[test]
    fn moment_that_an_earlier_run_took_is_not_free() {
        let (_folder, mut store) = new_store();
        record(&mut store, &[dated(5000, "{}"), dated(5001, "{}")], &[]).unwrap();
        let free = |ms| {
            store
                .free_moment("vehicle", UtcTime::from_millis(ms))
                .unwrap()
        };
        assert_eq!(free(5000), UtcTime::from_millis(5002));
        assert_eq!(free(4999), UtcTime::from_millis(4999));
    }

    #[test]
    fn oldest_undated_rows_are_given_up_and_counted_when_full() {
        let (_folder, mut store) = new_store();
        store
            .keep_undated(&[undated(1), undated(2), undated(3)])
            .unwrap();
        store.transaction(|tx| give_up_above(tx, 2)).unwrap();
        assert_eq!(store.undated(0, 10).unwrap()[0].1, undated(2));
        let events = store.events(0, 10).unwrap();
        assert_eq!(events[0].event.detail, r#"{"rows":1}"#);
    }
}
