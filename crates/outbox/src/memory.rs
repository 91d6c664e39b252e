//! A storage without a disk, for tests and for `sim`: what fails is injected.
//!
//! It survives the death of an [`crate::Outbox`] above it, as a disk does, but not its own.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::entry::{Class, Entry, EntryId, Head, NewEntry};
use crate::storage::{Eviction, Storage, Usage};

/// The injected fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("injected fault: the disk does not answer")]
pub struct Fault;

/// Calls that can fail: so many pass, so many fail after them.
#[derive(Debug, Clone, Copy, Default)]
struct Faults {
    pass: u32,
    fail: u32,
}

/// Entries in memory.
#[derive(Debug, Default)]
pub struct Memory {
    pending: BTreeMap<EntryId, Entry>,
    set_aside: BTreeMap<EntryId, (Entry, String)>,
    newest: [u64; Class::ALL.len()],
    evicted: u64,
    faults: Cell<Faults>,
}

impl Memory {
    /// Of the next calls that can fail, `pass` do not and `fail` after them do, without effect.
    pub fn inject(&mut self, pass: u32, fail: u32) {
        self.faults.set(Faults { pass, fail });
    }

    /// How many entries were evicted.
    #[must_use]
    pub const fn evicted(&self) -> u64 {
        self.evicted
    }

    /// What was set aside, with the reasons.
    pub fn kept_aside(&self) -> impl Iterator<Item = (&Entry, &str)> {
        self.set_aside
            .values()
            .map(|(entry, reason)| (entry, reason.as_str()))
    }

    fn fault(&self) -> Result<(), Fault> {
        let Faults { pass, fail } = self.faults.get();
        if pass > 0 {
            self.faults.set(Faults {
                pass: pass - 1,
                fail,
            });
            return Ok(());
        }
        self.faults.set(Faults {
            pass,
            fail: fail.saturating_sub(1),
        });
        if fail > 0 { Err(Fault) } else { Ok(()) }
    }

    fn above(&self, class: Class, after: u64, limit: usize) -> impl Iterator<Item = &Entry> {
        let from = EntryId::new(class, after.saturating_add(1));
        let last = EntryId::new(class, EntryId::SEQUENCE_MAX);
        self.pending
            .range(from..=last)
            .map(|(_, entry)| entry)
            .take(limit)
    }
}

impl Storage for Memory {
    type Error = Fault;

    fn push(&mut self, entries: &[NewEntry]) -> Result<Vec<EntryId>, Fault> {
        self.fault()?;
        let mut ids = Vec::with_capacity(entries.len());
        for entry in entries {
            let newest = &mut self.newest[usize::from(entry.class().rank())];
            *newest += 1;
            let id = EntryId::new(entry.class(), *newest);
            self.pending.insert(id, entry.clone().at(id));
            ids.push(id);
        }
        Ok(ids)
    }

    fn reserve(&mut self, class: Class) -> EntryId {
        let newest = &mut self.newest[usize::from(class.rank())];
        *newest += 1;
        EntryId::new(class, *newest)
    }

    fn settle(&mut self, enter: &[Entry], acknowledged: &[EntryId]) -> Result<(), Fault> {
        self.remove(acknowledged)?;
        self.pending
            .extend(enter.iter().map(|entry| (entry.id, entry.clone())));
        Ok(())
    }

    fn pending(&self, class: Class, after: u64, limit: usize) -> Result<Vec<Entry>, Fault> {
        self.fault()?;
        Ok(self.above(class, after, limit).cloned().collect())
    }

    fn heads(&self, class: Class, after: u64, limit: usize) -> Result<Vec<Head>, Fault> {
        self.fault()?;
        let head = |entry: &Entry| Head {
            id: entry.id,
            ts: entry.ts,
            bytes: entry.payload.len() as u64,
        };
        Ok(self.above(class, after, limit).map(head).collect())
    }

    fn newest(&self, class: Class) -> u64 {
        self.newest[usize::from(class.rank())]
    }

    fn usage(&self) -> Usage {
        Usage {
            entries: self.pending.len() as u64,
            bytes: self
                .pending
                .values()
                .map(|entry| entry.payload.len() as u64)
                .sum(),
        }
    }

    fn remove(&mut self, ids: &[EntryId]) -> Result<(), Fault> {
        self.fault()?;
        for id in ids {
            self.pending.remove(id);
        }
        Ok(())
    }

    fn set_aside(&mut self, id: EntryId, reason: &str) -> Result<(), Fault> {
        self.fault()?;
        if let Some(entry) = self.pending.remove(&id) {
            self.set_aside.insert(id, (entry, reason.to_owned()));
        }
        Ok(())
    }

    fn evict(&mut self, eviction: &Eviction) -> Result<(), Fault> {
        self.remove(&eviction.ids)?;
        self.evicted += eviction.ids.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::conformance::{self, Subject};

    impl Subject for Memory {
        fn reopen(self) -> Self {
            Self {
                faults: Cell::default(),
                ..self
            }
        }

        fn inject(&mut self, pass: u32, fail: u32) {
            Self::inject(self, pass, fail);
        }

        fn evicted(&self) -> u64 {
            Self::evicted(self)
        }
    }

    proptest! {
        #[test]
        fn queue_in_memory_keeps_every_law_under_faults(steps in conformance::steps()) {
            conformance::check(Memory::default(), steps);
        }
    }
}
