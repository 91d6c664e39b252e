//! What one connection after another carries: what is published next, what is asked of the outbox,
//! who is to blame for a close. Sans-IO, so that a day of backlog can be played in virtual time.
//!
//! Live data goes first, a backlog with what the pace leaves ([`crate::pacer`]). What has to wait
//! for the pace waits in the outbox, where an alert overtakes it. Suspects ([`crate::suspects`])
//! travel alone, each after something else has passed. Sockets are in [`super::connection`].

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use v2x_outbox::{Class, Entry, EntryId, LIVE_ENTRIES, Lane};
use v2x_units::Instant;

use super::WINDOW;
use super::packer::Packer;
use crate::pacer::{Freight, Limits, Pacer};
use crate::supply::Request;
use crate::suspects::Suspects;
use crate::thingsboard::Message;
use crate::vss::Form;

/// Entries asked for at once: some messages of 64 KiB.
const BATCH_ENTRIES: usize = 1000;

/// Acknowledgements that are handed on together while more are on their way: the outbox removes
/// them in one commit.
const ACKNOWLEDGE_TOGETHER: usize = 1000;

/// How long the first message in flight may wait for its acknowledgement.
pub(super) const ACKNOWLEDGE_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a stop waits for acknowledgements.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Closes on a description alone before it is kept back until it changes.
const DESCRIPTION_STRIKES: u8 = 3;

const POISON: &str = "the broker closed the connection on it again and again, and took others";

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Hand this to the broker; the courier keeps the rest of the message.
    Publish { topic: String, payload: Vec<u8> },
    /// Hand this to the outbox.
    Ask(Request),
}

/// Carries entries from the outbox to a broker.
#[derive(Debug)]
pub(super) struct Courier {
    pacer: Pacer,
    suspects: Suspects,
    is_connected: bool,
    is_stopping: bool,
    /// What the outbox owes.
    asked: Option<Lane>,
    /// Entries that were not published yet.
    waiting: Waiting,
    /// What describes the device, told once per connection and when it changes.
    description: Description,
    /// What becomes of entries.
    packer: Packer,
    /// Handed to the client, which has not numbered them yet.
    unnumbered: VecDeque<Message>,
    /// Published under these packet identifiers.
    numbered: HashMap<u16, Message>,
    /// Acknowledged by the broker, not yet handed on.
    acknowledged: Vec<EntryId>,
    /// What the outbox is to be told.
    requests: VecDeque<Request>,
    /// When the oldest acknowledgement is overdue, or the stop is.
    deadline: Instant,
    /// The newest telemetry seen, which says what is live.
    newest: u64,
    /// Whether the pace has held up live data.
    is_behind: bool,
}

/// Entries that were not published yet, each in its order.
#[derive(Debug, Default)]
struct Waiting {
    urgent: VecDeque<Entry>,
    live: VecDeque<Entry>,
    suspected: VecDeque<Entry>,
    backlog: VecDeque<Entry>,
}

impl Waiting {
    /// Whether nothing but suspects waits.
    fn is_without_unsuspected(&self) -> bool {
        self.urgent.is_empty() && self.live.is_empty() && self.backlog.is_empty()
    }
}

/// Attributes of the device.
#[derive(Debug, Default)]
struct Description {
    text: Option<Vec<u8>>,
    is_due: bool,
    strikes: u8,
}

impl Courier {
    /// A courier without a connection.
    pub(super) fn new(limits: &Limits, form: Form, now: Instant) -> Self {
        Self {
            pacer: Pacer::new(limits, now),
            suspects: Suspects::default(),
            is_connected: false,
            is_stopping: false,
            asked: None,
            waiting: Waiting::default(),
            description: Description::default(),
            packer: Packer::new(form),
            unnumbered: VecDeque::new(),
            numbered: HashMap::new(),
            acknowledged: Vec::new(),
            requests: VecDeque::new(),
            deadline: now,
            newest: 0,
            is_behind: false,
        }
    }

    /// The broker has accepted the login.
    pub(super) fn connected(&mut self) {
        self.is_connected = true;
        self.description.is_due = self.description.strikes < DESCRIPTION_STRIKES;
    }

    /// What describes the device from now on.
    pub(super) fn describe(&mut self, text: Vec<u8>) {
        self.description = Description {
            text: Some(text),
            is_due: true,
            strikes: 0,
        };
    }

    /// The outbox gave these.
    pub(super) fn take(&mut self, batch: Vec<Entry>) {
        // What the outbox calls live is live, whatever its place.
        let is_all_live = self.asked.take() == Some(Lane::Live);
        if !self.is_connected {
            return self.release(batch.iter().map(|entry| entry.id).collect());
        }
        let telemetry = batch.iter().filter(|e| e.id.class() == Class::Telemetry);
        let newest = telemetry.map(|entry| entry.id.sequence()).max();
        self.newest = self.newest.max(newest.unwrap_or_default());
        for entry in batch {
            let queue = if self.suspects.contains(entry.id) {
                &mut self.waiting.suspected
            } else if entry.id.class() != Class::Telemetry {
                &mut self.waiting.urgent
            } else if is_all_live || self.is_live(entry.id) {
                &mut self.waiting.live
            } else {
                &mut self.waiting.backlog
            };
            queue.push_back(entry);
        }
    }

    fn is_live(&self, id: EntryId) -> bool {
        id.class() != Class::Telemetry || id.sequence().saturating_add(LIVE_ENTRIES) > self.newest
    }

    /// What is to be done now; to be asked until there is nothing.
    pub(super) fn next(&mut self, now: Instant) -> Option<Act> {
        if let Some(message) = self.next_message(now) {
            return Some(self.publish(message, now));
        }
        for (id, reason) in self.packer.take_refused() {
            self.requests.push_back(Request::SetAside { id, reason });
        }
        self.acknowledged.extend(self.packer.take_empty());
        self.hand_on_acknowledged();
        self.give_back_backlog(now);
        if self.requests.is_empty() {
            self.ask_for_more(now);
        }
        self.requests.pop_front().map(Act::Ask)
    }

    /// After how long there may be something to do without anything having happened.
    pub(super) fn wake(&mut self, now: Instant) -> Option<Duration> {
        let overdue = (self.is_stopping || self.in_flight() > 0).then(|| self.deadline.since(now));
        let wants_all = self.is_connected && !self.is_stopping && self.asked != Some(Lane::All);
        // In a stop only what was begun still goes.
        let waits_live = self.packer.is_begun()
            || (!self.is_stopping
                && (!self.waiting.urgent.is_empty() || !self.waiting.live.is_empty()));
        let live = (waits_live && self.has_room()).then(|| self.pacer.wait(now, Freight::Live));
        let waits_suspect = !self.is_stopping
            && self.is_suspects_turn()
            && self.in_flight() == 0
            && self.has_room();
        let freight = self.freight_of_suspects();
        let suspect = waits_suspect.then(|| self.pacer.wait(now, freight));
        let backlog = (wants_all && self.has_room())
            .then(|| self.pacer.wait(now, Freight::Backlog))
            // At once is never: what could be done now was done.
            .filter(|wait| !wait.is_zero());
        let paced = live.into_iter().chain(suspect).chain(backlog).min();
        // A whole millisecond, so that the wait is over when the timer says so.
        let paced = paced.map(|wait| wait + Duration::from_millis(1));
        paced.into_iter().chain(overdue).min()
    }

    /// Whether an acknowledgement, or the stop, did not come in time.
    pub(super) fn is_overdue(&self, now: Instant) -> bool {
        (self.is_stopping || self.in_flight() > 0) && now >= self.deadline
    }

    /// Messages published and not acknowledged.
    pub(super) fn in_flight(&self) -> usize {
        self.unnumbered.len() + self.numbered.len()
    }

    /// Entries published, at least in part, and not acknowledged.
    pub(super) fn entries_in_flight(&self) -> usize {
        let messages = self.published().chain(self.packer.begun());
        let ids: HashSet<_> = messages.flat_map(|message| &message.entries).collect();
        ids.len()
    }

    /// Whether nothing is owed to or by the broker.
    pub(super) fn is_idle(&self) -> bool {
        self.in_flight() == 0 && !self.packer.is_begun()
    }

    /// From now on only acknowledgements are awaited, for a bounded time.
    pub(super) fn stop(&mut self, now: Instant) {
        self.is_stopping = true;
        self.deadline = now + STOP_TIMEOUT;
    }

    /// The client published the next message under this number.
    pub(super) fn numbered(&mut self, pkid: u16) {
        if let Some(message) = self.unnumbered.pop_front() {
            self.numbered.insert(pkid, message);
        }
    }

    /// The broker has the message of this number. Whether it was one of ours.
    pub(super) fn acknowledged(&mut self, pkid: u16, now: Instant) -> bool {
        let Some(message) = self.numbered.remove(&pkid) else {
            return false;
        };
        self.pacer.acknowledged(now);
        if message.entries.is_empty() {
            self.description.strikes = 0;
        } else {
            let done = self.packer.acknowledged(message.entries);
            // A part that passes says nothing of the rest of its entry.
            if !done.is_empty() {
                self.suspects.acknowledged(&done);
            }
            self.acknowledged.extend(done);
        }
        if !self.is_stopping {
            self.deadline = now + ACKNOWLEDGE_TIMEOUT;
        }
        true
    }

    /// The connection has ended; `by_broker`: it closed. Returns the entry that the broker will
    /// never take, with the reason. What the outbox is owed follows by [`Courier::next_request`].
    pub(super) fn ended(&mut self, now: Instant, by_broker: bool) -> Option<(EntryId, String)> {
        let mut poison = None;
        if by_broker && self.in_flight() > 0 && !self.is_stopping {
            // A close on a suspect is the suspect's, not the pace's.
            if self.packer.is_close_a_limit() && !self.suspect_is_in_flight() {
                self.pacer.closed(now);
            }
            poison = self.blame();
        }
        self.is_connected = false;
        self.asked = None;
        let ids = std::mem::take(&mut self.acknowledged);
        if !ids.is_empty() {
            self.requests.push_back(Request::Acknowledge(ids));
        }
        if let Some(id) = poison {
            let reason = POISON.to_owned();
            self.requests.push_back(Request::SetAside { id, reason });
        }
        let Waiting {
            urgent,
            live,
            suspected,
            backlog,
        } = std::mem::take(&mut self.waiting);
        let unpublished = urgent
            .into_iter()
            .chain(live)
            .chain(suspected)
            .chain(backlog);
        self.release(unpublished.map(|entry| entry.id).collect());
        let numbered = std::mem::take(&mut self.numbered).into_values();
        let published = numbered.chain(std::mem::take(&mut self.unnumbered));
        let mut ids = self.packer.ended(published);
        ids.retain(|id| Some(*id) != poison);
        self.release(ids);
        poison.map(|id| (id, POISON.to_owned()))
    }

    /// What the outbox is to be told, without anything new.
    pub(super) fn next_request(&mut self) -> Option<Request> {
        self.requests.pop_front()
    }

    /// Who is to blame for a close with messages in flight.
    fn blame(&mut self) -> Option<EntryId> {
        if self.in_flight() > 1 {
            self.suspects.closed_on_several();
            return None;
        }
        let alone = self.published().flat_map(|message| &message.entries);
        let ids: Vec<_> = alone.copied().collect();
        if ids.is_empty() {
            self.description.strikes += 1;
            return None;
        }
        self.suspects.closed_on(&ids)
    }

    /// Every message in flight.
    fn published(&self) -> impl Iterator<Item = &Message> {
        self.numbered.values().chain(&self.unnumbered)
    }

    fn publish(&mut self, mut message: Message, now: Instant) -> Act {
        if self.in_flight() == 0 {
            self.deadline = now + ACKNOWLEDGE_TIMEOUT;
        }
        let rows = message.entries.len();
        self.pacer.sent(now, message.points, rows);
        let payload = std::mem::take(&mut message.payload);
        let topic = message.topic.to_string();
        self.unnumbered.push_back(message);
        Act::Publish { topic, payload }
    }

    /// The message that may go now.
    fn next_message(&mut self, now: Instant) -> Option<Message> {
        if !self.is_connected || !self.has_room() {
            return None;
        }
        let may_go = |pacer: &mut Pacer, freight| pacer.wait(now, freight).is_zero();
        // What was begun goes to its end, also in a stop.
        if self.packer.is_begun() {
            let may_go = may_go(&mut self.pacer, Freight::Live);
            return may_go.then(|| self.packer.next_begun()).flatten();
        }
        if self.is_stopping {
            return None;
        }
        if self.description.is_due && may_go(&mut self.pacer, Freight::Live) {
            self.description.is_due = false;
            if let Some(text) = &self.description.text {
                return Some(self.packer.description(text.clone()));
            }
        }
        for queue in [&mut self.waiting.urgent, &mut self.waiting.live] {
            if queue.is_empty() {
                continue;
            }
            if !may_go(&mut self.pacer, Freight::Live) {
                self.is_behind = true;
                return None;
            }
            // What the pace has held up travels together.
            let together = std::mem::take(&mut self.is_behind);
            return self.packer.pack(queue, u32::MAX, together);
        }
        if self.is_suspects_turn() {
            let freight = self.freight_of_suspects();
            let may_go = self.in_flight() == 0 && may_go(&mut self.pacer, freight);
            return may_go.then(|| self.next_suspects()).flatten();
        }
        if self.waiting.backlog.is_empty() || !may_go(&mut self.pacer, Freight::Backlog) {
            return None;
        }
        let points = self.pacer.points(now);
        (self.packer).pack(&mut self.waiting.backlog, points, false)
    }

    /// The first suspects that travel together.
    fn next_suspects(&mut self) -> Option<Message> {
        let first = self.waiting.suspected.front()?.id;
        let group = self.suspects.group(first);
        let waiting = std::mem::take(&mut self.waiting.suspected).into_iter();
        let (mut together, others): (VecDeque<_>, VecDeque<_>) =
            waiting.partition(|entry| self.suspects.group(entry.id) == group);
        let message = self.packer.pack(&mut together, u32::MAX, false);
        together.extend(others);
        self.waiting.suspected = together;
        message
    }

    /// As what the first suspect travels.
    fn freight_of_suspects(&self) -> Freight {
        let first = self.waiting.suspected.front();
        if first.is_some_and(|first| self.is_live(first.id)) {
            Freight::Live
        } else {
            Freight::Backlog
        }
    }

    /// A suspect goes when something else has passed since the last close, or there is nothing
    /// else: the outbox was asked for everything, and does not answer.
    fn is_suspects_turn(&self) -> bool {
        let is_all = self.waiting.is_without_unsuspected() && self.asked == Some(Lane::All);
        !self.waiting.suspected.is_empty() && (self.suspects.others_passed() || is_all)
    }

    /// Whether another message may be in flight: a suspect is alone, a careful connection has one
    /// message in flight.
    fn has_room(&self) -> bool {
        let is_alone = self.suspects.is_careful() || self.suspect_is_in_flight();
        self.in_flight() < if is_alone { 1 } else { usize::from(WINDOW) }
    }

    fn suspect_is_in_flight(&self) -> bool {
        let messages = self.published().chain(self.packer.begun());
        let mut entries = messages.flat_map(|message| &message.entries);
        entries.any(|id| self.suspects.contains(*id))
    }

    fn hand_on_acknowledged(&mut self) {
        let is_all = self.in_flight() == 0 && !self.acknowledged.is_empty();
        if is_all || self.acknowledged.len() >= ACKNOWLEDGE_TOGETHER {
            let ids = std::mem::take(&mut self.acknowledged);
            self.requests.push_back(Request::Acknowledge(ids));
        }
    }

    /// Gives back a backlog that waits for the pace.
    fn give_back_backlog(&mut self, now: Instant) {
        let waits = !self.waiting.backlog.is_empty();
        if waits && !self.pacer.wait(now, Freight::Backlog).is_zero() {
            let backlog = std::mem::take(&mut self.waiting.backlog);
            self.release(backlog.into_iter().map(|entry| entry.id).collect());
        }
    }

    /// Asks for everything when nothing waits and the pace allows a backlog, otherwise for what
    /// is live.
    fn ask_for_more(&mut self, now: Instant) {
        if !self.is_connected || self.is_stopping {
            return;
        }
        let allows_all = self.waiting.is_without_unsuspected()
            && self.pacer.wait(now, Freight::Backlog).is_zero();
        let lane = if allows_all { Lane::All } else { Lane::Live };
        let few = self.waiting.urgent.len() + self.waiting.live.len() < BATCH_ENTRIES / 2;
        if self.asked >= Some(lane) || !few {
            return;
        }
        let limit = match lane {
            Lane::Live => BATCH_ENTRIES / 2,
            Lane::All => usize::try_from(self.pacer.points(now))
                .unwrap_or(usize::MAX)
                .clamp(1, BATCH_ENTRIES),
        };
        self.requests.push_back(Request::Next(lane, limit));
        self.asked = Some(lane);
    }

    fn release(&mut self, ids: Vec<EntryId>) {
        if !ids.is_empty() {
            self.requests.push_back(Request::Release(ids));
        }
    }
}

#[cfg(test)]
mod tests;
