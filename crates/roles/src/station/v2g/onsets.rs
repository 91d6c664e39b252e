//! The moments at which the slots of a station began to feed: those that a car can tell apart.
//!
//! Not here: how a slot's moment is seen ([`v2x_proto::v2g::onset`]), and relays, which the station
//! closes one after the other.

use v2x_proto::v2g::Onset;

use crate::station::SlotNumber;

/// The onsets of a station's slots.
#[derive(Debug, Clone, Default)]
pub struct Onsets {
    /// Each slot's, and whether another slot's lies or lay near it.
    slots: Vec<(SlotNumber, Onset, bool)>,
}

impl Onsets {
    /// Takes a slot's onset.
    pub fn see(&mut self, slot: SlotNumber, onset: Option<Onset>) {
        let known = self.slots.iter().find(|(number, ..)| *number == slot);
        if known.map(|(_, known, _)| *known) == onset {
            return;
        }
        self.slots.retain(|(number, ..)| *number != slot);
        let Some(onset) = onset else { return };
        let mut is_near = false;
        for (_, other, near) in &mut self.slots {
            if other.is_near(onset) {
                (*near, is_near) = (true, true);
            }
        }
        self.slots.push((slot, onset, is_near));
    }

    /// A slot's onset; `None` also where a car could take it for another slot's.
    #[must_use]
    pub fn alone(&self, slot: SlotNumber) -> Option<Onset> {
        let mut slots = self.slots.iter();
        let (_, onset, is_near) = slots.find(|(number, ..)| *number == slot)?;
        (!is_near).then_some(*onset)
    }
}

#[cfg(test)]
mod tests {
    use v2x_units::Instant;

    use super::*;

    #[test]
    fn moments_near_each_other_are_nobodys_for_as_long_as_they_last() {
        let slot = |number| SlotNumber::new(number).unwrap();
        let mains = |second: u64| Some(Onset::Mains(Instant::from_micros(second * 1_000_000)));
        let mut onsets = Onsets::default();
        onsets.see(slot(1), mains(10));
        onsets.see(slot(2), mains(30));
        assert_eq!(onsets.alone(slot(1)), mains(10));
        onsets.see(slot(3), mains(33));
        assert_eq!(onsets.alone(slot(2)), None);
        assert_eq!(onsets.alone(slot(3)), None);
        assert_eq!(onsets.alone(slot(1)), mains(10));
        onsets.see(slot(3), None);
        onsets.see(slot(2), mains(30));
        assert_eq!(
            onsets.alone(slot(2)),
            None,
            "whose it is did not become clear"
        );
        onsets.see(slot(2), mains(90));
        assert_eq!(onsets.alone(slot(2)), mains(90));
    }
}
