//! What was measured when: one row per source and millisecond, written once.

use rusqlite::Transaction;
use v2x_outbox::NewEntry;
use v2x_units::UtcTime;

use crate::error::StoreError;
use crate::open::Store;
use crate::outbox::{Queue, sql_limit};

/// One row of measurements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelemetryRow {
    /// Who measured it, as `vehicle`.
    pub source: String,
    /// When it was measured; kept in milliseconds, the unit of ThingsBoard's `ts`.
    pub at: UtcTime,
    /// The values as a JSON object.
    pub values: String,
    /// What of it is to be sent; enters the outbox in the same transaction.
    pub upload: Option<NewEntry>,
}

/// What became of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recorded {
    /// Rows written, with their outbox entries.
    pub written: usize,
    /// Rows whose source already has a row at that millisecond: left as they were, not sent again.
    pub repeated: usize,
}

impl Store {
    /// Writes rows and their outbox entries in one transaction.
    ///
    /// # Errors
    /// The disk's; then nothing is written.
    pub fn record_telemetry(&mut self, rows: &[TelemetryRow]) -> Result<Recorded, StoreError> {
        self.change_queue(|tx, queue| insert(tx, queue, rows))
    }

    /// The rows of a source from a time on (inclusive), oldest first, at most `limit`; without
    /// their uploads.
    ///
    /// # Errors
    /// The disk's.
    pub fn telemetry(
        &self,
        source: &str,
        from: UtcTime,
        limit: usize,
    ) -> Result<Vec<TelemetryRow>, StoreError> {
        self.rows(
            "SELECT ts_ms, row_values FROM telemetry
                     WHERE source = ?1 AND ts_ms >= ?2 ORDER BY ts_ms LIMIT ?3",
            (source, from.as_millis(), sql_limit(limit)),
            |row| {
                Ok(TelemetryRow {
                    source: source.to_owned(),
                    at: UtcTime::from_millis(row.get(0)?),
                    values: row.get(1)?,
                    upload: None,
                })
            },
        )
    }

    /// How many rows the store holds.
    ///
    /// # Errors
    /// The disk's.
    pub fn telemetry_count(&self) -> Result<u64, StoreError> {
        let counts: Vec<u64> = self.rows("SELECT count(*) FROM telemetry", (), |row| row.get(0))?;
        Ok(counts.into_iter().sum())
    }
}

fn insert(
    tx: &Transaction<'_>,
    queue: &mut Queue,
    rows: &[TelemetryRow],
) -> rusqlite::Result<Recorded> {
    let mut recorded = Recorded::default();
    let mut statement = tx.prepare_cached(
        "INSERT INTO telemetry (source, ts_ms, row_values) VALUES (?1, ?2, ?3)
         ON CONFLICT (source, ts_ms) DO NOTHING",
    )?;
    for row in rows {
        if statement.execute((&row.source, row.at.as_millis(), &row.values))? == 0 {
            recorded.repeated += 1;
            continue;
        }
        recorded.written += 1;
        if let Some(entry) = &row.upload {
            queue.insert(tx, entry)?;
        }
    }
    Ok(recorded)
}
