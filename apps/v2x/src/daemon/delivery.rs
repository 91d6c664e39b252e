//! The keeper's end of the way to the broker: the outbox on the keeper's disk, and the session that
//! empties it.
//!
//! Nothing is offered before it is on disk, and nothing leaves the outbox before the broker has it.
//! Without a broker entries stay on disk and are sent when one is named.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvError, RecvTimeoutError, never};
use tokio::sync::oneshot;
use tracing::{error, warn};
use v2x_outbox::{Budget, Outbox, Storage as _};
use v2x_store::Store;
use v2x_units::UtcTime;
use v2x_uplink::{OutboxEnd, Request};

use super::UplinkHealth;
use crate::clock::Clock;

/// How long the end of a daemon may wait for the broker to take the last entries.
const DELIVER_AT_MOST: Duration = Duration::from_secs(5);
/// How often that end looks whether the broker is still there.
const GLANCE: Duration = Duration::from_millis(250);

/// The outbox and the session that empties it.
pub(crate) struct Delivery {
    outbox: Outbox,
    session: Option<OutboxEnd>,
    /// The session runs as long as this lives.
    keep_running: Option<oneshot::Sender<()>>,
    health: Arc<UplinkHealth>,
}

impl Delivery {
    /// Without a broker.
    pub(super) fn without_broker(health: Arc<UplinkHealth>) -> Self {
        Self {
            outbox: Outbox::new(Budget::default()),
            session: None,
            keep_running: None,
            health,
        }
    }

    /// With a session that runs until `keep_running` is dropped.
    pub(super) fn to_broker(
        session: OutboxEnd,
        keep_running: oneshot::Sender<()>,
        health: Arc<UplinkHealth>,
    ) -> Self {
        Self {
            session: Some(session),
            keep_running: Some(keep_running),
            ..Self::without_broker(health)
        }
    }

    /// Where the session's requests arrive; each wants [`Delivery::hear`].
    pub(crate) fn requests(&self) -> Receiver<Request> {
        (self.session.as_ref()).map_or_else(never, |session| session.requests().clone())
    }

    /// Does what the session asks; it may also have ended.
    pub(crate) fn hear(&mut self, request: Result<Request, RecvError>, store: &mut Store) {
        match request {
            Ok(request) => self.answer(request, store),
            Err(RecvError) => self.session = None,
        }
    }

    /// Gives the session what it waits for, after something has come onto the disk.
    pub(crate) fn offer(&mut self, store: &Store) {
        if let Some(session) = &mut self.session
            && let Err(error) = session.offer(&mut self.outbox, store)
        {
            error!(%error, "outbox not readable");
        }
        self.report_usage(store);
    }

    /// Gives up what is beyond the outbox's budget; `now` is `None` while no clock is trusted, and
    /// then nothing is too old.
    pub(crate) fn enforce_budget(&mut self, store: &mut Store, now: Option<UtcTime>) {
        match self.outbox.enforce_budget(store, now) {
            Ok(None) => {}
            Ok(Some(eviction)) => {
                let rows = eviction.ids.len();
                warn!(rows, "outbox is full: oldest telemetry given up");
                add(&self.health.evicted, rows);
            }
            Err(error) => error!(%error, "outbox budget not enforced"),
        }
    }

    /// Serves the session until the outbox is empty, the time is up or there is no connection;
    /// then lets it end, and takes its last acknowledgements. What it cannot deliver now stays on
    /// disk for the next start.
    pub(crate) fn deliver_the_rest(&mut self, clock: Clock, store: &mut Store) {
        let deadline = clock.now().instant + DELIVER_AT_MOST;
        while self.session.is_some() {
            let is_done = store.usage().entries == 0;
            if is_done || !self.health.is_connected() || clock.now().instant >= deadline {
                // Dropping it tells the session to stop.
                self.keep_running = None;
            }
            match self.requests().recv_timeout(GLANCE) {
                Ok(request) => self.answer(request, store),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => self.session = None,
            }
        }
    }

    fn answer(&mut self, request: Request, store: &mut Store) {
        let Some(session) = &mut self.session else {
            return;
        };
        match &request {
            Request::Acknowledge(ids) => add(&self.health.acknowledged, ids.len()),
            Request::SetAside { reason, .. } => {
                warn!(
                    reason,
                    "an entry was set aside: the broker will never take it"
                );
                add(&self.health.set_aside, 1);
            }
            Request::Next(..) | Request::Release(_) => {}
        }
        if let Err(error) = session.answer(request, &mut self.outbox, store) {
            error!(%error, "outbox not writable");
        }
        self.report_usage(store);
    }

    fn report_usage(&self, store: &Store) {
        let (usage, health) = (store.usage(), &self.health);
        health.waiting.store(usage.entries, Ordering::Relaxed);
        health.waiting_bytes.store(usage.bytes, Ordering::Relaxed);
    }
}

fn add(counter: &std::sync::atomic::AtomicU64, count: usize) {
    counter.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
}
