//! The hub's ear at an outside broker: every message, acknowledged when it is kept.
//!
//! The broker keeps the session while the hub is away, so that what was published with QoS 1
//! meanwhile comes at the next start, as far as the broker's own limits go.

use rumqttc::{AsyncClient, ConnectionError, Event, EventLoop, Packet, Publish, QoS};

use crate::session::{Settings, TrustError, options};

/// Messages that may wait to be kept.
const WINDOW: u16 = 1000;

/// Hears one broker.
pub struct Ear {
    client: AsyncClient,
    events: EventLoop,
    filters: Vec<String>,
}

/// A message, until it is acknowledged.
#[derive(Debug, Clone)]
pub struct Caught {
    publish: Publish,
}

/// Acknowledges messages; may be kept elsewhere than the ear.
#[derive(Clone)]
pub struct Keeper(AsyncClient);

impl Ear {
    /// An ear that is not connected yet. Without filters it hears everything.
    ///
    /// # Errors
    /// An encrypted connection that cannot be set up, with the reason.
    pub fn new(settings: &Settings, filters: Vec<String>) -> Result<Self, TrustError> {
        let mut options = options(settings)?;
        options
            .set_clean_session(false)
            .set_manual_acks(true)
            .set_inflight(WINDOW);
        let (client, events) = AsyncClient::new(options, usize::from(WINDOW) + 1);
        let filters = match filters.is_empty() {
            true => vec!["#".to_owned()],
            false => filters,
        };
        Ok(Self {
            client,
            events,
            filters,
        })
    }

    /// What acknowledges.
    #[must_use]
    pub fn keeper(&self) -> Keeper {
        Keeper(self.client.clone())
    }

    /// The next message. After an error it connects again when it is called again.
    ///
    /// # Errors
    /// Why the connection broke; whoever calls waits a little.
    pub async fn next(&mut self) -> Result<Caught, String> {
        loop {
            match self.events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    for filter in self.filters.clone() {
                        let asked = self.client.try_subscribe(filter, QoS::AtLeastOnce);
                        asked.map_err(|error| error.to_string())?;
                    }
                }
                Ok(Event::Incoming(Packet::Publish(publish))) => return Ok(Caught { publish }),
                Ok(_) => {}
                Err(ConnectionError::RequestsDone) => return Err("the hub ends".to_owned()),
                Err(error) => return Err(error.to_string()),
            }
        }
    }
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
}

impl Keeper {
    /// A message is kept, or says nothing: the broker may forget it.
    pub fn keep(&self, caught: &Caught) {
        // One that cannot be told comes again, which changes nothing.
        self.0.try_ack(&caught.publish).unwrap_or_default();
    }
}
