//! The merged table: one row of the whole car, in the prototype's 23 columns but true.
//!
//! An unknown value is an empty cell, never a zero. Reading merged tables, with the prototype's
//! defects, is in `merged_reader.rs`; deciding what is known and fresh is the vehicle role's work.

use std::fmt;
use std::io::{self, Write};

use v2x_units::{
    BatteryCurrent, Celsius, GnssFix, Kilometers, KilometersPerHour, Meters, StateOfCharge,
    UtcTime, Volts, WattHours,
};

use crate::cell::{Cell, number};
use crate::stamp;

/// The first line of a `merged_can_data_*.csv`.
pub const HEADER: &str = "timestamp,soc,current,gear,motor_active,accelerator,brake,cap_voltage,\
    motor_speed,odometer,range,battery_voltage,available_energy,charging_status,motor_temp,\
    power_request,gps_lat,gps_lon,gps_alt,gps_speed,gps_sats,gps_valid,is_charging\n";

/// The direction the driver has chosen (0x59B byte 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gear {
    /// Forwards.
    Drive,
    /// Neither.
    Neutral,
    /// Backwards.
    Reverse,
    /// The car reported a code that nobody has explained.
    Unknown,
}

impl fmt::Display for Gear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Drive => "Drive",
            Self::Neutral => "Neutral",
            Self::Reverse => "Reverse",
            Self::Unknown => "Unknown",
        })
    }
}

/// What is known of the car at one moment; `None` is unknown.
///
/// The column `power_request` has no field: no power can be had from 0x196, so it stays empty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MergedRow {
    /// The moment.
    pub at: UtcTime,
    /// State of charge, in steps of 0.02 %.
    pub soc: Option<StateOfCharge>,
    /// Current of the traction battery, in steps of 0.25 A.
    pub current: Option<BatteryCurrent>,
    /// The chosen direction.
    pub gear: Option<Gear>,
    /// Whether the motor is enabled.
    pub motor_active: Option<bool>,
    /// Accelerator pedal, 0 to 100 percent.
    pub accelerator: Option<f64>,
    /// Whether the brake pedal is pressed.
    pub brake: Option<bool>,
    /// Voltage of the inverter's capacitors.
    pub cap_voltage: Option<Volts>,
    /// Speed of the vehicle.
    pub motor_speed: Option<KilometersPerHour>,
    /// Odometer, in steps of 0.01 km.
    pub odometer: Option<Kilometers>,
    /// Remaining range as the car shows it, in whole kilometres.
    pub range: Option<Kilometers>,
    /// Voltage of the traction battery.
    pub battery_voltage: Option<Volts>,
    /// Energy left in the traction battery, in steps of 100 Wh.
    pub available_energy: Option<WattHours>,
    /// The battery's mode: byte 0 of 0x425 as it is on the bus.
    pub charging_status: Option<u8>,
    /// Temperature of the motor, in whole degrees.
    pub motor_temp: Option<Celsius>,
    /// The fix for the six columns `gps_lat` to `gps_valid`.
    pub fix: Option<GnssFix>,
    /// Whether the mains charges the battery.
    pub is_charging: Option<bool>,
}

impl MergedRow {
    /// A row in which nothing is known but its time.
    #[must_use]
    pub const fn unknown(at: UtcTime) -> Self {
        Self {
            at,
            soc: None,
            current: None,
            gear: None,
            motor_active: None,
            accelerator: None,
            brake: None,
            cap_voltage: None,
            motor_speed: None,
            odometer: None,
            range: None,
            battery_voltage: None,
            available_energy: None,
            charging_status: None,
            motor_temp: None,
            fix: None,
            is_charging: None,
        }
    }
}

/// The name of a merged table that begins at this moment, in UTC:
/// `merged_can_data_20250828_1556.csv`.
#[must_use]
pub fn file_name(begin: UtcTime) -> String {
    let c = begin.civil();
    format!(
        "merged_can_data_{:04}{:02}{:02}_{:02}{:02}.csv",
        c.year, c.month, c.day, c.hour, c.minute
    )
}

/// Writes one row and the line's end.
///
/// # Errors
/// When the time is before 1970 or the writer fails.
pub fn write_row(out: &mut impl Write, row: &MergedRow) -> io::Result<()> {
    stamp::write_nanos(out, row.at)?;
    write!(
        out,
        ",{},{},{},{},{},{},{},{},{},{},{},{},",
        number(row.soc.map(StateOfCharge::percent), 2),
        number(row.current.map(|it| it.into_battery().get()), 2),
        Cell(row.gear),
        Cell(row.motor_active.map(u8::from)),
        number(row.accelerator, 0),
        Cell(row.brake.map(u8::from)),
        number(row.cap_voltage.map(Volts::get), 1),
        number(row.motor_speed.map(KilometersPerHour::get), 2),
        number(row.odometer.map(Kilometers::get), 2),
        number(row.range.map(Kilometers::get), 0),
        number(row.battery_voltage.map(Volts::get), 2),
        number(row.available_energy.map(WattHours::kilowatt_hours), 1),
    )?;
    if let Some(status) = row.charging_status {
        write!(out, "0x{status:02X}")?;
    }
    let power_request = "";
    write!(
        out,
        ",{},{power_request},",
        number(row.motor_temp.map(Celsius::get), 0),
    )?;
    write_fix(out, row.fix.as_ref())?;
    writeln!(
        out,
        ",{}",
        Cell(row.is_charging.map(|yes| if yes { "YES" } else { "NO" }))
    )
}

fn write_fix(out: &mut impl Write, fix: Option<&GnssFix>) -> io::Result<()> {
    write!(
        out,
        "{},{},{},{},{},{}",
        number(fix.map(|fix| fix.position.latitude().get()), 6),
        number(fix.map(|fix| fix.position.longitude().get()), 6),
        number(fix.and_then(|fix| fix.altitude).map(Meters::get), 1),
        number(fix.and_then(|fix| fix.speed).map(KilometersPerHour::get), 1),
        Cell(fix.and_then(|fix| fix.satellites)),
        Cell(fix.map(|fix| u8::from(fix.valid))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use v2x_units::{Amps, Degrees, Position};

    fn drive() -> MergedRow {
        MergedRow {
            at: UtcTime::from_micros(1_754_477_506_171_557),
            soc: StateOfCharge::from_percent(64.44),
            current: Some(BatteryCurrent::discharging(Amps::new(0.75))),
            gear: Some(Gear::Neutral),
            motor_active: Some(false),
            accelerator: Some(0.0),
            brake: Some(true),
            cap_voltage: Some(Volts::new(25.5)),
            motor_speed: Some(KilometersPerHour::new(0.0)),
            odometer: Some(Kilometers::new(3585.19)),
            range: Some(Kilometers::new(31.0)),
            battery_voltage: Some(Volts::new(55.44)),
            available_energy: Some(WattHours::new(3800.0)),
            charging_status: Some(0x2A),
            motor_temp: Some(Celsius::new(-4.0)),
            fix: Some(GnssFix {
                position: Position::new(Degrees::new(1.25), Degrees::new(-2.5)).unwrap(),
                altitude: Some(Meters::new(138.2)),
                speed: Some(KilometersPerHour::new(0.1)),
                satellites: Some(9),
                hdop: Some(0.9),
                utc: None,
                valid: true,
            }),
            is_charging: Some(false),
        }
    }

    fn written(row: &MergedRow) -> String {
        let mut out = Vec::new();
        write_row(&mut out, row).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn row_shows_true_values_in_the_order_of_the_prototype() {
        assert_eq!(
            written(&drive()),
            "1754477506.171557000,64.44,-0.75,Neutral,0,0,1,25.5,0.00,3585.19,31,55.44,3.8,0x2A,-4,\
             ,1.250000,-2.500000,138.2,0.1,9,1,NO\n"
        );
    }

    #[test]
    fn unknown_values_are_empty_cells_and_never_zeros() {
        let row = MergedRow::unknown(UtcTime::from_micros(1_754_477_506_171_557));
        assert_eq!(
            written(&row),
            "1754477506.171557000,,,,,,,,,,,,,,,,,,,,,,\n"
        );
        let columns = HEADER.split(',').count();
        assert_eq!(columns, 23);
        assert_eq!(written(&row).split(',').count(), columns);
        assert_eq!(written(&drive()).split(',').count(), columns);
    }

    #[test]
    fn file_is_named_after_its_first_minute_in_utc() {
        // `date -u -d 2025-08-28T15:56:22 +%s` prints 1756396582.
        let begin = UtcTime::from_micros(1_756_396_582_000_000);
        assert_eq!(file_name(begin), "merged_can_data_20250828_1556.csv");
    }
}
