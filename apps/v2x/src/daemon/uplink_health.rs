//! What is known of the way to the broker: counters that every daemon has. A new one has to be
//! exported in `monitor/surroundings.rs` too, or it does not compile.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::monitor::Note;

/// Counters since the daemon started.
#[derive(Debug, Default)]
pub(crate) struct UplinkHealth {
    /// Whether the broker is connected.
    pub(crate) is_connected: AtomicBool,
    /// Why it is not, in words.
    pub(crate) trouble: Note,
    /// Times that the broker accepted the login.
    pub(crate) logins: AtomicU64,
    /// Entries that the broker acknowledged.
    pub(crate) acknowledged: AtomicU64,
    /// Entries on disk that wait for the broker.
    pub(crate) waiting: AtomicU64,
    /// Bytes of their payloads.
    pub(crate) waiting_bytes: AtomicU64,
    /// Entries that the broker will never take, kept aside.
    pub(crate) set_aside: AtomicU64,
    /// Bytes that messages cost on the way, with headers and acknowledgements.
    pub(crate) published_bytes: AtomicU64,
    /// Entries given up, oldest telemetry first, because the outbox was full.
    pub(crate) evicted: AtomicU64,
}

impl UplinkHealth {
    /// Whether the broker is connected.
    pub(crate) fn is_connected(&self) -> bool {
        self.is_connected.load(Ordering::Relaxed)
    }

    /// Entries that the broker acknowledged.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Entries on disk that wait for the broker.
    pub(crate) fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }
}
