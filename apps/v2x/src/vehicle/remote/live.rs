//! What other threads are told to do differently while the daemon runs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Written by the keeper's thread, read by the understanding one.
#[derive(Debug, Default)]
pub(in crate::vehicle) struct Live {
    row_interval_us: AtomicU64,
    row_is_wanted: AtomicBool,
}

impl Live {
    /// Begins with this time between two rows.
    pub(in crate::vehicle) fn new(row_interval: Duration) -> Self {
        let live = Self::default();
        live.set_row_interval(row_interval);
        live
    }

    /// The time between two rows from now on.
    pub(in crate::vehicle) fn set_row_interval(&self, interval: Duration) {
        let micros = u64::try_from(interval.as_micros()).unwrap_or(u64::MAX);
        self.row_interval_us.store(micros, Ordering::Relaxed);
    }

    /// The time between two rows.
    pub(in crate::vehicle) fn row_interval(&self) -> Duration {
        Duration::from_micros(self.row_interval_us.load(Ordering::Relaxed))
    }

    /// Asks for a row out of turn.
    pub(super) fn want_row(&self) {
        self.row_is_wanted.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asks for a row out of turn.
    pub(in crate::vehicle) fn row_is_wanted(&self) -> bool {
        self.row_is_wanted.load(Ordering::Relaxed)
    }

    /// The row was made, or nobody waits for it any more.
    pub(in crate::vehicle) fn row_is_made(&self) {
        self.row_is_wanted.store(false, Ordering::Relaxed);
    }
}
