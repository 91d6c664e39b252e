//! Whether the car is plugged in, as its bus lets one guess.
//!
//! Not here: what follows from it (`charging.rs`).

use core::time::Duration;

use v2x_units::Instant;

use super::CarNow;

/// Mains that go away for less than this are no plug that was pulled: relays bounce.
const SETTLES: Duration = Duration::from_secs(1);

/// A bus that has said nothing of mains for so long after a start sleeps.
const SPEAKS_WITHIN: Duration = Duration::from_secs(3);

/// Follows the plug. After a start it is not known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PlugFollower {
    /// When the car was first looked at.
    begun: Option<Instant>,
    plugged: Option<bool>,
    /// What the car looks like otherwise, and since when.
    doubt: Option<(bool, Instant)>,
}

impl PlugFollower {
    /// Whether the plug is known to be in.
    pub(super) fn is_in(&self) -> bool {
        self.plugged == Some(true)
    }

    /// Whether it is known to be in or out; `None`: nobody can say.
    pub(super) const fn known(&self) -> Option<bool> {
        self.plugged
    }

    /// Whether the bus has said what it can since the start: the plug is known, or it sleeps.
    pub(super) fn is_settled(&self, now: Instant) -> bool {
        let sleeps = |begun| now.since(begun) >= SPEAKS_WITHIN && self.doubt.is_none();
        self.plugged.is_some() || self.begun.is_some_and(sleeps)
    }

    /// Takes the car as it is now; gives what has changed. `counts_parked`: a parked car is taken
    /// for one that is plugged in. `may_come`: whether a plug that comes in may be noticed.
    pub(super) fn look(
        &mut self,
        car: &CarNow,
        counts_parked: bool,
        may_come: bool,
    ) -> Option<bool> {
        let now = car.at.instant;
        self.begun.get_or_insert(now);
        let looks = self.looks(car, counts_parked);
        let looks = looks.filter(|is_in| Some(*is_in) != self.plugged && (!is_in || may_come));
        let Some(looks) = looks else {
            self.doubt = None;
            return None;
        };
        let (_, since) = *(self.doubt.get_or_insert((looks, now)));
        if self.doubt.is_some_and(|(before, _)| before != looks) {
            self.doubt = Some((looks, now));
        } else if now.since(since) >= SETTLES {
            (self.plugged, self.doubt) = (Some(looks), None);
            return Some(looks);
        }
        None
    }

    /// Mains at the charger mean a plug. A bus that sleeps says nothing of it: a car that has
    /// stopped charging falls asleep with the plug in. One that drives has none.
    fn looks(&self, car: &CarNow, counts_parked: bool) -> Option<bool> {
        let is_parked = car.is_parked();
        if counts_parked && is_parked {
            return Some(true);
        }
        let asleep = if is_parked { self.plugged } else { Some(false) };
        car.mains.or(asleep)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use v2x_units::KilometersPerHour;

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1000)
    }

    fn car(millis: u64, mains: Option<bool>) -> CarNow {
        CarNow {
            mains,
            ..CarNow::nothing_known(at(millis))
        }
    }

    #[test]
    fn plug_is_not_known_until_the_bus_has_said_the_same_for_a_second() {
        for is_in in [true, false] {
            let mut plug = PlugFollower::default();
            let mut look = |millis, mains| plug.look(&car(millis, mains), false, true);
            assert_eq!(look(0, None), None);
            assert_eq!(look(500, Some(is_in)), None);
            assert_eq!(look(900, Some(!is_in)), None, "it bounces");
            assert_eq!(look(1000, Some(is_in)), None);
            assert_eq!(look(1900, Some(is_in)), None);
            assert_eq!(look(2000, Some(is_in)), Some(is_in));
            assert_eq!(look(2100, Some(is_in)), None, "it is said once");
            assert_eq!(look(2200, None), None);
            assert_eq!(plug.known(), Some(is_in), "sleep changes nothing");
        }
    }

    #[test]
    fn bus_that_sleeps_says_nothing_of_a_plug_and_that_is_settled_too() {
        let mut plug = PlugFollower::default();
        for millis in [0, 100, 2900] {
            assert_eq!(plug.look(&car(millis, None), false, true), None);
            assert!(!plug.is_settled(at(millis)), "it may still speak");
        }
        plug.look(&car(3000, None), false, true);
        assert!(plug.is_settled(at(3000)));
        assert_eq!(plug.known(), None);
        // It wakes with the plug in.
        plug.look(&car(9000, Some(true)), false, true);
        assert_eq!(plug.look(&car(10_000, Some(true)), false, true), Some(true));
    }

    #[test]
    fn car_that_drives_has_no_plug_though_its_bus_says_nothing_of_mains() {
        let mut plug = PlugFollower::default();
        let driving = |millis| CarNow {
            speed: Some(KilometersPerHour::new(20.0)),
            ..car(millis, None)
        };
        plug.look(&driving(0), true, true);
        assert_eq!(plug.look(&driving(1000), true, true), Some(false));
        plug.look(&car(2000, Some(false)), true, false);
        assert_eq!(plug.look(&car(5000, Some(false)), true, false), None);
        plug.look(&car(6000, Some(false)), true, true);
        let parked = plug.look(&car(7000, Some(false)), true, true);
        assert_eq!(parked, Some(true), "it counts as plugged in, once it may");
    }
}
