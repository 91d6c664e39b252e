//! How much each device may say, over all of its connections.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use v2x_roles::hub::{Allowance, DeviceId, Meter};
use v2x_units::Instant;

/// What all devices have used of one allowance.
#[derive(Debug)]
pub(crate) struct Limits {
    allowance: Allowance,
    /// None is made where there is no limit.
    meters: Mutex<HashMap<DeviceId, Meter>>,
}

impl Limits {
    /// Nothing used.
    pub(crate) fn new(allowance: Allowance) -> Self {
        Self {
            allowance,
            meters: Mutex::default(),
        }
    }

    /// Takes so many for a device; `false` when that is more than it may have now.
    pub(crate) fn take(&self, device: DeviceId, count: usize, now: Instant) -> bool {
        if self.allowance.is_unlimited() {
            return true;
        }
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        // A meter is whole after a panic: it was taken from or it was not.
        let mut meters = self.meters.lock().unwrap_or_else(PoisonError::into_inner);
        let meter = meters.entry(device);
        let meter = meter.or_insert_with(|| Meter::new(&self.allowance, now));
        meter.take(count, now)
    }
}
