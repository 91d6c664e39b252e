//! The keeper's end of the way to the broker: the outbox on the keeper's disk, and the session that
//! empties it.
//!
//! Nothing is offered before a file keeps it, and nothing leaves the outbox before the broker has
//! it. Without a broker entries stay on disk and are sent when one is named. A keeper that commits
//! in groups lets the outbox remove what is acknowledged with the next group; what no group comes
//! for is removed by itself after a while.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvError, RecvTimeoutError, never};
use tokio::sync::oneshot;
use tracing::{error, warn};
use v2x_outbox::{Budget, Class, EntryId, Eviction, NewEntry, Outbox, PayloadKind, Storage as _};
use v2x_store::Store;
use v2x_units::{Instant, UtcTime};
use v2x_uplink::thingsboard::{Value, Values};
use v2x_uplink::{OutboxEnd, Request};

use super::UplinkHealth;
use crate::clock::Clock;

/// How long the end of a daemon may wait for the broker to take the last entries.
const DELIVER_AT_MOST: Duration = Duration::from_secs(5);
/// How often that end looks whether the broker is still there.
const GLANCE: Duration = Duration::from_millis(250);

/// Acknowledged entries that are removed at once when they are so many: a backlog drains.
const REMOVE_AT_ONCE: usize = 64;
/// After so long they are removed without a group: a restart would send them again. Longer than any
/// group waits.
const REMOVE_AFTER: Duration = Duration::from_secs(65);

/// The outbox and the session that empties it.
pub(crate) struct Delivery {
    outbox: Outbox,
    session: Option<OutboxEnd>,
    /// The session runs as long as this lives.
    keep_running: Option<oneshot::Sender<()>>,
    health: Arc<UplinkHealth>,
    /// Whether groups remove what is acknowledged, and since when something waits for the next.
    in_groups: bool,
    removal_waits: Option<Instant>,
}

impl Delivery {
    /// Without a broker.
    pub(super) fn without_broker(health: Arc<UplinkHealth>) -> Self {
        Self {
            outbox: Outbox::new(Budget::default()),
            session: None,
            keep_running: None,
            health,
            in_groups: false,
            removal_waits: None,
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

    /// From now on groups remove what is acknowledged.
    pub(crate) fn remove_in_groups(&mut self) {
        self.in_groups = true;
    }

    /// Takes an entry whose commit is still to come, and gives it to the session if that waits.
    pub(crate) fn admit(&mut self, store: &mut Store, entry: NewEntry) -> EntryId {
        self.outbox.admit(store, entry)
    }

    /// Whether the entry of this place has to enter the outbox when it is committed.
    pub(crate) fn must_enter(&self, place: EntryId) -> bool {
        self.outbox.must_enter(place)
    }

    /// What the next group removes.
    pub(crate) fn to_remove(&self) -> Vec<EntryId> {
        self.outbox.to_remove()
    }

    /// A group is on disk.
    pub(crate) fn committed(
        &mut self,
        store: &mut Store,
        places: impl IntoIterator<Item = EntryId>,
        removed: &[EntryId],
    ) {
        self.removal_waits = None;
        if let Err(error) = self.outbox.committed(store, places, removed) {
            error!(%error, "outbox not writable");
        }
    }

    /// The entry of this place will never be committed.
    pub(crate) fn give_up(&mut self, place: EntryId) {
        self.outbox.give_up(place);
    }

    /// Removes what is acknowledged when no group came for it.
    pub(crate) fn remove_overdue(&mut self, now: Instant, store: &mut Store) {
        if self.outbox.to_remove().is_empty() {
            self.removal_waits = None;
        } else if now >= *self.removal_waits.get_or_insert(now) + REMOVE_AFTER {
            self.removal_waits = None;
            self.remove_acknowledged(store);
        }
    }

    fn remove_acknowledged(&mut self, store: &mut Store) {
        if let Err(error) = self.outbox.acknowledge(store, []) {
            error!(%error, "outbox not writable");
        }
        self.report_usage(store);
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
                self.report_eviction(&eviction, store);
            }
            Err(error) => error!(%error, "outbox budget not enforced"),
        }
    }

    /// The broker hears of it too, as soon as there is a date for it.
    fn report_eviction(&mut self, eviction: &Eviction, store: &mut Store) {
        let mut values = Values::new();
        let rows = i64::try_from(eviction.ids.len()).unwrap_or(i64::MAX);
        values.put("event", Value::text("telemetry_evicted").ok());
        values.put("evicted_rows", Some(Value::integer(rows)));
        values.put("evicted_from", Value::text(eviction.from.to_string()).ok());
        values.put("evicted_to", Value::text(eviction.to.to_string()).ok());
        let at = eviction.at.unwrap_or(eviction.to);
        let points = values.points();
        let kind = PayloadKind::Telemetry;
        // A hundred bytes are always below the limit of an entry.
        let report = NewEntry::new(Class::Event, kind, at, points, values.into_json());
        if let Ok(report) = report
            && let Err(error) = store.push(&[report])
        {
            error!(%error, "the broker will not hear that rows were given up");
        }
    }

    /// Serves the session until the outbox is empty, the time is up or there is no connection;
    /// then lets it end, and takes its last acknowledgements. What it cannot deliver now stays on
    /// disk for the next start.
    pub(crate) fn deliver_the_rest(&mut self, clock: Clock, store: &mut Store) {
        let deadline = clock.now().instant + DELIVER_AT_MOST;
        self.in_groups = false;
        self.remove_acknowledged(store);
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
        match request {
            Request::Acknowledge(ids) if self.in_groups => {
                self.outbox.note_acknowledged(ids);
                if self.outbox.to_remove().len() >= REMOVE_AT_ONCE {
                    return self.remove_acknowledged(store);
                }
            }
            request => {
                if let Err(error) = session.answer(request, &mut self.outbox, store) {
                    error!(%error, "outbox not writable");
                }
            }
        }
        self.report_usage(store);
    }

    fn report_usage(&self, store: &Store) {
        let health = &self.health;
        let waiting = self.outbox.waiting(store);
        health.waiting.store(waiting, Ordering::Relaxed);
        health
            .waiting_bytes
            .store(store.usage().bytes, Ordering::Relaxed);
    }
}

fn add(counter: &std::sync::atomic::AtomicU64, count: usize) {
    counter.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
}
