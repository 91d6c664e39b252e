//! Whether every task of a board still lives: the hardware's watchdog is fed only then.
//!
//! Not here: the hardware's watchdog. A single busy loop that goes on feeding it would hide that
//! another task hangs; so each task checks in, and only all of them together feed it.

use core::time::Duration;

use v2x_units::Instant;

/// The tasks of a board, each with the longest time it may be silent.
#[derive(Debug, Clone)]
pub struct Watchdog<const TASKS: usize> {
    limits: [Duration; TASKS],
    seen: [Instant; TASKS],
}

impl<const TASKS: usize> Watchdog<TASKS> {
    /// All tasks count as alive at the start.
    #[must_use]
    pub const fn new(limits: [Duration; TASKS], now: Instant) -> Self {
        Self {
            limits,
            seen: [now; TASKS],
        }
    }

    /// A task is alive. A number that no task has changes nothing.
    pub fn check_in(&mut self, task: usize, now: Instant) {
        if let Some(seen) = self.seen.get_mut(task) {
            *seen = now;
        }
    }

    /// Whether to feed the hardware's watchdog.
    #[must_use]
    pub fn may_feed(&self, now: Instant) -> bool {
        let tasks = self.limits.iter().zip(self.seen);
        tasks
            .into_iter()
            .all(|(limit, seen)| now.since(seen) <= *limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watchdog_is_fed_only_while_every_task_checks_in() {
        let limits = [Duration::from_secs(1), Duration::from_secs(5)];
        let mut watchdog = Watchdog::new(limits, Instant::BOOT);
        let at = |seconds| Instant::BOOT + Duration::from_secs(seconds);
        watchdog.check_in(0, at(2));
        watchdog.check_in(9, at(2));
        assert!(watchdog.may_feed(at(3)));
        assert!(!watchdog.may_feed(at(4)), "the first hangs");
        watchdog.check_in(0, at(6));
        assert!(!watchdog.may_feed(at(6)), "the second hangs");
    }
}
