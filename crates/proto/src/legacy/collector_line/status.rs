//! The `STATUS` line: how the collector itself is, every five seconds.
//!
//! `STATUS CAN:<OK|NO> GPS:<OK|NO> Sats:<n> HDOP:<x.x>[ Pos:<lat>,<lon> Speed:<x.x>km/h]`,
//! reference (a). The reference does not say how many decimals `Pos` has: any number up to six is
//! read, six are written. Fixes for the log come from the `GPS` line, not from here.

use core::fmt;

use v2x_units::{KilometersPerHour, Position};

use super::super::fields::{Field, Fields, parse_position, sayable_positive};
use super::super::line_error::{EmitError, LineError};
use super::gnss::parse_satellites;

/// How the collector is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CollectorStatus {
    /// A CAN frame arrived in the last two seconds.
    pub can_alive: bool,
    /// The receiver has had a fix since boot; the collector never takes this back.
    pub gnss_fixed: bool,
    /// Satellites used, 0 to 255.
    pub satellites: u8,
    /// Horizontal dilution of precision, without unit, 0 or more.
    pub hdop: f64,
    /// Where it is, once the receiver has had a fix.
    pub fix: Option<StatusFix>,
}

/// The optional end of a `STATUS` line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StatusFix {
    /// Where, in WGS 84.
    pub position: Position,
    /// Speed over ground, 0 or more.
    pub speed: KilometersPerHour,
}

/// Reads the fields after the word `STATUS`.
pub(super) fn parse_fields(mut fields: Fields<'_>) -> Result<CollectorStatus, LineError> {
    let can_alive = parse_ok(fields.take("CAN"), b"CAN:", "CAN:OK or CAN:NO")?;
    let gnss_fixed = parse_ok(fields.take("GPS"), b"GPS:", "GPS:OK or GPS:NO")?;
    let satellites = fields
        .take("satellites")
        .after(b"Sats:", "Sats: and a number")?;
    let satellites = parse_satellites(satellites)?;
    let hdop = fields
        .take("HDOP")
        .after(b"HDOP:", "HDOP: and a number")?
        .unsigned_decimal(1, "a number, 0 or more, with one decimal")?;
    let position = fields.take("position");
    let fix = if position.text.is_empty() {
        None
    } else {
        Some(parse_fix(position, fields.take("speed"))?)
    };
    fields.end()?;
    Ok(CollectorStatus {
        can_alive,
        gnss_fixed,
        satellites,
        hdop,
        fix,
    })
}

fn parse_ok(
    field: Field<'_>,
    label: &'static [u8],
    expected: &'static str,
) -> Result<bool, LineError> {
    match field.after(label, expected)?.text {
        b"OK" => Ok(true),
        b"NO" => Ok(false),
        _ => Err(field.refuse(expected)),
    }
}

fn parse_fix(position: Field<'_>, speed: Field<'_>) -> Result<StatusFix, LineError> {
    const PLACE: &str = "Pos:<latitude>,<longitude>";
    let [latitude, longitude] = position
        .after(b"Pos:", PLACE)?
        .split(b',', ["latitude", "longitude"])
        .ok_or_else(|| position.refuse(PLACE))?;
    const SPEED: &str = "Speed:<km/h with one decimal>km/h";
    let number = speed
        .after(b"Speed:", SPEED)?
        .before(b"km/h", SPEED)?
        .unsigned_decimal(1, SPEED)?;
    Ok(StatusFix {
        position: parse_position(latitude, longitude, 1..=6)?,
        speed: KilometersPerHour::new(number),
    })
}

/// Writes a status as the collector prints it, without the line's end.
///
/// # Errors
/// [`EmitError::CannotSay`] for a number that is negative, not finite, or has too many digits;
/// else those of the writer.
pub fn emit_status(status: &CollectorStatus, out: &mut impl fmt::Write) -> Result<(), EmitError> {
    let word = |good: bool| if good { "OK" } else { "NO" };
    let hdop = sayable_positive("HDOP", Some(status.hdop))?;
    let fix = match status.fix {
        Some(fix) => Some((
            fix.position,
            sayable_positive("speed", Some(fix.speed.get()))?,
        )),
        None => None,
    };
    write!(
        out,
        "STATUS CAN:{} GPS:{} Sats:{} HDOP:{hdop:.1}",
        word(status.can_alive),
        word(status.gnss_fixed),
        status.satellites,
    )?;
    if let Some((position, speed)) = fix {
        write!(
            out,
            " Pos:{:.6},{:.6} Speed:{speed:.1}km/h",
            position.latitude().get(),
            position.longitude().get(),
        )?;
    }
    Ok(())
}
