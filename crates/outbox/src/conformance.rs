//! The laws of the queue as a property test, for every [`Storage`]; not the queue itself.
//!
//! Random steps run against the outbox over the storage under test and against a model of a few
//! sets. Whatever the order of steps and faults:
//!
//! 1. nothing unacknowledged disappears, except counted evictions of telemetry;
//! 2. nothing acknowledged or set aside is offered again;
//! 3. nothing in flight is offered twice, and nothing else is withheld;
//! 4. a class keeps its order, telemetry within its fresh, its live and its older part;
//! 5. an entry whose commit is still to come is offered as it was given; acknowledged before its
//!    commit it never enters the queue, otherwise it enters at the place that it was offered under.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use v2x_units::UtcTime;

use crate::entry::{Class, Entry, EntryId, NewEntry, PayloadKind};
use crate::outbox::{Budget, Lane, Outbox};
use crate::storage::Storage;

/// A storage that the test can break and open again.
pub trait Subject: Storage + Sized {
    /// What a power cut and the next start do.
    #[must_use]
    fn reopen(self) -> Self;

    /// Of the next calls, `pass` succeed and `fail` after them fail, where the storage can be
    /// made to.
    fn inject(&mut self, pass: u32, fail: u32);

    /// How many evicted entries the storage has on record.
    fn evicted(&self) -> u64;
}

/// One thing that happens to the queue.
#[derive(Debug, Clone)]
pub enum Step {
    /// So many entries of this class enter.
    Push(Class, u8),
    /// So many entries of telemetry are given whose commit is still to come.
    Admit(u8),
    /// They are committed, with the acknowledged ones that wait for their removal.
    Commit,
    /// Every n-th entry in flight is acknowledged, for the next commit to remove.
    Note(u8),
    /// A batch of at most so many is taken.
    Next(u8),
    /// Every n-th entry in flight is acknowledged.
    Acknowledge(u8),
    /// Every n-th entry in flight comes back.
    Release(u8),
    /// The n-th entry in flight is poison.
    SetAside(u8),
    /// The budget is enforced.
    Enforce,
    /// The process dies and starts again.
    Crash,
    /// Some calls of the storage pass, and some after them fail.
    Fail(u8, u8),
}

/// Random steps, mostly pushes and batches.
pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let class = prop_oneof![
        4 => Just(Class::Telemetry),
        1 => prop::sample::select(Class::ALL.to_vec()),
    ];
    let step = prop_oneof![
        6 => (class, 1_u8..90).prop_map(|(class, count)| Step::Push(class, count)),
        6 => (0_u8..100).prop_map(Step::Next),
        4 => (1_u8..30).prop_map(Step::Admit),
        4 => Just(Step::Commit),
        3 => (1_u8..4).prop_map(Step::Note),
        4 => (1_u8..4).prop_map(Step::Acknowledge),
        3 => (1_u8..4).prop_map(Step::Release),
        1 => any::<u8>().prop_map(Step::SetAside),
        2 => Just(Step::Enforce),
        1 => Just(Step::Crash),
        1 => (0_u8..8, 1_u8..4).prop_map(|(pass, fail)| Step::Fail(pass, fail)),
    ];
    prop::collection::vec(step, 1..40)
}

/// Runs the steps; panics with the law that is broken.
///
/// # Panics
/// When the storage or the outbox breaks a law: the failure of the test.
pub fn check<S: Subject>(storage: S, steps: Vec<Step>) {
    let mut run = Run::new(storage);
    for step in steps {
        run.step(step);
        run.nothing_has_disappeared();
    }
    run.crash();
    run.everything_left_is_offered();
}

/// Small enough that random pushes spend it.
const BUDGET: Budget = Budget {
    bytes: 1_500,
    age: None,
};

struct Run<S> {
    /// `None` only while the storage is being opened again.
    storage: Option<S>,
    outbox: Outbox,
    next_payload: u32,
    /// What must be in the storage.
    pending: BTreeMap<EntryId, Vec<u8>>,
    in_flight: BTreeSet<EntryId>,
    /// Acknowledged and not removed yet: may still be pending, must not be offered.
    acknowledged: BTreeSet<EntryId>,
    /// Given, not committed and not acknowledged: the owner has them, the storage does not.
    fresh: BTreeMap<EntryId, Entry>,
    /// Places whose commit is still to come, the acknowledged ones included.
    places: Vec<EntryId>,
    /// Refused before their commit.
    refused: BTreeSet<EntryId>,
    evicted: u64,
}

impl<S: Subject> Run<S> {
    fn new(storage: S) -> Self {
        Self {
            storage: Some(storage),
            outbox: Outbox::new(BUDGET),
            next_payload: 0,
            pending: BTreeMap::new(),
            in_flight: BTreeSet::new(),
            acknowledged: BTreeSet::new(),
            fresh: BTreeMap::new(),
            places: Vec::new(),
            refused: BTreeSet::new(),
            evicted: 0,
        }
    }

    fn parts(&mut self) -> (&mut S, &mut Outbox) {
        let storage = self.storage.as_mut().expect("open between steps");
        (storage, &mut self.outbox)
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Push(class, count) => self.push(class, count),
            Step::Admit(count) => self.admit(count),
            Step::Commit => self.commit(),
            Step::Note(nth) => self.note(nth.into()),
            Step::Next(limit) => self.next(limit.into()),
            Step::Acknowledge(nth) => self.acknowledge(nth.into()),
            Step::Release(nth) => self.release(nth.into()),
            Step::SetAside(nth) => self.set_aside(nth.into()),
            Step::Enforce => self.enforce(),
            Step::Crash => self.crash(),
            Step::Fail(pass, fail) => self.parts().0.inject(pass.into(), fail.into()),
        }
    }

    fn entry(&mut self, class: Class) -> NewEntry {
        self.next_payload += 1;
        let ts = UtcTime::from_millis(self.next_payload.into());
        let payload = format!("{:08}", self.next_payload);
        NewEntry::new(class, PayloadKind::Telemetry, ts, 1, payload).expect("8 bytes")
    }

    fn admit(&mut self, count: u8) {
        for _ in 0..count {
            let entry = self.entry(Class::Telemetry);
            let (storage, outbox) = self.parts();
            let id = outbox.admit(storage, entry.clone());
            let twice = self.fresh.insert(id, entry.at(id));
            assert!(twice.is_none(), "{id} was given twice");
            assert!(!self.pending.contains_key(&id), "{id} was given twice");
            self.places.push(id);
        }
    }

    /// What an owner does: rows and removals in one transaction, then the word to the outbox.
    fn commit(&mut self) {
        let places = self.places.clone();
        let given: Vec<_> = (places.iter().copied())
            .filter(|id| self.outbox.must_enter(*id))
            .collect();
        let removed = self.outbox.to_remove();
        let model: Vec<_> = self.fresh.keys().copied().collect();
        assert_eq!(given, model, "what is not acknowledged enters");
        let entries: Vec<_> = self.fresh.values().cloned().collect();
        let (storage, outbox) = self.parts();
        if storage.settle(&entries, &removed).is_err() {
            return;
        }
        // A refused entry stays in the queue when it cannot be set aside.
        let set_aside = outbox.committed(storage, places, &removed).is_ok();
        for id in removed {
            self.pending.remove(&id);
            self.in_flight.remove(&id);
            self.acknowledged.remove(&id);
        }
        for (id, entry) in std::mem::take(&mut self.fresh) {
            self.pending.insert(id, entry.payload);
        }
        self.in_flight
            .retain(|id| self.pending.contains_key(id) || self.acknowledged.contains(id));
        self.places.clear();
        for id in std::mem::take(&mut self.refused) {
            let storage = self.storage.as_ref().expect("open between steps");
            if set_aside || !is_pending(storage, id) {
                self.pending.remove(&id);
            }
        }
    }

    fn note(&mut self, nth: usize) {
        let ids = self.every(nth);
        self.outbox.note_acknowledged(ids.iter().copied());
        self.taken(ids);
    }

    /// The broker has these: fresh ones are done with, the others wait for their removal.
    fn taken(&mut self, ids: Vec<EntryId>) {
        for id in ids {
            if self.fresh.remove(&id).is_none() && self.pending.contains_key(&id) {
                self.acknowledged.insert(id);
            }
        }
    }

    fn push(&mut self, class: Class, count: u8) {
        let entries: Vec<_> = (0..count).map(|_| self.entry(class)).collect();
        let Ok(ids) = self.parts().0.push(&entries) else {
            return;
        };
        assert_eq!(ids.len(), entries.len(), "each entry has an id");
        for (id, entry) in ids.into_iter().zip(entries) {
            assert_eq!(id.class(), class, "the id holds the class");
            let twice = self.pending.insert(id, entry.payload().to_vec());
            assert_eq!(twice, None, "{id} was given twice");
        }
    }

    fn next(&mut self, limit: usize) {
        let (storage, outbox) = self.parts();
        let Ok(batch) = outbox.next_batch(storage, Lane::All, limit) else {
            return;
        };
        let kept = self.pending.keys().chain(self.fresh.keys());
        let mut waiting: Vec<_> = kept
            .filter(|id| !self.in_flight.contains(id) && !self.refused.contains(id))
            .copied()
            .collect();
        waiting.sort_unstable();
        assert_eq!(batch.len(), limit.min(waiting.len()), "nothing is withheld");
        let bulk = |entry: &&Entry| entry.id.class() == Class::Telemetry;
        let kept: Vec<_> = batch.iter().filter(|entry| !bulk(entry)).collect();
        let first: Vec<_> = waiting.iter().take(kept.len()).collect();
        let offered: Vec<_> = kept.iter().map(|entry| &entry.id).collect();
        assert_eq!(offered, first, "classes go by rank, each in its order");
        let descents = batch
            .iter()
            .filter(bulk)
            .collect::<Vec<_>>()
            .windows(2)
            .filter(|pair| pair[0].id > pair[1].id)
            .count();
        assert!(
            descents <= 2,
            "telemetry is one fresh, one live and one older run"
        );
        for entry in batch {
            let fresh = self.fresh.get(&entry.id).map(|entry| &entry.payload);
            assert_eq!(
                self.pending.get(&entry.id).or(fresh),
                Some(&entry.payload),
                "{} is what was pushed",
                entry.id
            );
            assert!(self.in_flight.insert(entry.id), "{} is in flight", entry.id);
        }
    }

    /// Entries that are offered and not answered.
    fn every(&self, nth: usize) -> Vec<EntryId> {
        self.in_flight.iter().copied().step_by(nth).collect()
    }

    fn acknowledge(&mut self, nth: usize) {
        let ids = self.every(nth);
        self.taken(ids.clone());
        let (storage, outbox) = self.parts();
        if outbox.acknowledge(storage, ids).is_ok() {
            for id in std::mem::take(&mut self.acknowledged) {
                self.pending.remove(&id);
                self.in_flight.remove(&id);
            }
        }
    }

    fn release(&mut self, nth: usize) {
        let ids = self.every(nth);
        self.outbox.release(ids.iter().copied());
        for id in ids {
            if !self.acknowledged.contains(&id) {
                self.in_flight.remove(&id);
            }
        }
    }

    fn set_aside(&mut self, nth: usize) {
        let candidates = self.in_flight.difference(&self.acknowledged);
        let Some(id) = candidates.copied().nth(nth % 8) else {
            return;
        };
        let is_fresh = self.fresh.contains_key(&id);
        if !is_fresh && !self.pending.contains_key(&id) {
            // Acknowledged before its commit.
            return;
        }
        let (storage, outbox) = self.parts();
        if outbox.set_aside(storage, id, "poison").is_ok() {
            if is_fresh {
                self.refused.insert(id);
            }
            self.pending.remove(&id);
        }
        self.in_flight.remove(&id);
    }

    fn enforce(&mut self) {
        let (storage, outbox) = self.parts();
        let Ok(Some(eviction)) = outbox.enforce_budget(storage, None) else {
            return;
        };
        for id in &eviction.ids {
            assert_eq!(id.class(), Class::Telemetry, "only telemetry is evicted");
            assert!(!self.in_flight.contains(id), "{id} is in flight");
            assert!(self.pending.remove(id).is_some(), "{id} was pending");
        }
        let last = eviction.ids.last().expect("an eviction is never empty");
        let older = self.pending.range(EntryId::new(Class::Telemetry, 0)..*last);
        for (id, _) in older {
            assert!(self.in_flight.contains(id), "{id} is older than {last}");
        }
        self.evicted += eviction.ids.len() as u64;
    }

    fn crash(&mut self) {
        self.storage = self.storage.take().map(Subject::reopen);
        self.outbox = Outbox::new(BUDGET);
        self.in_flight.clear();
        self.acknowledged.clear();
        self.fresh.clear();
        self.places.clear();
        self.refused.clear();
    }

    fn nothing_has_disappeared(&mut self) {
        let storage = self.storage.as_mut().expect("open between steps");
        storage.inject(0, 0);
        let mut found = BTreeMap::new();
        for class in Class::ALL {
            let entries = storage.pending(class, 0, usize::MAX);
            for entry in entries.expect("a sound storage answers") {
                found.insert(entry.id, entry.payload);
            }
        }
        assert_eq!(
            found, self.pending,
            "the storage holds what the model holds"
        );
        let usage = storage.usage();
        assert_eq!(usage.entries, self.pending.len() as u64, "usage in entries");
        assert_eq!(usage.bytes, 8 * usage.entries, "usage in bytes");
        assert_eq!(storage.evicted(), self.evicted, "evictions are counted");
    }

    fn everything_left_is_offered(&mut self) {
        let mut offered = BTreeMap::new();
        loop {
            let (storage, outbox) = self.parts();
            let batch = outbox
                .next_batch(storage, Lane::All, 7)
                .expect("a sound storage answers");
            if batch.is_empty() {
                break;
            }
            offered.extend(batch.into_iter().map(|entry| (entry.id, entry.payload)));
        }
        assert_eq!(
            offered, self.pending,
            "after the restart all of it is offered"
        );
    }
}

fn is_pending<S: Storage>(storage: &S, id: EntryId) -> bool {
    let found = storage.heads(id.class(), id.sequence() - 1, 1);
    found.is_ok_and(|heads| heads.first().is_some_and(|head| head.id == id))
}
