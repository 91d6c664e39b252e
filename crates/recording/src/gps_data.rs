//! Tables of GNSS fixes: `gps_data.csv`.
//!
//! The prototype splits the receiver's date and time at their blank, so in its rows `datetime`
//! holds the date only and `valid` the local hour. Of such a row the position, the speed and the
//! rest are kept; the fix is dated by the row's own timestamp. We write `datetime` whole and
//! `valid` as 0 or 1, which is also how the two are told apart.
//! Judging a fix (repeated, stale) is the vehicle role's work.

use std::io::{self, Write};

use v2x_units::{CivilTime, Degrees, GnssFix, KilometersPerHour, Meters, Position, UtcTime};

use crate::cell::{Cell, number};
use crate::damaged::Fault;
use crate::rows::ParseRow;
use crate::stamp;
use crate::table::{Column, Fields, Table};

/// The first line of a `gps_data.csv`.
pub const HEADER: &str =
    "timestamp,latitude,longitude,altitude,speed_kmh,satellites,hdop,datetime,valid\n";

/// One row of a table of fixes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecordedFix {
    /// When the line was received.
    pub at: UtcTime,
    /// The line in the file; the first is 1.
    pub line: u64,
    /// The fix. In rows of the prototype its time is that of the row, and it counts as valid
    /// unless it lies at 0, 0: the collector sends no other fixes.
    pub fix: GnssFix,
}

/// The rows of a table of fixes.
#[derive(Debug)]
pub struct Rows {
    table: Table,
    columns: Columns,
}

/// Where the columns of fixes stand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns {
    timestamp: Option<Column>,
    latitude: Option<Column>,
    longitude: Option<Column>,
    altitude: Option<Column>,
    speed: Option<Column>,
    satellites: Option<Column>,
    hdop: Option<Column>,
    datetime: Option<Column>,
    valid: Option<Column>,
}

impl Columns {
    /// Finds the columns; `None` when the table holds no fixes.
    pub(crate) fn find(table: &Table) -> Option<Self> {
        Some(Self {
            timestamp: Some(table.column("timestamp")?),
            latitude: Some(table.column("latitude")?),
            longitude: Some(table.column("longitude")?),
            altitude: table.column("altitude"),
            speed: table.column("speed_kmh"),
            satellites: table.column("satellites"),
            hdop: table.column("hdop"),
            datetime: table.column("datetime"),
            valid: table.column("valid"),
        })
    }
}

impl Rows {
    pub(crate) fn new(table: Table, columns: Columns) -> Self {
        Self { table, columns }
    }
}

impl ParseRow for Rows {
    type Row = RecordedFix;

    fn parse(&mut self, line: u64, text: &[u8]) -> Result<RecordedFix, Fault> {
        let columns = self.columns;
        let fields = self.table.row(text)?;
        let at = stamp::parse(fields.text(columns.timestamp))?;
        let position = position(&fields, columns.latitude, columns.longitude)?;
        let (utc, valid) = match fields.text(columns.datetime) {
            [] => (None, fields.flag(columns.valid)?.unwrap_or(false)),
            text @ [.., b'Z'] => (
                Some(parse_iso(text)?),
                fields.flag(columns.valid)?.unwrap_or(false),
            ),
            _ => (Some(at), !position.is_null_island()),
        };
        let fix = GnssFix {
            position,
            altitude: fields.number(columns.altitude)?.map(Meters::new),
            speed: fields.number(columns.speed)?.map(KilometersPerHour::new),
            satellites: fields.parsed(columns.satellites, "a count up to 255")?,
            hdop: fields.number(columns.hdop)?,
            utc,
            valid,
        };
        Ok(RecordedFix { at, line, fix })
    }
}

/// Reads a position; an empty coordinate is a fault, for a fix without a place is none.
pub(crate) fn position(
    fields: &Fields<'_>,
    latitude: Option<Column>,
    longitude: Option<Column>,
) -> Result<Position, Fault> {
    let degrees = |column, name| match fields.number(column)? {
        Some(degrees) => Ok(Degrees::new(degrees)),
        None => Err(Fault::cell(name, b"", "degrees")),
    };
    let (north, east) = (
        degrees(latitude, "latitude")?,
        degrees(longitude, "longitude")?,
    );
    Ok(Position::new(north, east)?)
}

/// Reads `2025-08-28T15:56:22.500Z`, the form in which [`UtcTime`] prints itself.
fn parse_iso(text: &[u8]) -> Result<UtcTime, Fault> {
    iso(text).ok_or_else(|| {
        Fault::cell(
            "datetime",
            text,
            "a date and time as 2025-08-28T15:56:22.500Z",
        )
    })
}

fn iso(text: &[u8]) -> Option<UtcTime> {
    const PATTERN: &[u8] = b"0000-00-00T00:00:00.000Z";
    let fits = |(&seen, &wanted): (&u8, &u8)| match wanted {
        b'0' => seen.is_ascii_digit(),
        mark => seen == mark,
    };
    if text.len() != PATTERN.len() || !text.iter().zip(PATTERN).all(fits) {
        return None;
    }
    let digits =
        |from, to| -> Option<u16> { std::str::from_utf8(text.get(from..to)?).ok()?.parse().ok() };
    let small = |from| u8::try_from(digits(from, from + 2)?).ok();
    CivilTime {
        year: i32::from(digits(0, 4)?),
        month: small(5)?,
        day: small(8)?,
        hour: small(11)?,
        minute: small(14)?,
        second: small(17)?,
        micros: u32::from(digits(20, 23)?) * 1000,
    }
    .to_utc()
    .ok()
}

/// Writes one fix and the time at which it was received, and the line's end.
///
/// # Errors
/// When that time is before 1970 or the writer fails.
pub fn write_row(out: &mut impl Write, at: UtcTime, fix: &GnssFix) -> io::Result<()> {
    stamp::write_nanos(out, at)?;
    writeln!(
        out,
        ",{},{},{},{},{},{},{},{}",
        number(Some(fix.position.latitude().get()), 6),
        number(Some(fix.position.longitude().get()), 6),
        number(fix.altitude.map(Meters::get), 1),
        number(fix.speed.map(KilometersPerHour::get), 1),
        Cell(fix.satellites),
        number(fix.hdop, 2),
        Cell(fix.utc),
        u8::from(fix.valid),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<RecordedFix, Fault> {
        let table = Table::new(HEADER.trim_end().as_bytes()).unwrap();
        let columns = Columns::find(&table).unwrap();
        Rows::new(table, columns).parse(2, line.as_bytes())
    }

    #[test]
    fn hour_of_the_prototype_is_no_validity_and_its_date_is_no_time() {
        let row = read("1756396582.250000000,1.5,-2.5,143.2,0.3,8,1.13,2025-8-28,16").unwrap();
        assert_eq!(
            row.fix.utc,
            Some(UtcTime::from_micros(1_756_396_582_250_000))
        );
        assert!(row.fix.valid);
        assert_eq!(row.fix.satellites, Some(8));
        let nowhere = read("1756396582.25,0.000000,0.000000,0.0,0.0,0,99.99,INVALID,1").unwrap();
        assert!(!nowhere.fix.valid);
    }

    #[test]
    fn our_row_carries_the_receivers_time_and_its_word() {
        let line = "1756396582.250000000,1.500000,-2.500000,,0.3,,1.13,2025-08-28T15:56:22.500Z,0";
        let row = read(line).unwrap();
        assert_eq!(
            row.fix.utc,
            Some(UtcTime::from_micros(1_756_396_582_500_000))
        );
        assert!(!row.fix.valid);
        assert_eq!((row.fix.altitude, row.fix.satellites), (None, None));
        let mut written = Vec::new();
        write_row(&mut written, row.at, &row.fix).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), format!("{line}\n"));
    }

    #[test]
    fn row_without_a_place_on_earth_is_damaged() {
        let fault = |line: &str| read(line).unwrap_err();
        assert!(matches!(fault("1.5,91.0,0,0,0,0,0,,1"), Fault::Position(_)));
        assert!(matches!(fault("1.5,,0,0,0,0,0,,1"), Fault::Cell { .. }));
        assert!(matches!(
            fault("1.5,1,1,0,0,0,0,2025-02-30T00:00:00.000Z,1"),
            Fault::Cell {
                column: "datetime",
                ..
            }
        ));
        assert!(matches!(
            fault("1.5,1,1,0,0,0,0,,15"),
            Fault::Cell {
                column: "valid",
                ..
            }
        ));
    }
}
