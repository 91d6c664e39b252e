//! A serial line as a thread: opened, read until it is gone, opened again when it is back.
//!
//! What is said on it is [`super::board`]'s and [`super::meters`]' business. A line that is not
//! there at the start is no failure: its slots are Unavailable until it comes.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError};
use tracing::{info, warn};
use v2x_charging::{MeterSample, RelayReport};
use v2x_proto::link::message::{CommandResult, JournalKept, SlotReport, SlotWish};
use v2x_roles::station::{PortId, SlotNumber};
use v2x_units::{Instant, UtcTime};

use super::controllers::Entry;
use super::health::Health;
use super::prices::Schedule;
use crate::clock::{self, Clock};
use crate::daemon::Shutdown;
use crate::serial::{Port, PortError};

/// How long to wait before a line is opened again.
const REOPEN_AFTER: Duration = Duration::from_secs(1);
/// How often the wait looks whether the station should stop.
const GLANCE: Duration = Duration::from_millis(100);

/// What a line tells the keeper.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) port: PortId,
    pub(super) at: Instant,
    pub(super) what: What,
}

/// Something that came from a line.
#[derive(Debug)]
pub(super) enum What {
    /// A meter was read.
    Reading {
        /// The slot that the reading names.
        slot: Option<SlotNumber>,
        sample: MeterSample,
        /// What the board says of a vehicle.
        vehicle_connected: Option<bool>,
    },
    /// The plug detector's input.
    Plug(bool),
    /// What became of the last order to the relay.
    Relay(RelayReport),
    /// A slot as its controller keeps it.
    Report(SlotReport),
    /// An entry of a controller's journal.
    Journal(Box<Entry>),
    /// The board's answer to an order.
    Answered {
        id: u16,
        result: CommandResult,
        detail: String,
    },
    /// The board was heard for the first time, or has started anew.
    Started,
    /// The line is gone.
    Lost,
}

/// Something that the keeper says to a line's board.
#[derive(Debug, Clone)]
pub(super) enum Say {
    /// An entry of its journal is on disk.
    Kept(JournalKept),
    /// What time it is.
    Clock(Option<UtcTime>),
    /// What its slot offers at which price.
    Prices(Schedule),
    /// What the operator wants of its slot, under an id.
    Wish(u16, SlotWish),
    /// A piece of the revocation list, under an id: which, and its bytes.
    Revocations(u16, u8, Vec<u8>),
}

/// Where the slot wants its relay: only the newest wish counts, and none is lost while the line is
/// gone.
#[derive(Debug, Default)]
pub(super) struct RelayWish(AtomicU8);

impl RelayWish {
    const OPEN: u8 = 1;
    const CLOSED: u8 = 2;

    /// Notes the newest wish.
    pub(super) fn set(&self, closed: bool) {
        let wish = if closed { Self::CLOSED } else { Self::OPEN };
        self.0.store(wish, Ordering::Release);
    }

    /// The newest wish; `None` before the first.
    pub(super) fn get(&self) -> Option<bool> {
        match self.0.load(Ordering::Acquire) {
            Self::OPEN => Some(false),
            Self::CLOSED => Some(true),
            _ => None,
        }
    }
}

/// A line and where its readings go.
pub(super) struct Line {
    pub(super) id: PortId,
    pub(super) path: PathBuf,
    pub(super) baud: u32,
    pub(super) heard: Sender<Heard>,
    /// Where the relay of the line's board is to be.
    pub(super) relay: Arc<RelayWish>,
    /// What the keeper says to the line's board.
    pub(super) says: Receiver<Say>,
    pub(super) clock: Clock,
    pub(super) health: Arc<Health>,
    pub(super) shutdown: Shutdown,
}

impl Line {
    /// Opens the line whenever it is there and lets `speak` use it until it is gone.
    pub(super) fn run(&self, mut speak: impl FnMut(&mut Port) -> Result<(), PortError>) {
        let mut is_missed = false;
        while !self.shutdown.is_requested() {
            let used = Port::open(&self.path, self.baud).and_then(|mut port| {
                info!(line = %self.path.display(), "line open");
                self.health.shown.line(&self.path, None);
                is_missed = false;
                speak(&mut port)
            });
            let Err(error) = used else {
                continue;
            };
            let trouble = format!("{error}; {}", error.hint());
            self.health.shown.line(&self.path, Some(trouble));
            if !is_missed {
                warn!(%error, hint = error.hint(), "line lost");
                self.tell(What::Lost);
                is_missed = true;
            }
            self.pause(REOPEN_AFTER);
        }
    }

    /// Passes something on without ever waiting; what does not fit is counted as lost.
    pub(super) fn tell(&self, what: What) {
        let (port, at) = (self.id, self.clock.now().instant);
        if let Err(TrySendError::Full(_)) = self.heard.try_send(Heard { port, at, what }) {
            Health::add(&self.health.readings_lost, 1);
        }
    }

    /// Waits, unless the station should stop.
    pub(super) fn pause(&self, time: Duration) {
        let until = self.clock.elapsed() + time;
        while !self.shutdown.is_requested() {
            let left = until.saturating_sub(self.clock.elapsed());
            if left.is_zero() {
                return;
            }
            clock::sleep(left.min(GLANCE));
        }
    }
}
