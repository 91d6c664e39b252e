//! The thread that owns the store: rows in groups to the disk, and from there to the session.
//!
//! Nothing is offered to the network before it is on disk, nothing leaves the outbox before the
//! broker has it. A power cut takes the group that was not committed: at most 5 s of rows.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, never, select};
use tokio::sync::oneshot;
use tracing::{error, warn};
use v2x_outbox::{GroupCommit, GroupLimits, Outbox, Storage as _};
use v2x_roles::vehicle::{FixQuality, Observation};
use v2x_store::{FixRow, Store, TelemetryRow};
use v2x_units::{GnssFix, Stamp};
use v2x_uplink::OutboxEnd;

use super::health::Health;
use super::journal::Journal;
use crate::clock::Clock;

/// How often an idle keeper looks whether a group is due.
const GLANCE: Duration = Duration::from_millis(250);

/// How long the end of the daemon may wait for the broker to take the last rows.
const DELIVER_AT_MOST: Duration = Duration::from_secs(5);

/// What is kept in the store.
#[derive(Debug)]
pub(super) enum ToKeep {
    /// A row of measurements, with its entry for the outbox.
    Row(TelemetryRow),
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
    pub(super) journal: Journal,
    pub(super) outbox: Outbox,
    pub(super) session: Option<OutboxEnd>,
    /// The session runs as long as this lives.
    pub(super) keep_session_running: Option<oneshot::Sender<()>>,
    pub(super) clock: Clock,
    pub(super) health: Arc<Health>,
}

/// Rows and fixes that share their next commit.
struct Groups {
    rows: GroupCommit<TelemetryRow>,
    fixes: GroupCommit<FixRow>,
}

impl Keeper {
    /// Keeps until nothing more comes; then commits the last group and gives the session a chance
    /// to deliver it. What it cannot deliver now stays on disk for the next start.
    pub(super) fn run(mut self, to_keep: &Receiver<ToKeep>) {
        let mut groups = Groups {
            rows: GroupCommit::new(GroupLimits::default()),
            fixes: GroupCommit::new(GroupLimits::default()),
        };
        let nobody = never();
        loop {
            let requests = self
                .session
                .as_ref()
                .map_or(&nobody, OutboxEnd::requests)
                .clone();
            select! {
                recv(to_keep) -> what => match what {
                    Ok(what) => self.take(&mut groups, what),
                    Err(_) => break,
                },
                recv(requests) -> request => match request {
                    Ok(request) => self.answer(request),
                    Err(_) => self.session = None,
                },
                default(GLANCE) => {}
            }
            self.commit(&mut groups, false);
        }
        self.commit(&mut groups, true);
        self.journal.close(&mut self.store);
        self.deliver_the_rest();
    }

    /// Serves the session until the outbox is empty, the time is up or there is no connection;
    /// then lets it end, and takes its last acknowledgements.
    fn deliver_the_rest(&mut self) {
        let deadline = self.clock.now().instant + DELIVER_AT_MOST;
        while let Some(requests) = self.session.as_ref().map(|end| end.requests().clone()) {
            let is_connected = self.health.broker_is_connected.load(Ordering::Relaxed);
            let is_done = self.store.usage().entries == 0;
            if is_done || !is_connected || self.clock.now().instant >= deadline {
                // Dropping it tells the session to stop.
                self.keep_session_running = None;
            }
            match requests.recv_timeout(GLANCE) {
                Ok(request) => self.answer(request),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => self.session = None,
            }
        }
    }

    fn take(&mut self, groups: &mut Groups, what: ToKeep) {
        let now = self.clock.now().instant;
        match what {
            ToKeep::Row(row) => groups.rows.push(now, row),
            ToKeep::Observation(seen) => self.journal.observe(&seen, &mut self.store),
            ToKeep::Fix { at, fix, quality } => {
                let quality = quality.word().to_owned();
                groups.fixes.push(
                    now,
                    FixRow {
                        at: at.utc,
                        fix,
                        quality,
                    },
                );
            }
        }
    }

    /// Commits the groups that are due, or all of them.
    fn commit(&mut self, groups: &mut Groups, all: bool) {
        let now = self.clock.now().instant;
        if !groups.rows.rows().is_empty() && (all || groups.rows.is_due(now)) {
            match self.store.record_telemetry(groups.rows.rows()) {
                Ok(_) => groups.rows.committed(),
                Err(error) => {
                    warn!(%error, rows = groups.rows.rows().len(), "rows wait for the disk");
                    groups.rows.failed(now);
                }
            }
            self.after_commit();
        }
        if !groups.fixes.rows().is_empty() && (all || groups.fixes.is_due(now)) {
            match self.store.record_fixes(groups.fixes.rows()) {
                Ok(()) => groups.fixes.committed(),
                Err(error) => {
                    warn!(%error, "fixes wait for the disk");
                    groups.fixes.failed(now);
                }
            }
        }
        let dropped = groups.rows.dropped();
        self.health.rows_dropped.store(dropped, Ordering::Relaxed);
    }

    fn after_commit(&mut self) {
        let now = self.clock.now().utc;
        match self.outbox.enforce_budget(&mut self.store, Some(now)) {
            Ok(None) => {}
            Ok(Some(eviction)) => {
                warn!(
                    rows = eviction.ids.len(),
                    "outbox is full: oldest telemetry given up"
                );
            }
            Err(error) => error!(%error, "outbox budget not enforced"),
        }
        self.report_usage();
        if let Some(session) = &mut self.session
            && let Err(error) = session.offer(&mut self.outbox, &self.store)
        {
            error!(%error, "outbox not readable");
        }
    }

    fn answer(&mut self, request: v2x_uplink::Request) {
        let Some(session) = &mut self.session else {
            return;
        };
        if let v2x_uplink::Request::Acknowledge(ids) = &request {
            let count = u64::try_from(ids.len()).unwrap_or(u64::MAX);
            self.health
                .rows_acknowledged
                .fetch_add(count, Ordering::Relaxed);
        }
        if let v2x_uplink::Request::SetAside { reason, .. } = &request {
            warn!(reason, "a row was set aside: the broker will never take it");
        }
        if let Err(error) = session.answer(request, &mut self.outbox, &mut self.store) {
            error!(%error, "outbox not writable");
        }
        self.report_usage();
    }

    fn report_usage(&self) {
        self.health
            .rows_waiting
            .store(self.store.usage().entries, Ordering::Relaxed);
    }
}
