//! What the LED says: so many flashes, then a pause. The hardware pages show the table.
//!
//! Not here: which pattern holds (each board says so) and the pin.

use core::time::Duration;

use v2x_units::Instant;

use crate::limits::IDENTIFY_FOR;

/// A flash, and the dark between two of them.
const FLASH: Duration = Duration::from_millis(150);
/// One flash and its dark.
const BEAT: Duration = Duration::from_millis(400);
/// The dark after the last flash.
const PAUSE: Duration = Duration::from_millis(1200);
/// On and off while a person looks for the board.
const IDENTIFY_BEAT: Duration = Duration::from_millis(100);

/// What a board has to say, the more urgent with more flashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pattern {
    /// One flash: all is well.
    #[default]
    Well,
    /// Two: there is nothing to work on: a silent bus, no fix, no radio traffic, no load.
    Idle,
    /// Three: the computer takes no bytes.
    LineStalled,
    /// Four: the wrong bit rate, or a meter that does not answer.
    Misconnected,
    /// Five: bus off, no controller, a relay that does not do as it is told.
    Fault,
}

impl Pattern {
    /// How often it flashes.
    #[must_use]
    pub const fn flashes(self) -> u32 {
        match self {
            Self::Well => 1,
            Self::Idle => 2,
            Self::LineStalled => 3,
            Self::Misconnected => 4,
            Self::Fault => 5,
        }
    }
}

/// The LED of one board.
#[derive(Debug, Clone, Default)]
pub struct Led {
    pattern: Pattern,
    identify_until: Option<Instant>,
}

impl Led {
    /// What it is to say from now on.
    pub const fn show(&mut self, pattern: Pattern) {
        self.pattern = pattern;
    }

    /// What it says.
    #[must_use]
    pub const fn pattern(&self) -> Pattern {
        self.pattern
    }

    /// Blinks fast for a while, so that a person finds the board.
    pub fn identify(&mut self, now: Instant) {
        self.identify_until = Some(now + IDENTIFY_FOR);
    }

    /// Whether it is on now.
    #[must_use]
    pub fn is_on(&self, now: Instant) -> bool {
        let since = u128::from(now.as_micros());
        if self.identify_until.is_some_and(|until| now < until) {
            return (since / IDENTIFY_BEAT.as_micros()).is_multiple_of(2);
        }
        let flashes = u128::from(self.pattern.flashes()) * BEAT.as_micros();
        let place = since % (flashes + PAUSE.as_micros());
        place < flashes && place % BEAT.as_micros() < FLASH.as_micros()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flashes_in_ten_seconds(led: &Led) -> usize {
        let on = |milli: u64| led.is_on(Instant::from_micros(milli * 1000));
        (1..10_000).filter(|&m| on(m) && !on(m - 1)).count()
    }

    #[test]
    fn pattern_flashes_as_often_as_it_says_between_two_pauses() {
        let mut led = Led::default();
        for pattern in [Pattern::Well, Pattern::Idle, Pattern::Fault] {
            led.show(pattern);
            let n = u64::from(pattern.flashes());
            let period = n * 400 + 1200;
            let on = |milli: u64| led.is_on(Instant::from_micros(milli * 1000));
            let rises = (1..=period).filter(|&m| on(m) && !on(m - 1)).count();
            assert_eq!(rises, usize::try_from(n).unwrap(), "{pattern:?}");
        }
    }

    #[test]
    fn led_blinks_fast_for_ten_seconds_when_asked_who_it_is() {
        let mut led = Led::default();
        led.identify(Instant::BOOT);
        assert!(flashes_in_ten_seconds(&led) > 40);
        assert!(!led.is_on(Instant::from_micros(10_200_000 + 1_200_000)));
    }
}
