//! Relays of different slots close some time apart, so that the cars in them can tell their slots
//! apart by the moment at which their mains came. Opening never waits.

use v2x_proto::deadlines::LIVE_SPACING;
use v2x_units::Instant;

use super::{Do, SlotNumber};

/// Relays that are to close, the one that waits longest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Closings {
    waiting: Vec<SlotNumber>,
    last: Option<(SlotNumber, Instant)>,
}

impl Closings {
    /// Keeps an order to close until it is due; `false`: it is none, and is to be done now.
    pub(super) fn keeps(&mut self, wanted: &Do) -> bool {
        if let Do::Relay { slot, closed } = *wanted {
            self.want(slot, closed);
        }
        matches!(wanted, Do::Relay { closed: true, .. })
    }

    /// Whether a slot's relay waits for its turn.
    pub(super) fn is_waiting(&self, slot: SlotNumber) -> bool {
        self.waiting.contains(&slot)
    }

    /// The relay that closes now, or when to look again.
    pub(super) fn poll(&mut self, now: Instant) -> Result<Do, Option<Instant>> {
        let due = self.due(now);
        due.map(|slot| Do::Relay { slot, closed: true })
            .ok_or_else(|| self.wake_at())
    }

    fn want(&mut self, slot: SlotNumber, closed: bool) {
        self.waiting.retain(|waiting| *waiting != slot);
        if closed {
            self.waiting.push(slot);
        }
    }

    /// The slot whose relay closes now.
    fn due(&mut self, now: Instant) -> Option<SlotNumber> {
        // Only the first may: one that closes again and again would keep the others waiting.
        let slot = *self.waiting.first()?;
        let others = self.last.filter(|(last, _)| *last != slot);
        if others.is_some_and(|(_, at)| now.since(at) < LIVE_SPACING) {
            return None;
        }
        self.waiting.remove(0);
        self.last = Some((slot, now));
        Some(slot)
    }

    /// When the next one closes.
    fn wake_at(&self) -> Option<Instant> {
        let (_, at) = self.last.filter(|_| !self.waiting.is_empty())?;
        Some(at + LIVE_SPACING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> Instant {
        Instant::from_micros(second * 1_000_000)
    }

    #[test]
    fn relays_of_different_slots_close_eight_seconds_apart_and_an_opened_one_waits_no_more() {
        let slot = |number| SlotNumber::new(number).unwrap();
        let mut closings = Closings::default();
        for number in 1..=4 {
            closings.want(slot(number), true);
        }
        assert_eq!(closings.due(at(1)), Some(slot(1)));
        assert_eq!(
            (closings.due(at(1)), closings.wake_at()),
            (None, Some(at(9)))
        );
        closings.want(slot(2), false);
        assert_eq!(closings.due(at(8)), None);
        assert_eq!(closings.due(at(9)), Some(slot(3)));
        assert_eq!(closings.due(at(16)), None);
        closings.want(slot(3), true);
        assert_eq!(closings.due(at(16)), None, "another slot waits before it");
        assert_eq!(closings.due(at(17)), Some(slot(4)));
        assert_eq!(closings.due(at(25)), Some(slot(3)));
        closings.want(slot(3), true);
        let own = closings.due(at(26));
        assert_eq!(own, Some(slot(3)), "its own is no other slot's");
        assert_eq!(closings.wake_at(), None);
    }
}
