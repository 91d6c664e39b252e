//! Which entry a server will never take.
//!
//! ThingsBoard closes the connection without a PUBACK on a payload that it does not understand, on
//! a rate limit and on a failure behind it alike. Only the first is the entry's fault, so an entry
//! is convicted when it was alone in flight at a close, three times, and others passed before each
//! of them. While nothing passes, nobody is convicted. Not here: pacing ([`crate::pacer`]).

use std::collections::HashMap;

use v2x_outbox::EntryId;

/// Closes on an entry that travelled alone before it is set aside.
const STRIKES: u8 = 3;

/// Entries under suspicion at once; above it the list starts anew, which costs time and nothing
/// else. A message holds at most some hundred entries.
const SUSPECTS_MAX: usize = 10_000;

/// The entries that were first in flight when a connection was closed.
#[derive(Debug, Default)]
pub struct Suspects {
    strikes: HashMap<EntryId, u8>,
    /// Whether anything was acknowledged since the last close.
    others_passed: bool,
}

impl Suspects {
    /// Whether this entry has to travel alone, after all others.
    #[must_use]
    pub fn contains(&self, id: EntryId) -> bool {
        self.strikes.contains_key(&id)
    }

    /// The server has taken these: they are innocent.
    pub fn acknowledged(&mut self, ids: &[EntryId]) {
        self.others_passed = true;
        for id in ids {
            self.strikes.remove(id);
        }
    }

    /// The server closed the connection; `first` are the entries of the first message that was
    /// published and not acknowledged, `alone` says that it was the only one. Returns the entry
    /// that is to be set aside.
    pub fn closed(&mut self, first: &[EntryId], alone: bool) -> Option<EntryId> {
        let others_passed = std::mem::take(&mut self.others_passed);
        if self.strikes.len() > SUSPECTS_MAX {
            self.strikes.clear();
        }
        if let ([id], true, true) = (first, alone, others_passed) {
            let strikes = self.strikes.entry(*id).or_default();
            *strikes += 1;
            if *strikes >= STRIKES {
                self.strikes.remove(id);
                return Some(*id);
            }
        }
        for id in first {
            self.strikes.entry(*id).or_default();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use v2x_outbox::Class;

    use super::*;

    fn id(sequence: u64) -> EntryId {
        EntryId::new(Class::Telemetry, sequence)
    }

    #[test]
    fn entry_that_fails_alone_three_times_while_others_pass_is_convicted() {
        let mut suspects = Suspects::default();
        assert_eq!(suspects.closed(&[id(1), id(2)], false), None);
        assert!(suspects.contains(id(1)) && suspects.contains(id(2)));
        suspects.acknowledged(&[id(2)]);
        assert!(!suspects.contains(id(2)), "the innocent one goes free");
        for other in 3..5 {
            assert_eq!(suspects.closed(&[id(1)], true), None);
            suspects.acknowledged(&[id(other)]);
        }
        assert_eq!(suspects.closed(&[id(1)], true), Some(id(1)));
        assert!(!suspects.contains(id(1)));
    }

    #[test]
    fn nobody_is_convicted_while_the_server_takes_nothing() {
        let mut suspects = Suspects::default();
        for _ in 0..100 {
            assert_eq!(suspects.closed(&[id(1)], true), None);
        }
    }

    #[test]
    fn entry_among_others_in_flight_gets_no_strike() {
        let mut suspects = Suspects::default();
        for _ in 0..100 {
            suspects.acknowledged(&[id(9)]);
            assert_eq!(suspects.closed(&[id(1)], false), None);
        }
    }
}
