//! Slots that a car does not speak with for a while.
//!
//! Not why (`v2g/evcc`). A slot that has found out that the car is not plugged into it is left
//! alone for longer each time: whoever parks beside it all night would otherwise let its relay
//! close on an empty socket again and again.

use core::time::Duration;

use heapless::Vec;
use v2x_units::Instant;

use crate::deadlines::{PASS_OVER, PASS_OVER_MAX};
use crate::limits::PASSED_OVER_MAX;

#[derive(Debug, Clone, Copy)]
struct Slot {
    /// The slot's X25519 key: slots of one station share an address.
    key: [u8; 32],
    until: Instant,
    /// How often it has found out that the car is not plugged into it.
    other_plugs: u32,
}

/// The slots that are passed over.
#[derive(Debug, Default)]
pub(super) struct PassedOver(Vec<Slot, PASSED_OVER_MAX>);

impl PassedOver {
    /// Whether this slot is not spoken with.
    pub(super) fn has(&self, key: &[u8; 32], now: Instant) -> bool {
        self.0.iter().any(|it| it.key == *key && it.until > now)
    }

    /// Passes a slot over that refused the car.
    pub(super) fn add(&mut self, key: [u8; 32], now: Instant) {
        let other_plugs = self.forget(&key);
        self.push(key, now + PASS_OVER, other_plugs);
    }

    /// Passes a slot over that the car is not plugged into, for twice as long each time.
    pub(super) fn add_other_plug(&mut self, key: [u8; 32], now: Instant) {
        let before = self.forget(&key);
        let doubled = 2_u32.checked_pow(before).unwrap_or(u32::MAX);
        let wait = PASS_OVER.checked_mul(doubled).unwrap_or(Duration::MAX);
        let until = now + wait.min(PASS_OVER_MAX);
        self.push(key, until, before.saturating_add(1));
    }

    /// The car may be plugged in otherwise than before: every slot may be the one.
    pub(super) fn forgive_other_plugs(&mut self) {
        self.0.retain(|it| it.other_plugs == 0);
    }

    /// Forgets a slot; gives how often it was found to be the wrong one.
    fn forget(&mut self, key: &[u8; 32]) -> u32 {
        let at = self.0.iter().position(|it| it.key == *key);
        at.map_or(0, |at| self.0.swap_remove(at).other_plugs)
    }

    /// Where there is no room the one goes whose time is over first.
    fn push(&mut self, key: [u8; 32], until: Instant, other_plugs: u32) {
        if self.0.is_full() {
            let all = self.0.iter().enumerate();
            let first = all.min_by_key(|(_, it)| it.until).map_or(0, |(at, _)| at);
            self.0.swap_remove(first);
        }
        self.0
            .push(Slot {
                key,
                until,
                other_plugs,
            })
            .unwrap_or_else(|_| unreachable!("room was just made"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> Instant {
        Instant::from_micros(second * 1_000_000)
    }

    #[test]
    fn wrong_slot_is_passed_over_twice_as_long_each_time_until_the_plug_may_be_another() {
        let mut slots = PassedOver::default();
        let (wrong, refuses) = ([1; 32], [2; 32]);
        let mut now = 0;
        for wait in [30, 60, 120, 240, 480, 900, 900, 900] {
            slots.add_other_plug(wrong, at(now));
            slots.add(refuses, at(now));
            assert!(slots.has(&wrong, at(now + wait - 1)), "{wait}");
            assert!(!slots.has(&wrong, at(now + wait)), "{wait}");
            assert!(slots.has(&refuses, at(now + 29)));
            assert!(!slots.has(&refuses, at(now + 30)));
            now += wait + 10;
        }
        slots.add(refuses, at(now));
        slots.add_other_plug(wrong, at(now));
        slots.forgive_other_plugs();
        assert!(!slots.has(&wrong, at(now)));
        assert!(slots.has(&refuses, at(now)));
        slots.add_other_plug(wrong, at(now));
        assert!(!slots.has(&wrong, at(now + 30)));
    }

    #[test]
    fn slots_with_keys_that_somebody_makes_up_do_not_drive_out_the_wrong_one() {
        let mut slots = PassedOver::default();
        for second in [0, 40, 110] {
            slots.add_other_plug([1; 32], at(second));
        }
        for made_up in 2..200 {
            slots.add([made_up; 32], at(120));
        }
        assert!(slots.has(&[1; 32], at(200)));
    }
}
