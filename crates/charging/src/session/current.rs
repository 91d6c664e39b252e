//! Whether a load draws current: hysteresis in amperes, debounce in seconds.
//!
//! Not here: what follows from it ([`super`]). Times are those of the samples, so a slow link
//! changes nothing.

use core::time::Duration;

use v2x_units::{Amps, Instant};

use super::config::CurrentThresholds;

/// A load counts only when at least this many samples in a row show it.
const SAMPLES: u8 = 3;

/// Across a longer gap the current is unknown, and what was seen before it does not count.
const GAP: Duration = Duration::from_secs(10);

/// Follows the current of a slot.
#[derive(Debug, Clone)]
pub(super) struct CurrentDetector {
    thresholds: CurrentThresholds,
    newest: Option<Instant>,
    /// Since when, and for how many samples, the current has reached the start threshold.
    above_start: Option<(Instant, u8)>,
    below_start: Option<Instant>,
    below_stop: Option<Instant>,
}

impl CurrentDetector {
    pub(super) const fn new(thresholds: CurrentThresholds) -> Self {
        Self {
            thresholds,
            newest: None,
            above_start: None,
            below_start: None,
            below_stop: None,
        }
    }

    /// Takes the current of one measurement.
    pub(super) fn update(&mut self, at: Instant, current: Amps) {
        if self.newest.is_some_and(|newest| at.since(newest) > GAP) {
            self.forget();
        }
        self.newest = Some(at);
        if current >= self.thresholds.start {
            let (since, samples) = self.above_start.unwrap_or((at, 0));
            self.above_start = Some((since, samples.saturating_add(1)));
            self.below_start = None;
        } else {
            self.above_start = None;
            self.below_start.get_or_insert(at);
        }
        if current < self.thresholds.stop {
            self.below_stop.get_or_insert(at);
        } else {
            self.below_stop = None;
        }
    }

    /// Forgets what was seen: the slot has changed in between.
    pub(super) const fn forget(&mut self) {
        *self = Self::new(self.thresholds);
    }

    /// Since when the current has reached the start threshold.
    pub(super) fn rising_since(&self) -> Option<Instant> {
        self.above_start.map(|(since, _)| since)
    }

    /// Whether a load is there, beyond doubt.
    pub(super) fn flows(&self) -> bool {
        self.flows_after(Instant::BOOT)
    }

    /// Whether a load is there, beyond doubt even by what was seen after an instant alone.
    pub(super) fn flows_after(&self, earliest: Instant) -> bool {
        self.above_start.is_some_and(|(since, samples)| {
            samples >= SAMPLES && self.lasts(since.max(earliest), self.thresholds.start_after)
        })
    }

    /// Whether the load has ceased, beyond doubt.
    pub(super) fn has_ceased(&self) -> bool {
        self.below_stop
            .is_some_and(|since| self.lasts(since, self.thresholds.stop_after))
    }

    /// Whether the current has stayed too low to start a load for as long as it takes to cease.
    pub(super) fn is_calm(&self) -> bool {
        self.below_start
            .is_some_and(|since| self.lasts(since, self.thresholds.stop_after))
    }

    fn lasts(&self, since: Instant, time: Duration) -> bool {
        self.newest
            .is_some_and(|newest| newest.since(since) >= time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::SlotConfig;

    fn detector(currents: &[(u64, f64)]) -> CurrentDetector {
        let mut detector = CurrentDetector::new(SlotConfig::ev().current);
        for &(second, current) in currents {
            detector.update(Instant::from_micros(second * 1_000_000), Amps::new(current));
        }
        detector
    }

    #[test]
    fn load_counts_after_four_seconds_and_three_samples() {
        assert!(!detector(&[(0, 9.0), (2, 9.0)]).flows());
        assert!(!detector(&[(0, 9.0), (8, 9.0)]).flows());
        assert!(detector(&[(0, 9.0), (2, 9.0), (4, 9.0)]).flows());
        assert!(!detector(&[(0, 9.0), (2, 0.4), (4, 9.0), (6, 9.0)]).flows());
    }

    #[test]
    fn current_between_the_thresholds_is_calm_but_has_not_ceased() {
        let between = detector(&[(0, 0.3), (5, 0.3), (10, 0.3)]);
        assert!(between.is_calm());
        assert!(!between.has_ceased());
        assert!(detector(&[(0, 0.1), (5, 0.1), (10, 0.1)]).has_ceased());
    }

    #[test]
    fn current_across_a_gap_of_samples_does_not_count() {
        assert!(!detector(&[(0, 9.0), (2, 9.0), (60, 9.0)]).flows());
        assert!(!detector(&[(0, 0.0), (60, 0.0)]).has_ceased());
    }
}
