//! The daemon's counters, written by its threads and read by the status line and the last report.
//!
//! Every place that can lose something counts it here; a zero means that nothing was lost there.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Counters since the daemon started.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// Whether the collector's port is open.
    pub(super) port_is_open: AtomicBool,
    /// Bytes that came from the collector.
    pub(super) bytes_received: AtomicU64,
    /// Bytes dropped because decoding was behind by its whole queue.
    pub(super) bytes_lost: AtomicU64,
    /// CAN frames understood.
    pub(super) frames: AtomicU64,
    /// Frames whose id the DBC does not know.
    pub(super) unknown_ids: AtomicU64,
    /// Lines that were damaged on the way.
    pub(super) lines_damaged: AtomicU64,
    /// Texts that are no record: boot messages, debug output.
    pub(super) other_text: AtomicU64,
    /// GNSS fixes that were good and new.
    pub(super) fixes: AtomicU64,
    /// Merged rows made.
    pub(super) rows: AtomicU64,
    /// Rows that the store could not take.
    pub(super) rows_lost: AtomicU64,
    /// Rows given up because the disk refused for too long.
    pub(super) rows_dropped: AtomicU64,
    /// Frames that no file could take.
    pub(super) frames_unrecorded: AtomicU64,
    /// Closed raw logs removed to make room.
    pub(super) logs_removed: AtomicU64,
    /// Rows acknowledged by the broker.
    pub(super) rows_acknowledged: AtomicU64,
    /// Rows on disk that wait for the broker.
    pub(super) rows_waiting: AtomicU64,
    /// Whether the broker is connected.
    pub(super) broker_is_connected: AtomicBool,
}

impl Health {
    /// Adds one to a counter.
    pub(super) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
