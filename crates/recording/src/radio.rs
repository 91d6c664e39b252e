//! Messages of the radio bridge: `ESP_now_data_*.csv`, as the prototype received them.
//!
//! Its serial port was not raw: bytes 0x11 and 0x13 were swallowed, and all that followed was read
//! a byte early. A row in which that happened is known by its address, which then ends in the
//! padding byte 00, or by its time. What stood before the lost byte is kept, the address is
//! restored, the time is known to 256 ms, and the rest is gone. Bridges say no date: a message has
//! the sender's time since its start.
//!
//! Our own files ([`super::radio_table`]) have the column `Verified`; nothing in them is repaired.

use std::time::Duration;

use v2x_units::{Amps, MacAddress, StateOfCharge, Volts, WattHours};

use crate::damaged::Fault;
use crate::rows::ParseRow;
use crate::table::{Column, Fields, Table};

/// The bytes that a terminal takes out of its input: XON and XOFF.
const SWALLOWED: [u8; 2] = [0x11, 0x13];
/// The beginnings of addresses (OUI) that the project's boards have.
const BOARDS: [[u8; 3]; 2] = [[0x4C, 0x11, 0xAE], [0xEC, 0x64, 0xC9]];
/// A state of charge of this marks a message of a charging station.
const STATION: u32 = 0xFFFF;
/// Messages come every two to ten seconds; a time further ahead than this lost a byte.
const LONGEST_SILENCE: Duration = Duration::from_secs(3600);

/// What was repaired in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RadioRepair {
    /// A byte of the address was swallowed and is restored; of what followed only the time is
    /// kept, to 256 ms.
    Address,
    /// A byte of the time was swallowed: the time is unknown.
    Time,
    /// As [`Self::Address`], and of the time too.
    AddressAndTime,
}

/// One message of the radio bridge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecordedMessage {
    /// The line in the file; the first is 1.
    pub line: u64,
    /// Who sent it.
    pub sender: MacAddress,
    /// Whether a charging station sent it.
    pub is_station: bool,
    /// The car's state of charge; a station has none.
    pub soc: Option<StateOfCharge>,
    /// The car's pack voltage, or the station's mains voltage.
    pub voltage: Option<Volts>,
    /// The car's current, or the strongest that the station gives; positive as it was sent.
    pub current: Option<Amps>,
    /// Energy in the car, or given by the station; the file rounds it to 100 Wh.
    pub energy: Option<WattHours>,
    /// The sender's time since it started.
    pub uptime: Option<Duration>,
    /// What was repaired.
    pub repair: Option<RadioRepair>,
}

/// The rows of a table of messages.
#[derive(Debug)]
pub struct Rows {
    table: Table,
    columns: Columns,
    last_uptime: Option<Duration>,
}

/// Where the columns of messages stand; those that a variant lacks are `None`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns {
    mac: Option<Column>,
    soc: Option<Column>,
    voltage: Option<Column>,
    current: Option<Column>,
    energy: Option<Column>,
    timestamp: Option<Column>,
    /// Only in our own files.
    verified: Option<Column>,
}

impl Columns {
    /// Finds the columns; `None` when the table holds no messages.
    pub(crate) fn find(table: &Table) -> Option<Self> {
        table
            .column("DisplaySpeed")
            .or(table.column("BatteryVoltage"))?;
        Some(Self {
            mac: Some(table.column("MAC")?),
            soc: Some(table.column("SOC")?),
            voltage: table.column("BatteryVoltage"),
            current: table.column("BatteryCurrent"),
            energy: table.column("AvailableEnergy"),
            timestamp: table.column("Timestamp"),
            verified: table.column("Verified"),
        })
    }
}

impl Rows {
    pub(crate) fn new(table: Table, columns: Columns) -> Self {
        Self {
            table,
            columns,
            last_uptime: None,
        }
    }

    /// The time, unless it lies so far ahead of the one before that a byte of it is missing.
    fn plausible(&mut self, uptime: Option<Duration>) -> Option<Duration> {
        let uptime = uptime?;
        let last = self.last_uptime.unwrap_or(uptime);
        if uptime > last + LONGEST_SILENCE {
            return None;
        }
        self.last_uptime = Some(uptime);
        Some(uptime)
    }
}

impl ParseRow for Rows {
    type Row = RecordedMessage;

    fn parse(&mut self, line: u64, text: &[u8]) -> Result<RecordedMessage, Fault> {
        let columns = self.columns;
        let fields = self.table.row(text)?;
        if columns.verified.is_some() {
            return of_ours(line, &fields, &columns);
        }
        let read_soc = fields.parsed::<u32>(columns.soc, "0 to 100 percent, or 65535")?;
        let (sender, is_shifted) = sender(&fields, columns.mac)?;
        let number = |column| fields.number(column);
        let (voltage, current) = (number(columns.voltage)?, number(columns.current)?);
        let energy = number(columns.energy)?;
        let millis = fields.parsed::<u32>(columns.timestamp, "milliseconds since the start")?;
        let millis = millis.map(|millis| match is_shifted {
            // The lowest byte stands where nobody reads it, the highest is of the next field.
            true => (millis & 0x00FF_FFFF) << 8,
            false => millis,
        });
        let read = millis.map(|millis| Duration::from_millis(millis.into()));
        let uptime = self.plausible(read);
        let is_station = read_soc == Some(STATION);
        let soc = read_soc.filter(|_| !is_station);
        Ok(RecordedMessage {
            line,
            sender,
            is_station,
            soc: soc.and_then(|percent| StateOfCharge::from_percent(percent.into())),
            voltage: voltage.map(Volts::new),
            current: current.map(Amps::new),
            energy: energy.map(WattHours::from_kilowatt_hours),
            uptime,
            repair: match (is_shifted, read.is_some() && uptime.is_none()) {
                (true, false) => Some(RadioRepair::Address),
                (true, true) => Some(RadioRepair::AddressAndTime),
                (false, true) => Some(RadioRepair::Time),
                (false, false) => None,
            },
        })
    }
}

/// A row that we have written: whole, with any address, and the time of day instead of an uptime.
fn of_ours(line: u64, fields: &Fields<'_>, columns: &Columns) -> Result<RecordedMessage, Fault> {
    const WANTED: &str = "an address, as 4C:11:AE:B3:84:30";
    let read = |text: &[u8]| std::str::from_utf8(text).ok()?.parse::<MacAddress>().ok();
    let sender = fields.read(columns.mac, WANTED, read)?;
    let soc = fields.number(columns.soc)?;
    let is_station = soc == Some(f64::from(STATION));
    let percent = soc.filter(|_| !is_station);
    let number = |column| fields.number(column);
    Ok(RecordedMessage {
        line,
        sender: sender.ok_or_else(|| Fault::cell("MAC", fields.text(columns.mac), WANTED))?,
        is_station,
        soc: percent.and_then(StateOfCharge::from_percent),
        voltage: number(columns.voltage)?.map(Volts::new),
        current: number(columns.current)?.map(Amps::new),
        energy: number(columns.energy)?.map(WattHours::from_kilowatt_hours),
        uptime: None,
        repair: None,
    })
}

/// The sender's address, and whether a byte of it had been swallowed.
fn sender(fields: &Fields<'_>, column: Option<Column>) -> Result<(MacAddress, bool), Fault> {
    const WANTED: &str = "the address of a board, as 4C:11:AE:B3:84:30";
    let read = |text: &[u8]| std::str::from_utf8(text).ok()?.parse::<MacAddress>().ok();
    let seen = fields.read(column, WANTED, read)?;
    let is_board = |octets: [u8; 6]| BOARDS.iter().any(|board| octets.starts_with(board));
    let found = seen.and_then(|seen| {
        if is_board(seen.octets()) {
            return Some((seen, false));
        }
        let restored = restorations(seen.octets()).find(|octets| is_board(*octets))?;
        Some((MacAddress::new(restored), true))
    });
    found.ok_or_else(|| Fault::cell("MAC", fields.text(column), WANTED))
}

/// The addresses that read like this one when one of their bytes is swallowed and the padding
/// byte behind them moves up.
fn restorations([a, b, c, d, e, padding]: [u8; 6]) -> impl Iterator<Item = [u8; 6]> {
    let with = move |byte| {
        [
            [byte, a, b, c, d, e],
            [a, byte, b, c, d, e],
            [a, b, byte, c, d, e],
            [a, b, c, byte, d, e],
            [a, b, c, d, byte, e],
            [a, b, c, d, e, byte],
        ]
    };
    let is_shifted = padding == 0;
    SWALLOWED
        .into_iter()
        .filter(move |_| is_shifted)
        .flat_map(with)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "MAC,SOC,BatteryVoltage,BatteryCurrent,AvailableEnergy,ChargingStatus,\
        Speed,Acceleration,Gear,BrakeStatus,Latitude,Longitude,Altitude,GPSValid,IsCharging,\
        DesiredSOC,ReadyToCharge,Timestamp";

    fn read(lines: &[&str]) -> Vec<Result<RecordedMessage, Fault>> {
        let table = Table::new(HEADER.as_bytes()).unwrap();
        let columns = Columns::find(&table).unwrap();
        let mut rows = Rows::new(table, columns);
        lines
            .iter()
            .map(|line| rows.parse(2, line.as_bytes()))
            .collect()
    }

    fn line(mac: &str, soc: u32, time: u32) -> String {
        format!("{mac},{soc},226.3,13.0,0.1,0x00,0.0,0,,0,1.5,-2.5,0.0,0,NO,0,NO,{time}")
    }

    #[test]
    fn swallowed_byte_of_the_address_is_restored_and_the_time_known_to_256_ms() {
        // The test vector of the recordings' page: line 14, sent at 932.0 s.
        let row = read(&[&line("4C:AE:B3:84:30:00", 65535, 3_221_229_112)])[0]
            .clone()
            .unwrap();
        assert_eq!(row.sender.to_string(), "4C:11:AE:B3:84:30");
        assert!(row.is_station);
        assert_eq!((row.soc, row.repair), (None, Some(RadioRepair::Address)));
        let uptime = row.uptime.unwrap().as_millis();
        assert!((932_029 - 256..=932_029).contains(&uptime), "{uptime}");
    }

    #[test]
    fn row_that_lost_two_bytes_is_refused() {
        let row = read(&[&line("AE:B3:84:30:00:B8", 65535, 771_751_956)])[0].clone();
        assert!(matches!(row, Err(Fault::Cell { column: "MAC", .. })));
    }

    #[test]
    fn time_that_lost_a_byte_is_unknown_and_a_restarted_board_is_not() {
        let bench = |time| line("EC:64:C9:91:B2:90", 75, time);
        let lines = [
            bench(265_074),
            bench(1_526_727_757),
            bench(269_096),
            bench(2002),
        ];
        let rows = read(&lines.each_ref().map(String::as_str));
        let rows: Vec<_> = rows.into_iter().map(Result::unwrap).collect();
        assert_eq!(rows[1].repair, Some(RadioRepair::Time));
        assert_eq!(rows[1].uptime, None);
        assert_eq!(rows[2].uptime, Some(Duration::from_millis(269_096)));
        assert_eq!(
            (rows[3].repair, rows[3].uptime),
            (None, Some(Duration::from_millis(2002)))
        );
        assert_eq!(rows[0].soc, StateOfCharge::from_percent(75.0));
    }
}
