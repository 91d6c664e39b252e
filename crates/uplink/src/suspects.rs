//! Which entry a server will never take.
//!
//! ThingsBoard closes the connection without a PUBACK on a payload that it does not understand, on
//! a rate limit and on a failure behind it alike. Only the first is the entry's fault. So a close
//! with several messages in flight accuses nobody, because acknowledgements on their way are lost
//! with it; the next connection is careful and has one message in flight at a time. The entries of
//! a message that was alone in flight at a close are suspects, and travel in groups, each half of
//! the one before it, alone and after something else has passed. An entry that is closed upon
//! three times by itself, with others passing before each of them, is convicted. While nothing
//! passes, nobody is convicted. Not here: pacing ([`crate::pacer`]).

use std::collections::HashMap;

use v2x_outbox::EntryId;

/// Closes on an entry that travelled alone before it is set aside.
const STRIKES: u8 = 3;

/// Messages that pass before a careful connection is an ordinary one again.
const CAREFUL_MESSAGES: u8 = 20;

/// Entries under suspicion at once; above it the list starts anew, which costs time and nothing
/// else. A message holds at most some hundred entries.
const SUSPECTS_MAX: usize = 10_000;

/// The entries of messages that were alone in flight when a connection was closed.
#[derive(Debug, Default)]
pub struct Suspects {
    suspicions: HashMap<EntryId, Suspicion>,
    /// The last group that was made.
    group: u64,
    /// Whether anything was acknowledged since the last close.
    others_passed: bool,
    /// How many messages still travel one by one.
    careful: u8,
}

/// What is held against an entry.
#[derive(Debug, Clone, Copy, Default)]
struct Suspicion {
    /// With whom it travels.
    group: u64,
    /// How often the server closed on it alone.
    strikes: u8,
}

impl Suspects {
    /// With which others a suspect travels; `None` for who is none.
    #[must_use]
    pub fn group(&self, id: EntryId) -> Option<u64> {
        self.suspicions.get(&id).map(|suspicion| suspicion.group)
    }

    /// Whether this entry has to travel alone, after something else has passed.
    #[must_use]
    pub fn contains(&self, id: EntryId) -> bool {
        self.suspicions.contains_key(&id)
    }

    /// Whether only one message may be in flight at a time.
    #[must_use]
    pub const fn is_careful(&self) -> bool {
        self.careful > 0
    }

    /// Whether anything was acknowledged since the last close.
    #[must_use]
    pub const fn others_passed(&self) -> bool {
        self.others_passed
    }

    /// The server has taken the message of these entries: they are innocent.
    pub fn acknowledged(&mut self, ids: &[EntryId]) {
        self.others_passed = true;
        self.careful = self.careful.saturating_sub(1);
        for id in ids {
            self.suspicions.remove(id);
        }
    }

    /// The server closed the connection with several messages in flight: any may be the reason.
    pub fn closed_on_several(&mut self) {
        self.others_passed = false;
        self.careful = CAREFUL_MESSAGES;
    }

    /// The server closed the connection with only the message of these entries in flight. Returns
    /// the entry that is to be set aside.
    pub fn closed_on(&mut self, ids: &[EntryId]) -> Option<EntryId> {
        let others_passed = std::mem::take(&mut self.others_passed);
        self.careful = 0;
        if self.suspicions.len() > SUSPECTS_MAX {
            self.suspicions.clear();
        }
        if let ([id], true) = (ids, others_passed) {
            let suspicion = self.suspicions.entry(*id).or_default();
            suspicion.strikes += 1;
            if suspicion.strikes >= STRIKES {
                self.suspicions.remove(id);
                return Some(*id);
            }
        }
        let is_known = ids.iter().all(|id| self.contains(*id));
        if is_known && !others_passed {
            // Nothing passes: that says nothing of these.
            return None;
        }
        let (first, second) = ids.split_at(ids.len() / 2);
        for half in [first, second] {
            self.group += 1;
            for id in half {
                self.suspicions.entry(*id).or_default().group = self.group;
            }
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
        assert_eq!(suspects.closed_on(&[id(1), id(2)]), None);
        assert!(suspects.contains(id(1)) && suspects.contains(id(2)));
        suspects.acknowledged(&[id(2)]);
        assert!(!suspects.contains(id(2)), "the innocent one goes free");
        for other in 3..5 {
            assert_eq!(suspects.closed_on(&[id(1)]), None);
            suspects.acknowledged(&[id(other)]);
        }
        assert_eq!(suspects.closed_on(&[id(1)]), Some(id(1)));
        assert!(!suspects.contains(id(1)));
    }

    #[test]
    fn group_is_halved_at_each_close_while_others_pass() {
        let mut suspects = Suspects::default();
        let ids: Vec<_> = (0..600).map(id).collect();
        suspects.closed_on(&ids);
        for closes in 1..10 {
            let group = suspects.group(id(599));
            let (mates, _): (Vec<_>, Vec<_>) =
                ids.iter().partition(|id| suspects.group(**id) == group);
            assert_eq!(mates.len(), 600_usize.div_ceil(1 << closes));
            suspects.acknowledged(&[id(1000)]);
            suspects.closed_on(&mates);
        }
        suspects.closed_on(&ids[..2]);
        assert_eq!(
            suspects.group(id(0)),
            suspects.group(id(1)),
            "nothing passed"
        );
    }

    #[test]
    fn nobody_is_convicted_while_the_server_takes_nothing() {
        let mut suspects = Suspects::default();
        for _ in 0..100 {
            assert_eq!(suspects.closed_on(&[id(1)]), None);
        }
    }

    #[test]
    fn close_on_several_messages_accuses_nobody_and_makes_careful() {
        let mut suspects = Suspects::default();
        suspects.closed_on_several();
        assert!(suspects.is_careful() && !suspects.contains(id(1)));
        for _ in 0..CAREFUL_MESSAGES {
            assert!(suspects.is_careful());
            suspects.acknowledged(&[id(1)]);
        }
        assert!(!suspects.is_careful());
        suspects.closed_on_several();
        suspects.closed_on(&[id(1)]);
        assert!(!suspects.is_careful(), "the suspect is known and alone");
    }
}
