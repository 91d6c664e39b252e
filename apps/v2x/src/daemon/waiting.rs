//! Writes that wait for a disk that refuses: in their order, bounded, and books before the rest.

use std::collections::VecDeque;

use tracing::{error, info, warn};
use v2x_store::StoreError;

/// The most that waits. Statuses come every five seconds: an hour of them, and every receipt.
const WAITING_MAX: usize = 1_000;

/// What is to be written.
pub(crate) trait ForStore {
    /// Whether it is kept longer than the rest: sessions and receipts.
    fn is_book(&self) -> bool;
}

/// Writes in their order; what has no room is given up, counted and told.
#[derive(Debug)]
pub(crate) struct Waiting<T> {
    entries: VecDeque<T>,
    given_up: u64,
    not_taken: u64,
    is_refused: bool,
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            given_up: 0,
            not_taken: 0,
            is_refused: false,
        }
    }
}

impl<T: ForStore> Waiting<T> {
    /// Adds a write; beyond the bound the oldest that is no book goes, or the oldest.
    pub(crate) fn push(&mut self, entry: T) {
        if self.entries.len() >= WAITING_MAX {
            let place = self.entries.iter().position(|it| !it.is_book());
            self.entries.remove(place.unwrap_or(0));
            self.given_up += 1;
            let given_up = self.given_up;
            warn!(given_up, "given up: the disk has refused for too long");
        }
        self.entries.push_back(entry);
    }

    /// Writes until the disk refuses; says whether anything was written. What the store will never
    /// take does not hold up what comes behind it: it is told, counted and left out.
    pub(crate) fn write(&mut self, mut to_disk: impl FnMut(&T) -> Result<(), StoreError>) -> bool {
        let mut is_written = false;
        while let Some(entry) = self.entries.front() {
            if let Err(error) = to_disk(entry) {
                if error.is_for_good() {
                    self.not_taken += 1;
                    let (not_taken, is_book) = (self.not_taken, entry.is_book());
                    error!(%error, not_taken, is_book, "what the radio brought is left out");
                    self.entries.pop_front();
                    continue;
                }
                if !std::mem::replace(&mut self.is_refused, true) {
                    warn!(%error, "what the radio brought waits for the disk");
                }
                return is_written;
            }
            self.entries.pop_front();
            is_written = true;
        }
        if std::mem::take(&mut self.is_refused) {
            info!("what waited for the disk is written");
        }
        is_written
    }

    /// How much waits.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Entry {
        Book(usize),
        Reading(usize),
    }

    impl ForStore for Entry {
        fn is_book(&self) -> bool {
            matches!(self, Self::Book(_))
        }
    }

    #[test]
    fn what_the_disk_refuses_is_written_later_in_its_order() {
        let mut waiting = Waiting::default();
        for number in 0..3 {
            waiting.push(Entry::Book(number));
        }
        let mut written = Vec::new();
        let mut room = 1;
        let mut disk = |entry: &Entry| {
            if room == 0 {
                return Err(StoreError::Locked("a test's disk".into()));
            }
            room -= 1;
            written.push(*entry);
            Ok(())
        };
        assert!(waiting.write(&mut disk));
        assert!(!waiting.write(&mut disk));
        assert_eq!(waiting.len(), 2);
        assert!(waiting.write(|entry| {
            written.push(*entry);
            Ok(())
        }));
        assert_eq!(written, [Entry::Book(0), Entry::Book(1), Entry::Book(2)]);
        assert_eq!(waiting.len(), 0);
    }

    #[test]
    fn what_the_store_never_takes_holds_nothing_up() {
        let mut waiting = Waiting::default();
        for number in 0..3 {
            waiting.push(Entry::Book(number));
        }
        let mut written = Vec::new();
        assert!(waiting.write(|entry| {
            if *entry == Entry::Book(0) {
                return Err(StoreError::NotTaken {
                    path: "a test's store".into(),
                    reason: "NOT NULL constraint failed".to_owned(),
                });
            }
            written.push(*entry);
            Ok(())
        }));
        assert_eq!(written, [Entry::Book(1), Entry::Book(2)]);
        assert_eq!((waiting.len(), waiting.not_taken), (0, 1));
    }

    #[test]
    fn queue_when_full_gives_up_readings_before_books() {
        let mut waiting = Waiting::default();
        waiting.push(Entry::Book(0));
        for number in 0..WAITING_MAX {
            waiting.push(Entry::Reading(number));
        }
        let mut written = Vec::new();
        waiting.write(|entry| {
            written.push(*entry);
            Ok(())
        });
        assert_eq!(written[..2], [Entry::Book(0), Entry::Reading(1)]);
        assert_eq!((written.len(), waiting.given_up), (WAITING_MAX, 1));
    }
}
