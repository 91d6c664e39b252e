//! The hub's ear at an outside broker: every message, acknowledged when it is kept.
//!
//! The broker keeps the session while the hub is away, so that what was published with QoS 1
//! meanwhile comes at the next start, as far as the broker's own limits go. What was not
//! acknowledged comes again with the next connection, and only then: whoever cannot keep a message
//! ends the connection. An acknowledgement belongs to the connection of its message: on a later one
//! the same number may be another message's.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rumqttc::{
    AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, Packet, Publish, QoS,
    SubscribeReasonCode,
};

use crate::session::{Settings, TrustError, options};

/// Acknowledgements that may wait to be sent. Whoever keeps messages in groups has smaller ones: a
/// whole group is acknowledged at once.
pub const ACKNOWLEDGED_MAX: usize = 1000;
/// The same, as messages that may wait to be kept.
const WINDOW: u16 = 1000;
const _: () = assert!(WINDOW as usize == ACKNOWLEDGED_MAX);
/// The largest message that is heard: `#` also brings what others publish, and one that cannot be
/// read would end every connection.
const HEARD_MAX_BYTES: usize = 16 * 1024 * 1024;

/// Hears one broker over one connection after another.
pub struct Ear {
    options: MqttOptions,
    filters: Vec<String>,
    connection: Option<Line>,
}

/// One connection.
struct Line {
    client: AsyncClient,
    events: EventLoop,
    is_over: Arc<AtomicBool>,
}

/// A message, until it is acknowledged.
#[derive(Clone)]
pub struct Caught {
    publish: Publish,
    client: AsyncClient,
    /// Whether the connection that it came over has ended.
    is_over: Arc<AtomicBool>,
}

impl Ear {
    /// An ear that is not connected yet. Without filters it hears everything.
    ///
    /// # Errors
    /// An encrypted connection that cannot be set up, with the reason.
    pub fn new(settings: &Settings, filters: Vec<String>) -> Result<Self, TrustError> {
        let mut options = options(settings)?;
        let largest_sent = options.max_packet_size();
        options
            .set_clean_session(false)
            .set_manual_acks(true)
            .set_inflight(WINDOW)
            .set_max_packet_size(HEARD_MAX_BYTES, largest_sent);
        let filters = match filters.is_empty() {
            true => vec!["#".to_owned()],
            false => filters,
        };
        Ok(Self {
            options,
            filters,
            connection: None,
        })
    }

    /// Ends the connection: what was not acknowledged comes again with the next one.
    pub fn hang_up(&mut self) {
        if let Some(line) = self.connection.take() {
            line.is_over.store(true, Ordering::Relaxed);
        }
    }

    /// What happens next; the first call connects. After an error the next one connects anew.
    ///
    /// # Errors
    /// Why the connection broke; whoever calls waits a little.
    pub async fn next(&mut self) -> Result<Sound, String> {
        let result = self.poll().await;
        if result.is_err() {
            self.hang_up();
        }
        result
    }

    async fn poll(&mut self) -> Result<Sound, String> {
        let connection = self.connection.get_or_insert_with(|| {
            let capacity = ACKNOWLEDGED_MAX + self.filters.len();
            let (client, events) = AsyncClient::new(self.options.clone(), capacity);
            let is_over = Arc::default();
            Line {
                client,
                events,
                is_over,
            }
        });
        let Line {
            client,
            events,
            is_over,
        } = connection;
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    for filter in &self.filters {
                        let asked = client.try_subscribe(filter, QoS::AtLeastOnce);
                        asked.map_err(|error| error.to_string())?;
                    }
                }
                Ok(Event::Incoming(Packet::SubAck(answer))) => {
                    let is_refused = |code: &_| matches!(code, SubscribeReasonCode::Failure);
                    if answer.return_codes.iter().any(is_refused) {
                        return Err("the broker does not let the hub subscribe".to_owned());
                    }
                    return Ok(Sound::Connected);
                }
                Ok(Event::Incoming(Packet::Publish(publish))) => {
                    return Ok(Sound::Caught(Caught {
                        publish,
                        client: client.clone(),
                        is_over: Arc::clone(is_over),
                    }));
                }
                Ok(_) => {}
                Err(ConnectionError::RequestsDone) => return Err("the hub ends".to_owned()),
                Err(error) => return Err(error.to_string()),
            }
        }
    }
}

/// What an ear has heard.
pub enum Sound {
    /// The broker sends from now on.
    Connected,
    /// It has sent this.
    Caught(Caught),
}

impl Caught {
    /// Its topic.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.publish.topic
    }

    /// Its payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.publish.payload
    }

    /// It is kept, or says nothing: the broker may forget it. `false` when it cannot be told,
    /// because too many others wait to be: it would wait for this one as long as the connection
    /// lasts, and has to be connected to anew.
    #[must_use]
    pub fn keep(&self) -> bool {
        // One whose connection has ended comes again, which changes nothing.
        self.client.try_ack(&self.publish).is_ok() || self.is_over.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acknowledgement_that_has_no_room_is_said_and_one_of_an_ended_connection_is_none() {
        let options = MqttOptions::new("ear", "localhost", 1);
        // Nobody carries anything: the queue fills.
        let (client, _events) = AsyncClient::new(options, ACKNOWLEDGED_MAX);
        let is_over = Arc::new(AtomicBool::new(false));
        let caught = |id: u16| {
            let mut publish = Publish::new("fleet/car", QoS::AtLeastOnce, "1");
            publish.pkid = id;
            Caught {
                publish,
                client: client.clone(),
                is_over: Arc::clone(&is_over),
            }
        };
        for id in 1..=WINDOW {
            assert!(caught(id).keep(), "{id}");
        }
        assert!(!caught(WINDOW + 1).keep(), "the queue is full");
        is_over.store(true, Ordering::Relaxed);
        assert!(caught(WINDOW + 1).keep());
    }
}
