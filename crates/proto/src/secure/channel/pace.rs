//! How fast handshakes may begin: a bucket of tokens that fills at a steady pace.

use v2x_units::Instant;

use crate::deadlines::HANDSHAKE_PACE;
use crate::limits::HANDSHAKE_BURST;

/// Tokens left, and up to when they were counted.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    tokens: u32,
    counted_to: Instant,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            tokens: HANDSHAKE_BURST,
            counted_to: Instant::BOOT,
        }
    }
}

impl Pace {
    /// Takes a token, if there is one.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        while self.tokens < HANDSHAKE_BURST && now.since(self.counted_to) >= HANDSHAKE_PACE {
            self.tokens += 1;
            self.counted_to = self.counted_to + HANDSHAKE_PACE;
        }
        if self.tokens == HANDSHAKE_BURST {
            self.counted_to = now;
        }
        let taken = self.tokens > 0;
        self.tokens -= u32::from(taken);
        taken
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    #[test]
    fn flood_gets_the_burst_and_then_one_per_pace() {
        let mut pace = Pace::default();
        let begun = (0..10_000)
            .filter(|ms| pace.take(Instant::BOOT + Duration::from_millis(*ms)))
            .count();
        assert_eq!(begun, 8 + 49);
    }
}
