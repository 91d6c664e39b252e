//! What the daemon's first thread does while the others work: it reads the system clock, and tells
//! the service manager that all of them are alive.

use std::sync::Arc;

use crossbeam_channel::Sender;

use super::health::Health;
use super::keeper::ToKeep;
use super::timekeeping::SystemWitness;
use crate::clock::Clock;
use crate::daemon::heartbeat::{self, Heart, Watchdog};

/// Looks after the other threads.
pub(super) struct Attendant {
    clock: Clock,
    system: SystemWitness,
    watchdog: Watchdog,
    to_keep: Sender<ToKeep>,
    health: Arc<Health>,
}

impl Attendant {
    /// Reads the clock for the first time: most are right, and files then begin with a date.
    pub(super) fn new(clock: Clock, to_keep: Sender<ToKeep>, health: Arc<Health>) -> Self {
        let mut attendant = Self {
            clock,
            system: SystemWitness::new(clock),
            watchdog: Watchdog::new(),
            to_keep,
            health,
        };
        attendant.look();
        attendant
    }

    /// A heart for a thread that begins now and must never stand still.
    pub(super) fn heart(&mut self, thread: &'static str) -> Heart {
        self.watchdog.heart(thread, self.clock.now().instant)
    }

    /// The hearts of all threads that must never stand still.
    pub(super) fn hearts(&self) -> Vec<Heart> {
        self.watchdog.hearts()
    }

    /// Does what is due.
    pub(super) fn look(&mut self) {
        let now = self.clock.now().instant;
        self.watchdog.look(now);
        if let Some(told) = self.system.look(now)
            && self.to_keep.try_send(told).is_err()
        {
            Health::count(&self.health.rows_lost);
        }
    }

    /// Ends; the keeper ends when nobody tells it anything any more.
    pub(super) fn leave(self) {
        heartbeat::stopping();
    }
}
