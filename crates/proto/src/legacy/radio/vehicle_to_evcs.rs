//! `vehicle_to_evcs_t`: what a prototype car says to a charging station, every 5 s.
//!
//! | offset in V2 | V1 | field | type | unit |
//! |---|---|---|---|---|
//! | 0 | 0 | `vehicle_mac` | 6 bytes | |
//! | 8, 12, 16 | - | `vehicle_latitude`, `_longitude`, `_altitude` | f32 | degrees, degrees, m |
//! | 20 | - | `gps_valid` | u8 | the local hour |
//! | 22 | 6 | `battery_soc` | u16 | % |
//! | 24 | 8 | `battery_voltage` | f32 | V |
//! | 28 | 12 | `battery_current` | f32 | A, positive into the battery |
//! | 32 | 16 | `battery_capacity` | f32 | kWh, 6.1 |
//! | 36 | 20 | `desired_soc` | f32 | %, 100 |
//! | 40, 41 | 24, 25 | `ready_to_charge`, `stop_charging` | bool | |
//! | 44 | 28 | `session_id` | u32 | the station's, echoed |
//! | 48 | 32 | `timestamp` | u32 | ms since its start |
//!
//! A prototype car that knows nothing yet says 50 % and 58.0 V; together they stand for "not
//! known".

use v2x_units::{Amps, BatteryCurrent, MacAddress, StateOfCharge, Volts, WattHours};

use super::error::{RadioError, Seen};
use super::fields::{Fields, FixAt, ItemFix, Out, Plausible, RadioBytes};

const MESSAGE: &str = "vehicle_to_evcs_t";

/// What a prototype car says before it has heard of its battery: percent, volts, amperes.
const NOT_KNOWN: (f64, f64, f64) = (50.0, 58.0, 0.0);

/// What stands at the end of a V2G build's struct.
const MESSAGE_TYPE: u8 = 1;

/// Which revision of the struct it is; the length tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VehicleLayout {
    /// 36 bytes, since 18 August 2025: without a place.
    V1,
    /// 40 bytes, 21 August 2025: as V1, and `message_type` 1.
    V1Typed,
    /// 52 bytes, since 22 August 2025.
    V2,
}

/// What a prototype car says of its battery.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SaidBattery {
    /// State of charge, in whole percent.
    pub state_of_charge: StateOfCharge,
    /// Of the whole pack.
    pub voltage: Volts,
    /// Of the pack, with its direction.
    pub current: BatteryCurrent,
}

/// What a prototype car says to a station. Nobody has proven any of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VehicleToEvcs {
    /// Which revision of the struct.
    pub layout: VehicleLayout,
    /// The car's own address.
    pub mac: MacAddress,
    /// Where it says it is; `None` in V1.
    pub fix: Option<ItemFix>,
    /// Its battery; `None` while it knows nothing of it.
    pub battery: Option<SaidBattery>,
    /// What its battery holds when full; a constant of 6.1 kWh.
    pub capacity: WattHours,
    /// Where its driver wants to get to; a constant of 100 %.
    pub desired_soc: StateOfCharge,
    /// Whether it could take energy.
    pub ready_to_charge: bool,
    /// Whether it wants charging to end. Anybody can say so: it never moves a relay.
    pub stop_charging: bool,
    /// The station's session, as it last heard it.
    pub session_id: u32,
    /// Milliseconds since its start.
    pub uptime_ms: u32,
}

/// Where the fields stand in one layout.
struct Places {
    length: usize,
    fix: Option<FixAt>,
    soc: usize,
    /// `battery_voltage`; current, capacity and desired SOC follow, 4 bytes each.
    numbers: usize,
    ready: usize,
    session: usize,
    uptime: usize,
}

impl VehicleLayout {
    const fn places(self) -> Places {
        let v1 = Places {
            length: 36,
            fix: None,
            soc: 6,
            numbers: 8,
            ready: 24,
            session: 28,
            uptime: 32,
        };
        match self {
            Self::V1 => v1,
            Self::V1Typed => Places { length: 40, ..v1 },
            Self::V2 => Places {
                length: 52,
                fix: Some(FixAt {
                    latitude: 8,
                    longitude: 12,
                    altitude: 16,
                    valid: Some(20),
                }),
                soc: 22,
                numbers: 24,
                ready: 40,
                session: 44,
                uptime: 48,
            },
        }
    }
}

impl VehicleToEvcs {
    /// Reads a struct whose length says which layout it has.
    ///
    /// # Errors
    /// [`RadioError`] when the length is none of the three, or a field is implausible.
    pub fn parse(bytes: &[u8]) -> Result<Self, RadioError> {
        let fields = Fields::new(MESSAGE, bytes);
        let layout = match bytes.len() {
            36 => VehicleLayout::V1,
            40 => VehicleLayout::V1Typed,
            52 => VehicleLayout::V2,
            have => return Err(RadioError::Length { have }),
        };
        if layout == VehicleLayout::V1Typed && fields.u8(36)? != MESSAGE_TYPE {
            let seen = Seen::number(fields.u8(36)?);
            return Err(fields.refuse("message_type", 36, seen, "1"));
        }
        let at = layout.places();
        let number = |index: usize, field, plausible| {
            let place = at.numbers + 4 * index;
            fields.number(place, field, plausible)
        };
        let soc = fields.soc(at.soc, "battery_soc")?;
        let voltage = number(0, "battery_voltage", Plausible::PACK_VOLTAGE)?;
        let current = number(1, "battery_current", Plausible::PACK_CURRENT)?;
        let capacity = number(2, "battery_capacity", Plausible::PACK_ENERGY)?;
        let is_known = (soc.percent(), voltage) != (NOT_KNOWN.0, NOT_KNOWN.1);
        Ok(Self {
            layout,
            mac: fields.mac(0)?,
            fix: at.fix.map_or(Ok(None), |at| fields.fix(at))?,
            battery: is_known.then_some(SaidBattery {
                state_of_charge: soc,
                voltage: Volts::new(voltage),
                current: BatteryCurrent::from_signed(Amps::new(current)),
            }),
            capacity: WattHours::from_kilowatt_hours(capacity),
            desired_soc: fields.percent(at.numbers + 12, "desired_soc")?,
            ready_to_charge: fields.flag(at.ready, "ready_to_charge")?,
            stop_charging: fields.flag(at.ready + 1, "stop_charging")?,
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
        if let Some(at) = at.fix {
            out.fix(at, self.fix);
        }
        let (percent, voltage, amps) = self.battery.map_or(NOT_KNOWN, |battery| {
            let amps = battery.current.into_battery().get();
            (
                battery.state_of_charge.percent(),
                battery.voltage.get(),
                amps,
            )
        });
        out.soc(at.soc, percent);
        let numbers = [
            voltage,
            amps,
            self.capacity.kilowatt_hours(),
            self.desired_soc.percent(),
        ];
        for (index, number) in numbers.into_iter().enumerate() {
            out.number(at.numbers + 4 * index, number);
        }
        out.flag(at.ready, self.ready_to_charge);
        out.flag(at.ready + 1, self.stop_charging);
        out.u32(at.session, self.session_id);
        out.u32(at.uptime, self.uptime_ms);
        if self.layout == VehicleLayout::V1Typed {
            out.put(36, &[MESSAGE_TYPE]);
        }
        let bytes = out.finish();
        Self::parse(&bytes).map(|_| bytes)
    }
}
