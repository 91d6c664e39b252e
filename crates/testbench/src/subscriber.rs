//! Somebody who hears everything that a broker is sent.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rumqttc::{Client, Event, MqttOptions, Outgoing, Packet, QoS};

use crate::{listens, wait_until};

/// The largest message that is heard: four times what ThingsBoard takes.
const MESSAGE_MAX_BYTES: usize = 256 * 1024;

/// One message as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its topic.
    pub topic: String,
    /// Its payload.
    pub payload: Vec<u8>,
}

/// The topic of a word to itself.
const CAUGHT_UP: &str = "subscriber/caught-up";

/// How long a broker may take to answer on a busy computer.
const SOON: Duration = Duration::from_secs(20);

#[expect(clippy::print_stderr, reason = "a test that fails shows why")]
fn say(what: &str) {
    eprintln!("the subscriber {what}");
}

/// A subscription to all topics with QoS 1; ends when dropped.
pub struct Subscriber {
    client: Client,
    received: Arc<Mutex<Vec<Received>>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Subscriber {
    /// Subscribes at the broker on this port of the loopback address; when it returns, the broker
    /// has confirmed.
    ///
    /// # Panics
    /// When the broker does not confirm.
    #[must_use]
    pub fn start(port: u16) -> Self {
        let mut options = MqttOptions::new(format!("subscriber-{port}"), "127.0.0.1", port);
        options.set_max_packet_size(MESSAGE_MAX_BYTES, MESSAGE_MAX_BYTES);
        let (client, mut connection) = Client::new(options, 10);
        client
            .subscribe("#", QoS::AtLeastOnce)
            .expect("an empty channel takes a request");
        let received = Arc::new(Mutex::new(Vec::new()));
        let confirmed = Arc::new(Mutex::new(false));
        let (sink, confirm) = (Arc::clone(&received), Arc::clone(&confirmed));
        let again = client.clone();
        let thread = thread::spawn(move || {
            for event in connection.iter() {
                match event {
                    Ok(Event::Incoming(Packet::Publish(publish))) => {
                        sink.lock().expect("no holder panics").push(Received {
                            topic: publish.topic,
                            payload: publish.payload.to_vec(),
                        });
                    }
                    Ok(Event::Incoming(Packet::SubAck(_))) => {
                        *confirm.lock().expect("no holder panics") = true;
                    }
                    Ok(Event::Outgoing(Outgoing::Disconnect)) => return,
                    Ok(_) => {}
                    // Before the broker has confirmed, nothing can have been missed.
                    Err(error) if !*confirm.lock().expect("no holder panics") => {
                        say(&format!("tries again: {error}"));
                        wait_until(SOON, "a listening broker", || listens(port));
                        if again.try_subscribe("#", QoS::AtLeastOnce).is_err() {
                            return;
                        }
                    }
                    Err(error) => {
                        say(&format!("ends: {error}"));
                        return;
                    }
                }
            }
        });
        wait_until(SOON, "the subscription", || {
            *confirmed.lock().expect("no holder panics")
        });
        Self {
            client,
            received,
            thread: Some(thread),
        }
    }

    /// Publishes a message with QoS 1, as a server that sends a command.
    ///
    /// # Panics
    /// When the connection is gone.
    pub fn publish(&self, topic: &str, payload: &str) {
        self.client
            .publish(topic, QoS::AtLeastOnce, false, payload)
            .expect("the connection stands");
    }

    /// The same, kept by the broker for whoever subscribes later.
    ///
    /// # Panics
    /// When the connection is gone.
    pub fn publish_retained(&self, topic: &str, payload: &str) {
        self.client
            .publish(topic, QoS::AtLeastOnce, true, payload)
            .expect("the connection stands");
    }

    /// Everything that arrived so far, in order.
    ///
    /// # Panics
    /// When the listening thread has panicked.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect("no holder panics").clone()
    }

    /// Everything that the broker had when it was asked, in order: a word of our own is sent, and
    /// what comes before it is all there was.
    ///
    /// # Panics
    /// When the broker does not send that word back, or the listening thread has panicked.
    #[must_use]
    pub fn caught_up(&self) -> Vec<Received> {
        self.publish(CAUGHT_UP, "");
        let place = || {
            let received = self.received.lock().expect("no holder panics");
            received.iter().position(|it| it.topic == CAUGHT_UP)
        };
        wait_until(SOON, "the last message", || place().is_some());
        let mut received = self.received.lock().expect("no holder panics");
        let place = received.iter().position(|it| it.topic == CAUGHT_UP);
        received.remove(place.expect("it was there a moment ago"));
        received.clone()
    }

    /// How many messages arrived so far.
    ///
    /// # Panics
    /// When the listening thread has panicked.
    #[must_use]
    pub fn count(&self) -> usize {
        self.received.lock().expect("no holder panics").len()
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        let asked = self.client.disconnect().is_ok();
        if let Some(thread) = self.thread.take().filter(|_| asked) {
            let ended = thread.join().is_ok();
            assert!(ended || thread::panicking(), "the subscriber panicked");
        }
    }
}
