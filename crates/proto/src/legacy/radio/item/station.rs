//! `Item` of a charging station: how a radio board hands an [`EvcsToVehicle`] to its computer.
//!
//! It never is on the air. The state of charge 0xFFFF marks it; other fields of V5 have these
//! meanings, and the rest is 0:
//!
//! | offset | of the station | offset | of the station |
//! |---|---|---|---|
//! | 4 | `ac_voltage` | 57 | `evcs_mac` |
//! | 8 | `max_current` | 64 | `timestamp` |
//! | 12 | `current_energy_delivered` | 68 | `current_cost` |
//! | 36, 40, 44 | its place | 72 | `cost_per_kwh` |
//! | 48, 84 | `charging_available` | 76, 80 | `max_power`, `session_id` |

use v2x_units::{Amps, Meters, Volts, WattHours, Watts};

use super::super::error::{RadioError, Seen};
use super::super::evcs_to_vehicle::{EvcsLayout, EvcsToVehicle};
use super::super::fields::{Fields, Out, Plausible, RadioBytes};
use super::MESSAGE;

/// The state of charge that marks a station's record.
pub const MARK: u16 = 0xFFFF;

const LENGTH: usize = 88;
const FIRST_AVAILABLE: usize = 48;
const SECOND_AVAILABLE: usize = 84;

/// Reads a station's record.
///
/// # Errors
/// [`RadioError`] when the length is not 88, the mark is missing or a field is implausible.
pub fn parse(bytes: &[u8]) -> Result<EvcsToVehicle, RadioError> {
    let fields = Fields::new(MESSAGE, bytes);
    if bytes.len() != LENGTH {
        let have = bytes.len();
        return Err(RadioError::Length { have });
    }
    let mark = u16::from_le_bytes(fields.array(0)?);
    if mark != MARK {
        return Err(fields.refuse("SOC", 0, Seen::number(mark), "65535, a station's mark"));
    }
    let number = |at, field, plausible| fields.number(at, field, plausible);
    let charging_available = fields.flag(FIRST_AVAILABLE, "gps_valid")?;
    let again = fields.u8(SECOND_AVAILABLE)?;
    if again != u8::from(charging_available) {
        let expected = "the same as at byte 48";
        let seen = Seen::number(again);
        return Err(fields.refuse("evcs_charging_available", SECOND_AVAILABLE, seen, expected));
    }
    let energy = number(12, "available_energy", Plausible::SESSION_ENERGY)?;
    Ok(EvcsToVehicle {
        layout: EvcsLayout::V2,
        mac: fields.mac(57)?,
        position: fields.position(36, 40)?,
        altitude: Meters::new(number(44, "gps_altitude", Plausible::ALTITUDE)?),
        voltage: Volts::new(number(4, "battery_voltage", Plausible::MAINS_VOLTAGE)?),
        max_current: Amps::new(number(8, "battery_current", Plausible::MAINS_CURRENT)?),
        max_power: Watts::new(number(76, "evcs_max_power", Plausible::MAINS_POWER)?),
        cost_per_kwh: number(72, "evcs_cost_per_kwh", Plausible::MONEY)?,
        energy: WattHours::from_kilowatt_hours(energy),
        cost: number(68, "evcs_session_cost", Plausible::MONEY)?,
        charging_available,
        session_id: fields.u32(80)?,
        uptime_ms: fields.u32(64)?,
    })
}

/// Writes a station's record.
///
/// # Errors
/// [`RadioError::Implausible`] for a value that [`parse`] would refuse.
pub fn emit(said: &EvcsToVehicle) -> Result<RadioBytes, RadioError> {
    let mut out = Out::new(LENGTH);
    out.put(0, &MARK.to_le_bytes());
    out.number(4, said.voltage.get());
    out.number(8, said.max_current.get());
    out.number(12, said.energy.kilowatt_hours());
    if let Some(position) = said.position {
        out.position(36, 40, position);
    }
    out.number(44, said.altitude.get());
    out.flag(FIRST_AVAILABLE, said.charging_available);
    out.mac(57, said.mac);
    out.u32(64, said.uptime_ms);
    out.number(68, said.cost);
    out.number(72, said.cost_per_kwh);
    out.number(76, said.max_power.get());
    out.u32(80, said.session_id);
    out.flag(SECOND_AVAILABLE, said.charging_available);
    let bytes = out.finish();
    parse(&bytes).map(|_| bytes)
}
