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
    /// Whether its relay is closed; `None` without one.
    pub relay: Option<bool>,
    /// Whether a plug is in it; `None` where nothing can tell.
    pub plug: Option<bool>,
    /// Whether its relay closes only for a car that has proven itself, so that it is plugged in
    /// by then.
    pub closes_for_car: bool,
    /// Whether a load draws current, and when that was measured.
    pub load: Option<(Instant, bool)>,
}

/// Sees when a slot begins to feed.
#[derive(Debug, Clone, Default)]
pub struct OnsetWatch {
    relay: Edge,
    plug: Edge,
    load: Edge,
}

/// Something that is or is not, and since when, where the change was seen.
#[derive(Debug, Clone, Copy, Default)]
struct Edge {
    is: Option<bool>,
    since: Option<Instant>,
}

impl Edge {
    fn see(&mut self, at: Instant, is: Option<bool>) {
        if self.is != is {
            self.since = self.is.and(is).map(|_| at);
            self.is = is;
        }
    }
}

impl OnsetWatch {
    /// Since when the slot feeds, as it is seen now; `None` while it does not, or nobody knows.
    pub fn look(&mut self, now: Instant, seen: &SlotSeen) -> Option<Onset> {
        self.relay.see(now, seen.relay);
        self.plug.see(now, seen.plug);
        let measured = seen.load.map_or(now, |(at, _)| at);
        self.load.see(measured, seen.load.map(|(_, draws)| draws));
        if seen.relay == Some(false) || seen.plug == Some(false) {
            return None;
        }
        let mains = match seen.plug {
            Some(_) => self.relay.since.max(self.plug.since),
            None if seen.closes_for_car => self.relay.since,
            None => None,
        };
        let current = self.load.since.filter(|_| self.load.is == Some(true));
        mains
            .map(Onset::Mains)
            .or_else(|| current.map(Onset::Current))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: SlotSeen = SlotSeen {
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
            load: Some((at(1), true)),
            ..FREE
        };
        assert_eq!(watch.look(at(1), &seen), None);
        assert_eq!(watch.look(at(2), &seen), None);
    }

    #[test]
    fn current_is_the_moment_where_mains_always_flow_and_silence_hides_it() {
        let mut watch = OnsetWatch::default();
        let load = |second, draws| SlotSeen {
            load: Some((at(second), draws)),
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
