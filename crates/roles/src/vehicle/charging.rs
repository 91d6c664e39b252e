//! Whether the battery is being charged from the mains, by the charger's own status.
//!
//! The charger says so in message 0x597: `ChargerActive` without `Transition`, which the mapping
//! file joins into one quantity. A current into the
//! battery proves nothing, for braking makes one too; the prototype logged nine brakings as
//! charging sessions. Not here: sessions, energy and causes. Source: the rules and debounce
//! of section 3 of the project's Twizy fact table, checked there against 2,700 recorded frames.

use core::time::Duration;

use v2x_units::Instant;

/// Equal statuses in a row before the answer changes: 0.3 s at the charger's 100 ms.
const DEBOUNCE_FRAMES: u8 = 3;
/// The charger sends every 100 ms; silent for this long, the bus is asleep or the board is off.
const SILENCE: Duration = Duration::from_secs(2);

/// Debounces the charger's status into one answer.
#[derive(Debug, Clone, Default)]
pub struct ChargeDetector {
    charging: Option<bool>,
    opposite_in_a_row: u8,
    last_status: Option<Instant>,
}

impl ChargeDetector {
    /// Takes one status of the charger: whether it says "active" outside a handshake.
    pub fn status(&mut self, at: Instant, active: bool) {
        if self.is_silent(at) {
            *self = Self::default();
        }
        self.last_status = Some(at);
        // The first status of all answers "no" at once; "yes" is always debounced.
        let held = *self.charging.get_or_insert(false);
        if active == held {
            self.opposite_in_a_row = 0;
            return;
        }
        self.opposite_in_a_row += 1;
        if self.opposite_in_a_row >= DEBOUNCE_FRAMES {
            self.charging = Some(active);
            self.opposite_in_a_row = 0;
        }
    }

    /// Whether the battery is being charged; `None` when the charger has not spoken for 2 s.
    #[must_use]
    pub fn is_charging(&self, now: Instant) -> Option<bool> {
        if self.is_silent(now) {
            None
        } else {
            self.charging
        }
    }

    fn is_silent(&self, now: Instant) -> bool {
        self.last_status
            .is_none_or(|last| now.since(last) > SILENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1000)
    }

    #[test]
    fn charger_that_never_spoke_gives_no_answer() {
        assert_eq!(ChargeDetector::default().is_charging(at(0)), None);
    }

    #[test]
    fn third_active_status_in_a_row_means_charging() {
        let mut detector = ChargeDetector::default();
        detector.status(at(0), true);
        detector.status(at(100), true);
        assert_eq!(detector.is_charging(at(100)), Some(false));
        detector.status(at(200), true);
        assert_eq!(detector.is_charging(at(200)), Some(true));
    }

    #[test]
    fn one_odd_status_does_not_end_a_charge() {
        let mut detector = ChargeDetector::default();
        for frame in 0..5 {
            detector.status(at(frame * 100), true);
        }
        detector.status(at(500), false);
        detector.status(at(600), true);
        assert_eq!(detector.is_charging(at(600)), Some(true));
    }

    #[test]
    fn silent_charger_makes_the_answer_unknown_after_two_seconds() {
        let mut detector = ChargeDetector::default();
        for frame in 0..5 {
            detector.status(at(frame * 100), true);
        }
        assert_eq!(detector.is_charging(at(2400)), Some(true));
        assert_eq!(detector.is_charging(at(2401)), None);
    }
}
