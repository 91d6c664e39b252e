//! The `GPS` line: what the receiver reports. Not here: whether to believe it (the vehicle role).
//!
//! `GPS <lat> <lon> <alt> <speed> <sats> <hdop> <Y-M-D h:m:s> <valid>`, reference (a). Numbers in
//! the date and time are not padded, there is a blank between date and time, and the word `INVALID`
//! stands for both when the receiver has none. The printed hour is that of UTC plus one without a
//! carry, so 23:10 UTC is printed as 24:10 with the date of UTC.

use core::fmt;
use core::ops::RangeInclusive;

use v2x_units::{CivilTime, GnssFix, KilometersPerHour, Meters, UtcTime};

use super::super::fields::{Field, Fields, parse_position, sayable, sayable_positive};
use super::super::line_error::{EmitError, LineError};

/// Stands for date and time when the receiver has none.
const NO_TIME: &str = "INVALID";
/// The hours the collector can print: those of UTC plus one.
const PRINTED_HOURS: RangeInclusive<u32> = 1..=24;

/// Reads the fields after the word `GPS`.
pub(super) fn parse_fields(mut fields: Fields<'_>) -> Result<GnssFix, LineError> {
    let position = parse_position(fields.take("latitude"), fields.take("longitude"), 6..=6)?;
    let altitude = fields
        .take("altitude")
        .decimal(1..=1, "metres with one decimal")?;
    let speed = fields
        .take("speed")
        .unsigned_decimal(1, "km/h, 0 or more, with one decimal")?;
    let satellites = parse_satellites(fields.take("satellites"))?;
    let hdop = fields
        .take("HDOP")
        .unsigned_decimal(2, "a number, 0 or more, with two decimals")?;
    let utc = parse_time(&mut fields)?;
    let valid = fields.take("valid flag").flag("0 or 1")?;
    fields.end()?;
    Ok(GnssFix {
        position,
        altitude: Some(Meters::new(altitude)),
        speed: Some(KilometersPerHour::new(speed)),
        satellites: Some(satellites),
        hdop: Some(hdop),
        utc,
        valid,
    })
}

/// Reads a number of satellites.
pub(super) fn parse_satellites(field: Field<'_>) -> Result<u8, LineError> {
    const EXPECTED: &str = "a whole number, 0 to 255";
    let number = field.whole(3, 0..=255, EXPECTED)?;
    u8::try_from(number).map_err(|_| field.refuse(EXPECTED))
}

/// Reads date and time, or the word that stands for both.
fn parse_time(fields: &mut Fields<'_>) -> Result<Option<UtcTime>, LineError> {
    let date = fields.take("date");
    if date.text.eq_ignore_ascii_case(NO_TIME.as_bytes()) {
        return Ok(None);
    }
    let time = fields.take("time");
    let [year, month, day] = split_in_three(date, b'-', ["year", "month", "day"])
        .ok_or_else(|| date.refuse("a date as 2025-8-28, or INVALID"))?;
    let [hour, minute, second] = split_in_three(time, b':', ["hour", "minute", "second"])
        .ok_or_else(|| time.refuse("a time as 15:6:5"))?;

    let printed_hour = hour.whole(2, PRINTED_HOURS, "1 to 24: the hour of UTC plus one")?;
    let small = |field: Field<'_>, largest: u32, expected| {
        let number = field.whole(2, 0..=largest, expected)?;
        u8::try_from(number).map_err(|_| field.refuse(expected))
    };
    let civil = CivilTime {
        year: year
            .whole(4, 1970..=9999, "1970 to 9999")?
            .try_into()
            .map_err(|_| year.refuse("1970 to 9999"))?,
        month: small(month, 12, "1 to 12")?,
        day: small(day, 31, "a day of that month")?,
        hour: u8::try_from(printed_hour - 1).map_err(|_| hour.refuse("1 to 24"))?,
        minute: small(minute, 59, "0 to 59")?,
        second: small(second, 59, "0 to 59")?,
        micros: 0,
    };
    match civil.to_utc() {
        Ok(utc) => Ok(Some(utc)),
        Err(_) => Err(date.refuse("a date that the calendar has")),
    }
}

fn split_in_three<'a>(
    field: Field<'a>,
    separator: u8,
    names: [&'static str; 3],
) -> Option<[Field<'a>; 3]> {
    let [first, rest] = field.split(separator, [names[0], names[1]])?;
    let [second, third] = rest.split(separator, [names[1], names[2]])?;
    Some([first, second, third])
}

/// Writes a fix as the collector prints it, without the line's end. Fractions of a second are left
/// out: the line has no place for them.
///
/// # Errors
/// [`EmitError::CannotSay`] for a value that the receiver did not give (only the time may be
/// missing), that is no finite number, or that has too many digits; else those of the writer.
pub fn emit_gnss(fix: &GnssFix, out: &mut impl fmt::Write) -> Result<(), EmitError> {
    let altitude = sayable("altitude", fix.altitude.map(Meters::get))?;
    let speed = sayable_positive("speed", fix.speed.map(KilometersPerHour::get))?;
    let satellites = fix.satellites.ok_or(EmitError::CannotSay {
        field: "number of satellites",
        expected: "known",
    })?;
    let hdop = sayable_positive("HDOP", fix.hdop)?;
    let civil = fix.utc.map(UtcTime::civil);
    if civil.is_some_and(|civil| !(1970..=9999).contains(&civil.year)) {
        return Err(EmitError::CannotSay {
            field: "year",
            expected: "1970 to 9999",
        });
    }
    write!(
        out,
        "GPS {:.6} {:.6} {altitude:.1} {speed:.1} {satellites} {hdop:.2} ",
        fix.position.latitude().get(),
        fix.position.longitude().get(),
    )?;
    match civil {
        Some(c) => write!(
            out,
            "{}-{}-{} {}:{}:{}",
            c.year,
            c.month,
            c.day,
            c.hour + 1,
            c.minute,
            c.second
        )?,
        None => out.write_str(NO_TIME)?,
    }
    write!(out, " {}", u8::from(fix.valid))?;
    Ok(())
}
