//! How much a device may send: limits in ThingsBoard's spelling, `20:1,600:60`, each so many in so
//! many seconds.
//!
//! A bucket that refills evenly: after a rest the whole capacity may come at once.

use std::str::FromStr;
use std::time::Duration;

use v2x_units::Instant;

/// The most limits in one allowance.
const LIMITS_MAX: usize = 4;

/// Limits that hold together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Allowance(Vec<Limit>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limit {
    capacity: u32,
    within: Duration,
}

/// Why a text is no allowance.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no limit; write how many in how many seconds, as 20:1 or 20:1,600:60 (at most \
     {LIMITS_MAX} limits), or none"
)]
pub struct AllowanceError(String);

impl Allowance {
    /// Whether everything is allowed.
    #[must_use]
    pub const fn is_unlimited(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Allowance {
    type Err = AllowanceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || AllowanceError(text.to_owned());
        if text.is_empty() || text == "none" {
            return Ok(Self::default());
        }
        let limits: Option<Vec<Limit>> = text
            .split(',')
            .map(|limit| {
                let (capacity, seconds) = limit.trim().split_once(':')?;
                let capacity = capacity.parse().ok().filter(|capacity| *capacity > 0)?;
                let seconds = seconds.parse().ok().filter(|seconds| *seconds > 0)?;
                let within = Duration::from_secs(u64::from(u32::min(seconds, 86_400)));
                Some(Limit { capacity, within })
            })
            .collect();
        let limits = limits.filter(|limits| limits.len() <= LIMITS_MAX);
        limits.map(Self).ok_or_else(wrong)
    }
}

/// What one device has used of an allowance.
#[derive(Debug, Clone)]
pub struct Meter {
    levels: Vec<(Limit, f64)>,
    at: Instant,
}

impl Meter {
    /// Nothing used.
    #[must_use]
    pub fn new(allowance: &Allowance, now: Instant) -> Self {
        let levels = allowance.0.iter();
        Self {
            levels: levels
                .map(|limit| (*limit, f64::from(limit.capacity)))
                .collect(),
            at: now,
        }
    }

    /// Takes so many; `false`, and nothing is taken, when that is more than is allowed now.
    pub fn take(&mut self, count: u32, now: Instant) -> bool {
        let passed = now.since(self.at).as_secs_f64();
        self.at = now;
        for (limit, left) in &mut self.levels {
            let full = f64::from(limit.capacity);
            *left = full.min(*left + full * passed / limit.within.as_secs_f64());
        }
        let count = f64::from(count);
        let is_allowed = self.levels.iter().all(|(_, left)| *left >= count);
        if is_allowed {
            for (_, left) in &mut self.levels {
                *left -= count;
            }
        }
        is_allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1000)
    }

    #[test]
    fn burst_up_to_the_capacity_is_allowed_and_refills_with_time() {
        let allowance: Allowance = "20:1,30:60".parse().unwrap();
        let mut meter = Meter::new(&allowance, at(0));
        assert!((0..20).all(|_| meter.take(1, at(0))));
        assert!(!meter.take(1, at(10)), "20 in a second");
        assert!(meter.take(10, at(1000)));
        assert!(!meter.take(1, at(1100)), "30 in a minute");
        assert!(meter.take(1, at(4000)));
    }

    #[test]
    fn without_a_limit_everything_is_allowed() {
        for text in ["", "none"] {
            let allowance: Allowance = text.parse().unwrap();
            let mut meter = Meter::new(&allowance, at(0));
            assert!((0..1000).all(|_| meter.take(u32::MAX, at(0))));
        }
    }

    #[test]
    fn text_that_is_no_limit_is_refused_with_an_example() {
        for text in [
            "20",
            "0:1",
            "20:0",
            "a:b",
            "20:1,",
            "1:1,1:1,1:1,1:1,1:1",
            "-1:5",
        ] {
            let error = text.parse::<Allowance>().unwrap_err().to_string();
            assert!(error.contains("20:1,600:60"), "{text}: {error}");
        }
    }
}
