//! What was there between two moments: rows, fixes, drives, charges, events, for whoever looks
//! back. Rows and fixes are handed over one after another, a page at a time: years of them need no
//! memory, and a reader who is slow holds up no checkpoint of the log in between.

use rusqlite::params;
use v2x_roles::vehicle::{Charge, Trip};
use v2x_units::UtcTime;

use crate::error::StoreError;
use crate::event::{StoredEvent, stored_event};
use crate::fix::{FixRow, fix_row};
use crate::open::Store;
use crate::outbox::sql_limit;
use crate::record;

/// Rows or fixes that are read at once.
const PAGE: usize = 1000;

/// How many rows there are, and when the first and the last one are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// How many.
    pub rows: u64,
    /// The first and the last, in ms since 1970.
    pub ends: Option<(i64, i64)>,
}

impl Store {
    /// How many rows a source has from a time (inclusive) to another (exclusive), in ms since 1970.
    ///
    /// # Errors
    /// The disk's.
    pub fn extent(&self, source: &str, from: i64, to: i64) -> Result<Extent, StoreError> {
        let extents = self.rows(
            "SELECT count(*), min(ts_ms), max(ts_ms) FROM telemetry
             WHERE source = ?1 AND ts_ms >= ?2 AND ts_ms < ?3",
            (source, from, to),
            |row| {
                let ends: (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
                Ok(Extent {
                    rows: row.get(0)?,
                    ends: ends.0.zip(ends.1),
                })
            },
        )?;
        Ok(extents.into_iter().next().unwrap_or_default())
    }

    /// Hands over the rows of a source from a time (inclusive) to another (exclusive), oldest
    /// first: their time in ms since 1970 and their values as a JSON object. `each` answers whether
    /// it wants more.
    ///
    /// # Errors
    /// The disk's.
    pub fn each_row(
        &self,
        source: &str,
        from: i64,
        to: i64,
        mut each: impl FnMut(i64, &str) -> bool,
    ) -> Result<(), StoreError> {
        let mut next = from;
        loop {
            let page = self.rows(
                "SELECT ts_ms, row_values FROM telemetry
                 WHERE source = ?1 AND ts_ms >= ?2 AND ts_ms < ?3 ORDER BY ts_ms LIMIT ?4",
                (source, next, to, PAGE),
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)),
            )?;
            for (ts, values) in &page {
                if !each(*ts, values) {
                    return Ok(());
                }
            }
            match page.last() {
                // A millisecond has one row of a source.
                Some((last, _)) if page.len() >= PAGE => next = last.saturating_add(1),
                _ => return Ok(()),
            }
        }
    }

    /// The newest row of a source: its time in ms since 1970 and its values as a JSON object.
    ///
    /// # Errors
    /// The disk's.
    pub fn newest_row(&self, source: &str) -> Result<Option<(i64, String)>, StoreError> {
        let found = self.rows(
            "SELECT ts_ms, row_values FROM telemetry WHERE source = ?1
             ORDER BY ts_ms DESC LIMIT 1",
            [source],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(found.into_iter().next())
    }

    /// Hands over the good fixes from a time (inclusive) to another (exclusive), oldest first.
    /// `each` answers whether it wants more.
    ///
    /// # Errors
    /// The disk's.
    pub fn each_good_fix(
        &self,
        from: UtcTime,
        to: UtcTime,
        mut each: impl FnMut(&FixRow) -> bool,
    ) -> Result<(), StoreError> {
        let mut after = (from.as_micros(), i64::MIN);
        loop {
            let page = self.rows(
                "SELECT ts_us, latitude_deg, longitude_deg, altitude_m, speed_kmh,
                        satellites, hdop, receiver_us, valid, quality, id
                 FROM fix WHERE (ts_us, id) > (?1, ?2) AND ts_us < ?3 AND quality = 'good'
                 ORDER BY ts_us, id LIMIT ?4",
                (after.0, after.1, to.as_micros(), PAGE),
                |row| Ok((fix_row(row)?, row.get::<_, i64>(10)?)),
            )?;
            for (fix, _) in &page {
                if !each(fix) {
                    return Ok(());
                }
            }
            match page.last() {
                Some((fix, id)) if page.len() >= PAGE => after = (fix.at.as_micros(), *id),
                _ => return Ok(()),
            }
        }
    }

    /// The trips that overlap a stretch of time, also the one that goes on; newest first.
    ///
    /// # Errors
    /// The disk's, or a record that this program cannot read.
    pub fn trips_between(
        &self,
        from: UtcTime,
        to: UtcTime,
        limit: usize,
    ) -> Result<Vec<Trip>, StoreError> {
        self.rows(
            "SELECT record FROM trip
             WHERE started_us < ?2 AND (ended_us IS NULL OR ended_us >= ?1)
             ORDER BY started_us DESC, id LIMIT ?3",
            (from.as_micros(), to.as_micros(), sql_limit(limit)),
            record::from_row,
        )
    }

    /// The charges that overlap a stretch of time, also the one that goes on; newest first.
    ///
    /// # Errors
    /// The disk's, or a record that this program cannot read.
    pub fn charges_between(
        &self,
        from: UtcTime,
        to: UtcTime,
        limit: usize,
    ) -> Result<Vec<Charge>, StoreError> {
        self.rows(
            "SELECT record FROM charge
             WHERE started_us < ?2 AND (ended_us IS NULL OR ended_us >= ?1)
             ORDER BY started_us DESC, id LIMIT ?3",
            (from.as_micros(), to.as_micros(), sql_limit(limit)),
            record::from_row,
        )
    }

    /// The events of some kinds from a time (inclusive) to another (exclusive), newest first. Those
    /// without a time belong to every stretch of it.
    ///
    /// # Errors
    /// The disk's.
    pub fn events_between(
        &self,
        kinds: &[&str],
        from: i64,
        to: i64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let kinds = serde_json::to_string(kinds).unwrap_or_default();
        self.rows(
            "SELECT id, ts_ms, kind, detail FROM event
             WHERE kind IN (SELECT value FROM json_each(?1))
               AND (ts_ms IS NULL OR (ts_ms >= ?2 AND ts_ms < ?3))
             ORDER BY id DESC LIMIT ?4",
            params![kinds, from, to, sql_limit(limit)],
            stored_event,
        )
    }
}
