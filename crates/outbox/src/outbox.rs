//! The queue: what is offered next, what is in flight, what is given up when the budget is spent.
//!
//! It keeps no payload and no clock; the [`Storage`] is handed to each call, because the caller
//! also writes the data that the entries report, in the same transaction. After a restart a new
//! [`Outbox`] starts with nothing in flight: whatever was not acknowledged is offered again.

use std::collections::BTreeSet;
use std::time::Duration;

use v2x_units::UtcTime;

use crate::entry::{Class, Entry, EntryId, Head, NewEntry};
use crate::fresh::{FreshRows, Settled};
use crate::storage::{Eviction, Storage};

/// The newest telemetry entries that are offered before older ones, so that a dashboard stays
/// live while a backlog drains: a minute at one row per second.
pub const LIVE_ENTRIES: u64 = 60;

/// Which entries are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// What cannot wait: all but telemetry, what is still to be committed, and the newest
    /// [`LIVE_ENTRIES`] of telemetry.
    Live,
    /// Everything, what cannot wait first.
    All,
}

/// Heads read at once while evicting.
const EVICTION_CHUNK: usize = 500;

/// How much may wait. Only telemetry is evicted, oldest first; the other classes are small and
/// stay until they are acknowledged, whatever the budget says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Bytes of payload over all classes.
    pub bytes: u64,
    /// Time since measurement after which telemetry is of no use; `None` keeps it.
    pub age: Option<Duration>,
}

impl Default for Budget {
    /// 200 MB, about four days of rows of 600 bytes at one per second; no limit of age.
    fn default() -> Self {
        Self {
            bytes: 200_000_000,
            age: None,
        }
    }
}

/// The policy of the queue over a [`Storage`].
#[derive(Debug, Default)]
pub struct Outbox {
    budget: Budget,
    /// Offered, and neither acknowledged nor released.
    in_flight: BTreeSet<EntryId>,
    /// Acknowledged, but the storage could not remove them yet; a part of `in_flight`.
    unremoved: BTreeSet<EntryId>,
    /// By rank of class: every entry up to here was offered or is gone.
    offered: [u64; Class::ALL.len()],
    /// Live telemetry up to here was offered ahead of the backlog.
    live_offered: u64,
    /// Telemetry whose commit is still to come.
    fresh: FreshRows,
}

impl Outbox {
    /// An outbox with nothing in flight.
    #[must_use]
    pub fn new(budget: Budget) -> Self {
        Self {
            budget,
            ..Self::default()
        }
    }

    /// Entries offered and not yet acknowledged or released.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Entries that the server does not have yet, those included that are not in the queue yet.
    #[must_use]
    pub fn waiting<S: Storage>(&self, storage: &S) -> u64 {
        let queued = storage.usage().entries;
        let removed_later = self.unremoved.len() as u64;
        queued.saturating_sub(removed_later) + self.fresh.unacknowledged() as u64
    }

    /// Takes an entry whose commit is still to come, and offers it from now on, as it is and under
    /// the place that it returns. Whoever commits it asks [`Outbox::must_enter`] before and tells
    /// [`Outbox::committed`] after.
    pub fn admit<S: Storage>(&mut self, storage: &mut S, entry: NewEntry) -> EntryId {
        let id = storage.reserve(entry.class());
        self.fresh.admit(entry.at(id));
        id
    }

    /// Whether the entry of this place has to enter the queue when it is committed: unless the
    /// server has it already.
    #[must_use]
    pub fn must_enter(&self, id: EntryId) -> bool {
        self.fresh.must_enter(id)
    }

    /// Acknowledged entries of the queue, which the next commit removes.
    #[must_use]
    pub fn to_remove(&self) -> Vec<EntryId> {
        self.unremoved.iter().copied().collect()
    }

    /// A commit is on disk: those that had to enter are in the queue at their places, and these
    /// acknowledged ones are removed.
    ///
    /// # Errors
    /// The storage's own, about an entry that has to be set aside; it is then offered again.
    pub fn committed<S: Storage>(
        &mut self,
        storage: &mut S,
        places: impl IntoIterator<Item = EntryId>,
        removed: &[EntryId],
    ) -> Result<(), S::Error> {
        for id in removed {
            self.unremoved.remove(id);
            self.in_flight.remove(id);
        }
        let mut refused = Vec::new();
        for id in places {
            match self.fresh.settle(id) {
                Settled::InFlight => {}
                Settled::Gone => {
                    self.in_flight.remove(&id);
                }
                Settled::Queued => self.look_again_from(id),
                Settled::Refused(reason) => refused.push((id, reason)),
            }
        }
        for (id, reason) in refused {
            self.set_aside(storage, id, &reason)?;
        }
        Ok(())
    }

    /// The entry of this place will never be committed: it is not offered any more.
    pub fn give_up(&mut self, id: EntryId) {
        self.fresh.settle(id);
        self.in_flight.remove(&id);
    }

    /// Takes up to `limit` entries that are not in flight, which then are: alerts, sessions, trips
    /// and events in order, then telemetry whose commit is still to come, then the newest minute of
    /// telemetry, then older telemetry from the oldest on. [`Lane::Live`] leaves older telemetry
    /// where it is.
    ///
    /// # Errors
    /// The storage's own; then nothing was taken.
    pub fn next_batch<S: Storage>(
        &mut self,
        storage: &S,
        lane: Lane,
        limit: usize,
    ) -> Result<Vec<Entry>, S::Error> {
        let mut batch = Vec::new();
        match self.fill(storage, lane, limit, &mut batch) {
            Ok(()) => Ok(batch),
            Err(error) => {
                self.release(batch.iter().map(|entry| entry.id));
                Err(error)
            }
        }
    }

    fn fill<S: Storage>(
        &mut self,
        storage: &S,
        lane: Lane,
        limit: usize,
        batch: &mut Vec<Entry>,
    ) -> Result<(), S::Error> {
        for class in Class::ALL {
            if class == Class::Telemetry {
                let fresh = self.fresh.offer(limit.saturating_sub(batch.len()));
                self.in_flight.extend(fresh.iter().map(|entry| entry.id));
                batch.extend(fresh);
                let before_live = storage.newest(class).saturating_sub(LIVE_ENTRIES);
                let from = self.live_offered.max(before_live);
                self.live_offered = self.take(storage, class, from, limit, batch)?;
                if lane == Lane::Live {
                    break;
                }
            }
            let from = self.offered[usize::from(class.rank())];
            self.offered[usize::from(class.rank())] =
                self.take(storage, class, from, limit, batch)?;
        }
        Ok(())
    }

    /// Takes what is not in flight from above `from`; returns up to where it looked.
    fn take<S: Storage>(
        &mut self,
        storage: &S,
        class: Class,
        mut from: u64,
        limit: usize,
        batch: &mut Vec<Entry>,
    ) -> Result<u64, S::Error> {
        while batch.len() < limit {
            let room = limit - batch.len();
            let found = storage.pending(class, from, room)?;
            let is_last = found.len() < room;
            for entry in found {
                from = entry.id.sequence();
                if self.in_flight.insert(entry.id) {
                    batch.push(entry);
                }
            }
            if is_last {
                break;
            }
        }
        Ok(from)
    }

    /// The server has these: they leave the queue.
    ///
    /// # Errors
    /// The storage's own. The entries are then not offered again by this outbox; the next
    /// acknowledgement tries to remove them too.
    pub fn acknowledge<S: Storage>(
        &mut self,
        storage: &mut S,
        ids: impl IntoIterator<Item = EntryId>,
    ) -> Result<(), S::Error> {
        self.note_acknowledged(ids);
        let ids = self.to_remove();
        if ids.is_empty() {
            return Ok(());
        }
        storage.remove(&ids)?;
        self.unremoved.clear();
        for id in ids {
            self.in_flight.remove(&id);
        }
        Ok(())
    }

    /// The server has these: they are not offered again, and the next commit removes those that
    /// stand in the queue ([`Outbox::to_remove`]). Until then a restart offers them once more.
    pub fn note_acknowledged(&mut self, ids: impl IntoIterator<Item = EntryId>) {
        for id in ids {
            if !self.fresh.acknowledge(id) {
                self.unremoved.insert(id);
            }
        }
    }

    /// The connection was lost before an acknowledgement: these are offered again, in order.
    pub fn release(&mut self, ids: impl IntoIterator<Item = EntryId>) {
        for id in ids {
            if self.unremoved.contains(&id) || !self.in_flight.remove(&id) {
                continue;
            }
            if !self.fresh.release(id) {
                self.look_again_from(id);
            }
        }
    }

    /// An entry of the queue waits at or below the places that were looked at already.
    fn look_again_from(&mut self, id: EntryId) {
        let before = id.sequence().saturating_sub(1);
        let offered = &mut self.offered[usize::from(id.class().rank())];
        *offered = before.min(*offered);
        if id.class() == Class::Telemetry {
            self.live_offered = self.live_offered.min(before);
        }
    }

    /// The server will never take this one: it leaves the queue and is kept with the reason.
    ///
    /// # Errors
    /// The storage's own; then the entry is offered again.
    pub fn set_aside<S: Storage>(
        &mut self,
        storage: &mut S,
        id: EntryId,
        reason: &str,
    ) -> Result<(), S::Error> {
        if self.fresh.refuse(id, reason) {
            self.in_flight.remove(&id);
            return Ok(());
        }
        let kept = storage.set_aside(id, reason);
        match kept {
            Ok(()) => {
                self.in_flight.remove(&id);
            }
            Err(_) => self.release([id]),
        }
        kept
    }

    /// Evicts telemetry, oldest first and never what is in flight, until the budget holds again
    /// with a hundredth to spare, so that a full queue is not evicted row by row. The storage
    /// records the eviction. `now` is `None` while the clock is not trusted: then nothing is too
    /// old.
    ///
    /// # Errors
    /// The storage's own; then nothing was evicted.
    pub fn enforce_budget<S: Storage>(
        &mut self,
        storage: &mut S,
        now: Option<UtcTime>,
    ) -> Result<Option<Eviction>, S::Error> {
        let bytes = storage.usage().bytes;
        let mut excess = 0;
        if bytes > self.budget.bytes {
            excess = bytes - self.budget.bytes + self.budget.bytes / 100;
        }
        let oldest_kept = now.zip(self.budget.age).map(|(now, age)| now - age);
        if excess == 0 && oldest_kept.is_none() {
            return Ok(None);
        }
        let evicted = self.choose_evicted(storage, excess, oldest_kept)?;
        let (Some(from), Some(to)) = (
            evicted.iter().map(|head| head.ts).min(),
            evicted.iter().map(|head| head.ts).max(),
        ) else {
            return Ok(None);
        };
        let eviction = Eviction {
            at: now,
            ids: evicted.iter().map(|head| head.id).collect(),
            bytes: evicted.iter().map(|head| head.bytes).sum(),
            from,
            to,
        };
        storage.evict(&eviction)?;
        Ok(Some(eviction))
    }

    fn choose_evicted<S: Storage>(
        &self,
        storage: &S,
        mut excess: u64,
        oldest_kept: Option<UtcTime>,
    ) -> Result<Vec<Head>, S::Error> {
        let mut evicted = Vec::new();
        let mut after = 0;
        loop {
            let heads = storage.heads(Class::Telemetry, after, EVICTION_CHUNK)?;
            let is_last = heads.len() < EVICTION_CHUNK;
            for head in heads {
                after = head.id.sequence();
                let too_old = oldest_kept.is_some_and(|oldest| head.ts < oldest);
                if excess == 0 && !too_old {
                    return Ok(evicted);
                }
                if !self.in_flight.contains(&head.id) {
                    excess = excess.saturating_sub(head.bytes);
                    evicted.push(head);
                }
            }
            if is_last {
                return Ok(evicted);
            }
        }
    }
}

#[cfg(test)]
mod tests;
