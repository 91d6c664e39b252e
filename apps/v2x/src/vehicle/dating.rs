//! Rows on their way to a date: kept without one until somebody knows the time, dated then.
//!
//! A row goes out dated by GNSS or a synchronised clock. While there is neither it waits in the
//! store, under the boot of the computer and the time since it; a later run of the same boot dates
//! it as well. After a while (`time.wait_s`) a clock that nobody vouches for is better than none:
//! rows are then dated by it and say so. A row of an earlier boot that never had a clock stays in
//! the store.

use std::time::Duration;

use tracing::{info, warn};
use v2x_roles::timekeeping::{Dated, Succession, TimeSource};
use v2x_store::{DateMark, Store, StoreError, TelemetryRow, UndatedRow};
use v2x_units::{Instant, Stamp};

use super::telemetry::{self, SOURCE};
use crate::clock::{self, Clock};

/// Rows dated in one transaction.
const CHUNK: usize = 500;

/// A row of measurements without a date.
#[derive(Debug)]
pub(super) struct MeasuredRow {
    /// When, on the monotonic clock, and what the files call it.
    pub(super) at: Stamp,
    /// The values as a JSON object, without anything about time.
    pub(super) values: String,
    /// How many data points they are.
    pub(super) points: u32,
}

/// Gives dates to rows, in the order of measurement.
pub(super) struct Dating {
    clock: Clock,
    boot: String,
    /// Until then a clock that is not trusted does not date.
    wait_until: Instant,
    succession: Succession,
    /// Whether rows of this boot may stand in the store without a date.
    some_wait: bool,
}

impl Dating {
    /// Begins now, and waits at most so long for a clock that can be trusted.
    pub(super) fn new(clock: Clock, wait: Duration) -> Self {
        Self {
            clock,
            boot: clock::boot_id(),
            wait_until: clock.now().instant + wait,
            succession: Succession::default(),
            some_wait: true,
        }
    }

    /// Writes rows: dated and for the outbox, or without a date when nobody knows it yet.
    ///
    /// # Errors
    /// The store's; the rows are then in it not at all.
    pub(super) fn commit(
        &mut self,
        store: &mut Store,
        rows: &[MeasuredRow],
    ) -> Result<(), StoreError> {
        self.date_waiting(store)?;
        let dates: Option<Vec<_>> = rows.iter().map(|row| self.date(row.at.instant)).collect();
        let Some(dates) = dates else {
            let undated: Vec<_> = rows.iter().map(|row| self.undated(row)).collect();
            store.keep_undated(&undated)?;
            self.some_wait = true;
            return Ok(());
        };
        let mut dated = Vec::with_capacity(rows.len());
        for (row, date) in rows.iter().zip(dates) {
            dated.push(self.dated(store, date, &row.values, row.points)?);
        }
        store.record_dated(&dated, &[])
    }

    /// Dates what waits in the store, if there is a date now.
    ///
    /// # Errors
    /// The store's; what was not dated yet still waits.
    pub(super) fn date_waiting(&mut self, store: &mut Store) -> Result<(), StoreError> {
        if !self.some_wait || self.date(self.clock.now().instant).is_none() {
            return Ok(());
        }
        let (mut after, mut count, mut dateless) = (0, 0, 0);
        loop {
            let waiting = store.undated(after, CHUNK)?;
            let Some((last, _)) = waiting.last() else {
                break;
            };
            after = *last;
            let (mut rows, mut ids) = (Vec::new(), Vec::new());
            for (id, row) in &waiting {
                if let Some(date) = self.date_of_waiting(row) {
                    rows.push(self.dated(store, date, &row.values, row.points)?);
                    ids.push(*id);
                } else {
                    dateless += 1;
                }
            }
            count += ids.len();
            store.record_dated(&rows, &ids)?;
        }
        self.some_wait = false;
        if count > 0 {
            info!(rows = count, "rows that waited for the time are dated");
        }
        if dateless > 0 {
            warn!(
                rows = dateless,
                "rows of an earlier boot without any clock stay undated"
            );
        }
        Ok(())
    }

    /// The date of a moment, from whom one may ask now.
    pub(super) fn date(&self, at: Instant) -> Option<Dated> {
        let is_over = self.clock.now().instant >= self.wait_until;
        let date = self.clock.date(at)?;
        (date.source.is_trusted() || is_over).then_some(date)
    }

    /// The date of a row that waited; one of an earlier boot has only what its own clock said.
    fn date_of_waiting(&self, row: &UndatedRow) -> Option<Dated> {
        if row.boot == self.boot {
            return self.date(row.since_boot);
        }
        Some(Dated {
            utc: row.unsure?,
            source: TimeSource::SystemUnsynchronised,
            error: None,
        })
    }

    fn undated(&self, row: &MeasuredRow) -> UndatedRow {
        UndatedRow {
            source: SOURCE.to_owned(),
            boot: self.boot.clone(),
            since_boot: row.at.instant,
            unsure: self.clock.date(row.at.instant).map(|dated| dated.utc),
            points: row.points,
            values: row.values.clone(),
        }
    }

    /// A row with its date: not before the row before it, and at a moment that no row has.
    fn dated(
        &mut self,
        store: &Store,
        date: Dated,
        values: &str,
        points: u32,
    ) -> Result<(TelemetryRow, DateMark), StoreError> {
        let free = store.free_moment(SOURCE, self.succession.next(date.utc))?;
        self.succession.moved(free);
        let error_ms = date.error.map(|error| error.as_micros().div_ceil(1000));
        let mark = DateMark {
            source: date.source.word(),
            error_ms: error_ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX)),
        };
        let row = telemetry::dated(Dated { utc: free, ..date }, values, points);
        Ok((row, mark))
    }
}

#[cfg(test)]
mod tests;
