//! The station's counters, written by its threads and told in the log and by the monitor.
//!
//! Every place that can lose something counts it here; a zero means that nothing was lost there.
//! A counter that is new here has to be exported in [`super::watch`] too, or it does not compile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::info;

use super::watch::Shown;
use crate::air::AirHealth;
use crate::daemon::{StoreHealth, UplinkHealth};

/// Counters since the station started.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// Readings that found their slot.
    pub(super) readings: AtomicU64,
    /// Readings that named a slot which the station does not have.
    pub(super) unrouted: AtomicU64,
    /// Times that a board or a line had no reading: the meter was silent or answered badly.
    pub(super) meter_failed: AtomicU64,
    /// Lines or frames that were damaged on the way.
    pub(super) damaged: AtomicU64,
    /// Texts that are no reading: debug output, banners, lines for people, noise.
    pub(super) other_text: AtomicU64,
    /// Readings dropped because the keeper was behind by its whole queue.
    pub(super) readings_lost: AtomicU64,
    /// Rows of telemetry made.
    pub(super) rows: AtomicU64,
    /// Rows not made because no clock was right.
    pub(super) rows_undated: AtomicU64,
    /// Rows given up because the disk refused for too long.
    pub(super) rows_dropped: AtomicU64,
    /// Steps of sessions that the store will never take.
    pub(super) steps_left_out: AtomicU64,
    /// The store's size.
    pub(super) store: Arc<StoreHealth>,
    /// Lines and slots as they were lately.
    pub(super) shown: Shown,
    /// The way to the broker.
    pub(super) uplink: Arc<UplinkHealth>,
    /// The air's own counters.
    pub(super) air: Arc<AirHealth>,
}

impl Health {
    /// Adds to a counter.
    pub(super) fn add(counter: &AtomicU64, count: u64) {
        counter.fetch_add(count, Ordering::Relaxed);
    }

    /// Tells all counters.
    pub(super) fn tell(&self, when: &str) {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        info!(
            readings = get(&self.readings),
            unrouted = get(&self.unrouted),
            meter_failed = get(&self.meter_failed),
            damaged = get(&self.damaged),
            other_text = get(&self.other_text),
            lost = get(&self.readings_lost),
            rows = get(&self.rows),
            rows_undated = get(&self.rows_undated),
            rows_dropped = get(&self.rows_dropped),
            steps_left_out = get(&self.steps_left_out),
            pruned = get(&self.store.pruned),
            store_bytes = get(&self.store.used_bytes),
            acknowledged = self.uplink.acknowledged(),
            waiting = self.uplink.waiting(),
            broker = self.uplink.is_connected(),
            "{when}"
        );
    }
}
