//! Fields that several V2G messages have: optional numbers, times, places, names.
//!
//! Not whole messages (`message/`). A missing number travels as all ones, and no present one
//! does: that value is refused when it is written.

use heapless::String;
use v2x_units::{Degrees, Position};

use crate::limits::TARIFF_NAME_MAX;
use crate::link::body::{BodyError, Problem, Reader, Writer};
use crate::secure::UtcSecond;

/// Hundred-thousandths of a hundredth: steps of a coordinate in one degree.
const COORDINATE_STEPS: f64 = 1e7;

/// The name of a tariff: up to 16 bytes of text.
pub type TariffName = String<TARIFF_NAME_MAX>;

/// Looks a byte up in a table of codes.
pub(super) fn coded_byte<T>(
    from: &mut Reader<'_>,
    field: &'static str,
    from_code: fn(u8) -> Option<T>,
) -> Result<T, BodyError> {
    let seen = from.u8(field)?;
    from_code(seen).ok_or_else(|| {
        let right = "docs/protocol/v2g.md lists the codes";
        let seen = i64::from(seen);
        from.error(field, Problem::Value { seen, right })
    })
}

/// Reads a number with `steps` to the unit; all ones is none.
pub(super) fn optional_u16(
    from: &mut Reader<'_>,
    field: &'static str,
    steps: f64,
) -> Result<Option<f64>, BodyError> {
    let raw = from.u16(field)?;
    Ok((raw != u16::MAX).then_some(f64::from(raw) / steps))
}

/// Reads a number with `steps` to the unit; all ones is none.
pub(super) fn optional_u32(
    from: &mut Reader<'_>,
    field: &'static str,
    steps: f64,
) -> Result<Option<f64>, BodyError> {
    let raw = from.u32(field)?;
    Ok((raw != u32::MAX).then_some(f64::from(raw) / steps))
}

/// Reads a number with a sign and `steps` to the unit; the most negative is none.
pub(super) fn optional_i32(
    from: &mut Reader<'_>,
    field: &'static str,
    steps: f64,
) -> Result<Option<f64>, BodyError> {
    let raw = from.i32(field)?;
    Ok((raw != i32::MIN).then_some(f64::from(raw) / steps))
}

/// Writes what [`optional_u16`] reads.
pub(super) fn write_optional_u16(
    to: &mut Writer<'_>,
    field: &'static str,
    value: Option<f64>,
    steps: f64,
) -> Result<(), BodyError> {
    match value {
        None => to.u16(field, u16::MAX),
        Some(value) if value * steps >= f64::from(u16::MAX) - 0.5 => {
            Err(to.error(field, Problem::Range))
        }
        Some(value) => to.scaled(field, value, steps, u16::to_le_bytes),
    }
}

/// Writes what [`optional_u32`] reads.
pub(super) fn write_optional_u32(
    to: &mut Writer<'_>,
    field: &'static str,
    value: Option<f64>,
    steps: f64,
) -> Result<(), BodyError> {
    match value {
        None => to.u32(field, u32::MAX),
        Some(value) if value * steps >= f64::from(u32::MAX) - 0.5 => {
            Err(to.error(field, Problem::Range))
        }
        Some(value) => to.scaled(field, value, steps, u32::to_le_bytes),
    }
}

/// Writes what [`optional_i32`] reads.
pub(super) fn write_optional_i32(
    to: &mut Writer<'_>,
    field: &'static str,
    value: Option<f64>,
    steps: f64,
) -> Result<(), BodyError> {
    match value {
        None => to.bytes(field, &i32::MIN.to_le_bytes()),
        Some(value) if value * steps <= f64::from(i32::MIN) + 0.5 => {
            Err(to.error(field, Problem::Range))
        }
        Some(value) => to.scaled(field, value, steps, i32::to_le_bytes),
    }
}

/// Reads a moment in seconds since 1970.
pub(super) fn moment(
    from: &mut Reader<'_>,
    field: &'static str,
) -> Result<Option<UtcSecond>, BodyError> {
    let raw = from.u32(field)?;
    Ok((raw != u32::MAX).then_some(UtcSecond(raw)))
}

/// Writes what [`moment`] reads.
pub(super) fn write_moment(
    to: &mut Writer<'_>,
    field: &'static str,
    value: Option<UtcSecond>,
) -> Result<(), BodyError> {
    match value {
        Some(UtcSecond(u32::MAX)) => Err(to.error(field, Problem::Range)),
        value => to.u32(field, value.map_or(u32::MAX, |second| second.0)),
    }
}

/// Reads latitude and longitude in steps of 10^-7 degrees; both are there or neither is.
pub(super) fn place(
    from: &mut Reader<'_>,
    field: &'static str,
) -> Result<Option<Position>, BodyError> {
    let latitude = optional_i32(from, field, COORDINATE_STEPS)?;
    let longitude = optional_i32(from, field, COORDINATE_STEPS)?;
    let off_the_earth = |_| from.error(field, Problem::Range);
    match (latitude, longitude) {
        (None, None) => Ok(None),
        (Some(latitude), Some(longitude)) => {
            Position::new(Degrees::new(latitude), Degrees::new(longitude))
                .map(Some)
                .map_err(off_the_earth)
        }
        _ => Err(from.error(field, Problem::Range)),
    }
}

/// Writes what [`place`] reads.
pub(super) fn write_place(
    to: &mut Writer<'_>,
    field: &'static str,
    value: Option<Position>,
) -> Result<(), BodyError> {
    let latitude = value.map(|place| place.latitude().get());
    let longitude = value.map(|place| place.longitude().get());
    write_optional_i32(to, field, latitude, COORDINATE_STEPS)?;
    write_optional_i32(to, field, longitude, COORDINATE_STEPS)
}

/// Reads a tariff's name.
pub(super) fn tariff_name(
    from: &mut Reader<'_>,
    field: &'static str,
) -> Result<TariffName, BodyError> {
    let text = from.short_text(field)?;
    TariffName::try_from(text).map_err(|_| from.error(field, Problem::Range))
}
