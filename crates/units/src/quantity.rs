//! Physical quantities as types of their own, with only the arithmetic that makes sense.
//!
//! Not here: currents of the traction battery, whose sign has a meaning ([`crate::battery`]).
//! Units and signs follow COVESA VSS; the glossary lists each type with its path.

use core::fmt;
use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// Makes a quantity: a number in one unit, ordered, that adds to its own kind only.
macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, $unit:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
        pub struct $name(f64);

        impl $name {
            /// The unit's symbol, as shown to people.
            pub const UNIT: &'static str = $unit;
            /// Nothing of it.
            pub const ZERO: Self = Self(0.0);

            /// Takes a number that is in this unit.
            #[must_use]
            pub const fn new(value: f64) -> Self {
                Self(value)
            }

            /// The number in this unit.
            #[must_use]
            pub const fn get(self) -> f64 {
                self.0
            }

            /// The same amount without its sign.
            #[must_use]
            pub const fn abs(self) -> Self {
                Self(self.0.abs())
            }
        }

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }

        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }

        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }

        impl Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }

        impl Mul<f64> for $name {
            type Output = Self;
            fn mul(self, factor: f64) -> Self {
                Self(self.0 * factor)
            }
        }

        impl Div<f64> for $name {
            type Output = Self;
            fn div(self, divisor: f64) -> Self {
                Self(self.0 / divisor)
            }
        }

        impl Div for $name {
            type Output = f64;
            fn div(self, other: Self) -> f64 {
                self.0 / other.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)?;
                f.write_str(concat!(" ", $unit))
            }
        }
    };
}

quantity!(
    /// Electric potential, in volts.
    Volts, "V"
);
quantity!(
    /// Electric current without a meaning of its sign, in amperes.
    ///
    /// The current of the traction battery is [`crate::BatteryCurrent`].
    Amps, "A"
);
quantity!(
    /// Power, in watts.
    Watts, "W"
);
quantity!(
    /// Energy, in watt hours.
    WattHours, "Wh"
);
quantity!(
    /// Frequency, in hertz.
    Hertz, "Hz"
);
quantity!(
    /// Electric charge, in ampere hours.
    AmpereHours, "Ah"
);
quantity!(
    /// Temperature, in degrees Celsius.
    Celsius, "°C"
);
quantity!(
    /// Length, in metres.
    Meters, "m"
);
quantity!(
    /// Length, in kilometres, as odometers count it.
    Kilometers, "km"
);
quantity!(
    /// Speed, in metres per second.
    MetersPerSecond, "m/s"
);
quantity!(
    /// Speed, in kilometres per hour, as the car and its driver count it.
    KilometersPerHour, "km/h"
);
quantity!(
    /// Acceleration, in metres per second squared.
    MetersPerSecondSquared, "m/s²"
);
quantity!(
    /// Rate of turn, in degrees per second.
    DegreesPerSecond, "°/s"
);
quantity!(
    /// Curvature of a path, in one over metres: the inverse of its radius.
    PerMeter, "1/m"
);
quantity!(
    /// An angle, in degrees.
    Degrees, "°"
);

/// Seconds in an hour.
const SECONDS_PER_HOUR: f64 = 3600.0;

impl Mul<Amps> for Volts {
    type Output = Watts;
    fn mul(self, current: Amps) -> Watts {
        Watts::new(self.get() * current.get())
    }
}

impl Mul<Volts> for Amps {
    type Output = Watts;
    fn mul(self, voltage: Volts) -> Watts {
        voltage * self
    }
}

impl Watts {
    /// The energy this power carries over a time.
    #[must_use]
    pub fn over(self, time: core::time::Duration) -> WattHours {
        WattHours::new(self.get() * time.as_secs_f64() / SECONDS_PER_HOUR)
    }
}

impl Amps {
    /// The charge this current carries over a time.
    #[must_use]
    pub fn over(self, time: core::time::Duration) -> AmpereHours {
        AmpereHours::new(self.get() * time.as_secs_f64() / SECONDS_PER_HOUR)
    }
}

impl WattHours {
    /// The same energy, in kilowatt hours.
    #[must_use]
    pub fn kilowatt_hours(self) -> f64 {
        self.get() / 1000.0
    }

    /// Takes an energy that is in kilowatt hours.
    #[must_use]
    pub fn from_kilowatt_hours(value: f64) -> Self {
        Self::new(value * 1000.0)
    }
}

impl KilometersPerHour {
    /// The same speed in metres per second.
    #[must_use]
    pub fn to_meters_per_second(self) -> MetersPerSecond {
        MetersPerSecond::new(self.get() / 3.6)
    }
}

impl MetersPerSecond {
    /// The same speed in kilometres per hour.
    #[must_use]
    pub fn to_kilometers_per_hour(self) -> KilometersPerHour {
        KilometersPerHour::new(self.get() * 3.6)
    }
}

impl Kilometers {
    /// The same length in metres.
    #[must_use]
    pub fn to_meters(self) -> Meters {
        Meters::new(self.get() * 1000.0)
    }
}

impl Meters {
    /// The same length in kilometres.
    #[must_use]
    pub fn to_kilometers(self) -> Kilometers {
        Kilometers::new(self.get() / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    #[test]
    fn volts_times_amps_is_watts_in_either_order() {
        assert_eq!(Volts::new(56.0) * Amps::new(2.0), Watts::new(112.0));
        assert_eq!(Amps::new(2.0) * Volts::new(56.0), Watts::new(112.0));
    }

    #[test]
    fn power_over_half_an_hour_is_half_the_energy() {
        assert_eq!(
            Watts::new(1800.0).over(Duration::from_secs(1800)),
            WattHours::new(900.0)
        );
        assert_eq!(
            Amps::new(32.0).over(Duration::from_secs(900)),
            AmpereHours::new(8.0)
        );
    }

    #[test]
    fn speeds_convert_by_three_point_six() {
        let speed = KilometersPerHour::new(36.0);
        assert_eq!(speed.to_meters_per_second(), MetersPerSecond::new(10.0));
        assert_eq!(speed.to_meters_per_second().to_kilometers_per_hour(), speed);
    }
}
