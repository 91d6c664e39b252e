//! How often somebody may ask: a bucket that fills with time.

use v2x_units::Instant;

/// A bucket of permits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    permits: f64,
    at: Instant,
}

/// How fast it fills, and how much it holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) per_second: f64,
    pub(crate) at_once: f64,
}

impl Bucket {
    pub(crate) fn full(pace: Pace, now: Instant) -> Self {
        Self {
            permits: pace.at_once,
            at: now,
        }
    }

    /// Takes one permit, or says in how many seconds there is one.
    pub(crate) fn take(&mut self, pace: Pace, now: Instant) -> Result<(), u64> {
        let waited = now.since(self.at).as_secs_f64();
        self.permits = (self.permits + waited * pace.per_second).min(pace.at_once);
        self.at = self.at.max(now);
        if self.permits >= 1.0 {
            self.permits -= 1.0;
            return Ok(());
        }
        let wait = ((1.0 - self.permits) / pace.per_second)
            .ceil()
            .clamp(1.0, 3600.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it lies between 1 and 3600"
        )]
        Err(wait as u64)
    }

    /// Whether it would be full now: nobody has asked for long.
    pub(crate) fn is_full(&self, pace: Pace, now: Instant) -> bool {
        let waited = now.since(self.at).as_secs_f64();
        self.permits + waited * pace.per_second >= pace.at_once
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn bucket_gives_what_it_holds_then_as_fast_as_it_fills() {
        let pace = Pace {
            per_second: 0.5,
            at_once: 3.0,
        };
        let start = Instant::from_micros(5_000_000);
        let mut bucket = Bucket::full(pace, start);
        for _ in 0..3 {
            assert_eq!(bucket.take(pace, start), Ok(()));
        }
        assert_eq!(bucket.take(pace, start), Err(2));
        assert_eq!(bucket.take(pace, start + Duration::from_secs(2)), Ok(()));
        assert!(bucket.take(pace, start + Duration::from_secs(2)).is_err());
        assert!(!bucket.is_full(pace, start + Duration::from_secs(7)));
        assert!(bucket.is_full(pace, start + Duration::from_secs(8)));
    }
}
