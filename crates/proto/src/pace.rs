//! How often strangers may make us work: a bucket of tokens that fills at a steady pace.
//!
//! How large and how fast is in `limits.rs` and `deadlines.rs`.

use core::time::Duration;

use v2x_units::Instant;

/// Tokens left, and up to when they were counted.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    burst: u32,
    every: Duration,
    tokens: u32,
    counted_to: Instant,
}

impl Pace {
    /// Begins full, with so many tokens; one comes back after each such time.
    pub(crate) const fn new(burst: u32, every: Duration) -> Self {
        Self {
            burst,
            every,
            tokens: burst,
            counted_to: Instant::BOOT,
        }
    }

    /// Takes a token, if there is one.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        while self.tokens < self.burst && now.since(self.counted_to) >= self.every {
            self.tokens += 1;
            self.counted_to = self.counted_to + self.every;
        }
        if self.tokens == self.burst {
            self.counted_to = now;
        }
        let taken = self.tokens > 0;
        self.tokens -= u32::from(taken);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flood_gets_the_burst_and_then_one_per_pace() {
        let mut pace = Pace::new(8, Duration::from_millis(200));
        let begun = (0..10_000)
            .filter(|ms| pace.take(Instant::BOOT + Duration::from_millis(*ms)))
            .count();
        assert_eq!(begun, 8 + 49);
    }
}
