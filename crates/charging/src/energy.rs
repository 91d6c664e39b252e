//! Energy for the books: whole milliwatt hours, so that sums are exact in any order.
//!
//! Not for physics: what a meter shows is a [`WattHours`], and becomes an [`Energy`] once it is
//! known to be a number a meter can show.

use core::fmt;
use core::iter::Sum;
use core::ops::{Add, AddAssign};
use core::time::Duration;

use v2x_units::{WattHours, Watts};

/// Milliwatt hours in a watt hour.
const MILLI: f64 = 1000.0;

/// The largest energy taken from a measurement: 1 TWh, past any meter and exact in an `f64`.
const LARGEST: f64 = 1e15;

/// An amount of energy in whole milliwatt hours, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Energy(u64);

impl Energy {
    /// No energy.
    pub const ZERO: Self = Self(0);

    /// Takes whole milliwatt hours.
    #[must_use]
    pub const fn from_milliwatt_hours(amount: u64) -> Self {
        Self(amount)
    }

    /// Takes whole watt hours, the step of a PZEM's counter.
    #[must_use]
    pub const fn from_watt_hours(amount: u64) -> Self {
        Self(amount.saturating_mul(1000))
    }

    /// Takes a measured energy, to the nearest milliwatt hour.
    ///
    /// `None` when it is not a number, negative, or above 1 TWh.
    #[must_use]
    pub fn measured(energy: WattHours) -> Option<Self> {
        let amount = energy.get() * MILLI;
        if !(0.0..=LARGEST).contains(&amount) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the range is checked above; cutting after adding a half rounds to nearest"
        )]
        let whole = (amount + 0.5) as u64;
        Some(Self(whole))
    }

    /// The energy a power carries over a time; `None` as for [`Energy::measured`].
    #[must_use]
    pub fn of_power(power: Watts, time: Duration) -> Option<Self> {
        Self::measured(power.over(time))
    }

    /// Whole milliwatt hours.
    #[must_use]
    pub const fn milliwatt_hours(self) -> u64 {
        self.0
    }

    /// The energy in kilowatt hours, for display and telemetry only.
    #[must_use]
    pub fn kilowatt_hours(self) -> f64 {
        let (whole, rest) = (self.0 / 1_000_000, self.0 % 1_000_000);
        let exact = |part: u64| f64::from(u32::try_from(part).unwrap_or(u32::MAX));
        exact(whole) + exact(rest) / 1e6
    }

    /// This energy less another; `None` when the other is larger.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(rest) => Some(Self(rest)),
            None => None,
        }
    }

    /// This energy less another, nothing when the other is larger.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// This energy and a tenth of it.
    pub(crate) const fn with_a_tenth(self) -> Self {
        Self(self.0.saturating_add(self.0.div_ceil(10)))
    }
}

impl Add for Energy {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Energy {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Energy {
    fn sum<I: Iterator<Item = Self>>(energies: I) -> Self {
        energies.fold(Self::ZERO, Add::add)
    }
}

/// Prints in kilowatt hours with the meter's three decimals, or six with `{:#}`.
impl fmt::Display for Energy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 1_000_000, self.0 % 1_000_000);
        if f.alternate() {
            write!(f, "{whole}.{rest:06} kWh")
        } else {
            write!(f, "{whole}.{:03} kWh", rest / 1000)
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::*;

    #[test]
    fn measured_energy_rounds_to_the_nearest_milliwatt_hour() {
        let seen =
            |kilowatt_hours| Energy::measured(WattHours::from_kilowatt_hours(kilowatt_hours));
        assert_eq!(seen(12.345), Some(Energy::from_watt_hours(12_345)));
        assert_eq!(seen(9999.99), Some(Energy::from_watt_hours(9_999_990)));
        assert_eq!(seen(0.0), Some(Energy::ZERO));
    }

    #[test]
    fn measured_energy_refuses_what_no_meter_shows() {
        for impossible in [f64::NAN, f64::INFINITY, -0.001, 1e15] {
            assert_eq!(Energy::measured(WattHours::new(impossible)), None);
        }
    }

    #[test]
    fn energy_prints_in_kilowatt_hours_without_rounding_up() {
        let energy = Energy::from_milliwatt_hours(1_234_999);
        assert_eq!(energy.to_string(), "1.234 kWh");
        assert_eq!(std::format!("{energy:#}"), "1.234999 kWh");
        assert!((energy.kilowatt_hours() - 1.234_999).abs() < 1e-12);
    }
}
