//! What happened: things that are told once, as a start, an eviction or a loss.

use rusqlite::{Row, Transaction};
use v2x_outbox::NewEntry;
use v2x_units::UtcTime;

use crate::error::StoreError;
use crate::open::Store;
use crate::outbox::sql_limit;
use crate::when::When;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When; `None` while no clock is trusted.
    pub at: Option<UtcTime>,
    /// Which kind, as `telemetry_evicted`.
    pub kind: String,
    /// The circumstances as a JSON object.
    pub detail: String,
    /// What of it is to be sent; enters the outbox in the same transaction.
    pub upload: Option<NewEntry>,
}

/// An event with its place in the order of happening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its number; later events have higher ones, whatever the clock said.
    pub id: i64,
    /// The event, without its upload.
    pub event: Event,
}

impl Store {
    /// Writes an event and its outbox entry in one transaction.
    ///
    /// # Errors
    /// The disk's; then nothing is written.
    pub fn record_event(&mut self, event: &Event) -> Result<(), StoreError> {
        self.record_event_at(event, &When::default()).map(drop)
    }

    /// As [`Store::record_event`], with the moment on every clock that knows it; answers the
    /// event's number.
    ///
    /// # Errors
    /// The disk's; then nothing is written.
    pub fn record_event_at(&mut self, event: &Event, when: &When) -> Result<i64, StoreError> {
        self.change_queue(|tx, queue| {
            let id = insert_at(tx, event.at, when, &event.kind, &event.detail)?;
            if let Some(entry) = &event.upload {
                queue.insert(tx, entry)?;
            }
            Ok(id)
        })
    }

    /// Whether an event of this kind and detail is there; among the newest, where one that comes
    /// twice is.
    ///
    /// # Errors
    /// The disk's.
    pub fn has_event(&self, kind: &str, detail: &str) -> Result<bool, StoreError> {
        let found = self.rows(
            "SELECT 1 FROM (SELECT kind, detail FROM event ORDER BY id DESC LIMIT 1000)
             WHERE kind = ?1 AND detail = ?2 LIMIT 1",
            (kind, detail),
            |row| row.get::<_, i64>(0),
        )?;
        Ok(!found.is_empty())
    }

    /// The newest event of a kind.
    ///
    /// # Errors
    /// The disk's.
    pub fn newest_event(&self, kind: &str) -> Result<Option<StoredEvent>, StoreError> {
        let found = self.rows(
            "SELECT id, ts_ms, kind, detail FROM event WHERE kind = ?1 ORDER BY id DESC LIMIT 1",
            [kind],
            stored_event,
        )?;
        Ok(found.into_iter().next())
    }

    /// The number of the newest event; 0 when there is none.
    ///
    /// # Errors
    /// The disk's.
    pub fn newest_event_number(&self) -> Result<i64, StoreError> {
        let found: Vec<Option<i64>> =
            self.rows("SELECT max(id) FROM event", (), |row| row.get(0))?;
        Ok(found.into_iter().next().flatten().unwrap_or(0))
    }

    /// The events of a kind after a number whose detail has one of some texts under a key, newest
    /// first.
    ///
    /// # Errors
    /// The disk's.
    pub fn events_naming(
        &self,
        kind: &str,
        after: i64,
        (key, names): (&str, &[&str]),
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let names = serde_json::to_string(names).unwrap_or_default();
        self.rows(
            "SELECT id, ts_ms, kind, detail FROM event
             WHERE id > ?1 AND kind = ?2
               AND json_extract(detail, '$.' || ?3) IN (SELECT value FROM json_each(?4))
             ORDER BY id DESC",
            (after, kind, key, names),
            stored_event,
        )
    }

    /// What the newest events of a kind say, newest first, at most `limit` of them.
    ///
    /// # Errors
    /// The disk's.
    pub fn newest_details(&self, kind: &str, limit: usize) -> Result<Vec<String>, StoreError> {
        self.rows(
            "SELECT detail FROM event WHERE kind = ?1 ORDER BY id DESC LIMIT ?2",
            (kind, sql_limit(limit)),
            |row| row.get(0),
        )
    }

    /// The events after a number, oldest first, at most `limit`.
    ///
    /// # Errors
    /// The disk's.
    pub fn events(&self, after: i64, limit: usize) -> Result<Vec<StoredEvent>, StoreError> {
        self.rows(
            "SELECT id, ts_ms, kind, detail FROM event WHERE id > ?1 ORDER BY id LIMIT ?2",
            (after, sql_limit(limit)),
            stored_event,
        )
    }
}

/// Reads an event of four columns: number, time, kind, detail.
pub(crate) fn stored_event(row: &Row<'_>) -> rusqlite::Result<StoredEvent> {
    Ok(StoredEvent {
        id: row.get(0)?,
        event: Event {
            at: row.get::<_, Option<i64>>(1)?.map(UtcTime::from_millis),
            kind: row.get(2)?,
            detail: row.get(3)?,
            upload: None,
        },
    })
}

/// Writes one event inside somebody else's transaction.
pub(crate) fn insert(
    tx: &Transaction<'_>,
    at: Option<UtcTime>,
    kind: &str,
    detail: &str,
) -> rusqlite::Result<()> {
    insert_at(tx, at, &When::default(), kind, detail).map(drop)
}

fn insert_at(
    tx: &Transaction<'_>,
    at: Option<UtcTime>,
    when: &When,
    kind: &str,
    detail: &str,
) -> rusqlite::Result<i64> {
    tx.prepare_cached(
        "INSERT INTO event (ts_ms, kind, detail, host_boot, since_us, time_source, time_error_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute((
        at.map(UtcTime::as_millis),
        kind,
        detail,
        when.host_boot(),
        when.since_us(),
        when.source(),
        when.error_ms(),
    ))?;
    Ok(tx.last_insert_rowid())
}
