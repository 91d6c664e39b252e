//! What the hub counts of itself; told at its end, and to whoever asks.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// One counter.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
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
}

impl fmt::Display for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} connections, {} wrong logins, {} messages, {} new rows, {} known ones, \
             {} malformed, {} unknown topics, {} over their limit, {} slow readers, \
             {} groups refused by the disk",
            self.connections.get(),
            self.refused_logins.get(),
            self.messages.get(),
            self.rows.get(),
            self.repeated.get(),
            self.malformed.get(),
            self.unknown_topics.get(),
            self.over_limit.get(),
            self.slow_readers.get(),
            self.refused_groups.get(),
        )
    }
}
