//! Where the car went: one row per trip, written again at every step until it has ended.

use v2x_outbox::NewEntry;
use v2x_roles::vehicle::{EpisodeId, Trip};
use v2x_units::UtcTime;

use crate::error::StoreError;
use crate::open::Store;
use crate::outbox::sql_limit;
use crate::record;
use crate::when::When;

impl Store {
    /// Writes a trip as it stands now, with what of it is to be sent, in one transaction. The id
    /// makes it one row for ever; a trip that has ended is never written again.
    ///
    /// # Errors
    /// The disk's; then nothing is written.
    pub fn record_trip(
        &mut self,
        trip: &Trip,
        upload: Option<&NewEntry>,
    ) -> Result<(), StoreError> {
        self.record_trip_at(trip, &When::default(), upload)
    }

    /// As [`Store::record_trip`], with the moment of this step on every clock that knows it.
    ///
    /// # Errors
    /// The disk's; then nothing is written.
    pub fn record_trip_at(
        &mut self,
        trip: &Trip,
        when: &When,
        upload: Option<&NewEntry>,
    ) -> Result<(), StoreError> {
        self.change_queue(|tx, queue| {
            let end = trip.end().as_ref().map(record::word).transpose()?;
            let written = tx
                .prepare_cached(
                    "INSERT INTO trip (id, started_us, ended_us, end_cause, distance_km, record,
                                       host_boot, since_us, time_source, time_error_ms)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                     ON CONFLICT (id) DO UPDATE SET
                         started_us = excluded.started_us, ended_us = excluded.ended_us,
                         end_cause = excluded.end_cause, distance_km = excluded.distance_km,
                         record = excluded.record,
                         host_boot = excluded.host_boot, since_us = excluded.since_us,
                         time_source = excluded.time_source,
                         time_error_ms = excluded.time_error_ms
                     WHERE ended_us IS NULL",
                )?
                .execute((
                    trip.id().to_string(),
                    trip.started().as_micros(),
                    trip.end().map(|_| trip.last_motion().as_micros()),
                    end,
                    trip.distance().map(|(way, _)| way.get()),
                    record::to_json(trip)?,
                    when.host_boot(),
                    when.since_us(),
                    when.source(),
                    when.error_ms(),
                ))?;
            if let Some(entry) = upload.filter(|_| written > 0) {
                queue.insert(tx, entry)?;
            }
            Ok(())
        })
    }

    /// Forgets a candidate that became no trip.
    ///
    /// # Errors
    /// The disk's.
    pub fn dismiss_trip(&mut self, id: EpisodeId) -> Result<(), StoreError> {
        self.transaction(|tx| {
            tx.prepare_cached("DELETE FROM trip WHERE id = ?1 AND ended_us IS NULL")?
                .execute([id.to_string()])
        })?;
        Ok(())
    }

    /// The trips that have ended and began at a time or after it, oldest first, at most `limit`.
    ///
    /// # Errors
    /// The disk's, or a record that this program cannot read.
    pub fn trips(&self, from: UtcTime, limit: usize) -> Result<Vec<Trip>, StoreError> {
        self.rows(
            "SELECT record FROM trip WHERE started_us >= ?1 AND ended_us IS NOT NULL
             ORDER BY started_us, id LIMIT ?2",
            (from.as_micros(), sql_limit(limit)),
            record::from_row,
        )
    }

    /// The trip that was running when the program last wrote; the newest if there are several.
    ///
    /// # Errors
    /// The disk's, or a record that this program cannot read.
    pub fn unfinished_trip(&self) -> Result<Option<Trip>, StoreError> {
        let mut found = self.rows(
            "SELECT record FROM trip WHERE ended_us IS NULL ORDER BY started_us DESC LIMIT 1",
            (),
            record::from_row,
        )?;
        Ok(found.pop())
    }
}
