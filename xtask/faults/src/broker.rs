//! The broker behind a line that can be cut: a mosquitto, or a ThingsBoard that closes the
//! connection instead of acknowledging.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use v2x_testbench::{FakeThingsBoard, Proxy, Received, Subscriber};

use crate::{Outcome, Why as _};

/// Who takes the messages.
enum Server {
    /// A mosquitto, and somebody who hears everything.
    Mosquitto(Subscriber),
    ThingsBoard(FakeThingsBoard),
}

/// The broker of one run.
pub(crate) struct Broker {
    server: Server,
    pub(crate) proxy: Proxy,
    /// Whether every message is closed upon.
    refuses: Arc<AtomicBool>,
    refused: Arc<AtomicU64>,
}

impl Broker {
    /// A mosquitto that is running on this port.
    pub(crate) fn mosquitto(port: u16) -> Self {
        Self {
            server: Server::Mosquitto(Subscriber::start(port)),
            proxy: Proxy::start(port),
            refuses: Arc::default(),
            refused: Arc::default(),
        }
    }

    /// A ThingsBoard that can be told to refuse.
    pub(crate) fn thingsboard() -> Outcome<Self> {
        let (refuses, refused) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let (asked, count) = (Arc::clone(&refuses), Arc::clone(&refused));
        let server = FakeThingsBoard::start(move |_| {
            let refuse = asked.load(Ordering::SeqCst);
            count.fetch_add(u64::from(refuse), Ordering::SeqCst);
            !refuse
        });
        let url = server.url();
        let port = url.rsplit(':').next().unwrap_or_default();
        let port = port.parse().why("the port of the fake ThingsBoard")?;
        Ok(Self {
            server: Server::ThingsBoard(server),
            proxy: Proxy::start(port),
            refuses,
            refused,
        })
    }

    pub(crate) const fn can_refuse(&self) -> bool {
        matches!(self.server, Server::ThingsBoard(_))
    }

    pub(crate) fn refuse(&self, refuse: bool) {
        self.refuses.store(refuse, Ordering::SeqCst);
    }

    /// Connections closed without an acknowledgement.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::SeqCst)
    }

    /// All that it was sent and has acknowledged.
    pub(crate) fn received(&self) -> Vec<Received> {
        match &self.server {
            // Whoever hears everything may be behind on a busy computer.
            Server::Mosquitto(subscriber) => subscriber.caught_up(),
            Server::ThingsBoard(server) => server.received(),
        }
    }
}
