//! `ESP_now_data_*.csv`, written: what the radio brought, in the prototype's 24 columns and two of
//! ours.
//!
//! Values are true where the prototype's were not (docs/files-of-the-prototype.md); what is not
//! known is an empty cell. Reading is [`super::radio`]'s.

use std::io::{self, Write};

use v2x_units::{
    Amps, Degrees, KilometersPerHour, MacAddress, Meters, Position, StateOfCharge, UtcTime, Volts,
    WattHours, Watts,
};

use crate::cell::{Cell, number};
use crate::merged::Gear;

/// The first line.
pub const HEADER: &str = "MAC,SOC,BatteryVoltage,BatteryCurrent,AvailableEnergy,ChargingStatus,\
    Speed,Acceleration,Gear,BrakeStatus,Latitude,Longitude,Altitude,GPSValid,IsCharging,\
    DesiredSOC,ReadyToCharge,Timestamp,DataType,EVCSSessionCost,EVCSCostPerKWH,EVCSMaxPower,\
    EVCSSessionID,EVCSChargingAvailable,Verified,Legacy\n";

/// The prototype's mark of a station in the column of the state of charge.
const STATION: &str = "65535";

/// A message that the radio brought.
#[derive(Debug, Clone, PartialEq)]
pub struct RadioRow {
    /// When it was heard.
    pub at: UtcTime,
    /// The address that it came from.
    pub sender: MacAddress,
    /// What it says of a car or of a station.
    pub what: RadioContent,
    /// Whether a signature or an encrypted channel proves who said it.
    pub is_verified: bool,
    /// Whether it came in a format of the prototype, which proves nothing.
    pub is_legacy: bool,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub enum RadioContent {
    /// A car of itself.
    Car(RadioCar),
    /// A charging station of the charge.
    Station(RadioStation),
}

/// A car as it says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RadioCar {
    /// State of charge.
    pub soc: Option<StateOfCharge>,
    /// Of the pack.
    pub voltage: Option<Volts>,
    /// Of the pack, positive into the battery.
    pub current: Option<Amps>,
    /// What is left.
    pub energy: Option<WattHours>,
    /// How fast it goes.
    pub speed: Option<KilometersPerHour>,
    /// The direction that is selected.
    pub gear: Option<Gear>,
    /// Whether the driver brakes.
    pub brake: Option<bool>,
    /// Where it is.
    pub position: Option<Position>,
    /// Height.
    pub altitude: Option<Meters>,
    /// Whether the mains charge it.
    pub is_charging: Option<bool>,
    /// Where the driver wants to get to.
    pub desired_soc: Option<StateOfCharge>,
}

/// A station as it says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RadioStation {
    /// Mains voltage, measured.
    pub voltage: Option<Volts>,
    /// Current, measured.
    pub current: Option<Amps>,
    /// Energy of this charge.
    pub energy: Option<WattHours>,
    /// Where it stands.
    pub position: Option<Position>,
    /// The cost of this charge so far, as a decimal text.
    pub cost: Option<String>,
    /// The price of a kilowatt hour, as a decimal text.
    pub cost_per_kwh: Option<String>,
    /// The most power.
    pub max_power: Option<Watts>,
    /// The charge's number.
    pub session: Option<String>,
    /// Whether another car could charge now.
    pub is_available: Option<bool>,
}

/// Writes one row.
///
/// # Errors
/// The writer's.
pub fn write_row(out: &mut impl Write, row: &RadioRow) -> io::Result<()> {
    match &row.what {
        RadioContent::Car(car) => write_car(out, row, car)?,
        RadioContent::Station(station) => write_station(out, row, station)?,
    }
    let (verified, legacy) = (yes(row.is_verified), yes(row.is_legacy));
    writeln!(out, ",{verified},{legacy}")
}

fn write_car(out: &mut impl Write, row: &RadioRow, car: &RadioCar) -> io::Result<()> {
    let soc = number(car.soc.map(StateOfCharge::percent), 2);
    let desired = number(car.desired_soc.map(StateOfCharge::percent), 1);
    write!(out, "{},{soc},", row.sender)?;
    write!(out, "{},", number(car.voltage.map(Volts::get), 1))?;
    write!(out, "{},", number(car.current.map(Amps::get), 2))?;
    let energy = car.energy.map(WattHours::kilowatt_hours);
    // The car's raw byte of charging and the percent of its accelerator are not on the air.
    write!(out, "{},,", number(energy, 3))?;
    write!(
        out,
        "{},,",
        number(car.speed.map(KilometersPerHour::get), 1)
    )?;
    let brake = car.brake.map(u8::from);
    write!(out, "{},{},", Cell(car.gear), Cell(brake))?;
    write_place(out, car.position, car.altitude)?;
    let ready = car.soc.map(|soc| yes(soc.percent() < 100.0));
    write!(
        out,
        "{},{desired},{},",
        Cell(car.is_charging.map(yes)),
        Cell(ready)
    )?;
    write!(out, "{},V2V,,,,,", row.at.as_millis())
}

fn write_station(out: &mut impl Write, row: &RadioRow, station: &RadioStation) -> io::Result<()> {
    write!(out, "{},{STATION},", row.sender)?;
    write!(out, "{},", number(station.voltage.map(Volts::get), 1))?;
    write!(out, "{},", number(station.current.map(Amps::get), 3))?;
    let energy = station.energy.map(WattHours::kilowatt_hours);
    write!(out, "{},,,,,,", number(energy, 3))?;
    write_place(out, station.position, None)?;
    write!(out, ",,,{},EVCS,", row.at.as_millis())?;
    let (cost, price) = (
        Cell(station.cost.as_ref()),
        Cell(station.cost_per_kwh.as_ref()),
    );
    let power = number(station.max_power.map(Watts::get), 1);
    write!(
        out,
        "{cost},{price},{power},{},",
        Cell(station.session.as_ref())
    )?;
    write!(out, "{}", Cell(station.is_available.map(yes)))
}

/// Latitude, longitude, altitude, and whether there is a place at all.
fn write_place(
    out: &mut impl Write,
    position: Option<Position>,
    altitude: Option<Meters>,
) -> io::Result<()> {
    let degrees = |degrees: Option<Degrees>| number(degrees.map(Degrees::get), 6);
    let (north, east) = (
        position.map(Position::latitude),
        position.map(Position::longitude),
    );
    let altitude = number(altitude.map(Meters::get), 1);
    let valid = u8::from(position.is_some());
    write!(
        out,
        "{},{},{altitude},{valid},",
        degrees(north),
        degrees(east)
    )
}

const fn yes(yes: bool) -> &'static str {
    if yes { "YES" } else { "NO" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(what: RadioContent) -> String {
        let row = RadioRow {
            at: UtcTime::from_millis(1_795_000_000_123),
            sender: MacAddress::new([2, 0x11, 0x22, 0x33, 0x44, 0x55]),
            what,
            is_verified: true,
            is_legacy: false,
        };
        let mut out = Vec::new();
        write_row(&mut out, &row).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn car_and_station_fill_the_columns_of_the_prototype_and_two_of_ours() {
        let position = Position::new(Degrees::new(33.986_115), Degrees::new(-6.724_864)).ok();
        let car = written(RadioContent::Car(RadioCar {
            soc: StateOfCharge::from_percent(72.04),
            current: Some(Amps::new(-3.25)),
            speed: Some(KilometersPerHour::new(41.26)),
            gear: Some(Gear::Drive),
            brake: Some(false),
            position,
            ..RadioCar::default()
        }));
        assert_eq!(
            car,
            "02:11:22:33:44:55,72.04,,-3.25,,,41.3,,Drive,0,33.986115,-6.724864,,1,,,YES,\
             1795000000123,V2V,,,,,,YES,NO\n"
        );
        let station = written(RadioContent::Station(RadioStation {
            voltage: Some(Volts::new(225.9)),
            current: Some(Amps::new(9.412)),
            energy: Some(WattHours::new(125.0)),
            position,
            cost: Some("0.19".to_owned()),
            cost_per_kwh: Some("1.50".to_owned()),
            max_power: Some(Watts::new(3000.0)),
            session: Some("5eed000100000000".to_owned()),
            is_available: Some(false),
        }));
        assert_eq!(
            station,
            "02:11:22:33:44:55,65535,225.9,9.412,0.125,,,,,,33.986115,-6.724864,,1,,,,\
             1795000000123,EVCS,0.19,1.50,3000.0,5eed000100000000,NO,YES,NO\n"
        );
        let columns = HEADER.trim_end().split(',').count();
        assert_eq!(columns, 26);
        for row in [car, station] {
            assert_eq!(row.trim_end().split(',').count(), columns, "{row}");
        }
    }

    #[test]
    fn what_is_not_known_is_empty_and_our_reader_takes_the_row() {
        let empty = written(RadioContent::Car(RadioCar::default()));
        assert_eq!(
            empty,
            "02:11:22:33:44:55,,,,,,,,,,,,,0,,,,1795000000123,V2V,,,,,,YES,NO\n"
        );
        let text = format!("{HEADER}{empty}");
        let crate::Recording::Radio(mut rows) = crate::Recording::open(text.as_bytes()).unwrap()
        else {
            panic!("a table of messages")
        };
        let row = rows.next().unwrap().unwrap().unwrap();
        assert_eq!((row.soc, row.uptime, row.repair), (None, None, None));
        assert_eq!(row.sender.to_string(), "02:11:22:33:44:55");
    }
}
