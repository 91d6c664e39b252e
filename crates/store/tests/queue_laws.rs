//! The laws of the queue over the real file: a restart drops the store and opens it again.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use proptest::prelude::*;
use tempfile::TempDir;
use v2x_outbox::conformance::{self, Subject};
use v2x_outbox::{Class, Entry, EntryId, Eviction, Head, NewEntry, Storage, Usage};
use v2x_store::{Store, StoreError};

/// A store in a folder of its own, whose faults the conformance test does not inject.
struct OnDisk {
    store: Store,
    folder: TempDir,
}

impl OnDisk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            store: Store::open(&folder.path().join("v2x.db")).unwrap(),
            folder,
        }
    }
}

impl Subject for OnDisk {
    fn reopen(self) -> Self {
        let Self { store, folder } = self;
        drop(store);
        Self {
            store: Store::open(&folder.path().join("v2x.db")).unwrap(),
            folder,
        }
    }

    fn inject(&mut self, _pass: u32, _fail: u32) {}

    fn evicted(&self) -> u64 {
        let events = self.store.events(0, usize::MAX).unwrap();
        let entries = |detail: &str| -> u64 {
            let after = detail.strip_prefix(r#"{"entries":"#).unwrap();
            after.split(',').next().unwrap().parse().unwrap()
        };
        events
            .iter()
            .map(|stored| entries(&stored.event.detail))
            .sum()
    }
}

impl Storage for OnDisk {
    type Error = StoreError;

    fn push(&mut self, entries: &[NewEntry]) -> Result<Vec<EntryId>, StoreError> {
        self.store.push(entries)
    }

    fn reserve(&mut self, class: Class) -> EntryId {
        self.store.reserve(class)
    }

    fn settle(&mut self, enter: &[Entry], acknowledged: &[EntryId]) -> Result<(), StoreError> {
        self.store.settle(enter, acknowledged)
    }

    fn pending(&self, class: Class, after: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.store.pending(class, after, limit)
    }

    fn heads(&self, class: Class, after: u64, limit: usize) -> Result<Vec<Head>, StoreError> {
        self.store.heads(class, after, limit)
    }

    fn newest(&self, class: Class) -> u64 {
        self.store.newest(class)
    }

    fn usage(&self) -> Usage {
        self.store.usage()
    }

    fn remove(&mut self, ids: &[EntryId]) -> Result<(), StoreError> {
        self.store.remove(ids)
    }

    fn set_aside(&mut self, id: EntryId, reason: &str) -> Result<(), StoreError> {
        self.store.set_aside(id, reason)
    }

    fn evict(&mut self, eviction: &Eviction) -> Result<(), StoreError> {
        self.store.evict(eviction)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn queue_on_disk_keeps_every_law_through_restarts(steps in conformance::steps()) {
        conformance::check(OnDisk::new(), steps);
    }
}
