//! The daemon's counters, written by its threads and read by the status line and the last report.
//!
//! Every place that can lose something counts it here; a zero means that nothing was lost there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::daemon::UplinkHealth;

/// Counters since the daemon started.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// Whether the collector's port is open.
    pub(super) port_is_open: AtomicBool,
    /// Bytes that came from the collector.
    pub(super) bytes_received: AtomicU64,
    /// Bytes dropped because decoding was behind by its whole queue.
    pub(super) bytes_lost: AtomicU64,
    /// Bytes of a device that is no collector, or at a wrong speed.
    pub(super) bytes_foreign: AtomicU64,
    /// Frames of a CAN interface dropped because decoding was behind by its whole queue.
    pub(super) interface_frames_lost: AtomicU64,
    /// Frames of the framed link that arrived.
    pub(super) link_frames: AtomicU64,
    /// Frames of the framed link that were sent and did not arrive, from their sequence.
    pub(super) link_frames_lost: AtomicU64,
    /// CAN frames that the board received and that did not arrive, from their numbers.
    pub(super) can_frames_lost: AtomicU64,
    /// Stretches of the framed link that were no frame: damage, which the losses may follow from.
    pub(super) link_damaged: AtomicU64,
    /// Whole frames of the link that this version has no use for.
    pub(super) link_refused: AtomicU64,
    /// Restarts of the board.
    pub(super) board_reboots: AtomicU64,
    /// Errors on the car's bus: as the board counts since its boot, or error frames of a CAN
    /// interface.
    pub(super) bus_errors: AtomicU64,
    /// Times that the CAN controller lost frames, counted like the bus errors.
    pub(super) receive_overflows: AtomicU64,
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
    /// The way to the broker.
    pub(super) uplink: Arc<UplinkHealth>,
}

impl Health {
    /// All zero.
    pub(super) fn new(uplink: Arc<UplinkHealth>) -> Self {
        Self {
            uplink,
            ..Self::default()
        }
    }

    /// Adds one to a counter.
    pub(super) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
