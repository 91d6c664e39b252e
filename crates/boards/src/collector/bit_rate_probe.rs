//! Finds the bit rate of a bus by listening at each of the usual ones in turn.
//!
//! Not here: the controller. It only listens, so a wrong guess disturbs nobody on the bus.

use core::time::Duration;

use v2x_units::Instant;

/// The rates that are tried, the car's first.
const RATES: [u32; 4] = [500_000, 250_000, 125_000, 1_000_000];
/// How long each is listened to: slow buses repeat their frames every second.
const LISTEN_FOR: Duration = Duration::from_millis(1200);
/// Frames that prove a rate; one can come from noise with a probability of 2^-15.
const PROOF: u64 = 3;

/// A search that goes on until it has found the rate.
#[derive(Debug, Clone)]
pub struct BitRateProbe {
    place: usize,
    until: Instant,
    frames_before: u64,
    found: Option<u32>,
}

impl BitRateProbe {
    /// Begins with the first rate, which the controller listens at.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self {
            place: 0,
            until: now + LISTEN_FOR,
            frames_before: 0,
            found: None,
        }
    }

    /// The rate that was found.
    #[must_use]
    pub const fn found(&self) -> Option<u32> {
        self.found
    }

    /// The next rate to listen at; `frames` counts all frames since boot.
    pub fn poll(&mut self, now: Instant, frames: u64) -> Option<u32> {
        if frames.saturating_sub(self.frames_before) >= PROOF {
            self.found = RATES.get(self.place).copied();
            return None;
        }
        if now < self.until {
            return None;
        }
        self.place = (self.place + 1) % RATES.len();
        self.until = now + LISTEN_FOR;
        self.frames_before = frames;
        RATES.get(self.place).copied()
    }

    pub(super) const fn deadline(&self) -> Instant {
        self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probe_tries_each_rate_until_frames_arrive() {
        let mut probe = BitRateProbe::new(Instant::BOOT);
        let (mut now, mut rate, mut frames) = (Instant::BOOT, 500_000, 0);
        for _ in 0..100 {
            now = now + Duration::from_millis(100);
            if let Some(next) = probe.poll(now, frames) {
                rate = next;
            }
            // The bus has 125 kbit/s; a single frame of noise comes at another rate.
            frames += u64::from(rate == 125_000) + u64::from(now.as_micros() == 1_500_000);
            if probe.found().is_some() {
                break;
            }
        }
        assert_eq!(probe.found(), Some(125_000));
    }
}
