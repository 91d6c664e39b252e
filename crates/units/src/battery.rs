//! The traction battery: a current whose direction is part of its type, and its state of charge.
//!
//! Sources disagree on the sign of battery current (VSS counts current into the battery as
//! positive, OVMS counts it out as positive). Here nobody writes a sign: a current is built with
//! [`BatteryCurrent::charging`] or [`BatteryCurrent::discharging`], and the bare number appears
//! only where VSS or CAN is written.

use crate::quantity::{Amps, Volts, Watts};

/// The current of the traction battery, which knows whether it flows in or out.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct BatteryCurrent {
    into_battery: Amps,
}

impl BatteryCurrent {
    /// A current of this size into the battery: mains charging or regeneration.
    #[must_use]
    pub const fn charging(size: Amps) -> Self {
        Self {
            into_battery: size.abs(),
        }
    }

    /// A current of this size out of the battery: driving, heating, the 12 V converter.
    #[must_use]
    pub fn discharging(size: Amps) -> Self {
        Self {
            into_battery: -size.abs(),
        }
    }

    /// Takes a number that is positive into the battery, as VSS and the Twizy's bus count it.
    #[must_use]
    pub const fn from_signed(positive_into_battery: Amps) -> Self {
        Self {
            into_battery: positive_into_battery,
        }
    }

    /// The number VSS wants: positive into the battery.
    #[must_use]
    pub const fn into_battery(self) -> Amps {
        self.into_battery
    }

    /// The size of a current into the battery, `None` while it flows out or not at all.
    #[must_use]
    pub fn charging_amps(self) -> Option<Amps> {
        (self.into_battery > Amps::ZERO).then_some(self.into_battery)
    }

    /// The size of a current out of the battery, `None` while it flows in or not at all.
    #[must_use]
    pub fn discharging_amps(self) -> Option<Amps> {
        (self.into_battery < Amps::ZERO).then_some(self.into_battery.abs())
    }

    /// The battery's power at a pack voltage, positive into the battery.
    #[must_use]
    pub fn power_into_battery(self, pack: Volts) -> Watts {
        pack * self.into_battery
    }
}

/// State of charge, 0 to 100 percent of what the battery can hold.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct StateOfCharge(f64);

impl StateOfCharge {
    /// Takes a percentage; `None` when it is not a number from 0 to 100.
    #[must_use]
    pub fn from_percent(value: f64) -> Option<Self> {
        (0.0..=100.0).contains(&value).then_some(Self(value))
    }

    /// The percentage, 0 to 100.
    #[must_use]
    pub const fn percent(self) -> f64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn direction_is_kept_whatever_sign_is_given() {
        let regeneration = BatteryCurrent::charging(Amps::new(-37.25));
        assert_eq!(regeneration.into_battery(), Amps::new(37.25));
        assert_eq!(regeneration.discharging_amps(), None);
        let drive = BatteryCurrent::discharging(Amps::new(58.25));
        assert_eq!(drive.into_battery(), Amps::new(-58.25));
        assert_eq!(drive.discharging_amps(), Some(Amps::new(58.25)));
    }

    #[test]
    fn power_out_of_the_battery_is_negative_as_in_vss() {
        let drive = BatteryCurrent::discharging(Amps::new(10.0));
        assert_eq!(
            drive.power_into_battery(Volts::new(56.0)),
            Watts::new(-560.0)
        );
    }

    #[test]
    fn state_of_charge_refuses_what_no_battery_can_hold() {
        assert!(StateOfCharge::from_percent(100.02).is_none());
        assert!(StateOfCharge::from_percent(f64::NAN).is_none());
        assert!(StateOfCharge::from_percent(0.0).is_some());
    }
}
