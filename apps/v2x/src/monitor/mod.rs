//! What a running daemon tells other programs: `/metrics` for Prometheus, `/health` for people.
//!
//! Each role says what its counters are and how its parts do ([`Watched`]); the thread here serves
//! it over HTTP and looks at the role now and then, so that "in the last minute" means something.
//! Nothing here can change the daemon, and nothing of it waits for whoever asks.

mod health;
mod marks;
pub(crate) mod metrics;
mod process;
mod recently;
mod server;
pub(crate) mod surroundings;

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;
use tracing::warn;

pub(crate) use health::{Part, Status};
pub(crate) use marks::{Mark, Note};
pub(crate) use metrics::Metrics;
pub(crate) use recently::Recently;

use crate::clock::Clock;

/// A daemon that can be looked at.
pub(crate) trait Watched: Send + Sync + 'static {
    /// Its counters and states as they are now.
    fn metrics(&self, metrics: &mut Metrics);
    /// How each of its parts does, and why.
    fn parts(&self) -> Vec<Part>;
    /// Takes note of counters, every few seconds; see [`Recently`].
    fn look(&self);
}

/// What is told about a daemon of one role.
#[derive(Clone)]
struct Told {
    role: &'static str,
    clock: Clock,
    watched: Arc<dyn Watched>,
}

impl Told {
    /// The page `/metrics`.
    fn metrics(&self) -> String {
        let mut metrics = Metrics::default();
        let version = env!("CARGO_PKG_VERSION");
        let labels = [("role", self.role), ("version", version)];
        metrics.info("v2x_build_info", "Which program this is.", &labels);
        metrics.gauge(
            "v2x_uptime_seconds",
            "Since the daemon started.",
            self.clock.elapsed().as_secs_f64(),
        );
        process::metrics(&mut metrics);
        self.watched.metrics(&mut metrics);
        metrics.text()
    }

    /// The page `/health`, and whether the daemon does what it is there for.
    fn health(&self) -> (bool, String) {
        let report = health::Report {
            role: self.role,
            version: env!("CARGO_PKG_VERSION"),
            uptime_s: self.clock.elapsed().as_secs(),
            parts: self.watched.parts(),
        };
        (report.status() != Status::Failed, report.json())
    }
}

/// The thread that serves; it ends when this is dropped.
pub(crate) struct Monitor {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Monitor {
    /// Serves at an address, or nothing without one. A daemon lives without its monitor: what
    /// hinders it is told in the log.
    pub(crate) fn start(
        listen: Option<SocketAddr>,
        role: &'static str,
        clock: Clock,
        watched: Arc<dyn Watched>,
    ) -> Self {
        let mut monitor = Self {
            stop: None,
            thread: None,
        };
        let Some(address) = listen else {
            return monitor;
        };
        if !address.ip().is_loopback() {
            warn!(
                %address,
                "everyone on the network can read /metrics and /health; 127.0.0.1 keeps them here"
            );
        }
        let told = Told {
            role,
            clock,
            watched,
        };
        match server::start(address, told) {
            Ok((stop, thread)) => {
                monitor.stop = Some(stop);
                monitor.thread = Some(thread);
            }
            Err(error) => warn!(%error, "no /metrics and /health: their thread cannot start"),
        }
        monitor
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            warn!("the monitor ended by a defect of this program");
        }
    }
}
