//! Whether a GNSS fix is worth believing, and how old the last good one is.
//!
//! Receivers and the boards before them repeat a fix in bursts, keep sending the last one after
//! the sky is lost, and write 0/0 for "none"; the prototype called all of it valid. A fix is
//! judged against the one before it and against whether the car moves.

use core::time::Duration;

use v2x_units::{GnssFix, Instant, KilometersPerHour, Stamp};

/// A good fix is shown no longer than this: five periods of a 1 Hz receiver.
pub const FRESH_FOR: Duration = Duration::from_secs(5);
/// Identical coordinates for this long, while the car moves, mean that the receiver is frozen.
const FROZEN_AFTER: Duration = Duration::from_secs(4);
/// Below this speed a car may stand, and a receiver may rightly say the same place again.
const MOVING: KilometersPerHour = KilometersPerHour::new(5.0);
/// No road vehicle moves faster; a fix that needs more jumped.
const FASTEST: KilometersPerHour = KilometersPerHour::new(250.0);
/// A dilution above this says that the satellites stand in no useful geometry.
const WORST_HDOP: f64 = 20.0;

/// What a fix turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FixQuality {
    /// A new place, worth believing.
    Good,
    /// The same fix once more: nothing new, nothing wrong.
    Repeated,
    /// The receiver itself says that it has no fix, or too few satellites for one.
    Invalid,
    /// Latitude and longitude both zero: "none", not a place in the Gulf of Guinea.
    NullIsland,
    /// The place stands still while the car moves.
    Frozen,
    /// So far from the last good fix that no car could have driven there.
    Jumped,
}

impl FixQuality {
    /// The word used in tables and logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Repeated => "repeated",
            Self::Invalid => "invalid",
            Self::NullIsland => "null-island",
            Self::Frozen => "frozen",
            Self::Jumped => "jumped",
        }
    }

    /// The quality that has this word, if one has.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        let all = [
            Self::Good,
            Self::Repeated,
            Self::Invalid,
            Self::NullIsland,
            Self::Frozen,
            Self::Jumped,
        ];
        all.into_iter().find(|quality| quality.word() == word)
    }
}

/// Judges fixes in the order in which they arrive.
#[derive(Debug, Clone, Default)]
pub struct FixJudge {
    last_good: Option<(Stamp, GnssFix)>,
    last_seen: Option<GnssFix>,
    /// Since when the coordinates have not changed while the car moved.
    still_while_moving: Option<Instant>,
    jumps_in_a_row: u8,
}

/// A jump that is repeated this often is where the car is; the place before was wrong.
const JUMPS_TO_BELIEVE: u8 = 3;

impl FixJudge {
    /// Judges one fix; `speed` is the car's own, from the bus, when it is known.
    pub fn judge(
        &mut self,
        at: Stamp,
        fix: &GnssFix,
        speed: Option<KilometersPerHour>,
    ) -> FixQuality {
        let quality = self.quality(at, fix, speed);
        self.last_seen = Some(*fix);
        if quality == FixQuality::Good {
            self.last_good = Some((at, *fix));
            self.jumps_in_a_row = 0;
        }
        quality
    }

    /// The last good fix with its stamp, unless it is older than [`FRESH_FOR`].
    #[must_use]
    pub fn current(&self, now: Instant) -> Option<(Stamp, GnssFix)> {
        self.last_good
            .filter(|(at, _)| now.since(at.instant) <= FRESH_FOR)
    }

    fn quality(
        &mut self,
        at: Stamp,
        fix: &GnssFix,
        speed: Option<KilometersPerHour>,
    ) -> FixQuality {
        if fix.position.is_null_island() {
            return FixQuality::NullIsland;
        }
        let geometry_is_bad = fix.hdop.is_some_and(|hdop| hdop > WORST_HDOP);
        if !fix.valid || fix.satellites.is_some_and(|count| count < 3) || geometry_is_bad {
            return FixQuality::Invalid;
        }
        // A receiver without a clock cannot show that time went on: the same words are a repeat.
        if self.last_seen.as_ref() == Some(fix) {
            return self.unless_frozen(at, speed, FixQuality::Repeated);
        }
        let same_place = self
            .last_seen
            .is_some_and(|last| last.position == fix.position);
        if same_place {
            return self.unless_frozen(at, speed, FixQuality::Good);
        }
        self.still_while_moving = None;
        if self.jumped(at, fix) {
            FixQuality::Jumped
        } else {
            FixQuality::Good
        }
    }

    /// The given quality, or frozen when the car has moved long enough without a new place.
    fn unless_frozen(
        &mut self,
        at: Stamp,
        speed: Option<KilometersPerHour>,
        otherwise: FixQuality,
    ) -> FixQuality {
        if !speed.is_some_and(|speed| speed.abs() > MOVING) {
            self.still_while_moving = None;
            return otherwise;
        }
        let since = *self.still_while_moving.get_or_insert(at.instant);
        if at.instant.since(since) >= FROZEN_AFTER {
            FixQuality::Frozen
        } else {
            otherwise
        }
    }

    fn jumped(&mut self, at: Stamp, fix: &GnssFix) -> bool {
        let Some((then, last)) = self.last_good else {
            return false;
        };
        // Half a second more than passed: fixes arrive in bursts, later than they were made.
        let seconds = at.instant.since(then.instant).as_secs_f64() + 0.5;
        let reachable = FASTEST.to_meters_per_second().get() * seconds;
        if fix.position.distance_to(last.position).get() <= reachable {
            return false;
        }
        self.jumps_in_a_row += 1;
        self.jumps_in_a_row < JUMPS_TO_BELIEVE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use v2x_units::{Degrees, Position, UtcTime};

    fn stamp(seconds: f64) -> Stamp {
        let micros = Duration::from_secs_f64(seconds);
        Stamp {
            instant: Instant::BOOT + micros,
            utc: UtcTime::from_millis(1_700_000_000_000) + micros,
        }
    }

    fn fix(latitude: f64, second: u64) -> GnssFix {
        GnssFix {
            position: Position::new(Degrees::new(latitude), Degrees::new(2.0)).unwrap(),
            altitude: None,
            speed: None,
            satellites: Some(8),
            hdop: Some(1.1),
            utc: Some(UtcTime::from_millis(1_700_000_000_000) + Duration::from_secs(second)),
            valid: true,
        }
    }

    const DRIVING: Option<KilometersPerHour> = Some(KilometersPerHour::new(30.0));

    #[test]
    fn burst_of_equal_lines_holds_one_good_fix() {
        let mut judge = FixJudge::default();
        let qualities: Vec<_> = (0..9u8)
            .map(|n| judge.judge(stamp(f64::from(n) / 100.0), &fix(48.0, 0), None))
            .collect();
        assert_eq!(qualities[0], FixQuality::Good);
        assert!(
            qualities[1..]
                .iter()
                .all(|quality| *quality == FixQuality::Repeated)
        );
    }

    #[test]
    fn zero_zero_is_no_place_even_when_called_valid() {
        let mut nowhere = fix(0.0, 0);
        nowhere.position = Position::new(Degrees::ZERO, Degrees::ZERO).unwrap();
        let mut judge = FixJudge::default();
        assert_eq!(
            judge.judge(stamp(0.0), &nowhere, None),
            FixQuality::NullIsland
        );
        assert!(judge.current(stamp(0.0).instant).is_none());
    }

    #[test]
    fn receiver_that_sees_no_satellites_has_no_fix() {
        let blind = GnssFix {
            satellites: Some(0),
            ..fix(48.0, 0)
        };
        assert_eq!(
            FixJudge::default().judge(stamp(0.0), &blind, None),
            FixQuality::Invalid
        );
    }

    #[test]
    fn place_that_stands_still_under_a_moving_car_is_frozen_after_four_seconds() {
        let mut judge = FixJudge::default();
        judge.judge(stamp(0.0), &fix(48.0, 0), DRIVING);
        assert_eq!(
            judge.judge(stamp(1.0), &fix(48.0, 1), DRIVING),
            FixQuality::Good
        );
        assert_eq!(
            judge.judge(stamp(4.9), &fix(48.0, 4), DRIVING),
            FixQuality::Good
        );
        assert_eq!(
            judge.judge(stamp(5.0), &fix(48.0, 5), DRIVING),
            FixQuality::Frozen
        );
        assert_eq!(
            judge.judge(stamp(6.0), &fix(48.0002, 6), DRIVING),
            FixQuality::Good
        );
    }

    #[test]
    fn parked_car_may_stay_at_the_same_place_for_ever() {
        let mut judge = FixJudge::default();
        for second in 0..100u8 {
            let quality = judge.judge(stamp(f64::from(second)), &fix(48.0, second.into()), None);
            assert_eq!(quality, FixQuality::Good);
        }
    }

    #[test]
    fn jump_across_the_map_is_refused_until_it_is_confirmed() {
        let mut judge = FixJudge::default();
        judge.judge(stamp(0.0), &fix(48.0, 0), None);
        assert_eq!(
            judge.judge(stamp(1.0), &fix(49.0, 1), None),
            FixQuality::Jumped
        );
        assert_eq!(
            judge.judge(stamp(2.0), &fix(48.0001, 2), None),
            FixQuality::Good
        );
        assert_eq!(
            judge.judge(stamp(3.0), &fix(49.0, 3), None),
            FixQuality::Jumped
        );
        assert_eq!(
            judge.judge(stamp(4.0), &fix(49.0001, 4), None),
            FixQuality::Jumped
        );
        assert_eq!(
            judge.judge(stamp(5.0), &fix(49.0002, 5), None),
            FixQuality::Good
        );
    }

    #[test]
    fn good_fix_is_shown_for_five_seconds_and_no_longer() {
        let mut judge = FixJudge::default();
        judge.judge(stamp(0.0), &fix(48.0, 0), None);
        assert!(judge.current(stamp(5.0).instant).is_some());
        assert!(judge.current(stamp(5.1).instant).is_none());
    }
}
