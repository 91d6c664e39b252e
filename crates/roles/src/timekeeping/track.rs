//! How far one clock is ahead of another: an interval that the truth lies in.
//!
//! Each observation is an interval too; the two are intersected. Between observations the interval
//! widens by what the crystals may drift, at first 100 ppm either way, later what the observations
//! leave possible (the intersection of Marzullo, "Maintaining the time in a distributed system",
//! 1984, for two clocks). Which observations to believe is decided in [`super::timekeeper`].

use v2x_units::Instant;

/// What a crystal of a small computer may be off, ageing and temperature included: 100 ppm.
const DRIFT_MAX_PPB: i64 = 100_000;
/// What the drift may change after it was measured, mostly by temperature: 10 ppm.
const WANDER_PPB: i64 = 10_000;
/// Parts of a billion in a whole.
const BILLION: i128 = 1_000_000_000;
/// A moment this far away is no moment of a clock: 36,000 years, so that sums of three fit.
const FARTHEST: i64 = 1 << 60;

/// An interval of whole microseconds, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) low: i64,
    pub(super) high: i64,
}

impl Interval {
    /// What both allow; `None` when they contradict each other.
    pub(super) fn and(self, other: Self) -> Option<Self> {
        let both = Self {
            low: self.low.max(other.low),
            high: self.high.min(other.high),
        };
        (both.low <= both.high).then_some(both)
    }

    pub(super) const fn width(self) -> i64 {
        self.high.saturating_sub(self.low)
    }

    pub(super) const fn middle(self) -> i64 {
        self.low.saturating_add(self.width() / 2)
    }

    /// The interval with both ends moved outwards.
    const fn widened(self, by: i64) -> Self {
        Self {
            low: self.low.saturating_sub(by),
            high: self.high.saturating_add(by),
        }
    }
}

/// What is known of the distance between two clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Track {
    /// When the offset was last narrowed, on the clock that is mapped.
    at: i64,
    offset: Interval,
    /// Drift, in parts of a billion.
    drift: Interval,
    /// The first observation: the longer ago, the better it tells the drift.
    first: (i64, Interval),
}

impl Track {
    /// Begins with one observation.
    pub(super) fn new(at: Instant, offset: Interval) -> Self {
        let at = signed(at);
        Self {
            at,
            offset,
            drift: Interval { low: 0, high: 0 }.widened(DRIFT_MAX_PPB),
            first: (at, offset),
        }
    }

    /// What the offset can be at a moment before or after the observations.
    pub(super) fn offset(&self, at: Instant) -> Interval {
        let since = signed(at) - self.at;
        let (slow, fast) = if since >= 0 {
            (self.drift.low, self.drift.high)
        } else {
            (self.drift.high, self.drift.low)
        };
        Interval {
            low: self.offset.low.saturating_add(drifted(since, slow)),
            high: self.offset.high.saturating_add(drifted(since, fast)),
        }
    }

    /// Takes an observation; `false`, and nothing changes, when it contradicts those before.
    pub(super) fn observe(&mut self, at: Instant, seen: Interval) -> bool {
        let Some(offset) = self.offset(at).and(seen) else {
            return false;
        };
        self.offset = offset;
        self.at = signed(at);
        self.narrow_drift(seen);
        true
    }

    fn narrow_drift(&mut self, seen: Interval) {
        let (first_at, first) = self.first;
        let since = i128::from(self.at) - i128::from(first_at);
        if since <= 0 {
            return;
        }
        let rate = |from: i64, to: i64| {
            let ppb = (i128::from(to) - i128::from(from)) * BILLION / since;
            i64::try_from(ppb).unwrap_or(if ppb < 0 { i64::MIN } else { i64::MAX })
        };
        let measured = Interval {
            low: rate(first.high, seen.low),
            high: rate(first.low, seen.high),
        };
        // A contradiction means that the crystal wandered more than it should: keep what was known.
        if let Some(drift) = self.drift.and(measured.widened(WANDER_PPB)) {
            self.drift = drift;
        }
    }
}

/// Microseconds since boot, with a sign to subtract.
pub(super) fn signed(instant: Instant) -> i64 {
    i64::try_from(instant.as_micros()).map_or(FARTHEST, |micros| micros.min(FARTHEST))
}

/// How far a clock with this drift goes astray in a time, both in their signs.
fn drifted(micros: i64, ppb: i64) -> i64 {
    let product = i128::from(micros) * i128::from(ppb);
    // Rounded away from zero: bounds may only ever widen.
    let rounded = if product < 0 {
        (product - BILLION + 1) / BILLION
    } else {
        (product + BILLION - 1) / BILLION
    };
    i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    fn around(middle: i64, error: i64) -> Interval {
        Interval {
            low: middle - error,
            high: middle + error,
        }
    }

    #[test]
    fn bounds_widen_by_100_ppm_in_both_directions_of_time() {
        let track = Track::new(seconds(10_000), around(0, 500));
        assert_eq!(track.offset(seconds(10_000)), around(0, 500));
        assert_eq!(track.offset(seconds(20_000)), around(0, 1_000_500));
        assert_eq!(track.offset(seconds(0)), around(0, 1_000_500));
    }

    #[test]
    fn long_watch_narrows_the_drift_to_what_was_seen() {
        // 40 ppm, seen with 1 ms of doubt for a day: the crystal's wander is what remains.
        let mut track = Track::new(seconds(0), around(0, 1_000));
        for hour in 1..=24_u64 {
            let drifted = i64::try_from(hour * 3600 * 40).unwrap();
            assert!(track.observe(seconds(hour * 3600), around(drifted, 1_000)));
        }
        let tomorrow = track.offset(seconds(48 * 3600));
        let truth = 48 * 3600 * 40;
        assert!(tomorrow.low <= truth && truth <= tomorrow.high);
        assert!(tomorrow.width() < 2_000_000, "{} us", tomorrow.width());
    }

    #[test]
    fn observation_that_no_drift_explains_changes_nothing() {
        let mut track = Track::new(seconds(0), around(0, 1_000));
        assert!(!track.observe(seconds(100), around(50_000, 1_000)));
        assert_eq!(track.offset(seconds(0)), around(0, 1_000));
    }
}
