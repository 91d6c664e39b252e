//! The system clock, read at its intervals, and what is told when the time becomes another.
//!
//! What to make of readings is decided in `roles`; who reads the clock is [`crate::clock`].

use std::time::Duration;

use tracing::info;
use v2x_roles::timekeeping::TimeChange;
use v2x_units::Instant;

use super::keeper::ToKeep;
use crate::clock::{Clock, SystemClock};

/// How often the clock is read while nobody is trusted.
const EAGER: Duration = Duration::from_secs(1);
/// How often it is read afterwards.
const CALM: Duration = Duration::from_secs(30);

/// Reads the system clock when it is time.
pub(super) struct SystemWitness {
    clock: Clock,
    system: SystemClock,
    next: Instant,
}

impl SystemWitness {
    /// Reads for the first time at once.
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            system: SystemClock::new(),
            next: Instant::BOOT,
        }
    }

    /// Reads the clock if it is time; what it changed is to be told.
    pub(super) fn look(&mut self, now: Instant) -> Option<ToKeep> {
        if now < self.next {
            return None;
        }
        let change = self.clock.hear_system(&mut self.system);
        let is_settled = self.clock.trusted_date(now).is_some();
        self.next = now + if is_settled { CALM } else { EAGER };
        change.as_ref().map(told)
    }
}

/// Logs that the time is another from now on, and makes an event of it: with the boot and the
/// moment, so that files that were stamped before can be dated by hand.
pub(super) fn told(change: &TimeChange) -> ToKeep {
    let source = change.after.source.word();
    let error_ms = change.after.error.map(|error| error.as_millis());
    let before = change.before;
    let moved_ms = before.map(|before| change.after.utc.micros_since(before.utc).div_euclid(1000));
    if change.after.source.is_trusted() {
        info!(source, ?error_ms, ?moved_ms, "the time is known");
    } else {
        info!("files are dated by this computer's clock until a trusted one is heard");
    }
    ToKeep::Event {
        kind: "time_changed",
        detail: serde_json::json!({
            "source": source,
            "error_ms": error_ms.and_then(|ms| u64::try_from(ms).ok()),
            "before": before.map(|before| before.source.word()),
            "moved_ms": moved_ms,
            "boot": crate::clock::boot_id(),
            "since_boot_us": change.at.as_micros(),
            "utc_us": change.after.utc.as_micros(),
        })
        .to_string(),
    }
}
