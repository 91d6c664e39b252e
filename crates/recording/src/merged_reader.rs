//! Reads merged tables: ours, and the prototype's five variants (16 to 23 columns).
//!
//! The prototype writes 0 for what it has not seen, and some columns were never right. A row of its
//! own is known by `power_request`, which it always fills and we never do. Of such a row is kept:
//!
//! | column | kept unless | because |
//! |---|---|---|
//! | soc, current | both are 0 | 0x155 was not among its last 1000 frames |
//! | gear, motor_active, accelerator, brake, cap_voltage | gear is `Unknown` | 0x59B was not seen |
//! | motor_speed | it is `0.0` | 0x19F was not seen; standing still it wrote `-0.0` |
//! | odometer, range | 0 | 0x5D7 or 0x599 was not seen |
//! | available_energy, charging_status | battery_voltage is `0.0` | 0x425 was not seen |
//! | gps_lat to gps_speed | both coordinates are 0 | there was no fix |
//!
//! Never kept: `battery_voltage` (57.5 V whatever happens), `motor_temp` and `power_request`
//! (always 0), `gps_sats` (always 0), `gps_valid` (the local hour), `is_charging` (true also while
//! braking), and the speeds of variants without `motor_speed` (wrong byte order). A kept
//! `motor_speed` is coarse: its steps are 1.77 km/h.

use v2x_units::{
    Amps, BatteryCurrent, Celsius, GnssFix, Kilometers, KilometersPerHour, Meters, StateOfCharge,
    Volts, WattHours,
};

use crate::damaged::Fault;
use crate::gps_data;
use crate::hex;
use crate::merged::{Gear, MergedRow};
use crate::rows::ParseRow;
use crate::stamp;
use crate::table::{Column, Fields, Table};

/// Who wrote a merged row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The prototype: the row is what could be kept of it.
    Prototype,
    /// [`crate::merged::write_row`]: the row is as it was written.
    Ours,
}

/// One row of a merged table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecordedRow {
    /// The line in the file; the first is 1.
    pub line: u64,
    /// Who wrote it.
    pub origin: Origin,
    /// What it says, as far as it is true.
    pub row: MergedRow,
}

/// The rows of a merged table.
#[derive(Debug)]
pub struct Rows {
    table: Table,
    columns: Columns,
}

/// Where the columns of the merged table stand; those that a variant lacks are `None`.
#[derive(Debug)]
pub(crate) struct Columns {
    timestamp: Option<Column>,
    soc: Option<Column>,
    current: Option<Column>,
    gear: Option<Column>,
    motor_active: Option<Column>,
    accelerator: Option<Column>,
    brake: Option<Column>,
    cap_voltage: Option<Column>,
    motor_speed: Option<Column>,
    odometer: Option<Column>,
    range: Option<Column>,
    battery_voltage: Option<Column>,
    available_energy: Option<Column>,
    charging_status: Option<Column>,
    motor_temp: Option<Column>,
    power_request: Option<Column>,
    gps_lat: Option<Column>,
    gps_lon: Option<Column>,
    gps_alt: Option<Column>,
    gps_speed: Option<Column>,
    gps_sats: Option<Column>,
    gps_valid: Option<Column>,
    is_charging: Option<Column>,
}

impl Columns {
    /// Finds the columns; `None` when the table is no merged one.
    pub(crate) fn find(table: &Table) -> Option<Self> {
        Some(Self {
            timestamp: Some(table.column("timestamp")?),
            soc: Some(table.column("soc")?),
            current: table.column("current"),
            gear: Some(table.column("gear")?),
            motor_active: table.column("motor_active"),
            accelerator: table.column("accelerator"),
            brake: table.column("brake"),
            cap_voltage: table.column("cap_voltage"),
            motor_speed: table.column("motor_speed"),
            odometer: table.column("odometer"),
            range: table.column("range"),
            battery_voltage: table.column("battery_voltage"),
            available_energy: table.column("available_energy"),
            charging_status: table.column("charging_status"),
            motor_temp: table.column("motor_temp"),
            power_request: Some(table.column("power_request")?),
            gps_lat: table.column("gps_lat"),
            gps_lon: table.column("gps_lon"),
            gps_alt: table.column("gps_alt"),
            gps_speed: table.column("gps_speed"),
            gps_sats: table.column("gps_sats"),
            gps_valid: table.column("gps_valid"),
            is_charging: table.column("is_charging"),
        })
    }
}

impl Rows {
    pub(crate) fn new(table: Table, columns: Columns) -> Self {
        Self { table, columns }
    }
}

impl ParseRow for Rows {
    type Row = RecordedRow;

    fn parse(&mut self, line: u64, text: &[u8]) -> Result<RecordedRow, Fault> {
        let columns = &self.columns;
        let fields = self.table.row(text)?;
        let origin = if fields.text(columns.power_request).is_empty() {
            Origin::Ours
        } else {
            Origin::Prototype
        };
        let mut row = as_written(&fields, columns)?;
        row.fix = fix(&fields, columns, origin)?;
        if origin == Origin::Prototype {
            leave_out_what_is_not_known(&mut row);
        }
        Ok(RecordedRow { line, origin, row })
    }
}

/// Everything but the fix, as the cells say.
fn as_written(fields: &Fields<'_>, columns: &Columns) -> Result<MergedRow, Fault> {
    let number = |column| fields.number(column);
    Ok(MergedRow {
        soc: fields.read(columns.soc, "0 to 100 percent", soc)?,
        current: number(columns.current)?.map(|amps| BatteryCurrent::from_signed(Amps::new(amps))),
        gear: fields.read(columns.gear, "Drive, Neutral, Reverse or Unknown", gear)?,
        motor_active: fields.flag(columns.motor_active)?,
        accelerator: number(columns.accelerator)?,
        brake: fields.flag(columns.brake)?,
        cap_voltage: number(columns.cap_voltage)?.map(Volts::new),
        motor_speed: number(columns.motor_speed)?.map(KilometersPerHour::new),
        odometer: number(columns.odometer)?.map(Kilometers::new),
        range: number(columns.range)?.map(Kilometers::new),
        battery_voltage: number(columns.battery_voltage)?.map(Volts::new),
        available_energy: number(columns.available_energy)?.map(WattHours::from_kilowatt_hours),
        charging_status: fields.read(columns.charging_status, "a byte as 0x2A", byte)?,
        motor_temp: number(columns.motor_temp)?.map(Celsius::new),
        is_charging: fields.read(columns.is_charging, "YES or NO", yes_or_no)?,
        ..MergedRow::unknown(stamp::parse(fields.text(columns.timestamp))?)
    })
}

fn soc(text: &[u8]) -> Option<StateOfCharge> {
    StateOfCharge::from_percent(std::str::from_utf8(text).ok()?.parse().ok()?)
}

fn gear(text: &[u8]) -> Option<Gear> {
    match text {
        b"Drive" => Some(Gear::Drive),
        b"Neutral" => Some(Gear::Neutral),
        b"Reverse" => Some(Gear::Reverse),
        b"Unknown" => Some(Gear::Unknown),
        _ => None,
    }
}

fn byte(text: &[u8]) -> Option<u8> {
    u8::try_from(hex::number(text.strip_prefix(b"0x")?)?).ok()
}

fn yes_or_no(text: &[u8]) -> Option<bool> {
    match text {
        b"YES" => Some(true),
        b"NO" => Some(false),
        _ => None,
    }
}

fn fix(fields: &Fields<'_>, columns: &Columns, origin: Origin) -> Result<Option<GnssFix>, Fault> {
    if fields.text(columns.gps_lat).is_empty() && fields.text(columns.gps_lon).is_empty() {
        return Ok(None);
    }
    let position = gps_data::position(fields, columns.gps_lat, columns.gps_lon)?;
    let (satellites, valid) = match origin {
        Origin::Ours => (
            fields.parsed(columns.gps_sats, "a count up to 255")?,
            fields.flag(columns.gps_valid)?.unwrap_or(false),
        ),
        Origin::Prototype if position.is_null_island() => return Ok(None),
        Origin::Prototype => (None, true),
    };
    Ok(Some(GnssFix {
        position,
        altitude: fields.number(columns.gps_alt)?.map(Meters::new),
        speed: fields
            .number(columns.gps_speed)?
            .map(KilometersPerHour::new),
        satellites,
        hdop: None,
        utc: None,
        valid,
    }))
}

/// Takes the zeros that mean "not seen" and the columns that were never right out of a row of the
/// prototype, as the table at the top of this file says.
fn leave_out_what_is_not_known(row: &mut MergedRow) {
    if row.soc.is_some_and(|soc| soc.percent() == 0.0) {
        row.soc = None;
        row.current = row.current.filter(|it| it.into_battery() != Amps::ZERO);
    }
    if row.gear == Some(Gear::Unknown) {
        row.gear = None;
        row.motor_active = None;
        row.accelerator = None;
        row.brake = None;
        row.cap_voltage = None;
    }
    row.motor_speed = row.motor_speed.filter(|it| it.get().to_bits() != 0);
    row.odometer = row.odometer.filter(|&it| it != Kilometers::ZERO);
    row.range = row.range.filter(|&it| it != Kilometers::ZERO);
    if row.battery_voltage == Some(Volts::ZERO) {
        row.available_energy = None;
        row.charging_status = None;
    }
    row.battery_voltage = None;
    row.motor_temp = None;
    row.is_charging = None;
}

#[cfg(test)]
mod tests {
    use super::*;
    use v2x_units::UtcTime;

    const PROTOTYPE_ROW: &str = "1754477506.171557662,64,-0.8,Neutral,0,0,0,25.5,-0.0,3585.2,31,\
        57.5,3.8,0x2A,0,0.0,1.250000,-2.500000,138.2,0.1,0,11,NO";

    fn read(line: &str) -> Result<RecordedRow, Fault> {
        let header = crate::merged::HEADER.trim_end();
        let table = Table::new(header.as_bytes()).unwrap();
        let columns = Columns::find(&table).unwrap();
        Rows::new(table, columns).parse(2, line.as_bytes())
    }

    #[test]
    fn true_columns_of_the_prototype_are_kept_and_wrong_ones_are_not() {
        let recorded = read(PROTOTYPE_ROW).unwrap();
        assert_eq!(recorded.origin, Origin::Prototype);
        let row = recorded.row;
        assert_eq!(row.soc, StateOfCharge::from_percent(64.0));
        assert_eq!(row.gear, Some(Gear::Neutral));
        assert_eq!(row.motor_speed, Some(KilometersPerHour::ZERO));
        assert_eq!(row.charging_status, Some(0x2A));
        assert_eq!((row.battery_voltage, row.motor_temp), (None, None));
        assert_eq!(row.is_charging, None);
        let fix = row.fix.unwrap();
        assert!(fix.valid);
        assert_eq!(fix.satellites, None);
    }

    #[test]
    fn zeros_of_the_prototype_mean_not_seen() {
        let line = "1754477506.171557662,0,0.0,Unknown,0,0,0,0.0,0.0,0.0,0,0.0,0.0,0x00,0,0.0,\
            0.000000,0.000000,0.0,0.0,0,0,NO";
        let row = read(line).unwrap().row;
        assert_eq!(
            row,
            MergedRow::unknown(UtcTime::from_micros(1_754_477_506_171_557))
        );
    }

    #[test]
    fn zeros_of_ours_are_measured_zeros() {
        let line = "1754477506.171557000,0.00,0.00,Unknown,0,0,0,0.0,0.00,0.00,0,0.00,0.0,0x00,0,,\
            0.000000,0.000000,0.0,0.0,0,0,NO";
        let recorded = read(line).unwrap();
        assert_eq!(recorded.origin, Origin::Ours);
        let mut written = Vec::new();
        crate::merged::write_row(&mut written, &recorded.row).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), format!("{line}\n"));
    }

    #[test]
    fn value_that_its_column_cannot_hold_is_named() {
        let fault = |from: &str, to: &str| {
            read(&PROTOTYPE_ROW.replace(from, to))
                .unwrap_err()
                .to_string()
        };
        assert!(fault(",64,", ",164,").starts_with("soc is \"164\""));
        assert!(fault("Neutral", "Park").starts_with("gear is \"Park\""));
        assert!(fault("0x2A", "2A").starts_with("charging_status is \"2A\""));
        assert!(fault("NO", "yes").starts_with("is_charging is \"yes\""));
        assert!(fault("1.250000", "91").starts_with("latitude is 91"));
    }
}
