//! What a car tells of its battery, in ChargingStatus and after unplugging.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | state of charge | 2 | 0.01 %, 0 to 10000 |
//! | voltage | 2 | 0.1 V, of the pack |
//! | current | 4 | 1 mA, signed, positive into the battery |
//! | available energy | 4 | Wh |
//! | desired state of charge | 2 | 0.01 % |
//! | charging | 1 | 0, 1, or FF when not known |

use v2x_units::{Amps, BatteryCurrent, StateOfCharge, Volts, WattHours};

use super::field::{
    optional_i32, optional_u16, optional_u32, write_optional_i32, write_optional_u16,
    write_optional_u32,
};
use crate::link::body::{BodyError, Problem, Reader, Writer};

/// Steps of a state of charge in one percent.
const STEPS: f64 = 100.0;

/// The byte of a flag that is not known.
const NOT_KNOWN: u8 = 0xFF;

/// The battery of a car at one moment; what is not known is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BatteryReport {
    /// What is left of what the battery can hold.
    pub state_of_charge: Option<StateOfCharge>,
    /// Of the whole pack.
    pub voltage: Option<Volts>,
    /// Of the pack, with its direction.
    pub current: Option<BatteryCurrent>,
    /// What the car says is left.
    pub available_energy: Option<WattHours>,
    /// Where the driver wants to get to.
    pub desired_state_of_charge: Option<StateOfCharge>,
    /// Whether it is charged from the mains.
    pub charging: Option<bool>,
}

impl BatteryReport {
    pub(super) fn parse(from: &mut Reader<'_>) -> Result<Self, BodyError> {
        Ok(Self {
            state_of_charge: state_of_charge(from, "state of charge")?,
            voltage: optional_u16(from, "voltage", 10.0)?.map(Volts::new),
            current: optional_i32(from, "current", 1000.0)?
                .map(|amps| BatteryCurrent::from_signed(Amps::new(amps))),
            available_energy: optional_u32(from, "available energy", 1.0)?.map(WattHours::new),
            desired_state_of_charge: state_of_charge(from, "desired state of charge")?,
            charging: match from.u8("charging")? {
                0 => Some(false),
                1 => Some(true),
                NOT_KNOWN => None,
                other => {
                    let (seen, right) = (i64::from(other), "it must be 0, 1 or 255");
                    return Err(from.error("charging", Problem::Value { seen, right }));
                }
            },
        })
    }

    pub(super) fn emit(&self, to: &mut Writer<'_>) -> Result<(), BodyError> {
        write_state_of_charge(to, "state of charge", self.state_of_charge)?;
        write_optional_u16(to, "voltage", self.voltage.map(Volts::get), 10.0)?;
        let current = self.current.map(|current| current.into_battery().get());
        write_optional_i32(to, "current", current, 1000.0)?;
        let available = self.available_energy.map(WattHours::get);
        write_optional_u32(to, "available energy", available, 1.0)?;
        let desired = self.desired_state_of_charge;
        write_state_of_charge(to, "desired state of charge", desired)?;
        to.u8("charging", self.charging.map_or(NOT_KNOWN, u8::from))
    }
}

/// Reads a state of charge; one above 100 % is refused.
pub(super) fn state_of_charge(
    from: &mut Reader<'_>,
    field: &'static str,
) -> Result<Option<StateOfCharge>, BodyError> {
    let Some(percent) = optional_u16(from, field, STEPS)? else {
        return Ok(None);
    };
    let within = StateOfCharge::from_percent(percent);
    within
        .map(Some)
        .ok_or_else(|| from.error(field, Problem::Range))
}

/// Writes what [`state_of_charge`] reads.
pub(super) fn write_state_of_charge(
    to: &mut Writer<'_>,
    field: &'static str,
    value: Option<StateOfCharge>,
) -> Result<(), BodyError> {
    write_optional_u16(to, field, value.map(StateOfCharge::percent), STEPS)
}
