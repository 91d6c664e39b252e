//! The session with the broker: MQTT 3.1.1, QoS 1, one connection after another.
//!
//! A connection starts with nothing in flight and ends with its first error: rumqttc's own
//! retransmission is never used, what was not acknowledged goes back to the outbox and comes again
//! from there. What is sent when is decided in `courier`; one connection is in `connection`, words
//! for refusals are in `down`.

pub mod commands;
mod connection;
mod courier;
mod down;
mod packer;
pub mod shared;

use std::time::Duration;

use rumqttc::{MqttOptions, Transport};
use tokio::sync::watch;
use tokio::time;
use v2x_outbox::EntryId;
use v2x_units::Instant;

use self::commands::SessionCommands;
use self::connection::{Connection, Ended};
use self::courier::Courier;
pub use self::down::Down;
use self::shared::SessionShared;
use crate::backoff::Backoff;
use crate::broker::BrokerUrl;
use crate::pacer::Limits;
use crate::supply::{OutboxGone, Request, SessionEnd};
use crate::thingsboard::MESSAGE_MAX_BYTES;
use crate::tls;
pub use crate::tls::{Identity, IdentityError, Trust, TrustError, check_trust};
use crate::token::Token;
use crate::vss::Form;

/// Messages in flight at once: enough to fill a slow line, far below the 100 that ThingsBoard
/// queues per device, and little to repeat after a loss.
const WINDOW: u16 = 20;

/// How often a silent connection is probed; twice this until a dead one is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// How long name look-up, TCP, TLS and CONNACK may take together on a mobile network.
const CONNECT_TIMEOUT_S: u64 = 20;

/// How the device logs in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Login {
    /// Not at all.
    #[default]
    None,
    /// ThingsBoard's access token: a user name without a password.
    Token(Token),
    /// A user name and a password.
    Basic {
        /// The user name.
        user: String,
        /// The password.
        password: Token,
    },
}

/// What a session needs to know of the broker.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the broker listens.
    pub broker: BrokerUrl,
    /// How the device logs in.
    pub login: Login,
    /// Whom to trust if the connection is encrypted.
    pub trust: Trust,
    /// The certificate by which the device logs in, if the connection is encrypted.
    pub identity: Option<Identity>,
    /// The MQTT client id; with a random part, so that two sessions do not push each other out.
    pub client_id: String,
    /// What the server is believed to allow.
    pub limits: Limits,
    /// What is published, and where.
    pub form: Form,
}

/// What the session tells of itself.
#[derive(Debug, Clone, PartialEq)]
pub enum SessionEvent {
    /// A connection is being made.
    Connecting,
    /// The broker has accepted the login.
    Connected,
    /// There is no connection.
    Down {
        /// Why.
        why: Down,
        /// After how long the next try is made.
        retry_in: Duration,
    },
    /// A message was handed to the connection.
    Published {
        /// What it costs on the way, with its acknowledgement: see [`cost_of`].
        bytes: u64,
    },
    /// An entry will never be taken and was set aside.
    SetAside {
        /// Which.
        id: EntryId,
        /// Why.
        reason: String,
    },
    /// The session has ended as it was asked to.
    Stopped {
        /// Entries published whose acknowledgement did not come in time; they are sent again after
        /// the next start.
        unacknowledged: usize,
    },
}

/// What a message costs on the way, in bytes: itself with the headers of MQTT 3.1.1, its
/// acknowledgement, and one segment of TCP over IPv4 for each of the two. Encryption, keep-alive,
/// log-ins and what the network repeats come on top.
#[must_use]
pub fn cost_of(topic: &str, payload: &[u8]) -> u64 {
    // Topic length and packet identifier; a fixed header with up to four bytes of length.
    let body = 2 + topic.len() + 2 + payload.len();
    let length = match body {
        0..=127 => 1,
        128..=16_383 => 2,
        _ => 3,
    };
    (1 + length + body + ACKNOWLEDGEMENT + 2 * SEGMENT) as u64
}

/// Bytes of a PUBACK.
const ACKNOWLEDGEMENT: usize = 4;
/// Bytes of the headers of TCP and IPv4, without options.
const SEGMENT: usize = 40;

/// Where the session reads the time, on the clock of the process that runs it.
pub type Clock = Box<dyn Fn() -> Instant + Send>;

/// Where the session draws random numbers.
pub type Chance = Box<dyn FnMut() -> u32 + Send>;

/// Empties an outbox into a broker.
pub struct Session {
    options: MqttOptions,
    supply: SessionEnd,
    tell: Box<dyn FnMut(SessionEvent) + Send>,
    clock: Clock,
    chance: Chance,
    courier: Courier,
    backoff: Backoff,
    commands: Option<SessionCommands>,
    shared: Option<SessionShared>,
    description: Option<watch::Receiver<String>>,
}

impl Session {
    /// A session that is not connected yet; `tell` hears what happens and must not block.
    ///
    /// # Errors
    /// An encrypted connection that cannot be set up, with the reason.
    pub fn new(
        settings: &Settings,
        supply: SessionEnd,
        tell: impl FnMut(SessionEvent) + Send + 'static,
        clock: Clock,
        chance: Chance,
    ) -> Result<Self, TrustError> {
        Ok(Self {
            options: options(settings)?,
            supply,
            tell: Box::new(tell),
            courier: Courier::new(&settings.limits, settings.form.clone(), clock()),
            clock,
            chance,
            backoff: Backoff::default(),
            commands: None,
            shared: None,
            description: None,
        })
    }

    /// The same session, which also hears commands.
    #[must_use]
    pub fn with_commands(mut self, commands: SessionCommands) -> Self {
        self.commands = Some(commands);
        self
    }

    /// The same session, which also hears of shared attributes.
    #[must_use]
    pub fn with_shared(mut self, shared: SessionShared) -> Self {
        self.shared = Some(shared);
        self
    }

    /// The same session, which also publishes what describes the device, a JSON object of
    /// attributes: at each connection and when it changes. An empty text is none.
    #[must_use]
    pub fn with_description(mut self, description: watch::Receiver<String>) -> Self {
        self.description = Some(description);
        if let Some(description) = &mut self.description {
            description.mark_changed();
        }
        self
    }

    /// Runs until `stop`, then waits a bounded time for acknowledgements and disconnects. Runs in
    /// a tokio runtime with time and network.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            (self.tell)(SessionEvent::Connecting);
            let ended = Connection::open(&mut self).run(stop.as_mut()).await;
            let why = match ended {
                Ok(Ended::Down(why)) => why,
                Ok(Ended::Stopped { unacknowledged }) => {
                    return (self.tell)(SessionEvent::Stopped { unacknowledged });
                }
                Err(OutboxGone) => {
                    return (self.tell)(SessionEvent::Stopped { unacknowledged: 0 });
                }
            };
            let retry_in = self.backoff.next((self.chance)());
            (self.tell)(SessionEvent::Down { why, retry_in });
            tokio::select! {
                () = &mut stop => {
                    return (self.tell)(SessionEvent::Stopped { unacknowledged: 0 });
                }
                gone = give_back(&mut self.supply) => {
                    let OutboxGone = gone;
                    return (self.tell)(SessionEvent::Stopped { unacknowledged: 0 });
                }
                () = time::sleep(retry_in) => {}
            }
        }
    }
}

/// Returns every batch that comes while there is no connection: what waits in the outbox can still
/// be overtaken and evicted, what waits here cannot.
async fn give_back(supply: &mut SessionEnd) -> OutboxGone {
    loop {
        let returned = match supply.batch().await {
            Ok(batch) => {
                let ids = batch.iter().map(|entry| entry.id).collect();
                supply.ask(Request::Release(ids))
            }
            Err(gone) => Err(gone),
        };
        if let Err(gone) = returned {
            return gone;
        }
    }
}

/// Waits for the next description of the device; for ever when there is none any more.
async fn next_description(description: &mut Option<watch::Receiver<String>>) -> Vec<u8> {
    while let Some(changes) = description {
        if changes.changed().await.is_err() {
            *description = None;
            break;
        }
        let text = changes.borrow_and_update().clone();
        if !text.is_empty() {
            return text.into_bytes();
        }
    }
    std::future::pending().await
}

pub(crate) fn options(settings: &Settings) -> Result<MqttOptions, TrustError> {
    let broker = &settings.broker;
    let mut options = MqttOptions::new(&settings.client_id, broker.host(), broker.port());
    options
        .set_clean_session(true)
        .set_keep_alive(KEEP_ALIVE)
        .set_inflight(WINDOW)
        .set_max_packet_size(MESSAGE_MAX_BYTES, MESSAGE_MAX_BYTES);
    match &settings.login {
        Login::None => {}
        Login::Token(token) => {
            options.set_credentials(token.reveal(), "");
        }
        Login::Basic { user, password } => {
            options.set_credentials(user, password.reveal());
        }
    }
    if broker.is_encrypted() {
        let tls = tls::configuration(&settings.trust, settings.identity.as_ref())?;
        options.set_transport(Transport::tls_with_config(tls));
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_costs_its_packet_its_acknowledgement_and_two_segments() {
        // PUBLISH with QoS 1, MQTT 3.1.1 section 3.3: 30, length, 0003 "a/b", identifier, payload.
        let packet = [
            0x32, 12, 0, 3, b'a', b'/', b'b', 0, 1, b'h', b'e', b'l', b'l', b'o',
        ];
        let puback = [0x40, 2, 0, 1];
        let expected = packet.len() + puback.len() + 2 * 40;
        assert_eq!(cost_of("a/b", b"hello"), expected as u64);
        // From 128 bytes on the length takes two bytes, from 16384 on three.
        assert_eq!(cost_of("a/b", &[0; 121]) - cost_of("a/b", &[0; 120]), 2);
        assert_eq!(
            cost_of("a/b", &[0; 16_377]) - cost_of("a/b", &[0; 16_376]),
            2
        );
    }
}
