//! The service manager's view of the daemon: ready, alive, stopping (sd_notify(3)).
//!
//! The watchdog is fed only while every thread that must never stand still has beaten lately: a
//! daemon that hangs is restarted by systemd, one whose broker or collector is gone is not.
//! Without systemd all of this does nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sd_notify::NotifyState;
use tracing::{debug, error};
use v2x_units::Instant;

/// A thread that has not beaten for so long hangs: a sync of a poor SD card takes up to 10 s.
const STILL_AFTER: Duration = Duration::from_secs(30);

/// The heart of one thread.
#[derive(Debug, Clone)]
pub(crate) struct Heart {
    name: &'static str,
    last: Arc<AtomicU64>,
}

impl Heart {
    /// The thread is at work at this moment.
    pub(crate) fn beat(&self, now: Instant) {
        self.last.store(now.as_micros(), Ordering::Relaxed);
    }

    /// The thread's name.
    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it has not been at work for so long that it must hang.
    pub(crate) fn stands_still(&self, now: Instant) -> bool {
        let last = Instant::from_micros(self.last.load(Ordering::Relaxed));
        now.since(last) > STILL_AFTER
    }
}

/// Listens to the hearts and tells the service manager.
#[derive(Debug, Default)]
pub(crate) struct Watchdog {
    hearts: Vec<Heart>,
    /// How often the manager wants to hear; `None` when nobody does.
    every: Option<Duration>,
    next: Instant,
    is_silent: bool,
}

impl Watchdog {
    /// Asks the environment whether a manager listens.
    pub(crate) fn new() -> Self {
        Self {
            // Half of what is allowed, as sd_watchdog_enabled(3) advises.
            every: sd_notify::watchdog_enabled().map(|allowed| allowed / 2),
            ..Self::default()
        }
    }

    /// A heart for a thread that begins at this moment.
    pub(crate) fn heart(&mut self, name: &'static str, now: Instant) -> Heart {
        let heart = Heart {
            name,
            last: Arc::new(AtomicU64::new(now.as_micros())),
        };
        self.hearts.push(heart.clone());
        heart
    }

    /// All hearts that were given out.
    pub(crate) fn hearts(&self) -> Vec<Heart> {
        self.hearts.clone()
    }

    /// Feeds the watchdog if it is time and all hearts beat.
    pub(crate) fn look(&mut self, now: Instant) {
        let Some(every) = self.every.filter(|_| now >= self.next) else {
            return;
        };
        self.next = now + every;
        match self.still(now) {
            None => tell(NotifyState::Watchdog),
            Some(thread) if !self.is_silent => {
                error!(
                    thread,
                    "a thread stands still; the service manager will restart this"
                );
                self.is_silent = true;
            }
            Some(_) => {}
        }
    }

    /// The first thread that stands still.
    fn still(&self, now: Instant) -> Option<&'static str> {
        let still = self.hearts.iter().find(|heart| heart.stands_still(now));
        still.map(|heart| heart.name)
    }
}

/// Tells the service manager that everything runs.
pub(crate) fn ready() {
    tell(NotifyState::Ready);
}

/// Tells the service manager that the daemon ends as it was asked to.
pub(crate) fn stopping() {
    tell(NotifyState::Stopping);
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        debug!(%error, "the service manager does not listen");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn thread_that_stands_still_is_named_and_one_that_beats_is_not() {
        let mut watchdog = Watchdog::default();
        let recorder = watchdog.heart("recorder", at(0));
        let keeper = watchdog.heart("keeper", at(0));
        assert_eq!(watchdog.still(at(30)), None);
        recorder.beat(at(31));
        assert_eq!(watchdog.still(at(31)), Some("keeper"));
        keeper.beat(at(32));
        assert_eq!(watchdog.still(at(61)), None);
    }
}
