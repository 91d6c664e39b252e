//! Rows that are offered while they still wait for their common commit.
//!
//! A row waits a while for its group ([`crate::group_commit`]); a dashboard shall not.
//! So its owner gives it to the outbox at once, under the place in the queue that it will have.
//! When the broker has it before the group is committed, it never enters the queue: an insertion
//! and a removal less on the disk. Otherwise it enters with the group, and its acknowledgement
//! removes it later. What keeps the row through the death of the process meanwhile is its owner's
//! matter: the outbox only promises to offer it as it was given.

use std::collections::BTreeMap;

use crate::entry::{Entry, EntryId};

/// What became of a row so far.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Waiting,
    Offered,
    Acknowledged,
    /// The broker will never take it, for this reason.
    Refused(String),
}

/// Rows with a place in the queue that are not in it yet.
#[derive(Debug, Default)]
pub(crate) struct FreshRows {
    rows: BTreeMap<EntryId, (Entry, State)>,
}

/// What is to be done about a row whose group is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Settled {
    /// Nothing: the broker has it, and it is not in the queue.
    Gone,
    /// It is in the queue and under way.
    InFlight,
    /// It is in the queue and can be offered from there.
    Queued,
    /// It is in the queue and has to be set aside.
    Refused(String),
}

impl FreshRows {
    pub(crate) fn admit(&mut self, entry: Entry) {
        self.rows.insert(entry.id, (entry, State::Waiting));
    }

    /// Takes up to `room` rows that wait, oldest first.
    pub(crate) fn offer(&mut self, room: usize) -> Vec<Entry> {
        let waiting = self.rows.values_mut();
        let waiting = waiting.filter(|(_, state)| *state == State::Waiting);
        let taken = waiting.take(room).map(|(entry, state)| {
            *state = State::Offered;
            entry.clone()
        });
        taken.collect()
    }

    /// Whether it is one of these rows that was acknowledged just now.
    pub(crate) fn acknowledge(&mut self, id: EntryId) -> bool {
        self.change(id, State::Acknowledged)
    }

    /// Whether it is one of these rows, which waits again. One that was acknowledged does not.
    pub(crate) fn release(&mut self, id: EntryId) -> bool {
        match self.rows.get_mut(&id) {
            Some((_, state @ State::Offered)) => {
                *state = State::Waiting;
                true
            }
            other => other.is_some(),
        }
    }

    /// Whether it is one of these rows, which is not offered any more.
    pub(crate) fn refuse(&mut self, id: EntryId, reason: &str) -> bool {
        self.change(id, State::Refused(reason.to_owned()))
    }

    fn change(&mut self, id: EntryId, to: State) -> bool {
        let row = self.rows.get_mut(&id);
        row.map(|(_, state)| *state = to).is_some()
    }

    /// Whether a row has to enter the queue with its group: unless the broker has it.
    pub(crate) fn must_enter(&self, id: EntryId) -> bool {
        let row = self.rows.get(&id);
        row.is_none_or(|(_, state)| *state != State::Acknowledged)
    }

    /// The group of this row is on disk, or the row was given up.
    pub(crate) fn settle(&mut self, id: EntryId) -> Settled {
        match self.rows.remove(&id) {
            Some((_, State::Acknowledged)) => Settled::Gone,
            Some((_, State::Offered)) => Settled::InFlight,
            Some((_, State::Refused(reason))) => Settled::Refused(reason),
            Some((_, State::Waiting)) | None => Settled::Queued,
        }
    }

    /// Rows that the broker does not have yet.
    pub(crate) fn unacknowledged(&self) -> usize {
        let states = self.rows.values().map(|(_, state)| state);
        states
            .filter(|state| **state != State::Acknowledged)
            .count()
    }
}
