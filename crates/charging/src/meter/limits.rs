//! What a meter model can show at all, and how much energy its slot can carry.
//!
//! Not here: rules that need the sample before ([`super::plausibility`]).
//! Numbers: PZEM-004T V3.0 User Manual, table of measuring ranges.

use core::ops::RangeInclusive;

use v2x_units::{Amps, Volts, Watts};

use super::MeterSample;
use super::verdict::{Quantity, Reason};
use crate::Energy;

/// Active power may exceed volts times amperes by the meter's errors: two percent and 2 W.
const APPARENT_TOLERANCE: (f64, f64) = (1.02, 2.0);

/// The ranges of a meter and the power of the slot it watches.
#[derive(Debug, Clone, PartialEq)]
pub struct MeterLimits {
    /// Voltages the meter can measure; outside it shows no voltage, it is off.
    pub voltage: RangeInclusive<f64>,
    /// The largest current in amperes.
    pub current_max: Amps,
    /// The largest power the meter can measure.
    pub power_max: Watts,
    /// The largest power the slot can carry, which bounds what can have flowed unseen.
    pub slot_power_max: Watts,
    /// Mains frequencies the meter can measure, in hertz.
    pub frequency: RangeInclusive<f64>,
    /// Where the energy counter ends; past it, it wraps to zero or stops (not documented).
    pub counter_end: Energy,
}

impl MeterLimits {
    /// A PZEM-004T v3 with its current transformer for 100 A.
    #[must_use]
    pub const fn pzem_004t_100a() -> Self {
        Self {
            voltage: 80.0..=260.0,
            current_max: Amps::new(100.0),
            power_max: Watts::new(23_000.0),
            slot_power_max: Watts::new(23_000.0),
            frequency: 45.0..=65.0,
            counter_end: Energy::from_watt_hours(9_999_990),
        }
    }

    /// A PZEM-004T v3 with its built-in shunt for 10 A.
    #[must_use]
    pub const fn pzem_004t_10a() -> Self {
        Self {
            current_max: Amps::new(10.0),
            power_max: Watts::new(2300.0),
            slot_power_max: Watts::new(2300.0),
            ..Self::pzem_004t_100a()
        }
    }

    /// The same meter on a slot that carries less than the meter could measure.
    #[must_use]
    pub fn on_slot_of(self, slot_power_max: Watts) -> Self {
        Self {
            slot_power_max,
            ..self
        }
    }

    /// Checks all that one sample alone can show.
    ///
    /// # Errors
    /// The first reason why no working meter shows this.
    pub fn check(&self, sample: &MeterSample) -> Result<(), Reason> {
        let current_max = self.current_max.get();
        // The slot's own limit is no sign of a fault here: an overload is a true measurement.
        let power_max = self.power_max.get();
        let number = |quantity, value: Option<f64>, low: f64, high: f64| match value {
            Some(seen) if !seen.is_finite() => Err(Reason::NotANumber { quantity }),
            Some(seen) if !(low..=high).contains(&seen) => Err(Reason::OutOfRange {
                quantity,
                seen,
                low,
                high,
            }),
            _ => Ok(()),
        };
        let voltage = sample.voltage.map(Volts::get);
        if voltage == Some(0.0) {
            return Err(Reason::NoVoltage);
        }
        let (low, high) = (*self.voltage.start(), *self.voltage.end());
        number(Quantity::Voltage, voltage, low, high)?;
        number(
            Quantity::Current,
            sample.current.map(Amps::get),
            0.0,
            current_max,
        )?;
        number(
            Quantity::Power,
            sample.power.map(Watts::get),
            0.0,
            power_max,
        )?;
        let (low, high) = (*self.frequency.start(), *self.frequency.end());
        number(
            Quantity::Frequency,
            sample.frequency.map(|f| f.get()),
            low,
            high,
        )?;
        number(Quantity::PowerFactor, sample.power_factor, 0.0, 1.0)?;
        let counter = sample.energy.map(|energy| energy.get());
        number(Quantity::Energy, counter, 0.0, f64::from(u32::MAX))?;
        power_below_apparent(sample)
    }
}

/// Refuses active power above what voltage and current carry.
fn power_below_apparent(sample: &MeterSample) -> Result<(), Reason> {
    let (Some(voltage), Some(current), Some(power)) =
        (sample.voltage, sample.current, sample.power)
    else {
        return Ok(());
    };
    let (factor, offset) = APPARENT_TOLERANCE;
    let apparent = voltage * current;
    if power > apparent * factor + Watts::new(offset) {
        return Err(Reason::PowerAboveApparent { power, apparent });
    }
    Ok(())
}
