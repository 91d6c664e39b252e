//! Entries become messages in the form of the session, and are done when every message of theirs
//! is acknowledged.
//!
//! In the form of ThingsBoard a message holds one or many entries. In that of VSS an entry becomes
//! many messages, more than may be in flight at once: what has no room yet waits here. An entry is
//! begun only when nothing waits, so at most one entry's messages do.

use std::collections::{BTreeSet, HashMap, VecDeque};

use v2x_outbox::{Entry, EntryId};

use crate::thingsboard::{self, Message};
use crate::vss::Form;

/// Makes messages and knows which are still owed.
#[derive(Debug, Default)]
pub(super) struct Packer {
    form: Form,
    /// How many messages of an entry are not acknowledged; without a number it is one.
    owed: HashMap<EntryId, usize>,
    /// Messages of an entry that was begun.
    begun: VecDeque<Message>,
    /// Entries that need no message.
    empty: Vec<EntryId>,
    /// Entries that no message can carry, with the reason.
    refused: Vec<(EntryId, String)>,
}

impl Packer {
    /// A packer without anything begun.
    pub(super) fn new(form: Form) -> Self {
        Self {
            form,
            ..Self::default()
        }
    }

    /// Whether a close may be the server's way to say that it was too fast: that is ThingsBoard's
    /// way, other brokers close when they are restarted.
    pub(super) const fn is_close_a_limit(&self) -> bool {
        matches!(self.form, Form::ThingsBoard)
    }

    /// The message that describes the device.
    pub(super) fn description(&self, text: Vec<u8>) -> Message {
        match &self.form {
            Form::ThingsBoard => thingsboard::description(text),
            Form::Vss(topics) => topics.description(text),
        }
    }

    /// Takes entries from the front into a message of at most `points` data points, where several
    /// fit one; `together`: all that fit, however few wait.
    pub(super) fn pack(
        &mut self,
        entries: &mut VecDeque<Entry>,
        points: u32,
        together: bool,
    ) -> Option<Message> {
        let Form::Vss(topics) = &self.form else {
            return if together {
                thingsboard::pack_together(entries, points)
            } else {
                thingsboard::pack(entries, points)
            };
        };
        while let Some(entry) = entries.pop_front() {
            match topics.messages(&entry) {
                Err(why) => self.refused.push((entry.id, why.to_string())),
                Ok(messages) if messages.is_empty() => self.empty.push(entry.id),
                Ok(messages) => {
                    self.owed.insert(entry.id, messages.len());
                    self.begun = messages.into();
                    return self.begun.pop_front();
                }
            }
        }
        None
    }

    /// The next message of the entry that was begun.
    pub(super) fn next_begun(&mut self) -> Option<Message> {
        self.begun.pop_front()
    }

    /// Whether an entry waits for more of its messages to go.
    pub(super) fn is_begun(&self) -> bool {
        !self.begun.is_empty()
    }

    /// Messages that wait.
    pub(super) fn begun(&self) -> impl Iterator<Item = &Message> {
        self.begun.iter()
    }

    /// A message of these entries was acknowledged; returns those of which no other is owed.
    pub(super) fn acknowledged(&mut self, ids: Vec<EntryId>) -> Vec<EntryId> {
        let mut done = ids;
        done.retain(|id| match self.owed.get_mut(id) {
            Some(owed) if *owed > 1 => {
                *owed -= 1;
                false
            }
            _ => {
                self.owed.remove(id);
                true
            }
        });
        done
    }

    /// Entries that are done without a message.
    pub(super) fn take_empty(&mut self) -> Vec<EntryId> {
        std::mem::take(&mut self.empty)
    }

    /// Entries that are to be set aside, with the reason.
    pub(super) fn take_refused(&mut self) -> Vec<(EntryId, String)> {
        std::mem::take(&mut self.refused)
    }

    /// The connection has ended: entries begun are begun anew. Returns the entries of these
    /// messages and of those that wait, each once.
    pub(super) fn ended(&mut self, published: impl Iterator<Item = Message>) -> Vec<EntryId> {
        self.owed.clear();
        let messages = published.chain(std::mem::take(&mut self.begun));
        let ids: BTreeSet<_> = messages.flat_map(|message| message.entries).collect();
        ids.into_iter().collect()
    }
}

#[cfg(test)]
mod tests;
