//! What the car is doing: driving, charging, keeping its 12 V battery, or on the way between.
//!
//! The charger owns the car's waking and sleeping, and its status ten times a second tells which.
//! A handshake shows at once; a mode must hold for three statuses, as in
//! [`super::charging`]. Source: sections 1 (start and stop sequences) and 3 of the project's Twizy
//! fact table.

use core::time::Duration;

use v2x_units::Instant;

/// Equal statuses in a row before a mode holds: 0.3 s at the charger's 100 ms.
const DEBOUNCE_STATUSES: u8 = 3;
/// The bus is asleep when the charger is silent for longer (measured: 2.17 s).
const ASLEEP_AFTER: Duration = Duration::from_millis(2200);

/// What the car is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// The bus is silent.
    Asleep,
    /// The charger starts or stops something; what it says of charging means nothing.
    Handshake,
    /// The key is on and the battery feeds the inverter.
    Drive,
    /// The mains charge the battery.
    Charging,
    /// The key is off and the traction battery keeps the 12 V battery full.
    Trickle,
}

impl Mode {
    /// The word used in tables and logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Asleep => "asleep",
            Self::Handshake => "handshake",
            Self::Drive => "drive",
            Self::Charging => "charging",
            Self::Trickle => "trickle",
        }
    }
}

/// One status of the charger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChargerStatus {
    /// Whether it charges; `None` in a handshake.
    pub active: Option<bool>,
    /// Whether the key is on.
    pub key_on: Option<bool>,
}

impl ChargerStatus {
    fn mode(self) -> Mode {
        match (self.active, self.key_on) {
            (None, _) => Mode::Handshake,
            (Some(true), _) => Mode::Charging,
            (Some(false), Some(true)) => Mode::Drive,
            (Some(false), _) => Mode::Trickle,
        }
    }
}

/// Follows the charger's statuses.
#[derive(Debug, Clone, Default)]
pub struct ModeDetector {
    held: Option<Mode>,
    seen: Option<Mode>,
    in_a_row: u8,
    last_status: Option<Instant>,
}

impl ModeDetector {
    /// Takes one status.
    pub fn status(&mut self, at: Instant, status: ChargerStatus) {
        let mode = status.mode();
        if self.mode(at) == Some(Mode::Asleep) {
            *self = Self::default();
        }
        self.last_status = Some(at);
        self.in_a_row = match self.seen {
            Some(seen) if seen == mode => self.in_a_row.saturating_add(1),
            _ => 1,
        };
        self.seen = Some(mode);
        // Whoever listens from the middle on is told at once, but for a charge: that needs proof.
        let at_once = match mode {
            Mode::Charging => false,
            Mode::Handshake => true,
            _ => self.held.is_none(),
        };
        if at_once || self.in_a_row >= DEBOUNCE_STATUSES {
            self.held = Some(mode);
        }
    }

    /// The mode now; `None` before anything is certain.
    #[must_use]
    pub fn mode(&self, now: Instant) -> Option<Mode> {
        let last = self.last_status?;
        if now.since(last) > ASLEEP_AFTER {
            Some(Mode::Asleep)
        } else {
            self.held
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(active: Option<bool>, key_on: bool) -> ChargerStatus {
        ChargerStatus {
            active,
            key_on: Some(key_on),
        }
    }

    fn modes(statuses: &[ChargerStatus]) -> Vec<Option<Mode>> {
        let mut detector = ModeDetector::default();
        let mut at = Instant::BOOT;
        let mut held = Vec::new();
        for status in statuses {
            detector.status(at, *status);
            held.push(detector.mode(at));
            at = at + Duration::from_millis(100);
        }
        held
    }

    #[test]
    fn mode_must_hold_for_three_statuses_before_it_counts() {
        let drive = status(Some(false), true);
        let held = modes(&[status(None, true), drive, drive, drive]);
        let handshake = Some(Mode::Handshake);
        assert_eq!(held, [handshake, handshake, handshake, Some(Mode::Drive)]);
    }

    #[test]
    fn charge_is_believed_only_after_three_statuses_even_at_first() {
        let charging = status(Some(true), false);
        assert_eq!(modes(&[charging; 3]), [None, None, Some(Mode::Charging)]);
    }

    #[test]
    fn key_off_for_one_status_is_not_yet_another_mode() {
        let held = modes(&[status(Some(false), true), status(Some(false), false)]);
        assert_eq!(held, [Some(Mode::Drive), Some(Mode::Drive)]);
    }

    #[test]
    fn silent_charger_means_that_the_bus_is_asleep() {
        let mut detector = ModeDetector::default();
        assert_eq!(detector.mode(Instant::BOOT), None);
        detector.status(Instant::BOOT, status(Some(false), true));
        assert_eq!(
            detector.mode(Instant::from_micros(2_200_000)),
            Some(Mode::Drive)
        );
        assert_eq!(
            detector.mode(Instant::from_micros(2_200_001)),
            Some(Mode::Asleep)
        );
    }
}
