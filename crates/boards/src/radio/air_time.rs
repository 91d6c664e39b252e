//! How long a payload is on the air, and how much of that a board may take.
//!
//! Not here: whether the channel is free; the radio listens before it speaks. Facts: IEEE 802.11,
//! long preamble 192 us and 8 us a byte at 1 Mbit/s; ESP-NOW adds 36 bytes and 7 for each piece of
//! 250; a unicast frame is confirmed after 10 us by 304 us of ACK.

use core::time::Duration;

use v2x_proto::link::message::RadioRate;
use v2x_units::Instant;

/// 802.11 header, ESP-NOW header, checksum.
const HEAD_BYTES: u64 = 24 + 8 + 4;
/// Head of each vendor element.
const ELEMENT_BYTES: u64 = 7;
/// The most bytes of one vendor element.
const ELEMENT_MAX: u64 = 250;
const CONFIRMATION: u64 = 10 + 304;
/// What was not used of the allowance is kept for so long.
const WINDOW: Duration = Duration::from_secs(10);

/// How long a payload of so many bytes is on the air.
#[must_use]
pub fn of(payload: usize, rate: RadioRate, to_all: bool) -> Duration {
    let payload = u64::try_from(payload).unwrap_or(u64::MAX);
    let elements = payload.div_ceil(ELEMENT_MAX).max(1);
    let bits = (HEAD_BYTES + elements * ELEMENT_BYTES + payload) * 8;
    // Preamble in microseconds, and bits in ten of them.
    let (preamble, bits_in_ten) = match rate {
        RadioRate::Preset | RadioRate::Mbps1 => (192, 10),
        RadioRate::Mbps2 => (192, 20),
        RadioRate::Mbps5 => (192, 55),
        RadioRate::Mbps11 => (192, 110),
        RadioRate::Mbps6 => (20, 60),
        RadioRate::Mbps12 => (20, 120),
        RadioRate::Mbps24 => (20, 240),
        RadioRate::Mbps54 => (20, 540),
        RadioRate::LongRange250 => (400, 2),
        RadioRate::LongRange500 => (400, 5),
    };
    let confirmation = if to_all { 0 } else { CONFIRMATION };
    Duration::from_micros(preamble + (bits * 10).div_ceil(bits_in_ten) + confirmation)
}

/// The allowance of a board: a share of the time, saved up for ten seconds at most.
#[derive(Debug, Clone)]
pub struct AirTime {
    permille: u64,
    saved_micros: u64,
    at: Instant,
}

impl AirTime {
    /// So many thousandths of the time; 1000 is no limit.
    #[must_use]
    pub fn new(permille: u16, now: Instant) -> Self {
        let permille = u64::from(permille);
        Self {
            permille,
            saved_micros: Self::most(permille),
            at: now,
        }
    }

    fn most(permille: u64) -> u64 {
        u64::try_from(WINDOW.as_micros()).unwrap_or(u64::MAX) / 1000 * permille
    }

    /// Takes the time for one payload; `false` when there is not so much left.
    pub fn take(&mut self, now: Instant, takes: Duration) -> bool {
        let passed = u64::try_from(now.since(self.at).as_micros()).unwrap_or(u64::MAX);
        self.at = now;
        let earned = passed.saturating_mul(self.permille) / 1000;
        let most = Self::most(self.permille);
        self.saved_micros = self.saved_micros.saturating_add(earned).min(most);
        if self.permille >= 1000 {
            return true;
        }
        let takes = u64::try_from(takes.as_micros()).unwrap_or(u64::MAX);
        match self.saved_micros.checked_sub(takes) {
            Some(left) => {
                self.saved_micros = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn air_time_is_that_of_the_reference_page() {
        // Body, broadcast and unicast in microseconds at 1 Mbit/s.
        for (body, broadcast, unicast) in [
            (52, 950, 1270),
            (88, 1240, 1550),
            (150, 1740, 2050),
            (250, 2540, 2850),
        ] {
            for (to_all, micros) in [(true, broadcast), (false, unicast)] {
                let takes = of(body, RadioRate::Mbps1, to_all).as_micros();
                assert!(takes.abs_diff(micros) <= 6, "{body} bytes: {takes}");
            }
        }
    }

    #[test]
    fn board_takes_no_more_than_its_share_of_the_air() {
        let mut air = AirTime::new(10, Instant::BOOT);
        let takes = of(200, RadioRate::Mbps1, true);
        let mut sent = Duration::ZERO;
        for milli in 0..100_000 {
            if air.take(Instant::from_micros(milli * 1000), takes) {
                sent += takes;
            }
        }
        // 1 % of 100 s, and what was saved at the start.
        assert!(sent <= Duration::from_millis(1100), "{sent:?}");
        assert!(sent >= Duration::from_millis(1090), "{sent:?}");
    }

    #[test]
    fn board_without_limit_is_never_held_back() {
        let mut air = AirTime::new(1000, Instant::BOOT);
        assert!((0..100).all(|_| air.take(Instant::BOOT, Duration::from_secs(1))));
    }
}
