//! When to try again: capped exponential delays with jitter; no clock and no chance of its own.

use std::time::Duration;

/// The longest delay before the first new try.
const FIRST: Duration = Duration::from_secs(1);

/// The longest delay at all: a broker that is back is noticed within a minute.
const LONGEST: Duration = Duration::from_secs(60);

/// Delays between tries that fail in a row.
#[derive(Debug, Clone, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The delay after a further failure: between a half and the whole of 1, 2, 4 … 60 s.
    ///
    /// `random` is drawn anew for each call; it keeps a fleet from returning all at once.
    pub fn next(&mut self, random: u32) -> Duration {
        let whole = FIRST
            .saturating_mul(1 << self.failures.min(16))
            .min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let share = f64::from(random) / f64::from(u32::MAX);
        whole.mul_f64(0.5 + share / 2.0)
    }

    /// The server has taken something: the next failure is a first one.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(random: u32) -> Vec<u128> {
        let mut backoff = Backoff::default();
        (0..9).map(|_| backoff.next(random).as_millis()).collect()
    }

    #[test]
    fn delays_double_up_to_a_minute() {
        let whole = [1, 2, 4, 8, 16, 32, 60, 60, 60].map(|s| s * 1000);
        assert_eq!(delays(u32::MAX), whole);
        assert_eq!(delays(0), whole.map(|ms| ms / 2));
    }

    #[test]
    fn success_makes_the_next_failure_a_first_one() {
        let mut backoff = Backoff::default();
        for _ in 0..40 {
            backoff.next(0);
        }
        backoff.reset();
        assert_eq!(backoff.next(u32::MAX), Duration::from_secs(1));
    }
}
