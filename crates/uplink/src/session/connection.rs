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
    /// Handed to rumqttc, which has not numbered them yet.
    unnumbered: VecDeque<Message>,
    /// Published under these packet identifiers.
    numbered: HashMap<u16, Published>,
    /// How many were published on this connection; gives [`Published::turn`].
    turns: u64,
    /// Acknowledged by the broker, not yet handed on.
    acknowledged: Vec<EntryId>,
    /// When the oldest acknowledgement is overdue, or the stop is.
    deadline: time::Instant,
}

struct Published {
    /// The place in the order of publishing.
    turn: u64,
    message: Message,
}

impl<'a> Connection<'a> {
    /// A connection about to be made.
    pub(super) fn open(session: &'a mut Session) -> Self {
        let capacity = usize::from(WINDOW) + 1;
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
            unnumbered: VecDeque::new(),
            numbered: HashMap::new(),
            turns: 0,
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
        let wait = self.publish_what_fits();
        self.ask_for_more()?;
        if self.stopping && self.in_flight() == 0 {
            return self.disconnect().await.map(Some);
        }
        let paced = wait.map(|pace| time::Instant::now() + pace);
        let overdue = (self.in_flight() > 0).then_some(self.deadline);
        let wake = paced.into_iter().chain(overdue).min();
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

    /// Puts entries under suspicion behind the others.
    fn arrange(&mut self, batch: Vec<Entry>) {
        let suspects = &self.session.suspects;
        let (suspected, others): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .partition(|entry| suspects.contains(entry.id));
        self.waiting.extend(others);
        self.waiting.extend(suspected);
    }

    /// Publishes until the window is full, the pace forbids it (then says how long) or a suspect
    /// has to be alone.
    fn publish_what_fits(&mut self) -> Option<Duration> {
        while self.connected && !self.stopping && self.in_flight() < usize::from(WINDOW) {
            let first = self.waiting.front()?;
            let now = (self.session.clock)();
            let pace = self.session.pacer.wait(now);
            if !pace.is_zero() {
                return Some(pace);
            }
            let mut points = self.session.pacer.points(now);
            if self.session.suspects.contains(first.id) {
                points = 0;
            }
            if self.suspect_is_in_the_way(first.id) {
                return None;
            }
            let message = pack(&mut self.waiting, points)?;
            self.session.pacer.sent(now, message.points);
            self.publish(message);
        }
        None
    }

    /// A suspect travels alone: nothing before it may be in flight, nothing after it may follow.
    fn suspect_is_in_the_way(&self, first: EntryId) -> bool {
        let suspects = &self.session.suspects;
        let in_flight = self
            .numbered
            .values()
            .map(|published| &published.message)
            .chain(&self.unnumbered);
        let mut others = in_flight.flat_map(|message| &message.entries);
        if suspects.contains(first) {
            others.next().is_some()
        } else {
            others.any(|id| suspects.contains(*id))
        }
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
        if self.connected && !self.stopping && !self.asked && self.waiting.is_empty() {
            self.session.supply.ask(Request::Next(BATCH_ENTRIES))?;
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
                (self.session.tell)(SessionEvent::Connected);
            }
            Event::Outgoing(Outgoing::Publish(pkid)) => {
                if let Some(message) = self.unnumbered.pop_front() {
                    let turn = self.turns;
                    self.turns += 1;
                    self.numbered.insert(*pkid, Published { turn, message });
                }
            }
            Event::Incoming(Packet::PubAck(ack)) => self.taken(ack.pkid)?,
            _ => {}
        }
        Ok(())
    }

    /// The broker has a message.
    fn taken(&mut self, pkid: u16) -> Result<(), OutboxGone> {
        let Some(Published { message, .. }) = self.numbered.remove(&pkid) else {
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
        let first = self
            .numbered
            .values()
            .min_by_key(|published| published.turn);
        if let (Down::Closed, Some(first)) = (&why, first) {
            self.session.pacer.closed((self.session.clock)());
            let alone = self.in_flight() == 1;
            let guilty = self.session.suspects.closed(&first.message.entries, alone);
            if let Some(id) = guilty {
                self.set_aside(id)?;
            }
        }
        Ok(Ended::Down(why))
    }

    fn set_aside(&mut self, id: EntryId) -> Result<(), OutboxGone> {
        self.numbered
            .retain(|_, published| !published.message.entries.contains(&id));
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
        let messages = self.numbered.values().map(|published| &published.message);
        messages
            .chain(&self.unnumbered)
            .map(|message| message.entries.len())
            .sum()
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
            match time::timeout_at(self.deadline, next).await {
                Ok((_, Ok(Event::Outgoing(Outgoing::Disconnect)) | Err(_))) | Err(_) => {}
                Ok((event_loop, Ok(_))) => left = Some(poll(event_loop)),
            }
        }
        Ok(Ended::Stopped { unacknowledged: 0 })
    }

    /// Returns to the outbox what it is owed.
    fn give_back(&mut self) -> Result<(), OutboxGone> {
        self.hand_on_acknowledged()?;
        let messages = self
            .numbered
            .drain()
            .map(|(_, published)| published.message);
        let ids: Vec<_> = messages
            .chain(self.unnumbered.drain(..))
            .flat_map(|message| message.entries)
            .chain(self.waiting.drain(..).map(|entry| entry.id))
            .collect();
        if ids.is_empty() {
            return Ok(());
        }
        self.session.supply.ask(Request::Release(ids))
    }
}
