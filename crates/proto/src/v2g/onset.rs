//! Since when a slot feeds whoever is plugged in: the moment that its car feels too.
//!
//! Not here: what a car feels (`message/plug_check.rs`) and whether both agree
//! (`secc/plug_check.rs`). A moment that nobody saw is none: what was so at the first look, or
//! came while the meter was silent.

use v2x_units::Instant;

use crate::deadlines::{CHARGE_FELT_WITHIN, LIVE_SPACING};

/// Since when a slot feeds whoever is plugged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Onset {
    /// Mains came to the plug: the relay closed, or the plug went in.
    Mains(Instant),
    /// Current began to flow, where nothing shows when mains came.
    Current(Instant),
}

impl Onset {
    /// When.
    #[must_use]
    pub const fn at(self) -> Instant {
        match self {
            Self::Mains(at) | Self::Current(at) => at,
        }
    }

    /// Whether a car could take this moment for another slot's.
    #[must_use]
    pub fn is_near(self, other: Self) -> bool {
        let (first, second) = (self.at().min(other.at()), self.at().max(other.at()));
        let apart = match (self, other) {
            (Self::Mains(_), Self::Mains(_)) => LIVE_SPACING,
            _ => CHARGE_FELT_WITHIN * 2,
        };
        second.since(first) < apart
    }
}

/// A slot as it is seen at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotSeen {
    /// Whether it has a relay.
    pub has_relay: bool,
    /// Whether that is closed; `None` while nobody has confirmed where it is.
    pub relay: Option<bool>,
    /// Whether a plug is in it; `None` where nothing can tell.
    pub plug: Option<bool>,
    /// Whether its relay closes only for a car that has proven itself, so that it is plugged in
    /// by then.
    pub closes_for_car: bool,
    /// Whether a load draws current, `None` for one that is neither begun nor over, and when that
    /// was measured.
    pub load: Option<(Instant, Option<bool>)>,
}

/// Sees when a slot begins to feed.
#[derive(Debug, Clone, Default)]
pub struct OnsetWatch {
    relay: Edge,
    plug: Edge,
    load: Edge,
}

/// Something that is or is not.
#[derive(Debug, Clone, Copy, Default)]
struct Edge {
    /// What it is, and since when it was seen so.
    is: Option<(bool, Instant)>,
    /// Whether it was seen to change then: what was so at the first look may be older.
    has_changed: bool,
}

impl Edge {
    fn see(&mut self, at: Instant, is: Option<bool>) {
        if self.is.map(|(is, _)| is) != is {
            self.has_changed = self.is.is_some();
            self.is = is.map(|is| (is, at));
        }
    }

    /// Since when it is so; `None` where it is not.
    fn since(self) -> Option<Instant> {
        self.is.filter(|(is, _)| *is).map(|(_, since)| since)
    }

    /// The same, where that is certain.
    fn moment(self) -> Option<Instant> {
        self.since().filter(|_| self.has_changed)
    }
}

impl OnsetWatch {
    /// Since when the slot feeds, as it is seen now; `None` while it does not, or nobody knows.
    pub fn look(&mut self, now: Instant, seen: &SlotSeen) -> Option<Onset> {
        // While an order to it is on its way a relay is where it was.
        if seen.relay.is_some() {
            self.relay.see(now, seen.relay);
        }
        self.plug.see(now, seen.plug);
        match seen.load {
            None => self.load.see(now, None),
            Some((at, Some(draws))) => self.load.see(at, Some(draws)),
            Some((_, None)) => {}
        }
        let is_dead = seen.has_relay && self.relay.since().is_none();
        if is_dead || seen.plug == Some(false) {
            return None;
        }
        let mains = match seen.plug {
            // The later one brought the mains.
            Some(_) if self.relay.since() > self.plug.since() => self.relay.moment(),
            Some(_) => self.plug.moment(),
            None if seen.closes_for_car => self.relay.moment(),
            None => None,
        };
        mains
            .map(Onset::Mains)
            .or_else(|| self.load.moment().map(Onset::Current))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: SlotSeen = SlotSeen {
        has_relay: false,
        relay: None,
        plug: None,
        closes_for_car: false,
        load: None,
    };

    fn at(second: u64) -> Instant {
        Instant::from_micros(second * 1_000_000)
    }

    #[test]
    fn relay_that_closes_and_plug_that_goes_in_are_moments_the_later_one_counts() {
        let mut watch = OnsetWatch::default();
        let seen = |relay, plug| SlotSeen {
            has_relay: true,
            relay: Some(relay),
            plug: Some(plug),
            ..FREE
        };
        assert_eq!(watch.look(at(1), &seen(false, false)), None);
        assert_eq!(watch.look(at(2), &seen(false, true)), None, "it is dead");
        let closed = Some(Onset::Mains(at(3)));
        assert_eq!(watch.look(at(3), &seen(true, true)), closed);
        assert_eq!(watch.look(at(9), &seen(true, true)), closed);
        assert_eq!(watch.look(at(10), &seen(true, false)), None);
        let plugged = Some(Onset::Mains(at(11)));
        assert_eq!(watch.look(at(11), &seen(true, true)), plugged);
    }

    #[test]
    fn what_was_so_at_the_first_look_has_no_moment() {
        let mut watch = OnsetWatch::default();
        let seen = SlotSeen {
            plug: Some(true),
            load: Some((at(1), Some(true))),
            ..FREE
        };
        assert_eq!(watch.look(at(1), &seen), None);
        assert_eq!(watch.look(at(2), &seen), None);
    }

    #[test]
    fn relay_that_was_closed_before_anybody_looked_has_no_moment_and_a_plug_after_it_has_one() {
        let seen = |relay, plug| SlotSeen {
            has_relay: true,
            relay,
            plug: Some(plug),
            ..FREE
        };
        // The computer was away while a car was plugged in; its first order closes what is closed.
        let mut watch = OnsetWatch::default();
        assert_eq!(watch.look(at(1), &seen(None, true)), None);
        assert_eq!(watch.look(at(2), &seen(Some(true), true)), None);
        assert_eq!(watch.look(at(9), &seen(Some(true), true)), None);
        // The next car comes into a slot that is live.
        assert_eq!(watch.look(at(20), &seen(Some(true), false)), None);
        let plugged = Some(Onset::Mains(at(30)));
        assert_eq!(watch.look(at(30), &seen(Some(true), true)), plugged);
    }

    #[test]
    fn order_on_its_way_to_a_relay_hides_no_moment() {
        let seen = |relay| SlotSeen {
            has_relay: true,
            relay,
            closes_for_car: true,
            ..FREE
        };
        let mut watch = OnsetWatch::default();
        assert_eq!(watch.look(at(1), &seen(Some(false))), None);
        assert_eq!(watch.look(at(2), &seen(None)), None, "it is not confirmed");
        let closed = Some(Onset::Mains(at(3)));
        assert_eq!(watch.look(at(3), &seen(Some(true))), closed);
    }

    #[test]
    fn load_between_its_bounds_begins_and_ends_nothing() {
        let load = |second, draws| SlotSeen {
            load: Some((at(second), draws)),
            ..FREE
        };
        let mut watch = OnsetWatch::default();
        watch.look(at(1), &load(1, Some(false)));
        let began = Some(Onset::Current(at(4)));
        assert_eq!(watch.look(at(4), &load(4, Some(true))), began);
        assert_eq!(watch.look(at(900), &load(900, None)), began, "the taper");
        assert_eq!(watch.look(at(901), &load(901, Some(true))), began);
        assert_eq!(watch.look(at(950), &load(950, Some(false))), None);
    }

    #[test]
    fn current_is_the_moment_where_mains_always_flow_and_silence_hides_it() {
        let mut watch = OnsetWatch::default();
        let load = |second, draws| SlotSeen {
            load: Some((at(second), Some(draws))),
            ..FREE
        };
        assert_eq!(watch.look(at(1), &load(1, false)), None);
        let began = Some(Onset::Current(at(4)));
        assert_eq!(watch.look(at(5), &load(4, true)), began);
        assert_eq!(watch.look(at(9), &load(8, true)), began);
        assert_eq!(watch.look(at(30), &FREE), None);
        assert_eq!(watch.look(at(31), &load(31, true)), None, "it was hidden");
    }

    #[test]
    fn closed_relay_says_nothing_of_a_plug_unless_it_closed_for_a_car() {
        let closed = |closes_for_car, relay| SlotSeen {
            has_relay: true,
            relay: Some(relay),
            closes_for_car,
            ..FREE
        };
        for (for_car, expected) in [(false, None), (true, Some(Onset::Mains(at(2))))] {
            let mut watch = OnsetWatch::default();
            watch.look(at(1), &closed(for_car, false));
            assert_eq!(watch.look(at(2), &closed(for_car, true)), expected);
        }
    }

    #[test]
    fn moments_that_a_car_could_mistake_are_near() {
        let (mains, current) = (
            |second| Onset::Mains(at(second)),
            |second| Onset::Current(at(second)),
        );
        assert!(mains(10).is_near(mains(17)) && mains(17).is_near(mains(10)));
        assert!(!mains(10).is_near(mains(18)));
        assert!(current(10).is_near(mains(19)) && !current(10).is_near(current(20)));
    }
}
