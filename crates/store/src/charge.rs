//! When the car was charged: one row per charge, written again at every step until it has ended.

use v2x_outbox::NewEntry;
use v2x_roles::vehicle::{Charge, EpisodeId};
use v2x_units::{AmpereHours, UtcTime};

use crate::error::StoreError;
use crate::open::Store;
use crate::outbox::sql_limit;
use crate::record;
use crate::when::When;

impl Store {
    /// Writes a charge as it stands now, with what of it is to be sent, in one transaction. The id
    /// makes it one row for ever; a charge that has ended is never written again.
    ///
    /// # Errors
    /// The disk's; then nothing is written.
    pub fn record_charge(
        &mut self,
        charge: &Charge,
        upload: Option<&NewEntry>,
    ) -> Result<(), StoreError> {
        self.record_charge_at(charge, &When::default(), upload)
    }

    /// As [`Store::record_charge`], with the moment of this step on every clock that knows it.
    ///
    /// # Errors
    /// The disk's; then nothing is written.
    pub fn record_charge_at(
        &mut self,
        charge: &Charge,
        when: &When,
        upload: Option<&NewEntry>,
    ) -> Result<(), StoreError> {
        self.change_queue(|tx, queue| {
            let end = charge.end().as_ref().map(record::word).transpose()?;
            let written = tx
                .prepare_cached(
                    "INSERT INTO charge (id, started_us, ended_us, end_cause, charge_ah,
                                         is_inferred, record, host_boot, since_us, time_source,
                                         time_error_ms)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                     ON CONFLICT (id) DO UPDATE SET
                         started_us = excluded.started_us, ended_us = excluded.ended_us,
                         end_cause = excluded.end_cause, charge_ah = excluded.charge_ah,
                         is_inferred = excluded.is_inferred, record = excluded.record,
                         host_boot = excluded.host_boot, since_us = excluded.since_us,
                         time_source = excluded.time_source,
                         time_error_ms = excluded.time_error_ms
                     WHERE ended_us IS NULL",
                )?
                .execute((
                    charge.id().to_string(),
                    charge.started().as_micros(),
                    charge.end().map(|_| charge.last_charging().as_micros()),
                    end,
                    charge.flow().charge_in().map(AmpereHours::get),
                    charge.is_inferred(),
                    record::to_json(charge)?,
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

    /// Forgets a candidate that became no charge.
    ///
    /// # Errors
    /// The disk's.
    pub fn dismiss_charge(&mut self, id: EpisodeId) -> Result<(), StoreError> {
        self.transaction(|tx| {
            tx.prepare_cached("DELETE FROM charge WHERE id = ?1 AND ended_us IS NULL")?
                .execute([id.to_string()])
        })?;
        Ok(())
    }

    /// The charges that have ended and began at a time or after it, oldest first, at most `limit`.
    ///
    /// # Errors
    /// The disk's, or a record that this program cannot read.
    pub fn charges(&self, from: UtcTime, limit: usize) -> Result<Vec<Charge>, StoreError> {
        self.rows(
            "SELECT record FROM charge WHERE started_us >= ?1 AND ended_us IS NOT NULL
             ORDER BY started_us, id LIMIT ?2",
            (from.as_micros(), sql_limit(limit)),
            record::from_row,
        )
    }

    /// The charge that was running when the program last wrote; the newest if there are several.
    ///
    /// # Errors
    /// The disk's, or a record that this program cannot read.
    pub fn unfinished_charge(&self) -> Result<Option<Charge>, StoreError> {
        let mut found = self.rows(
            "SELECT record FROM charge WHERE ended_us IS NULL ORDER BY started_us DESC LIMIT 1",
            (),
            record::from_row,
        )?;
        Ok(found.pop())
    }
}
