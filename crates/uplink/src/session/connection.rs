//! One connection: publishes what fits, matches acknowledgements, ends with the first error.
//!
//! rumqttc numbers packets itself and says so in `Outgoing::Publish`, in the order in which
//! messages were handed to it; that order is how an entry finds its packet identifier. Its `poll`
//! loses a half-written packet when it is dropped, so one `poll` is always carried to its end, and
//! dropped only together with the connection.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::time::Duration;

use rumqttc::{AsyncClient, ConnectionError, Event, EventLoop, Outgoing, Packet, QoS};
use tokio::time;
use v2x_outbox::{Entry, EntryId};

use super::commands::{COMMANDS_MAX, SUBSCRIPTIONS, SessionCommands, next_answer};
use super::{CONNECT_TIMEOUT_S, Down, Session, SessionEvent, WINDOW};
use crate::supply::{OutboxGone, Request};
use crate::thingsboard::{Message, pack};

/// Entries asked for at once: some messages of 64 KiB.
const BATCH_ENTRIES: usize = 1000;

/// Acknowledgements that are handed on together while more are on their way: the outbox removes
/// them in one commit.
const ACKNOWLEDGE_TOGETHER: usize = 1000;

/// How long the first message in flight may wait for its acknowledgement.
const ACKNOWLEDGE_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a stop waits for acknowledgements.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// How a connection ended.
pub(super) enum Ended {
    /// By an error; the session connects again.
    Down(Down),
    /// By a stop.
    Stopped {
        /// Entries published and not acknowledged.
        unacknowledged: usize,
    },
}

/// A `poll` on its way, which gives the event loop back.
type Poll = Pin<Box<dyn Future<Output = (EventLoop, Result<Event, ConnectionError>)> + Send>>;

fn poll(mut event_loop: EventLoop) -> Poll {
    Box::pin(async move {
        let event = event_loop.poll().await;
        (event_loop, event)
    })
}

/// One connection of a session.
pub(super) struct Connection<'a> {
    session: &'a mut Session,
    client: AsyncClient,
    poll: Option<Poll>,
    connected: bool,
    stopping: bool,
    /// Whether the outbox owes a batch.
    asked: bool,
    /// Entries that were not published yet.
    waiting: VecDeque<Entry>,
    /// Those of them that travel alone and last.
    suspected: VecDeque<Entry>,
    /// Handed to rumqttc, which has not numbered them yet.
    unnumbered: VecDeque<Message>,
    /// Published under these packet identifiers.
    numbered: HashMap<u16, Message>,
    /// Acknowledged by the broker, not yet handed on.
    acknowledged: Vec<EntryId>,
    /// When the oldest acknowledgement is overdue, or the stop is.
    deadline: time::Instant,
}

impl<'a> Connection<'a> {
    /// A connection about to be made.
    pub(super) fn open(session: &'a mut Session) -> Self {
        let capacity = usize::from(WINDOW) + 1 + COMMANDS_MAX + SUBSCRIPTIONS;
        let (client, mut event_loop) = AsyncClient::new(session.options.clone(), capacity);
        let mut network = event_loop.network_options();
        network.set_connection_timeout(CONNECT_TIMEOUT_S);
        network.set_tcp_nodelay(true);
        event_loop.set_network_options(network);
        Self {
            session,
            client,
            poll: Some(poll(event_loop)),
            connected: false,
            stopping: false,
            asked: false,
            waiting: VecDeque::new(),
            suspected: VecDeque::new(),
            unnumbered: VecDeque::new(),
            numbered: HashMap::new(),
            acknowledged: Vec::new(),
            deadline: time::Instant::now() + ACKNOWLEDGE_TIMEOUT,
        }
    }

    /// Runs until an error or until `stop`; whatever was not acknowledged is then released.
    pub(super) async fn run(
        mut self,
        mut stop: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<Ended, OutboxGone> {
        let ended = loop {
            if let Some(ended) = self.step(stop.as_mut()).await? {
                break ended;
            }
        };
        self.give_back()?;
        Ok(ended)
    }

    async fn step(
        &mut self,
        stop: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<Option<Ended>, OutboxGone> {
        self.publish_what_fits();
        let wait = self.pace();
        if wait.is_none() {
            self.ask_for_more()?;
        } else {
            // What has to wait waits in the outbox, where an alert overtakes it.
            self.give_back_unpublished()?;
        }
        if self.stopping && self.in_flight() == 0 {
            return self.disconnect().await.map(Some);
        }
        let paced = wait.map(|pace| time::Instant::now() + pace);
        let overdue = (self.in_flight() > 0).then_some(self.deadline);
        let wake = paced.into_iter().chain(overdue).min();
        let answers = self.connected
            && !self.stopping
            && (self.session.commands.as_ref()).is_some_and(SessionCommands::has_room);
        let poll = self.poll.as_mut().expect("put back after each event");
        tokio::select! {
            biased;
            () = stop, if !self.stopping => return Ok(self.stop()),
            (event_loop, event) = poll => {
                self.poll = None;
                return self.polled(event_loop, event);
            }
            batch = self.session.supply.batch(), if self.asked => {
                self.asked = false;
                self.arrange(batch?);
            }
            answer = next_answer(&mut self.session.commands), if answers => {
                answer.publish(&mut self.session.commands, &self.client);
            }
            () = time::sleep_until(wake.unwrap_or(self.deadline)), if wake.is_some() => {
                if overdue.is_some_and(|overdue| overdue <= time::Instant::now()) {
                    return Ok(Some(self.overdue()));
                }
            }
        }
        Ok(None)
    }

    fn in_flight(&self) -> usize {
        self.unnumbered.len() + self.numbered.len()
    }

    fn arrange(&mut self, batch: Vec<Entry>) {
        let suspects = &self.session.suspects;
        let (suspected, others): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .partition(|entry| suspects.contains(entry.id));
        self.waiting.extend(others);
        self.suspected.extend(suspected);
    }

    /// How long the pace forbids the next message.
    fn pace(&mut self) -> Option<Duration> {
        let wait = self.session.pacer.wait((self.session.clock)());
        (!wait.is_zero()).then_some(wait)
    }

    /// Publishes until there is no room or the pace forbids it.
    fn publish_what_fits(&mut self) {
        while self.connected && !self.stopping && self.has_room() && self.pace().is_none() {
            let now = (self.session.clock)();
            let packed = if self.waiting.is_empty() {
                pack(&mut self.suspected, 0)
            } else {
                pack(&mut self.waiting, self.session.pacer.points(now))
            };
            let message = packed.expect("something waits where there is room for it");
            self.session.pacer.sent(now, message.points);
            self.publish(message);
        }
    }

    /// Whether something waits and may go now: a suspect is alone in flight, a careful connection
    /// has one message in flight.
    fn has_room(&self) -> bool {
        let suspects = &self.session.suspects;
        let window = match (self.waiting.is_empty(), self.suspected.is_empty()) {
            (true, true) => 0,
            (true, false) => 1,
            (false, _) if suspects.is_careful() || self.suspect_is_in_flight() => 1,
            (false, _) => usize::from(WINDOW),
        };
        self.in_flight() < window
    }

    fn suspect_is_in_flight(&self) -> bool {
        let suspects = &self.session.suspects;
        let mut entries = self.published().flat_map(|message| &message.entries);
        entries.any(|id| suspects.contains(*id))
    }

    /// Every message in flight.
    fn published(&self) -> impl Iterator<Item = &Message> {
        self.numbered.values().chain(&self.unnumbered)
    }

    fn publish(&mut self, message: Message) {
        if self.in_flight() == 0 {
            self.deadline = time::Instant::now() + ACKNOWLEDGE_TIMEOUT;
        }
        self.client
            .try_publish(
                message.topic,
                QoS::AtLeastOnce,
                false,
                message.payload.clone(),
            )
            .expect("rumqttc's channel is longer than the window");
        self.unnumbered.push_back(message);
    }

    fn ask_for_more(&mut self) -> Result<(), OutboxGone> {
        let is_idle = self.waiting.is_empty() && self.suspected.is_empty();
        if self.connected && !self.stopping && !self.asked && is_idle {
            let points = self.session.pacer.points((self.session.clock)());
            let limit = usize::try_from(points).unwrap_or(usize::MAX);
            let limit = limit.clamp(1, BATCH_ENTRIES);
            self.session.supply.ask(Request::Next(limit))?;
            self.asked = true;
        }
        Ok(())
    }

    fn polled(
        &mut self,
        mut event_loop: EventLoop,
        event: Result<Event, ConnectionError>,
    ) -> Result<Option<Ended>, OutboxGone> {
        match event {
            Ok(event) => {
                self.poll = Some(poll(event_loop));
                self.happened(&event)?;
                Ok(None)
            }
            Err(error) => {
                // Acknowledgements that were read before the error count.
                while let Some(event) = event_loop.state.events.pop_front() {
                    self.happened(&event)?;
                }
                self.failed(&error).map(Some)
            }
        }
    }

    fn happened(&mut self, event: &Event) -> Result<(), OutboxGone> {
        match event {
            Event::Incoming(Packet::ConnAck(_)) => {
                self.connected = true;
                if let Some(commands) = &mut self.session.commands {
                    commands.subscribe(&self.client);
                }
                (self.session.tell)(SessionEvent::Connected);
            }
            Event::Incoming(Packet::Publish(heard)) => {
                if let Some(commands) = &mut self.session.commands {
                    commands.heard(&self.client, &heard.topic, &heard.payload);
                }
            }
            // Only answers to commands travel without a number.
            Event::Outgoing(Outgoing::Publish(0)) => {
                if let Some(commands) = &mut self.session.commands {
                    commands.sent();
                }
            }
            Event::Outgoing(Outgoing::Publish(pkid)) => {
                if let Some(message) = self.unnumbered.pop_front() {
                    self.numbered.insert(*pkid, message);
                }
            }
            Event::Incoming(Packet::PubAck(ack)) => self.taken(ack.pkid)?,
            _ => {}
        }
        Ok(())
    }

    /// The broker has a message.
    fn taken(&mut self, pkid: u16) -> Result<(), OutboxGone> {
        let Some(message) = self.numbered.remove(&pkid) else {
            return Ok(());
        };
        self.session.suspects.acknowledged(&message.entries);
        self.session.pacer.acknowledged((self.session.clock)());
        self.session.backoff.reset();
        self.acknowledged.extend(message.entries);
        if !self.stopping {
            self.deadline = time::Instant::now() + ACKNOWLEDGE_TIMEOUT;
        }
        if self.in_flight() == 0 || self.acknowledged.len() >= ACKNOWLEDGE_TOGETHER {
            self.hand_on_acknowledged()?;
        }
        Ok(())
    }

    fn hand_on_acknowledged(&mut self) -> Result<(), OutboxGone> {
        if self.acknowledged.is_empty() {
            return Ok(());
        }
        let ids = std::mem::take(&mut self.acknowledged);
        self.session.supply.ask(Request::Acknowledge(ids))
    }

    /// The connection broke; if the broker closed it on a message, somebody is to blame.
    fn failed(&mut self, error: &ConnectionError) -> Result<Ended, OutboxGone> {
        if self.stopping {
            let unacknowledged = self.published_entries();
            return Ok(Ended::Stopped { unacknowledged });
        }
        let why = Down::of(error, self.connected);
        if why == Down::Closed && self.in_flight() > 0 {
            self.session.pacer.closed((self.session.clock)());
            self.blame()?;
        }
        Ok(Ended::Down(why))
    }

    fn blame(&mut self) -> Result<(), OutboxGone> {
        if self.in_flight() > 1 {
            self.session.suspects.closed_on_several();
            return Ok(());
        }
        let entries = self.published().flat_map(|message| &message.entries);
        let ids: Vec<_> = entries.copied().collect();
        let Some(id) = self.session.suspects.closed_on(&ids) else {
            return Ok(());
        };
        // It was the only one in flight, and must not be released.
        self.numbered.clear();
        self.unnumbered.clear();
        let reason = "the broker closed the connection on it again and again, and took others";
        (self.session.tell)(SessionEvent::SetAside {
            id,
            reason: reason.to_owned(),
        });
        self.session.supply.ask(Request::SetAside {
            id,
            reason: reason.to_owned(),
        })
    }

    fn overdue(&self) -> Ended {
        if self.stopping {
            return Ended::Stopped {
                unacknowledged: self.published_entries(),
            };
        }
        let seconds = ACKNOWLEDGE_TIMEOUT.as_secs();
        Ended::Down(Down::Lost(format!(
            "no acknowledgement came for {seconds} s"
        )))
    }

    fn published_entries(&self) -> usize {
        self.published().map(|message| message.entries.len()).sum()
    }

    fn stop(&mut self) -> Option<Ended> {
        self.stopping = true;
        self.deadline = time::Instant::now() + STOP_TIMEOUT;
        (!self.connected).then_some(Ended::Stopped { unacknowledged: 0 })
    }

    /// Says goodbye, so that the broker does not take the end for a loss.
    async fn disconnect(&mut self) -> Result<Ended, OutboxGone> {
        let said = self.client.try_disconnect().is_ok();
        let mut left = self.poll.take().filter(|_| said);
        while let Some(next) = left.take() {
            // Out of time, disconnected or refused: whatever it is, the connection has ended.
            if let Ok((event_loop, Ok(event))) = time::timeout_at(self.deadline, next).await
                && event != Event::Outgoing(Outgoing::Disconnect)
            {
                left = Some(poll(event_loop));
            }
        }
        Ok(Ended::Stopped { unacknowledged: 0 })
    }

    /// Returns to the outbox what it is owed.
    fn give_back(mut self) -> Result<(), OutboxGone> {
        self.hand_on_acknowledged()?;
        self.give_back_unpublished()?;
        let entries = self.published().flat_map(|message| &message.entries);
        self.release(entries.copied().collect())
    }

    fn give_back_unpublished(&mut self) -> Result<(), OutboxGone> {
        let unpublished = self.waiting.drain(..).chain(self.suspected.drain(..));
        let ids = unpublished.map(|entry| entry.id).collect();
        self.release(ids)
    }

    fn release(&self, ids: Vec<EntryId>) -> Result<(), OutboxGone> {
        if ids.is_empty() {
            return Ok(());
        }
        self.session.supply.ask(Request::Release(ids))
    }
}
