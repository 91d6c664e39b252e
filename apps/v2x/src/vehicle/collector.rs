//! The thread that collects: from a serial line or a CAN interface to the understanding thread.
//!
//! It does nothing else, so that the kernel's buffer never fills while something is written or
//! decoded. How each source is read is in `source/`; this file chooses it and holds what both need.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Sender, TrySendError};

use super::health::Health;
use super::source::{CanInterface, Delivery, SerialLine};
use crate::clock::Clock;
use crate::config::CollectorAddress;
use crate::daemon::Shutdown;
use crate::failure::{Blame, Failure};

/// How long to wait for more after the first: 2.5 frames at the Twizy's 490 frames/s. It costs a
/// tenth of the wake-ups of a read per line.
pub(super) const COALESCE: Duration = Duration::from_millis(5);
/// How often an idle source looks whether the daemon should stop.
pub(super) const GLANCE: Duration = Duration::from_millis(100);
/// How long to wait before a lost source is opened again.
pub(super) const REOPEN_AFTER: Duration = Duration::from_secs(1);

/// Where frames and fixes come from.
pub(super) enum Collector {
    /// A board on a serial line.
    Serial(Box<SerialLine>),
    /// A CAN controller of this computer.
    Interface(CanInterface),
}

/// What a source needs besides itself.
pub(super) struct Outlet {
    pub(super) clock: Clock,
    pub(super) deliveries: Sender<Delivery>,
    pub(super) health: Arc<Health>,
    pub(super) shutdown: Shutdown,
}

impl Collector {
    /// Opens the source at an address; without a speed that of a serial line is searched.
    pub(super) fn open(address: &CollectorAddress, baud: Option<u32>) -> Result<Self, Failure> {
        match address {
            CollectorAddress::Serial(path) => Self::open_serial(path, baud),
            CollectorAddress::Interface(name) => CanInterface::open(name)
                .map(Self::Interface)
                .map_err(|error| Failure::new(Blame::Runtime, &error).hint(error.hint())),
        }
    }

    fn open_serial(path: &Path, baud: Option<u32>) -> Result<Self, Failure> {
        SerialLine::open(path, baud)
            .map(|line| Self::Serial(Box::new(line)))
            .map_err(|error| Failure::new(Blame::Runtime, &error).hint(error.hint()))
    }

    /// Collects until the daemon stops; a source that goes away is opened again when it comes back.
    pub(super) fn run(self, outlet: &Outlet) {
        match self {
            Self::Serial(line) => line.run(outlet),
            Self::Interface(interface) => interface.run(outlet),
        }
    }
}

impl Outlet {
    /// Puts one together.
    pub(super) fn new(
        clock: Clock,
        deliveries: Sender<Delivery>,
        health: &Arc<Health>,
        shutdown: &Shutdown,
    ) -> Self {
        Self {
            clock,
            deliveries,
            health: Arc::clone(health),
            shutdown: shutdown.clone(),
        }
    }

    /// Whether somebody asked the daemon to stop.
    pub(super) fn is_stopping(&self) -> bool {
        self.shutdown.is_requested()
    }

    /// Says whether the source is there.
    pub(super) fn say_open(&self, is_open: bool) {
        self.health.port_is_open.store(is_open, Ordering::Relaxed);
    }

    /// Leaves word of why nothing is understood; empty when all is well.
    pub(super) fn say_trouble(&self, words: impl Into<String>) {
        self.health.collector_trouble.set(words);
    }

    /// Passes something on without ever waiting; what does not fit is counted as lost.
    pub(super) fn hand_on(&self, delivery: Delivery) {
        if let Err(TrySendError::Full(lost)) = self.deliveries.try_send(delivery) {
            let (counter, count) = match &lost {
                Delivery::Bytes(_, chunk) => (&self.health.bytes_lost, chunk.bytes.len()),
                Delivery::Frames(frames) => (&self.health.interface_frames_lost, frames.len()),
                // Nothing is lost but the mark: at most one more damaged line or frame.
                Delivery::Interrupted => return,
            };
            let count = u64::try_from(count).unwrap_or(u64::MAX);
            counter.fetch_add(count, Ordering::Relaxed);
        }
    }
}
