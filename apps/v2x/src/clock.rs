//! The clocks of this computer: the only place of the product that reads them.
//!
//! Everything else receives a [`Stamp`]. UTC is read once at the start and carried on by the
//! monotonic clock, so that stamps of one run never go backwards when somebody sets the clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use v2x_units::{Instant, Stamp, UtcTime};

/// 2025-01-01: older than this program, so a clock that says less was never set.
const SET_CLOCK: UtcTime = UtcTime::from_millis(1_735_689_600_000);

/// A monotonic clock that counts from its making, and the UTC time of that moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    started: std::time::Instant,
    started_utc: UtcTime,
}

impl Clock {
    /// Starts counting now.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clocks"
    )]
    pub(crate) fn start() -> Self {
        let since_1970 = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        let micros = i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX);
        Self {
            started: std::time::Instant::now(),
            started_utc: UtcTime::from_micros(micros),
        }
    }

    /// What the wall clock says now; unlike [`Clock::now`] it follows when somebody sets it.
    /// `None` before 2025, which no clock says that was ever set.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clocks"
    )]
    pub(crate) fn wall() -> Option<UtcTime> {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        let utc = UtcTime::from_micros(i64::try_from(since_1970.as_micros()).ok()?);
        (utc >= SET_CLOCK).then_some(utc)
    }

    /// The time since its making.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Now, on both clocks.
    pub(crate) fn now(&self) -> Stamp {
        let elapsed = self.elapsed();
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        Stamp {
            instant: Instant::from_micros(micros),
            utc: self.started_utc + elapsed,
        }
    }
}

/// Sleeps in a driving loop; libraries are polled instead.
#[expect(
    clippy::disallowed_methods,
    reason = "the driving loops pace themselves here"
)]
pub(crate) fn sleep(time: Duration) {
    std::thread::sleep(time);
}

/// The time since a moment that the system dated; `None` when its clock was set back since then.
pub(crate) fn age(moment: SystemTime) -> Option<Duration> {
    moment.elapsed().ok()
}
