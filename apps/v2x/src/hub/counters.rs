//! What the hub counts of itself; told at its end, and to whoever asks.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One counter.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Counts; answers what it was before.
    pub(crate) fn add(&self, count: u64) -> u64 {
        self.0.fetch_add(count, Ordering::Relaxed)
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How long groups took to be written.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    /// Groups.
    pub(crate) groups: Counter,
    /// All of them together, in microseconds.
    pub(crate) micros: Counter,
    /// The slowest of each of the last stretches of time, the newest first, in microseconds.
    slowest: Mutex<[u64; STRETCHES]>,
}

/// Stretches between two looks, of which twelve are a minute.
const STRETCHES: usize = 12;

impl Writes {
    /// A group was written, or refused, in this time.
    pub(crate) fn add(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.groups.add(1);
        self.micros.add(micros);
        let newest = &mut self.slowest()[0];
        *newest = micros.max(*newest);
    }

    /// Begins another stretch.
    pub(crate) fn look(&self) {
        let mut slowest = self.slowest();
        slowest.rotate_right(1);
        slowest[0] = 0;
    }

    /// The slowest of the last minute.
    pub(crate) fn slowest_lately(&self) -> Duration {
        let slowest = self.slowest().into_iter().max();
        Duration::from_micros(slowest.unwrap_or_default())
    }

    // A thread that panicked has left whole numbers.
    fn slowest(&self) -> MutexGuard<'_, [u64; STRETCHES]> {
        self.slowest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Connections that were accepted.
    pub(crate) connections: Counter,
    /// Wrong logins.
    pub(crate) refused_logins: Counter,
    /// Messages of devices.
    pub(crate) messages: Counter,
    /// Rows that were new.
    pub(crate) rows: Counter,
    /// Rows that were known already.
    pub(crate) repeated: Counter,
    /// Rows that joined one of the same moment.
    pub(crate) merged: Counter,
    /// Rows of devices that were removed meanwhile.
    pub(crate) of_nobody: Counter,
    /// Keys, kinds of alarms and attributes that had no room at their device.
    pub(crate) passed_over: Counter,
    /// Answers to commands that nobody waited for any more.
    pub(crate) late_answers: Counter,
    /// Messages that said nothing.
    pub(crate) malformed: Counter,
    /// Messages on topics that nobody knows.
    pub(crate) unknown_topics: Counter,
    /// Connections that ended because they said too much.
    pub(crate) over_limit: Counter,
    /// Connections that ended because they did not read.
    pub(crate) slow_readers: Counter,
    /// Groups that the disk did not take.
    pub(crate) refused_groups: Counter,
    /// Whether the disk refused the last group.
    pub(crate) disk_refuses: AtomicBool,
    /// How long groups took.
    pub(crate) writes: Writes,
    /// Times that an outside broker had to send again what the disk did not take.
    pub(crate) heard_again: Counter,
}

impl fmt::Display for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} connections, {} wrong logins, {} messages, {} new rows, {} known ones, \
             {} merged, {} of nobody, {} passed over, {} malformed, {} unknown topics, \
             {} over their limit, {} slow readers, {} groups refused by the disk",
            self.connections.get(),
            self.refused_logins.get(),
            self.messages.get(),
            self.rows.get(),
            self.repeated.get(),
            self.merged.get(),
            self.of_nobody.get(),
            self.passed_over.get(),
            self.malformed.get(),
            self.unknown_topics.get(),
            self.over_limit.get(),
            self.slow_readers.get(),
            self.refused_groups.get(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slowest_write_is_forgotten_after_a_minute_and_not_before() {
        let writes = Writes::default();
        writes.add(Duration::from_millis(9));
        writes.add(Duration::from_millis(4));
        for _ in 1..STRETCHES {
            writes.look();
            assert_eq!(writes.slowest_lately(), Duration::from_millis(9));
        }
        writes.add(Duration::from_millis(5));
        writes.look();
        assert_eq!(writes.slowest_lately(), Duration::from_millis(5));
        assert_eq!((writes.groups.get(), writes.micros.get()), (3, 18_000));
    }
}
