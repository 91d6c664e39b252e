//! The daemon's counters, written by its threads and read by the status line, the last report and
//! the monitor.
//!
//! Every place that can lose something counts it here; a zero means that nothing was lost there.
//! A counter that is new here has to be exported in [`super::watch`] too, or it does not compile.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use v2x_proto::link::message::BoardStatus;

use super::radio::health::V2vHealth;
use super::spending::SpendingHealth;
use crate::air::AirHealth;
use crate::daemon::{StoreHealth, UplinkHealth};
use crate::monitor::{Mark, Note};

/// Counters since the daemon started.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// Whether the collector's port is open.
    pub(super) port_is_open: AtomicBool,
    /// Why nothing is understood of it, in words.
    pub(super) collector_trouble: Note,
    /// When it last delivered anything.
    pub(super) last_heard: Mark,
    /// When the last CAN frame was captured.
    pub(super) last_frame: Mark,
    /// When the last good fix was captured.
    pub(super) last_fix: Mark,
    /// What the board last said of itself.
    pub(super) board: Mutex<Option<BoardStatus>>,
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
    /// What is given up of the recording, in the order of [`super::degradation::Level`].
    pub(super) recorder_level: AtomicU64,
    /// Batches that wait for the recorder.
    pub(super) recorder_waiting: AtomicU64,
    /// The lowest number of a raw log that something may still be written to.
    pub(super) oldest_open_log: AtomicU32,
    /// Closed raw logs removed to make room.
    pub(super) logs_removed: AtomicU64,
    /// Tables of earlier days removed to make room.
    pub(super) tables_removed: AtomicU64,
    /// Why the store is not open yet, in words.
    pub(super) store_trouble: Note,
    /// The store's size.
    pub(super) store: Arc<StoreHealth>,
    /// What publishing costs this month.
    pub(super) spending: SpendingHealth,
    /// The way to the broker.
    pub(super) uplink: Arc<UplinkHealth>,
    /// The air's own counters.
    pub(super) air: Arc<AirHealth>,
    /// V2V, as the radio's thread last looked at it.
    pub(super) v2v: V2vHealth,
}

impl Health {
    /// Adds one to a counter.
    pub(super) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
