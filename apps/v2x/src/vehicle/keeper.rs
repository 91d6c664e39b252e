//! The thread that owns the store: rows in groups to the disk, and from there to the session.
//!
//! Nothing is offered to the network before it is on disk and has a date ([`super::dating`]), and
//! nothing leaves the outbox before the broker has it. A power cut takes the group that was not
//! committed: at most 5 s of rows.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, select};
use tracing::warn;
use v2x_outbox::{GroupCommit, GroupLimits};
use v2x_roles::vehicle::{FixQuality, Observation};
use v2x_store::{Event, FixRow, Store};
use v2x_units::{GnssFix, Instant, Stamp};

use super::dated_journal::DatedJournal;
use super::dating::{Dating, MeasuredRow};
use super::health::Health;
use crate::clock::Clock;
use crate::daemon::Delivery;
use crate::daemon::heartbeat::Heart;

/// How often an idle keeper looks whether a group is due.
const GLANCE: Duration = Duration::from_millis(250);

/// What is kept in the store.
#[derive(Debug)]
pub(super) enum ToKeep {
    /// A row of measurements.
    Row(MeasuredRow),
    /// Something that happened just now, with its circumstances as a JSON object.
    Event { kind: &'static str, detail: String },
    /// A fix and what it is worth.
    Fix {
        at: Stamp,
        fix: GnssFix,
        quality: FixQuality,
    },
    /// One moment of the car, for the journal.
    Observation(Box<Observation>),
}

/// The store and what waits to enter it.
pub(super) struct Keeper {
    pub(super) store: Store,
    pub(super) journal: DatedJournal,
    pub(super) delivery: Delivery,
    pub(super) clock: Clock,
    pub(super) dating: Dating,
    pub(super) heart: Heart,
    pub(super) health: Arc<Health>,
}

/// Rows and fixes that share their next commit.
struct Groups {
    rows: GroupCommit<MeasuredRow>,
    fixes: GroupCommit<(Stamp, GnssFix, FixQuality)>,
}

impl Keeper {
    /// Keeps until nothing more comes; then commits the last group and gives the session a chance
    /// to deliver it. What it cannot deliver now stays on disk for the next start.
    pub(super) fn run(mut self, to_keep: &Receiver<ToKeep>) {
        let mut groups = Groups {
            rows: GroupCommit::new(GroupLimits::default()),
            fixes: GroupCommit::new(GroupLimits::default()),
        };
        loop {
            self.heart.beat(self.clock.now().instant);
            let requests = self.delivery.requests();
            select! {
                recv(to_keep) -> what => match what {
                    Ok(what) => self.take(&mut groups, what),
                    Err(_) => break,
                },
                recv(requests) -> request => self.delivery.hear(request, &mut self.store),
                default(GLANCE) => {}
            }
            self.commit(&mut groups, false);
        }
        self.commit(&mut groups, true);
        self.journal.close(&mut self.store);
        self.delivery.deliver_the_rest(self.clock, &mut self.store);
    }

    fn take(&mut self, groups: &mut Groups, what: ToKeep) {
        let now = self.clock.now().instant;
        match what {
            ToKeep::Row(row) => groups.rows.push(now, row),
            ToKeep::Fix { at, fix, quality } => groups.fixes.push(now, (at, fix, quality)),
            ToKeep::Observation(seen) => {
                let date = |at| self.dating.date(at);
                self.journal.observe(*seen, date, &mut self.store);
            }
            ToKeep::Event { kind, detail } => self.event(now, kind, detail),
        }
    }

    /// Writes what happened; events are few and commit at once.
    fn event(&mut self, now: Instant, kind: &str, detail: String) {
        let event = Event {
            at: self.clock.trusted_date(now).map(|dated| dated.utc),
            kind: kind.to_owned(),
            detail,
            upload: None,
        };
        if let Err(error) = self.store.record_event(&event) {
            warn!(%error, kind, "an event is not in the store");
        }
    }

    /// Commits the groups that are due, or all of them.
    fn commit(&mut self, groups: &mut Groups, all: bool) {
        let now = self.clock.now().instant;
        if !groups.rows.rows().is_empty() && (all || groups.rows.is_due(now)) {
            match self.dating.commit(&mut self.store, groups.rows.rows()) {
                Ok(()) => groups.rows.committed(),
                Err(error) => {
                    warn!(%error, rows = groups.rows.rows().len(), "rows wait for the disk");
                    groups.rows.failed(now);
                }
            }
            self.after_commit();
        }
        if !groups.fixes.rows().is_empty() && (all || groups.fixes.is_due(now)) {
            self.commit_fixes(&mut groups.fixes, now, all);
        }
        let dropped = groups.rows.dropped();
        self.health.rows_dropped.store(dropped, Ordering::Relaxed);
    }

    /// Fixes wait in memory until there is a date: three of them are one.
    fn commit_fixes(
        &mut self,
        fixes: &mut GroupCommit<(Stamp, GnssFix, FixQuality)>,
        now: Instant,
        all: bool,
    ) {
        if !all && self.clock.date(now).is_none() {
            return fixes.failed(now);
        }
        let rows: Vec<_> = (fixes.rows().iter())
            .map(|(at, fix, quality)| FixRow {
                at: self
                    .clock
                    .date(at.instant)
                    .map_or(at.utc, |dated| dated.utc),
                fix: *fix,
                quality: quality.word().to_owned(),
            })
            .collect();
        match self.store.record_fixes(&rows) {
            Ok(()) => fixes.committed(),
            Err(error) => {
                warn!(%error, "fixes wait for the disk");
                fixes.failed(now);
            }
        }
    }

    fn after_commit(&mut self) {
        // No row is too old by a clock that may be years ahead.
        let now = self.clock.trusted_date(self.clock.now().instant);
        let now = now.map(|dated| dated.utc);
        self.delivery.enforce_budget(&mut self.store, now);
        self.delivery.offer(&self.store);
    }
}
