//! When a board captured something, on the clock of the computer it is wired to.
//!
//! A board counts microseconds since its boot; what it sends arrives late, never early. So the
//! earliest arrivals tell the distance between the two clocks, and an arrival that is later than
//! they explain tells nothing. Another boot id is another clock. UTC is [`super::Timekeeper`]'s.

use std::time::Duration;

use v2x_units::{BootId, Instant};

use super::track::{Interval, Track, signed};

/// What the link and this computer delay an arrival on an ordinary day: 100 ms.
const LATE_MAX: i64 = 100_000;

/// The clock of one board, told by its arrivals.
#[derive(Debug, Clone, Copy, Default)]
pub struct BoardClock {
    known: Option<(BootId, Track)>,
}

impl BoardClock {
    /// Takes note that something captured at `captured` on the board arrived at `arrival` here.
    pub fn arrived(&mut self, boot: BootId, captured: Instant, arrival: Instant) {
        let latest = signed(arrival) - signed(captured);
        let seen = Interval {
            low: latest - LATE_MAX,
            high: latest,
        };
        match &mut self.known {
            Some((known, track)) if *known == boot => {
                let too_late = seen.low > track.offset(captured).high;
                if !too_late && !track.observe(captured, seen) {
                    *track = Track::new(captured, seen);
                }
            }
            _ => self.known = Some((boot, Track::new(captured, seen))),
        }
    }

    /// The moment of a capture on this computer's clock, and by how much it may be wrong; `None`
    /// when nothing of that boot has arrived yet.
    #[must_use]
    pub fn on_host(&self, boot: BootId, captured: Instant) -> Option<(Instant, Duration)> {
        let (_, track) = self.known.filter(|(known, _)| *known == boot)?;
        let offset = track.offset(captured);
        // What arrives early is the truth; the doubt lies on the other side alone.
        let micros = signed(captured).saturating_add(offset.high).max(0);
        let error = Duration::from_micros(offset.width().unsigned_abs());
        Some((Instant::from_micros(micros.unsigned_abs()), error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOT: BootId = BootId::new(7);

    fn ms(millis: u64) -> Instant {
        Instant::from_micros(millis * 1000)
    }

    #[test]
    fn earliest_arrival_tells_the_clock_and_late_ones_do_not_move_it() {
        let mut board = BoardClock::default();
        board.arrived(BOOT, ms(1000), ms(61_005));
        board.arrived(BOOT, ms(2000), ms(62_001));
        board.arrived(BOOT, ms(3000), ms(64_900));
        let (at, error) = board.on_host(BOOT, ms(2000)).unwrap();
        assert_eq!(at, ms(62_001));
        assert!(error <= Duration::from_millis(100), "{error:?}");
    }

    #[test]
    fn clock_of_another_boot_is_another_clock() {
        let mut board = BoardClock::default();
        board.arrived(BOOT, ms(1000), ms(61_000));
        let other = BootId::new(8);
        assert!(board.on_host(other, ms(5)).is_none());
        board.arrived(other, ms(5), ms(70_000));
        assert_eq!(board.on_host(other, ms(5)).unwrap().0, ms(70_000));
        assert!(board.on_host(BOOT, ms(1000)).is_none());
    }

    #[test]
    fn board_whose_clock_jumps_within_a_boot_is_followed_not_dated_ahead() {
        let mut board = BoardClock::default();
        board.arrived(BOOT, ms(90_000), ms(100_000));
        // It jumped ahead by a minute: captures would lie in the future.
        board.arrived(BOOT, ms(151_000), ms(101_000));
        assert!(board.on_host(BOOT, ms(151_000)).unwrap().0 <= ms(101_000));
    }
}
