//! One connection: what the courier wants done, and what the broker says, until the first error.
//!
//! rumqttc numbers packets itself and says so in `Outgoing::Publish`, in the order in which
//! messages were handed to it; that order is how an entry finds its packet identifier. Its `poll`
//! loses a half-written packet when it is dropped, so one `poll` is always carried to its end, and
//! dropped only together with the connection.

use std::pin::Pin;

use rumqttc::{AsyncClient, ConnectionError, Event, EventLoop, Outgoing, Packet, Publish, QoS};
use tokio::time;

use super::commands::{COMMANDS_MAX, next_answer};
use super::courier::{ACKNOWLEDGE_TIMEOUT, Act};
use super::shared::SessionShared;
use super::{CONNECT_TIMEOUT_S, Down, Session, SessionEvent, WINDOW, cost_of, next_description};
use crate::supply::OutboxGone;
use crate::thingsboard::message::Answer;

/// Subscriptions of a session that hears commands, also of devices behind it, and settings.
const SUBSCRIPTIONS: usize = 4;

/// Messages without a number that may wait in rumqttc's channel: as many answers as there are
/// commands, and the request for shared attributes.
const UNNUMBERED_MAX: usize = COMMANDS_MAX + 1;

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
    is_connected: bool,
    is_stopping: bool,
    /// Messages without a number that rumqttc has not sent yet.
    unsent: usize,
    /// Subscriptions that the broker has not confirmed.
    unconfirmed: usize,
}

impl<'a> Connection<'a> {
    /// A connection about to be made.
    pub(super) fn open(session: &'a mut Session) -> Self {
        let capacity = usize::from(WINDOW) + 1 + UNNUMBERED_MAX + SUBSCRIPTIONS;
        let (client, mut event_loop) = AsyncClient::new(session.options.clone(), capacity);
        let mut network = event_loop.network_options();
        network.set_connection_timeout(CONNECT_TIMEOUT_S);
        network.set_tcp_nodelay(true);
        event_loop.set_network_options(network);
        Self {
            session,
            client,
            poll: Some(poll(event_loop)),
            is_connected: false,
            is_stopping: false,
            unsent: 0,
            unconfirmed: 0,
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
        let by_broker = matches!(ended, Ended::Down(Down::Closed));
        let now = (self.session.clock)();
        if let Some((id, reason)) = self.session.courier.ended(now, by_broker) {
            (self.session.tell)(SessionEvent::SetAside { id, reason });
        }
        while let Some(request) = self.session.courier.next_request() {
            self.session.supply.ask(request)?;
        }
        Ok(ended)
    }

    async fn step(
        &mut self,
        stop: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<Option<Ended>, OutboxGone> {
        self.act()?;
        let now = (self.session.clock)();
        if self.session.courier.is_overdue(now) {
            return Ok(Some(self.overdue()));
        }
        if self.is_stopping && self.session.courier.is_idle() {
            return Ok(Some(self.disconnect().await));
        }
        let wake = self.session.courier.wake(now);
        let answers = self.is_connected && !self.is_stopping && self.unsent < COMMANDS_MAX;
        let poll = self.poll.as_mut().expect("put back after each event");
        tokio::select! {
            biased;
            () = stop, if !self.is_stopping => return Ok(self.stop()),
            (event_loop, event) = poll => {
                self.poll = None;
                return Ok(self.polled(event_loop, event));
            }
            batch = self.session.supply.batch() => self.session.courier.take(batch?),
            answer = next_answer(&mut self.session.commands), if answers => {
                self.say(answer);
            }
            text = next_description(&mut self.session.description) => {
                self.session.courier.describe(text);
            }
            () = time::sleep(wake.unwrap_or(ACKNOWLEDGE_TIMEOUT)) => {}
        }
        Ok(None)
    }

    /// Does all that can be done now.
    fn act(&mut self) -> Result<(), OutboxGone> {
        let now = (self.session.clock)();
        while let Some(act) = self.session.courier.next(now) {
            match act {
                Act::Ask(request) => self.session.supply.ask(request)?,
                Act::Publish { topic, payload } => {
                    let bytes = cost_of(&topic, &payload);
                    self.client
                        .try_publish(topic, QoS::AtLeastOnce, false, payload)
                        .expect("rumqttc's channel is longer than the window");
                    (self.session.tell)(SessionEvent::Published { bytes });
                }
            }
        }
        Ok(())
    }

    fn polled(
        &mut self,
        mut event_loop: EventLoop,
        event: Result<Event, ConnectionError>,
    ) -> Option<Ended> {
        match event {
            Ok(event) => {
                self.poll = Some(poll(event_loop));
                self.happened(&event);
                None
            }
            Err(error) => {
                // Acknowledgements that were read before the error count.
                while let Some(event) = event_loop.state.events.pop_front() {
                    self.happened(&event);
                }
                Some(self.failed(&error))
            }
        }
    }

    fn happened(&mut self, event: &Event) {
        match event {
            Event::Incoming(Packet::ConnAck(_)) => {
                self.is_connected = true;
                self.session.courier.connected();
                self.subscribe();
                (self.session.tell)(SessionEvent::Connected);
            }
            Event::Incoming(Packet::Publish(heard)) => self.heard(heard),
            Event::Incoming(Packet::SubAck(_)) => self.subscribed(),
            // Only answers and questions travel without a number.
            Event::Outgoing(Outgoing::Publish(0)) => self.unsent = self.unsent.saturating_sub(1),
            Event::Outgoing(Outgoing::Publish(pkid)) => self.session.courier.numbered(*pkid),
            Event::Incoming(Packet::PubAck(ack)) => {
                let now = (self.session.clock)();
                if self.session.courier.acknowledged(ack.pkid, now) {
                    self.session.backoff.reset();
                }
            }
            _ => {}
        }
    }

    /// Subscribes to commands and settings.
    fn subscribe(&mut self) {
        let commands = self.session.commands.iter();
        let shared = self.session.shared.iter();
        let filters: Vec<_> = commands
            .flat_map(|commands| commands.filters())
            .chain(shared.flat_map(|_| SessionShared::FILTERS))
            .collect();
        self.unconfirmed = filters.len();
        for filter in filters {
            self.client
                .try_subscribe(filter, QoS::AtLeastOnce)
                .expect("rumqttc's channel has room for the subscriptions");
        }
    }

    /// The broker has confirmed a subscription; after the last one, settings are asked for.
    fn subscribed(&mut self) {
        // A broker may confirm what nobody asked for.
        let is_last = self.unconfirmed == 1;
        self.unconfirmed = self.unconfirmed.saturating_sub(1);
        if let Some(shared) = self.session.shared.as_ref().filter(|_| is_last) {
            let request = shared.request();
            self.say(request);
        }
    }

    fn heard(&mut self, heard: &Publish) {
        let now = (self.session.clock)();
        let (topic, payload) = (heard.topic.as_str(), heard.payload.as_ref());
        if let Some(shared) = &self.session.shared {
            shared.heard(topic, payload, heard.retain);
        }
        let commands = self.session.commands.as_ref();
        let answer = commands.and_then(|it| it.heard((topic, payload), heard.retain, now));
        // Without room the server waits in vain: it has asked for far too much at once.
        if let Some(answer) = answer.filter(|_| self.unsent < COMMANDS_MAX) {
            self.say(answer);
        }
    }

    /// Hands a message to the client that nobody waits for.
    fn say(&mut self, answer: Answer) {
        self.client
            .try_publish(answer.topic, QoS::AtMostOnce, false, answer.payload)
            .expect("rumqttc's channel has room for so many");
        self.unsent += 1;
    }

    fn failed(&self, error: &ConnectionError) -> Ended {
        if self.is_stopping {
            return self.stopped();
        }
        Ended::Down(Down::of(error, self.is_connected))
    }

    fn overdue(&self) -> Ended {
        if self.is_stopping {
            return self.stopped();
        }
        let seconds = ACKNOWLEDGE_TIMEOUT.as_secs();
        Ended::Down(Down::Lost(format!(
            "no acknowledgement came for {seconds} s"
        )))
    }

    fn stopped(&self) -> Ended {
        Ended::Stopped {
            unacknowledged: self.session.courier.entries_in_flight(),
        }
    }

    fn stop(&mut self) -> Option<Ended> {
        self.is_stopping = true;
        self.session.courier.stop((self.session.clock)());
        (!self.is_connected).then_some(Ended::Stopped { unacknowledged: 0 })
    }

    /// Says goodbye, so that the broker does not take the end for a loss.
    async fn disconnect(&mut self) -> Ended {
        let now = (self.session.clock)();
        let left = self.session.courier.wake(now).unwrap_or_default();
        let deadline = time::Instant::now() + left;
        let said = self.client.try_disconnect().is_ok();
        let mut polls = self.poll.take().filter(|_| said);
        while let Some(next) = polls.take() {
            // Out of time, disconnected or refused: whatever it is, the connection has ended.
            if let Ok((event_loop, Ok(event))) = time::timeout_at(deadline, next).await
                && event != Event::Outgoing(Outgoing::Disconnect)
            {
                polls = Some(poll(event_loop));
            }
        }
        Ended::Stopped { unacknowledged: 0 }
    }
}
