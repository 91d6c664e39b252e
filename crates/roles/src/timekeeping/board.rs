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
/// Nothing is so late, in microseconds: a second of a full line fills every buffer on the way.
/// Whatever seems later is a clock that jumped back.
const JUMPED: i64 = 5_000_000;

/// The clock of one board, told by its arrivals.
#[derive(Debug, Clone, Copy, Default)]
pub struct BoardClock {
    known: Option<(BootId, Track)>,
}

impl BoardClock {
    /// What the link alone may make a moment of a board wrong by.
    pub const ERROR_MAX: Duration = Duration::from_micros(LATE_MAX.unsigned_abs());

    /// Takes note that something captured at `captured` on the board arrived at `arrival` here.
    pub fn arrived(&mut self, boot: BootId, captured: Instant, arrival: Instant) {
        let latest = signed(arrival) - signed(captured);
        let seen = Interval {
            low: latest - LATE_MAX,
            high: latest,
        };
        match &mut self.known {
            Some((known, track)) if *known == boot => {
                let too_late = seen.low.saturating_sub(track.offset(captured).high);
                let is_told = too_late <= 0;
                if too_late > JUMPED || (is_told && !track.observe(captured, seen)) {
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
        let (distance, error) = self.distance(boot, captured)?;
        let micros = signed(captured).saturating_add(distance).max(0);
        Some((Instant::from_micros(micros.unsigned_abs()), error))
    }

    /// By how many microseconds this computer's clock is ahead of the board's at that moment, and
    /// by how much that may be wrong.
    #[must_use]
    pub fn distance(&self, boot: BootId, captured: Instant) -> Option<(i64, Duration)> {
        let (_, track) = self.known.filter(|(known, _)| *known == boot)?;
        let offset = track.offset(captured);
        // What arrives early is the truth; the doubt lies on the other side alone.
        let error = Duration::from_micros(offset.width().unsigned_abs());
        Some((offset.high, error))
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
    fn drift_between_the_two_crystals_is_learned_and_followed() {
        let mut board = BoardClock::default();
        // The board is 50 ppm slow, and nothing arrives late by more than a millisecond.
        let arrival = |seconds: u64, late: u64| {
            Instant::from_micros(seconds * 1_000_000 + seconds * 50 + 60_000_000 + late)
        };
        for seconds in 1..7200 {
            let late = seconds * 7919 % 1000;
            board.arrived(BOOT, ms(seconds * 1000), arrival(seconds, late));
        }
        let truth = arrival(7300, 0);
        let (at, error) = board.on_host(BOOT, ms(7_300_000)).unwrap();
        let off = at.since(truth) + truth.since(at);
        assert!(
            off <= Duration::from_millis(3),
            "{off:?} after 100 s of silence"
        );
        assert!(
            off <= error && error < Duration::from_millis(110),
            "{error:?}"
        );
    }

    #[test]
    fn board_whose_clock_jumps_back_within_a_boot_is_followed() {
        let mut board = BoardClock::default();
        board.arrived(BOOT, ms(90_000), ms(100_000));
        board.arrived(BOOT, ms(1_000), ms(101_000));
        assert_eq!(board.on_host(BOOT, ms(1_000)).unwrap().0, ms(101_000));
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
