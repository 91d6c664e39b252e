//! `Item` of a car: what the prototype's cars say to each other, and to their own computers.
//!
//! Not the record of a charging station in the same struct (`station.rs`). Offsets by layout:
//!
//! | field | type | V1 | V2 | V3 | V4 | V5 | unit |
//! |---|---|---|---|---|---|---|---|
//! | `SOC` | u16 | 0 | 0 | 0 | 0 | 0 | % |
//! | `speedKmh` | f32 | 4 | 4 | 20 | 20 | 20 | km/h, 1.7 too low |
//! | `odometer` | f32 | 8 | 8 | | | | km |
//! | `displaySpeed` | f32 | 12 | 12 | | | | km/h |
//! | `battery_voltage` | f32 | | 16 | 4 | 4 | 4 | V |
//! | `battery_current` | f32 | | 20 | 8 | 8 | 8 | A, positive into the battery |
//! | `available_energy` | f32 | | 24 | 12 | 12 | 12 | kWh |
//! | `charging_status` | u8 | | 28 | 16 | 16 | 16 | a byte of the car's bus |
//! | `acceleration` | f32 | | | 24 | 24 | 24 | % of the pedal, not m/s² |
//! | `gear` | 4 characters | | | 28 | 28 | 28 | |
//! | `brake_status` | u8 | | | 32 | 32 | 32 | 0 or 1 |
//! | `gps_latitude`, `_longitude`, `_altitude` | f32 | | | 36, 40, 44 | 36, 40, 44 | 36, 40, 44 | degrees, m |
//! | `gps_valid` | u8 | | | | 48 | 48 | the local hour |
//! | `is_charging_detected` | bool | | | 48 | 49 | 49 | |
//! | `desired_soc` | f32 | | | 52 | 52 | 52 | %, 100 |
//! | `ready_to_charge` | bool | | | 56 | 56 | 56 | |
//! | `MacAddress` | 6 bytes | 16 | 29 | 57 | 57 | 57 | |
//! | `timestamp` | u32 | | | 64 | 64 | 64 | ms since its start, or below |
//!
//! `timestamp` is in seconds since 1970 from a computer to its own board. V5 goes on with five
//! fields of a charging station, which are 0 here. A car that has not heard of its voltage
//! lately says 0.0 V, 0.0 kWh and 0x00; together they stand for "not known".

use v2x_units::{
    Amps, BatteryCurrent, Kilometers, KilometersPerHour, MacAddress, StateOfCharge, Volts,
    WattHours,
};

use super::super::error::{RadioError, Seen};
use super::super::fields::{Fields, FixAt, ItemFix, Out, Plausible, RadioBytes};
use super::MESSAGE;

/// Which revision of the struct it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemLayout {
    /// 24 bytes, since 18 July 2025.
    V1,
    /// 36 bytes, since 18 August 2025.
    V2,
    /// 68 bytes, 21 and 22 August 2025, from the computer only: V4 without `gps_valid`. It got on
    /// the air by way of a radio board of V4, and is known by saying that it charges where V4 has
    /// the hour.
    V3,
    /// 68 bytes, since 21 August 2025.
    V4,
    /// 88 bytes, since 2 September 2025.
    V5,
}

/// What is engaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gear {
    /// `Dri`, or `D` from test units.
    Drive,
    /// `Neu` or `N`.
    Neutral,
    /// `Rev` or `R`.
    Reverse,
}

/// What a prototype car knows from a frame that it does not always have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PackState {
    /// Of the whole pack.
    pub voltage: Volts,
    /// What the car says is left.
    pub available_energy: WattHours,
    /// The first byte of a frame of the car's bus, as it is.
    pub charging_status: u8,
}

/// What layouts from V3 on say besides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Driving {
    /// How far the pedal is down, in percent.
    pub pedal_percent: f64,
    /// What is engaged; `None` when the car does not know.
    pub gear: Option<Gear>,
    /// Whether it brakes.
    pub brake: bool,
    /// Where it is.
    pub fix: Option<ItemFix>,
    /// Whether current flows into the battery; also while it regenerates.
    pub charging: bool,
    /// Where its driver wants to get to; a constant of 100 %.
    pub desired_soc: StateOfCharge,
    /// Whether it could take energy.
    pub ready_to_charge: bool,
    /// On the air: milliseconds since its start. To its own board: seconds since 1970.
    pub timestamp: u32,
}

/// What layouts up to V2 say besides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dashboard {
    /// How far it has ever gone.
    pub odometer: Kilometers,
    /// What its dashboard shows.
    pub display_speed: KilometersPerHour,
}

/// What a prototype car says of itself. Nobody has proven any of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VehicleItem {
    /// Which revision of the struct.
    pub layout: ItemLayout,
    /// State of charge, in whole percent.
    pub state_of_charge: StateOfCharge,
    /// How fast it is; 1.7 km/h too low, so that a car at rest goes backwards.
    pub speed: KilometersPerHour,
    /// V1 and V2 only.
    pub dashboard: Option<Dashboard>,
    /// Current of the pack; not in V1.
    pub current: Option<BatteryCurrent>,
    /// Not in V1, and `None` while the car does not know.
    pub pack: Option<PackState>,
    /// From V3 on.
    pub driving: Option<Driving>,
    /// The sender's address; zeros from a computer to its board.
    pub mac: MacAddress,
}

/// Where the groups of fields stand in one layout.
struct Places {
    length: usize,
    speed: usize,
    /// `odometer`; `displaySpeed` follows.
    dashboard: Option<usize>,
    /// `battery_voltage`; current, energy and status follow, 4 bytes each.
    battery: Option<usize>,
    /// `gps_valid`, where there is one, and `is_charging_detected`.
    driving: Option<(Option<usize>, usize)>,
    mac: usize,
}

const PEDAL: usize = 24;
const GEAR: usize = 28;
const BRAKE: usize = 32;
const DESIRED: usize = 52;
const READY: usize = 56;
const TIMESTAMP: usize = 64;

/// Where V4 has `gps_valid` and V3 `is_charging_detected`; V4 has the latter in the next byte.
const HOUR_OR_CHARGING: usize = 48;

/// Above this the prototype says that it charges, in amperes.
const CHARGING_ABOVE: f64 = 0.5;

impl ItemLayout {
    const fn places(self) -> Places {
        let v1 = Places {
            length: 24,
            speed: 4,
            dashboard: Some(8),
            battery: None,
            driving: None,
            mac: 16,
        };
        let v4 = Places {
            length: 68,
            speed: 20,
            dashboard: None,
            battery: Some(4),
            driving: Some((Some(HOUR_OR_CHARGING), HOUR_OR_CHARGING + 1)),
            mac: 57,
        };
        match self {
            Self::V1 => v1,
            Self::V2 => Places {
                length: 36,
                battery: Some(16),
                mac: 29,
                ..v1
            },
            Self::V3 => Places {
                driving: Some((None, HOUR_OR_CHARGING)),
                ..v4
            },
            Self::V4 => v4,
            Self::V5 => Places { length: 88, ..v4 },
        }
    }

    /// Which layout a struct of this length has.
    fn of(fields: &Fields<'_>, length: usize) -> Result<Self, RadioError> {
        Ok(match length {
            24 => Self::V1,
            36 => Self::V2,
            68 => {
                let current = f64::from(f32::from_le_bytes(fields.array(8)?));
                let says_charging_as_v3 =
                    fields.array(HOUR_OR_CHARGING)? == [1, 0] && current > CHARGING_ABOVE;
                if says_charging_as_v3 {
                    Self::V3
                } else {
                    Self::V4
                }
            }
            88 => Self::V5,
            have => return Err(RadioError::Length { have }),
        })
    }
}

impl VehicleItem {
    /// Reads the struct; the length, and for V3 the content, says which layout it has.
    ///
    /// # Errors
    /// [`RadioError`] when the length is none of a car's, or a field is implausible.
    pub fn parse(bytes: &[u8]) -> Result<Self, RadioError> {
        let fields = Fields::new(MESSAGE, bytes);
        let layout = ItemLayout::of(&fields, bytes.len())?;
        let at = layout.places();
        let speed = fields.number(at.speed, "speedKmh", Plausible::SPEED)?;
        let (current, pack) = match at.battery {
            None => (None, None),
            Some(at) => parse_battery(&fields, at)?,
        };
        let dashboard = at.dashboard.map(|at| parse_dashboard(&fields, at));
        let driving = at.driving.map(|at| parse_driving(&fields, at));
        Ok(Self {
            layout,
            state_of_charge: fields.soc(0, "SOC")?,
            speed: KilometersPerHour::new(speed),
            dashboard: dashboard.transpose()?,
            current,
            pack,
            driving: driving.transpose()?,
            mac: fields.mac(at.mac)?,
        })
    }

    /// Writes the struct in its layout; what the layout has no place for is left out.
    ///
    /// # Errors
    /// [`RadioError::Implausible`] for a value that [`Self::parse`] would refuse.
    pub fn emit(&self) -> Result<RadioBytes, RadioError> {
        let at = self.layout.places();
        let mut out = Out::new(at.length);
        out.soc(0, self.state_of_charge.percent());
        out.number(at.speed, self.speed.get());
        out.mac(at.mac, self.mac);
        if let Some((at, dashboard)) = at.dashboard.zip(self.dashboard) {
            out.number(at, dashboard.odometer.get());
            out.number(at + 4, dashboard.display_speed.get());
        }
        if let Some(at) = at.battery {
            let amps = self.current.map(|current| current.into_battery().get());
            out.number(at + 4, amps.unwrap_or(0.0));
            if let Some(pack) = self.pack {
                out.number(at, pack.voltage.get());
                out.number(at + 8, pack.available_energy.kilowatt_hours());
                out.put(at + 12, &[pack.charging_status]);
            }
        }
        if let Some((at, driving)) = at.driving.zip(self.driving) {
            emit_driving(&mut out, at, &driving);
        }
        let bytes = out.finish();
        Self::parse(&bytes).map(|_| bytes)
    }
}

fn parse_dashboard(fields: &Fields<'_>, at: usize) -> Result<Dashboard, RadioError> {
    let odometer = fields.number(at, "odometer", Plausible::DISTANCE)?;
    let shown = fields.number(at + 4, "displaySpeed", Plausible::SPEED)?;
    Ok(Dashboard {
        odometer: Kilometers::new(odometer),
        display_speed: KilometersPerHour::new(shown),
    })
}

type Battery = (Option<BatteryCurrent>, Option<PackState>);

fn parse_battery(fields: &Fields<'_>, at: usize) -> Result<Battery, RadioError> {
    let voltage = fields.number(at, "battery_voltage", Plausible::PACK_VOLTAGE)?;
    let amps = fields.number(at + 4, "battery_current", Plausible::PACK_CURRENT)?;
    let energy = fields.number(at + 8, "available_energy", Plausible::PACK_ENERGY)?;
    let charging_status = fields.u8(at + 12)?;
    let is_known = voltage != 0.0 || energy != 0.0 || charging_status != 0;
    let pack = is_known.then_some(PackState {
        voltage: Volts::new(voltage),
        available_energy: WattHours::from_kilowatt_hours(energy),
        charging_status,
    });
    Ok((Some(BatteryCurrent::from_signed(Amps::new(amps))), pack))
}

const fn fix_at(valid: Option<usize>) -> FixAt {
    FixAt {
        latitude: 36,
        longitude: 40,
        altitude: 44,
        valid,
    }
}

fn parse_driving(
    fields: &Fields<'_>,
    (valid, charging): (Option<usize>, usize),
) -> Result<Driving, RadioError> {
    Ok(Driving {
        pedal_percent: fields.number(PEDAL, "acceleration", Plausible::PEDAL)?,
        gear: parse_gear(fields)?,
        brake: fields.flag(BRAKE, "brake_status")?,
        fix: fields.fix(fix_at(valid))?,
        charging: fields.flag(charging, "is_charging_detected")?,
        desired_soc: fields.percent(DESIRED, "desired_soc")?,
        ready_to_charge: fields.flag(READY, "ready_to_charge")?,
        timestamp: fields.u32(TIMESTAMP)?,
    })
}

fn emit_driving(out: &mut Out, (valid, charging): (Option<usize>, usize), driving: &Driving) {
    out.number(PEDAL, driving.pedal_percent);
    let gear: &[u8] = match driving.gear {
        Some(Gear::Drive) => b"Dri",
        Some(Gear::Neutral) => b"Neu",
        Some(Gear::Reverse) => b"Rev",
        None => b"",
    };
    out.put(GEAR, gear);
    out.flag(BRAKE, driving.brake);
    out.fix(fix_at(valid), driving.fix);
    out.flag(charging, driving.charging);
    out.number(DESIRED, driving.desired_soc.percent());
    out.flag(READY, driving.ready_to_charge);
    out.u32(TIMESTAMP, driving.timestamp);
}

/// Reads a text of at most three characters and a zero; what follows the zero is left over from
/// before.
fn parse_gear(fields: &Fields<'_>) -> Result<Option<Gear>, RadioError> {
    let seen: [u8; 4] = fields.array(GEAR)?;
    match seen.split(|&byte| byte == 0).next() {
        Some(b"Dri" | b"D") => Ok(Some(Gear::Drive)),
        Some(b"Neu" | b"N") => Ok(Some(Gear::Neutral)),
        Some(b"Rev" | b"R") => Ok(Some(Gear::Reverse)),
        Some(b"Unk" | b"") => Ok(None),
        _ => {
            let expected = "Dri, Neu, Rev, Unk, one of their first letters, or nothing";
            Err(fields.refuse("gear", GEAR, Seen::Text(seen), expected))
        }
    }
}
