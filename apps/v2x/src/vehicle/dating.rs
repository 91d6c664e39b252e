//! Rows on their way to a date: kept without one until somebody knows the time, dated then.
//!
//! A row goes out dated by GNSS or a synchronised clock. While there is neither it waits in the
//! store, under the boot of the computer and the time since it; a later run of the same boot dates
//! it as well. After a while (`time.wait_s`) a clock that nobody vouches for is better than none:
//! rows are then dated by it and say so. A row of an earlier boot that never had a clock stays in
//! the store.

use std::time::Duration;

use tracing::{info, warn};
use v2x_outbox::EntryId;
use v2x_roles::timekeeping::{Dated, Succession, TimeSource};
use v2x_roles::vehicle::FixQuality;
use v2x_store::{
    DateMark, DatedRow, FixRow, Group, HostBoot, Store, StoreError, TelemetryRow, UndatedRow, When,
};
use v2x_units::{GnssFix, Instant, Stamp, UtcTime};

use super::source::BoardTime;
use super::telemetry::{self, SOURCE};
use crate::clock::{self, Clock};

/// The resolution of ThingsBoard's `ts`.
const MILLISECOND: Duration = Duration::from_millis(1);
/// Rows dated in one transaction.
const CHUNK: usize = 500;

/// A row of measurements without a date.
#[derive(Debug)]
pub(super) struct MeasuredRow {
    /// When, on the monotonic clock, and what the files call it.
    pub(super) at: Stamp,
    /// When, on the clock of the board, if that has one.
    pub(super) board: Option<BoardTime>,
    /// The values as a JSON object, without anything about time.
    pub(super) values: String,
    /// How many data points they are.
    pub(super) points: u32,
}

/// A fix, and what it is worth.
#[derive(Debug, Clone, Copy)]
pub(super) struct MeasuredFix {
    /// When it was received, and what the files call it.
    pub(super) at: Stamp,
    /// When, on the clock of the board, if that has one.
    pub(super) board: Option<BoardTime>,
    /// What the receiver said.
    pub(super) fix: GnssFix,
    /// What the vehicle role thinks of it.
    pub(super) quality: FixQuality,
}

impl MeasuredFix {
    /// As the store keeps it, under its date or, where nobody knows that, under what the files
    /// call it.
    pub(super) fn dated(&self, date: Option<Dated>) -> FixRow {
        FixRow {
            at: date.map_or(self.at.utc, |dated| dated.utc),
            fix: self.fix,
            quality: self.quality.word().to_owned(),
        }
    }
}

/// A row that waits for the commit of its group.
#[derive(Debug)]
pub(super) struct GroupRow {
    /// As it was measured.
    pub(super) measured: MeasuredRow,
    /// With the date that it has for ever, if there was one when it came.
    pub(super) dated: Option<DatedRow>,
}

impl GroupRow {
    /// The place in the outbox under which it may be offered already.
    pub(super) fn place(&self) -> Option<EntryId> {
        self.dated.as_ref()?.place
    }
}

/// What is committed beside the rows.
#[derive(Default)]
pub(super) struct Beside<'a> {
    pub(super) fixes: &'a [(FixRow, When)],
    pub(super) acknowledged: &'a [EntryId],
}

/// Gives dates to rows, in the order of measurement.
pub(super) struct Dating {
    clock: Clock,
    boot: String,
    host: Option<HostBoot>,
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
            host: None,
            wait_until: clock.now().instant + wait,
            succession: Succession::default(),
            some_wait: true,
        }
    }

    /// The boot of this computer, in the kernel's words.
    pub(super) fn boot(&self) -> &str {
        &self.boot
    }

    /// The number of this boot in the store; `None` while the disk refuses it.
    pub(super) fn host(&mut self, store: &mut Store) -> Option<HostBoot> {
        if self.host.is_none() {
            self.host = store.host_boot(&self.boot).ok();
        }
        self.host
    }

    /// Everything that is known of a moment besides its date.
    pub(super) fn when(
        &mut self,
        store: &mut Store,
        at: Instant,
        board: Option<BoardTime>,
        date: Option<Dated>,
    ) -> When {
        When {
            mark: date.map(mark),
            host: self.host(store).map(|boot| (boot, at)),
            board: board.map(|board| (board.boot, board.at)),
        }
    }

    /// Dates a row for ever as it comes, if the time is known and no row before it waits for it.
    /// `group` is what waits for its commit.
    pub(super) fn date_now(
        &mut self,
        store: &mut Store,
        row: &MeasuredRow,
        group: &[GroupRow],
    ) -> Option<DatedRow> {
        if self.some_wait || group.last().is_some_and(|row| row.dated.is_none()) {
            return None;
        }
        let date = self.date(row.at.instant)?;
        let taken = |ts: UtcTime| {
            let mut dated = group.iter().filter_map(|row| row.dated.as_ref());
            dated.any(|dated| dated.row.at == ts)
        };
        let when = self.when(store, row.at.instant, row.board, Some(date));
        let dated = self.dated(store, date, (&row.values, row.points), taken);
        let row = dated.ok()?;
        Some(DatedRow {
            row,
            when,
            place: None,
        })
    }

    /// Writes rows: dated and for the outbox, or without a date when nobody knows it yet.
    /// `must_enter` says of a place whether its row has to enter the outbox.
    ///
    /// # Errors
    /// The store's; what is not in it then has to be written again.
    pub(super) fn commit(
        &mut self,
        store: &mut Store,
        rows: &[GroupRow],
        must_enter: impl Fn(EntryId) -> bool,
        beside: &Beside<'_>,
    ) -> Result<(), StoreError> {
        self.date_waiting(store)?;
        let before = self.succession;
        let outcome = self.commit_group(store, rows, must_enter, beside);
        if outcome.is_err() {
            // They are dated again, and not behind themselves.
            self.succession = before;
        }
        outcome
    }

    fn commit_group(
        &mut self,
        store: &mut Store,
        rows: &[GroupRow],
        must_enter: impl Fn(EntryId) -> bool,
        beside: &Beside<'_>,
    ) -> Result<(), StoreError> {
        let (mut dated, mut undated) = (Vec::with_capacity(rows.len()), Vec::new());
        for GroupRow {
            measured,
            dated: known,
        } in rows
        {
            let instant = measured.at.instant;
            if let Some(known) = known {
                let mut row = known.clone();
                if !row.place.is_none_or(&must_enter) {
                    row.row.upload = None;
                }
                dated.push(row);
            } else if let Some(date) = self.date(instant) {
                let when = self.when(store, instant, measured.board, Some(date));
                let values = (measured.values.as_str(), measured.points);
                dated.push(DatedRow {
                    row: self.dated(store, date, values, |_| false)?,
                    when,
                    place: None,
                });
            } else {
                undated.push(self.undated(measured));
            }
        }
        if !undated.is_empty() {
            store.keep_undated(&undated)?;
            self.some_wait = true;
        }
        store.record_group(Group {
            rows: &dated,
            fixes: beside.fixes,
            waited: &[],
            acknowledged: beside.acknowledged,
        })
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
            let before = self.succession;
            let chunk = self.date_chunk(store, &waiting);
            let (dated, left) = chunk.inspect_err(|_| self.succession = before)?;
            count += dated;
            dateless += left;
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

    /// Dates some of what waits; gives how many, and how many have no date for ever.
    fn date_chunk(
        &mut self,
        store: &mut Store,
        waiting: &[(i64, UndatedRow)],
    ) -> Result<(usize, usize), StoreError> {
        let (mut rows, mut ids) = (Vec::new(), Vec::new());
        for (id, row) in waiting {
            let Some(date) = self.date_of_waiting(row) else {
                continue;
            };
            let when = When {
                mark: Some(mark(date)),
                host: Some((store.host_boot(&row.boot)?, row.since_boot)),
                board: row.board,
            };
            rows.push(DatedRow {
                row: self.dated(store, date, (&row.values, row.points), |_| false)?,
                when,
                place: None,
            });
            ids.push(*id);
        }
        store.record_group(Group {
            rows: &rows,
            waited: &ids,
            ..Group::default()
        })?;
        Ok((ids.len(), waiting.len() - ids.len()))
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

    /// What the clock says of a moment, whether one may ask it now or not.
    pub(super) fn unsure(&self, at: Instant) -> Option<UtcTime> {
        self.clock.date(at).map(|dated| dated.utc)
    }

    fn undated(&self, row: &MeasuredRow) -> UndatedRow {
        UndatedRow {
            source: SOURCE.to_owned(),
            boot: self.boot.clone(),
            since_boot: row.at.instant,
            board: row.board.map(|board| (board.boot, board.at)),
            unsure: self.unsure(row.at.instant),
            points: row.points,
            values: row.values.clone(),
        }
    }

    /// A row with its date: not before the row before it, and at a moment that no row has, neither
    /// in the store nor among those that are `taken`.
    fn dated(
        &mut self,
        store: &Store,
        date: Dated,
        (values, points): (&str, u32),
        taken: impl Fn(UtcTime) -> bool,
    ) -> Result<TelemetryRow, StoreError> {
        let mut free = store.free_moment(SOURCE, self.succession.next(date.utc))?;
        while taken(free) {
            free = store.free_moment(SOURCE, free + MILLISECOND)?;
        }
        self.succession.moved(free);
        Ok(telemetry::dated(
            Dated { utc: free, ..date },
            values,
            points,
        ))
    }
}

/// How a date is marked in the store.
pub(super) fn mark(date: Dated) -> DateMark {
    let error_ms = date.error.map(|error| error.as_micros().div_ceil(1000));
    DateMark {
        source: date.source.word(),
        error_ms: error_ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX)),
    }
}

#[cfg(test)]
mod tests;
