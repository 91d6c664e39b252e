//! `evcs_to_vehicle_t`: what a charging station of the prototype says to a car, every 5 s.
//!
//! Not the record that a radio board makes of it for its computer ([`super::item::station`]).
//!
//! | offset in V2 | V1 | field | type | unit |
//! |---|---|---|---|---|
//! | 0 | 0 | `evcs_mac` | 6 bytes | |
//! | 8, 12, 16 | - | `evcs_latitude`, `_longitude`, `_altitude` | f32 | degrees, degrees, m |
//! | 20 | 8 | `ac_voltage` | f32 | V, measured |
//! | 24 | 12 | `max_current` | f32 | A, a constant |
//! | 28 | 16 | `max_power` | f32 | W |
//! | 32 | 20 | `cost_per_kwh` | f32 | currency per kWh |
//! | 36 | 24 | `current_energy_delivered` | f32 | kWh |
//! | 40 | 28 | `current_cost` | f32 | currency |
//! | 44 | 32 | `charging_available` | bool | false while it charges |
//! | 48 | 36 | `session_id` | u32 | repeats after a restart |
//! | 52 | 40 | `timestamp` | u32 | ms since its start |
//!
//! Measured current and power are not sent at all.

use v2x_units::{Amps, MacAddress, Meters, Position, Volts, WattHours, Watts};

use super::error::RadioError;
use super::fields::{Fields, Out, Plausible, RadioBytes};

const MESSAGE: &str = "evcs_to_vehicle_t";

/// Which revision of the struct it is; the length tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvcsLayout {
    /// 44 bytes, since 18 August 2025: without a place.
    V1,
    /// 48 bytes, 18 and 21 August 2025: as V1, and a byte that one build calls `session_active`
    /// and another, always with 1, `message_type`.
    V1Flagged(bool),
    /// 56 bytes, since 22 August 2025.
    V2,
}

/// What a charging station of the prototype says. Nobody has proven any of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EvcsToVehicle {
    /// Which revision of the struct.
    pub layout: EvcsLayout,
    /// The station's own address.
    pub mac: MacAddress,
    /// Where its firmware says it is; `None` in V1.
    pub position: Option<Position>,
    /// Metres above the sea, 0 in the prototype.
    pub altitude: Meters,
    /// Voltage of the mains.
    pub voltage: Volts,
    /// The strongest current that it offers; a constant, not a measurement.
    pub max_current: Amps,
    /// The highest power that it offers.
    pub max_power: Watts,
    /// Its price for a kilowatt hour, in a currency that it does not name.
    pub cost_per_kwh: f64,
    /// What it has delivered in this session.
    pub energy: WattHours,
    /// What this session costs, in the same currency.
    pub cost: f64,
    /// Whether a session could begin: false while one runs.
    pub charging_available: bool,
    /// Its session; the same numbers come back after each of its restarts.
    pub session_id: u32,
    /// Milliseconds since its start.
    pub uptime_ms: u32,
}

/// Where the fields stand in one layout.
struct Places {
    length: usize,
    position: Option<(usize, usize, usize)>,
    /// The six numbers from `ac_voltage` to `current_cost`, 4 bytes each.
    numbers: usize,
    available: usize,
    session: usize,
    uptime: usize,
    flag: Option<usize>,
}

impl EvcsLayout {
    const fn places(self) -> Places {
        let v1 = Places {
            length: 44,
            position: None,
            numbers: 8,
            available: 32,
            session: 36,
            uptime: 40,
            flag: None,
        };
        match self {
            Self::V1 => v1,
            Self::V1Flagged(_) => Places {
                length: 48,
                flag: Some(44),
                ..v1
            },
            Self::V2 => Places {
                length: 56,
                position: Some((8, 12, 16)),
                numbers: 20,
                available: 44,
                session: 48,
                uptime: 52,
                flag: None,
            },
        }
    }
}

impl EvcsToVehicle {
    /// Reads a struct whose length says which layout it has.
    ///
    /// # Errors
    /// [`RadioError`] when the length is none of the three, or a field is implausible.
    pub fn parse(bytes: &[u8]) -> Result<Self, RadioError> {
        let fields = Fields::new(MESSAGE, bytes);
        let layout = match bytes.len() {
            44 => EvcsLayout::V1,
            48 => EvcsLayout::V1Flagged(fields.flag(44, "session_active or message_type")?),
            56 => EvcsLayout::V2,
            have => return Err(RadioError::Length { have }),
        };
        let at = layout.places();
        let number = |index: usize, field, plausible| {
            let place = at.numbers + 4 * index;
            fields.number(place, field, plausible)
        };
        let (position, altitude) = match at.position {
            None => (None, 0.0),
            Some((latitude, longitude, altitude)) => (
                fields.position(latitude, longitude)?,
                fields.number(altitude, "evcs_altitude", Plausible::ALTITUDE)?,
            ),
        };
        let energy = number(4, "current_energy_delivered", Plausible::SESSION_ENERGY)?;
        Ok(Self {
            layout,
            mac: fields.mac(0)?,
            position,
            altitude: Meters::new(altitude),
            voltage: Volts::new(number(0, "ac_voltage", Plausible::MAINS_VOLTAGE)?),
            max_current: Amps::new(number(1, "max_current", Plausible::MAINS_CURRENT)?),
            max_power: Watts::new(number(2, "max_power", Plausible::MAINS_POWER)?),
            cost_per_kwh: number(3, "cost_per_kwh", Plausible::MONEY)?,
            energy: WattHours::from_kilowatt_hours(energy),
            cost: number(5, "current_cost", Plausible::MONEY)?,
            charging_available: fields.flag(at.available, "charging_available")?,
            session_id: fields.u32(at.session)?,
            uptime_ms: fields.u32(at.uptime)?,
        })
    }

    /// Writes the struct in its layout; what the layout has no place for is left out.
    ///
    /// # Errors
    /// [`RadioError::Implausible`] for a value that [`Self::parse`] would refuse.
    pub fn emit(&self) -> Result<RadioBytes, RadioError> {
        let at = self.layout.places();
        let mut out = Out::new(at.length);
        out.mac(0, self.mac);
        if let Some((latitude, longitude, altitude)) = at.position {
            if let Some(position) = self.position {
                out.position(latitude, longitude, position);
            }
            out.number(altitude, self.altitude.get());
        }
        let numbers = [
            self.voltage.get(),
            self.max_current.get(),
            self.max_power.get(),
            self.cost_per_kwh,
            self.energy.kilowatt_hours(),
            self.cost,
        ];
        for (index, number) in numbers.into_iter().enumerate() {
            out.number(at.numbers + 4 * index, number);
        }
        out.flag(at.available, self.charging_available);
        out.u32(at.session, self.session_id);
        out.u32(at.uptime, self.uptime_ms);
        if let (EvcsLayout::V1Flagged(flag), Some(place)) = (self.layout, at.flag) {
            out.flag(place, flag);
        }
        let bytes = out.finish();
        Self::parse(&bytes).map(|_| bytes)
    }
}
