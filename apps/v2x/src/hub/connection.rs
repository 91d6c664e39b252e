//! One connection of a device: bytes between its socket and its conversation, until either ends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::{self, timeout};
use tracing::{debug, info};
use v2x_roles::hub::DeviceId;
use v2x_uplink::endpoint::{
    Conversation, Event, Farewell, Hello, Message, Refusal, Room, Verdict, WAITING_MAX,
};
use v2x_uplink::thingsboard::server::Subscription;

use super::Hub;
use super::desk::{Deed, Desk, Outcome};
use super::login::{self, Who};
use super::sessions::{Mail, SessionId};

/// How long a client may take to say who it is.
const HELLO_WITHIN: Duration = Duration::from_secs(10);
/// How long a device may take to read what waits for it.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// The longest silence of a client that promises none: ThingsBoard's session inactivity.
const SILENCE_MAX: Duration = Duration::from_secs(600);
/// How long one that asks to be let in may wait on one connection: it asks again then.
const WAIT_WITHIN: Duration = Duration::from_secs(3600);
/// How much is read at once.
const READ_BYTES: usize = 4096;

/// Serves one connection to its end.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    peer: SocketAddr,
    certificate: Option<Vec<u8>>,
    hub: Arc<Hub>,
) {
    let (kept_to, kept) = mpsc::unbounded_channel();
    let (mail_to, mail) = mpsc::channel(WAITING_MAX);
    let mut connection = Connection {
        stream,
        peer,
        certificate,
        conversation: Conversation::new(),
        kept,
        kept_to,
        mail,
        mail_to,
        desk: None,
        session: None,
        place: None,
        silence: HELLO_WITHIN,
        hub,
    };
    let why = connection.run().await;
    connection.end(why).await;
}

struct Connection<S> {
    stream: S,
    peer: SocketAddr,
    certificate: Option<Vec<u8>>,
    conversation: Conversation,
    kept: mpsc::UnboundedReceiver<Outcome>,
    kept_to: mpsc::UnboundedSender<Outcome>,
    mail: mpsc::Receiver<Mail>,
    mail_to: mpsc::Sender<Mail>,
    desk: Option<Desk>,
    session: Option<(DeviceId, SessionId)>,
    /// Of one that asks to be let in: its place among those, and when it has waited long enough.
    place: Option<(OwnedSemaphorePermit, time::Instant)>,
    /// Silence after which the connection ends.
    silence: Duration,
    hub: Arc<Hub>,
}

/// What happens next on a connection.
enum Step {
    Kept,
    Mail(Mail),
    Read(std::io::Result<usize>),
    Silent,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Runs until the connection has to end; `None`: the device has left or is gone.
    async fn run(&mut self) -> Option<Farewell> {
        let mut outcomes = Vec::new();
        let mut deadline = time::Instant::now() + self.silence;
        loop {
            if !self.flush().await || self.conversation.is_over() {
                return None;
            }
            let may_read = self.conversation.may_read();
            self.conversation.inbox().reserve(READ_BYTES);
            let waited = self.place.as_ref().map(|(_, until)| *until);
            let until = waited.map_or(deadline, |waited| waited.min(deadline));
            let step = tokio::select! {
                _ = self.kept.recv_many(&mut outcomes, WAITING_MAX) => Step::Kept,
                Some(mail) = self.mail.recv() => Step::Mail(mail),
                read = self.stream.read_buf(self.conversation.inbox()), if may_read => {
                    Step::Read(read)
                }
                () = time::sleep_until(until), if may_read => Step::Silent,
            };
            let done = match step {
                Step::Kept => self.keep(&mut outcomes),
                Step::Mail(Mail::Part(farewell)) => Err(farewell),
                Step::Mail(Mail::Message { topic, payload }) => self.tell(topic, payload),
                Step::Read(Ok(0)) => return None,
                Step::Read(Ok(_)) => {
                    deadline = time::Instant::now() + self.silence;
                    Ok(())
                }
                Step::Read(Err(error)) => {
                    debug!(peer = %self.peer, %error, "a connection broke");
                    return None;
                }
                Step::Silent => Err(Farewell::Silent),
            };
            let was_in = self.desk.is_some();
            if let Err(farewell) = match done {
                Ok(()) => self.listen().await,
                Err(farewell) => Err(farewell),
            } {
                return Some(farewell);
            }
            if self.desk.is_some() != was_in {
                deadline = time::Instant::now() + self.silence;
            }
        }
    }

    /// Sees to everything that was heard.
    async fn listen(&mut self) -> Result<(), Farewell> {
        while let Some(event) = self.conversation.event()? {
            match event {
                Event::Hello(hello) => self.hello(&hello).await,
                Event::Said(message) => self.said(&message).await?,
                Event::Subscribes(packet, filters) => self.subscribe(packet, &filters),
                Event::Unsubscribes(filters) => {
                    for wants in filters.iter().filter_map(|it| Subscription::parse(it)) {
                        if let Some((device, session)) = self.session {
                            self.hub.sessions.unsubscribe(device, session, wants);
                        }
                    }
                }
                Event::Lives => {
                    if let Some((device, _)) = self.session {
                        self.hub.fleet.hear(device, self.hub.now());
                    }
                }
                Event::Leaves => return Ok(()),
            }
        }
        Ok(())
    }

    async fn hello(&mut self, hello: &Hello) {
        let now = self.hub.clock.now().instant;
        let certificate = self.certificate.as_deref();
        let who = login::who(&self.hub, hello, certificate, self.peer.ip(), now);
        let who = match who {
            Ok(who) => who,
            Err(refusal) => return self.refuse(refusal),
        };
        if who == Who::Newcomer {
            let place = Arc::clone(&self.hub.newcomers).try_acquire_owned();
            self.place = place
                .ok()
                .map(|it| (it, time::Instant::now() + WAIT_WITHIN));
            if self.place.is_none() {
                self.hub.counters.refused_logins.add(1);
                return self.refuse(Refusal::Unavailable);
            }
        }
        if let Who::Device(device) = who {
            if self.hub.fleet.get(device).is_none() {
                // It was added beside this process a moment ago.
                let hub = Arc::clone(&self.hub);
                let refreshed = self.hub.books.work(move |store| hub.refresh(store));
                if refreshed.await.is_err() {
                    return self.refuse(Refusal::Unavailable);
                }
            }
            let client = &hello.client_id;
            let session = self
                .hub
                .sessions
                .enter(device, client, self.mail_to.clone());
            self.session = Some((device, session));
            self.hub.fleet.connect(device, self.hub.now());
        }
        if hello.client_id.is_empty() {
            // MQTT 5, 3.1.3.1: a client without an id is given one.
            let number = self.hub.counters.connections.get();
            self.conversation.give_client_id(format!("hub-{number}"));
        }
        self.desk = Some(Desk::new(
            who,
            self.peer.ip(),
            self.mail_to.clone(),
            self.kept_to.clone(),
        ));
        // MQTT 3.1.1, 3.1.2.10: one and a half times what was promised.
        let promised = hello.keep_alive.map(|time| time + time / 2);
        self.silence = promised.unwrap_or(SILENCE_MAX);
        self.conversation.welcome();
        debug!(peer = %self.peer, ?who, "connected");
    }

    fn refuse(&mut self, refusal: Refusal) {
        debug!(peer = %self.peer, ?refusal, "not let in");
        self.conversation.refuse(refusal);
    }

    async fn said(&mut self, message: &Message) -> Result<(), Farewell> {
        let now = self.hub.clock.now().instant;
        let desk = self.desk.as_mut().ok_or(Farewell::Protocol)?;
        match desk.see_to(&self.hub, message, now).await? {
            Deed::Later => Ok(()),
            Deed::Done(verdict) => self.conversation.keep(message.ticket, verdict),
            Deed::Answer(topic, payload) => {
                self.conversation.keep(message.ticket, Verdict::Kept)?;
                self.tell(topic, payload)
            }
        }
    }

    fn subscribe(&mut self, packet: u16, filters: &[String]) {
        let mut granted = Vec::with_capacity(filters.len());
        for filter in filters {
            let wants = Subscription::parse(filter);
            if let Some((wants, (device, session))) = wants.zip(self.session) {
                self.hub.sessions.subscribe(device, session, wants);
            }
            granted.push(wants.is_some());
        }
        self.conversation.grant(packet, &granted);
    }

    fn keep(&mut self, outcomes: &mut Vec<Outcome>) -> Result<(), Farewell> {
        for (ticket, verdict, is_kept) in outcomes.drain(..) {
            if !is_kept {
                return Err(Farewell::NotKept);
            }
            self.conversation.keep(ticket, verdict)?;
        }
        Ok(())
    }

    fn tell(&mut self, topic: String, payload: String) -> Result<(), Farewell> {
        match self.conversation.tell(topic, payload.into_bytes()) {
            Room::Taken => Ok(()),
            Room::Full => {
                self.hub.counters.slow_readers.add(1);
                Err(Farewell::Slow)
            }
        }
    }

    /// Sends what waits; `false` when the device does not take it.
    async fn flush(&mut self) -> bool {
        let output = self.conversation.output();
        if output.is_empty() {
            return true;
        }
        let written = timeout(WRITE_WITHIN, self.stream.write_all(output)).await;
        output.clear();
        match written {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                debug!(peer = %self.peer, %error, "a connection broke");
                return false;
            }
            Err(_) => {
                self.hub.counters.slow_readers.add(1);
                debug!(peer = %self.peer, "a device does not read");
                return false;
            }
        }
        true
    }

    async fn end(&mut self, why: Option<Farewell>) {
        if let Some(farewell) = why {
            self.conversation.part(farewell);
            if matches!(farewell, Farewell::TakenOver | Farewell::ShuttingDown) {
                debug!(peer = %self.peer, "connection ended: {farewell}");
            } else {
                info!(peer = %self.peer, "connection ended: {farewell}");
            }
        }
        if let Some((device, session)) = self.session.take() {
            let is_last = self.hub.sessions.leave(device, session);
            self.hub.fleet.disconnect(device);
            if is_last {
                for behind in self.hub.fleet.behind(device) {
                    self.hub.fleet.disconnect(behind);
                }
            }
        }
        self.flush().await;
        // TLS says goodbye; a peer that is gone does not hear it.
        let closed = timeout(WRITE_WITHIN, self.stream.shutdown()).await;
        drop(closed);
    }
}
