//! The air's counters.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Counters since the air was opened.
#[derive(Debug, Default)]
pub(crate) struct AirHealth {
    /// Whether the medium is there.
    pub(crate) is_open: AtomicBool,
    /// Payloads heard and passed on.
    pub(crate) heard: AtomicU64,
    /// Payloads heard and dropped because nobody read them in time.
    pub(crate) dropped: AtomicU64,
    /// Payloads given to the medium.
    pub(crate) sent: AtomicU64,
    /// Payloads that found no room, or no medium.
    pub(crate) unsent: AtomicU64,
    /// Payloads longer than any radio carries.
    pub(crate) too_long: AtomicU64,
    /// Payloads that the board could not send, or whose receiver did not confirm them.
    pub(crate) unconfirmed: AtomicU64,
    /// Frames or datagrams that are none of ours, or damaged.
    pub(crate) foreign: AtomicU64,
    /// Frames lost between board and computer.
    pub(crate) lost: AtomicU64,
}

impl AirHealth {
    /// Adds one to a counter.
    pub(crate) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Reads a counter.
    pub(crate) fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }

    /// Says whether the medium is there.
    pub(super) fn say_open(&self, is_open: bool) {
        self.is_open.store(is_open, Ordering::Relaxed);
    }
}
