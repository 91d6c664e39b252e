//! Tables of frames: the prototype's `can_data.csv` and all its relatives.
//!
//! Read: any table whose header names `can_id`, `dlc` and `data_hex` (or `data`), with a time in
//! `timestamp` or `time_ms` or none; other columns are passed over. So `filtered.csv`,
//! `parsed_can_data_*.csv` and tables made from bus traces are read as well.
//! Written: the ten columns of the prototype since August 2025. Candump logs are in
//! [`crate::candump`].

use std::io::{self, Write};
use std::time::Duration;

use v2x_units::{CanFrame, CanId, GnssFix, UtcTime};

use crate::cell::{Cell, number};
use crate::damaged::Fault;
use crate::frames::RecordedFrame;
use crate::hex;
use crate::rows::ParseRow;
use crate::stamp;
use crate::table::{Column, Fields, Table};

/// The first line of a `can_data.csv`.
pub const HEADER: &str = "timestamp,can_id,dlc,data_hex,data_bytes,\
    gps_lat,gps_lon,gps_alt,gps_speed,gps_valid\n";

/// Marks a 29-bit identifier in `can_id`, as SocketCAN (linux/can.h) and the collector do.
const EXTENDED_FLAG: u32 = 0x8000_0000;
/// Marks a remote frame in `can_id`.
const REMOTE_FLAG: u32 = 0x4000_0000;
/// Marks an error frame in `can_id`.
const ERROR_FLAG: u32 = 0x2000_0000;
/// The digits of an identifier that is extended even without the flag.
const EXTENDED_DIGITS: usize = 8;

/// The rows of a table of frames.
#[derive(Debug)]
pub struct Rows {
    table: Table,
    columns: Columns,
}

/// Where the columns of frames stand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns {
    timestamp: Option<Column>,
    time_ms: Option<Column>,
    can_id: Option<Column>,
    dlc: Option<Column>,
    data: Option<Column>,
}

impl Columns {
    /// Finds the columns; `None` when the table holds no frames.
    pub(crate) fn find(table: &Table) -> Option<Self> {
        Some(Self {
            timestamp: table.column("timestamp"),
            time_ms: table.column("time_ms"),
            can_id: Some(table.column("can_id")?),
            dlc: Some(table.column("dlc")?),
            data: Some(table.column("data_hex").or_else(|| table.column("data"))?),
        })
    }
}

impl Rows {
    pub(crate) fn new(table: Table, columns: Columns) -> Self {
        Self { table, columns }
    }
}

impl ParseRow for Rows {
    type Row = RecordedFrame;

    fn parse(&mut self, line: u64, text: &[u8]) -> Result<RecordedFrame, Fault> {
        let columns = self.columns;
        let fields = self.table.row(text)?;
        let at = match fields.text(columns.timestamp) {
            b"" => None,
            stamp => Some(stamp::parse(stamp)?),
        };
        let since_start = fields
            .parsed(columns.time_ms, "whole milliseconds")?
            .map(Duration::from_millis);
        Ok(RecordedFrame {
            at,
            since_start,
            line,
            frame: frame(&fields, &columns)?,
        })
    }
}

fn frame(fields: &Fields<'_>, columns: &Columns) -> Result<CanFrame, Fault> {
    let (id, remote) = parse_id(fields.text(columns.can_id))?;
    let text = fields.text(columns.dlc);
    let dlc = match *text {
        [digit @ b'0'..=b'8'] => digit - b'0',
        _ => return Err(Fault::cell("dlc", text, "one digit, 0 to 8")),
    };
    let payload = hex::spaced(fields.text(columns.data))?;
    let data = payload.bytes();
    // The collector prints zeros for the bytes that a remote frame only asks for.
    if data.len() != usize::from(dlc) && !(remote && data.is_empty()) {
        return Err(Fault::Length {
            dlc,
            bytes: data.len(),
        });
    }
    let frame = if remote {
        CanFrame::remote(id, dlc)
    } else {
        CanFrame::new(id, data)
    };
    frame.ok_or(Fault::TooManyBytes(data.len()))
}

/// Reads an identifier, with or without `0x`, and whether it is of a remote frame.
fn parse_id(text: &[u8]) -> Result<(CanId, bool), Fault> {
    let digits = text.strip_prefix(b"0x").unwrap_or(text);
    let number = hex::number(digits)
        .ok_or_else(|| Fault::cell("can_id", text, "1 to 8 hex digits, with or without 0x"))?;
    if number & ERROR_FLAG != 0 {
        return Err(Fault::OtherKind("an error frame"));
    }
    let remote = number & REMOTE_FLAG != 0;
    let bits = number & !(EXTENDED_FLAG | REMOTE_FLAG);
    let extended = number & EXTENDED_FLAG != 0 || (digits.len() == EXTENDED_DIGITS && !remote);
    let id = if extended {
        CanId::extended(bits)?
    } else {
        CanId::standard(bits)?
    };
    Ok((id, remote))
}

/// Writes one frame with the fix that was current when it was received, and the line's end.
///
/// # Errors
/// When the time is before 1970 or the writer fails.
pub fn write_row(
    out: &mut impl Write,
    at: UtcTime,
    frame: &CanFrame,
    fix: Option<&GnssFix>,
) -> io::Result<()> {
    stamp::write_nanos(out, at)?;
    write!(out, ",{:03X},{}", flagged_id(frame), frame.dlc())?;
    // The prototype writes the bytes twice; whoever reads either column finds them.
    for _ in 0..2 {
        let mut separator = ",";
        if frame.data().is_empty() {
            out.write_all(b",")?;
        }
        for byte in frame.data() {
            write!(out, "{separator}{byte:02X}")?;
            separator = " ";
        }
    }
    writeln!(
        out,
        ",{},{},{},{},{}",
        number(fix.map(|fix| fix.position.latitude().get()), 6),
        number(fix.map(|fix| fix.position.longitude().get()), 6),
        number(fix.and_then(|fix| fix.altitude).map(|it| it.get()), 1),
        number(fix.and_then(|fix| fix.speed).map(|it| it.get()), 1),
        Cell(fix.map(|fix| u8::from(fix.valid))),
    )
}

/// The identifier with SocketCAN's flags, as the prototype writes it.
fn flagged_id(frame: &CanFrame) -> u32 {
    let mut id = frame.id().raw();
    if frame.id().is_extended() {
        id |= EXTENDED_FLAG;
    }
    if frame.is_remote() {
        id |= REMOTE_FLAG;
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use v2x_units::{Degrees, KilometersPerHour, Meters, Position};

    fn read(header: &str, line: &str) -> Result<RecordedFrame, Fault> {
        let table = Table::new(header.as_bytes()).unwrap();
        let columns = Columns::find(&table).unwrap();
        Rows::new(table, columns).parse(2, line.as_bytes())
    }

    fn power() -> CanFrame {
        let data = [0x05, 0x96, 0xE7, 0x54, 0x6D, 0x58, 0x00, 0x6F];
        CanFrame::new(CanId::standard(0x155).unwrap(), &data).unwrap()
    }

    #[test]
    fn columns_are_found_by_name_in_every_variant() {
        let bytes = "05 96 E7 54 6D 58 00 6F";
        for (header, line) in [
            ("can_id,dlc,data", format!("155,8,{bytes}")),
            (
                "timestamp,can_id,dlc,data_hex",
                format!("1.5,0x155,8,{bytes}"),
            ),
            (
                "seq,time_ms,can_id,sender,dlc,data_hex",
                format!("0,,155,BMS,8,{bytes}"),
            ),
            (
                "line,can_id,dlc,data_hex,heading",
                format!("15,155,8,{bytes},\"a, b\""),
            ),
        ] {
            assert_eq!(read(header, &line).unwrap().frame, power(), "{header}");
        }
    }

    #[test]
    fn time_is_absolute_relative_or_unknown_as_the_table_says() {
        let absolute = read("timestamp,can_id,dlc,data_hex", "7.25,080,0,").unwrap();
        assert_eq!(absolute.at, Some(UtcTime::from_micros(7_250_000)));
        let relative = read("time_ms,can_id,dlc,data_hex", "12,080,0,").unwrap();
        assert_eq!(relative.at, None);
        assert_eq!(relative.since_start, Some(Duration::from_millis(12)));
        let unknown = read("time_ms,can_id,dlc,data_hex", ",080,0,").unwrap();
        assert_eq!((unknown.at, unknown.since_start), (None, None));
    }

    #[test]
    fn identifier_carries_the_flags_of_the_collector() {
        let id = |text: &str| parse_id(text.as_bytes());
        let extended = CanId::extended(0x18DA_F110).unwrap();
        assert_eq!(id("98DAF110"), Ok((extended, false)));
        assert_eq!(id("18DAF110"), Ok((extended, false)));
        assert_eq!(id("D8DAF110"), Ok((extended, true)));
        assert_eq!(id("40000155"), Ok((CanId::standard(0x155).unwrap(), true)));
        assert_eq!(id("015"), Ok((CanId::standard(0x15).unwrap(), false)));
        assert!(matches!(id("1558"), Err(Fault::CanId(_))));
        assert!(matches!(id("20000004"), Err(Fault::OtherKind(_))));
        assert!(matches!(id(""), Err(Fault::Cell { .. })));
    }

    #[test]
    fn damaged_rows_say_what_is_wrong_with_them() {
        let fault = |line: &str| {
            read("timestamp,can_id,dlc,data_hex", line)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            fault("1.5,155,8,05 96"),
            "dlc is 8 and the frame has 2 bytes"
        );
        assert_eq!(
            fault("1.5,155,9,05 96"),
            "dlc is \"9\"; it should be one digit, 0 to 8"
        );
        assert_eq!(
            fault("1.5,155,1,0Z"),
            "the frame's bytes contain 'Z'; they should be pairs of hex digits"
        );
        assert_eq!(
            fault("1.5,155,1,05,1.6,155,1,05"),
            "the row has 8 fields and the header 4; it was cut or joined with another"
        );
        assert!(fault("then,155,1,05").starts_with("timestamp is \"then\""));
    }

    #[test]
    fn row_is_written_in_the_columns_of_the_prototype() {
        let fix = GnssFix {
            position: Position::new(Degrees::new(1.25), Degrees::new(-2.5)).unwrap(),
            altitude: Some(Meters::new(138.25)),
            speed: Some(KilometersPerHour::new(0.0)),
            satellites: Some(8),
            hdop: None,
            utc: None,
            valid: true,
        };
        let at = UtcTime::from_micros(1_753_260_346_401_033);
        let mut table = Vec::new();
        write_row(&mut table, at, &power(), Some(&fix)).unwrap();
        write_row(&mut table, at, &power(), None).unwrap();
        let sync = CanFrame::new(CanId::standard(0x80).unwrap(), &[]).unwrap();
        write_row(&mut table, at, &sync, None).unwrap();
        assert_eq!(
            String::from_utf8(table).unwrap(),
            "1753260346.401033000,155,8,05 96 E7 54 6D 58 00 6F,05 96 E7 54 6D 58 00 6F,\
             1.250000,-2.500000,138.2,0.0,1\n\
             1753260346.401033000,155,8,05 96 E7 54 6D 58 00 6F,05 96 E7 54 6D 58 00 6F,,,,,\n\
             1753260346.401033000,080,0,,,,,,,\n"
        );
    }
}
