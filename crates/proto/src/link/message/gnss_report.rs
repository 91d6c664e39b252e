//! Type 3, GNSS report: one fix with its age and quality.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | latitude, longitude | 4 + 4 | signed, 1e-7 degrees |
//! | altitude | 4 | signed, centimetres above mean sea level, `80 00 00 00` hex: not known |
//! | geoid separation | 4 | signed, centimetres, same |
//! | speed | 2 | 0.01 km/h, FFFF hex: not known |
//! | course | 2 | 0.01 degrees, 0 to 35999, FFFF hex: not known |
//! | HDOP | 2 | 0.01, FFFF hex: not known |
//! | satellites | 1 | satellites used, FF hex: not known |
//! | quality, dimension | 1 + 1 | codes of [`FixQuality`] and [`FixDimension`] |
//! | valid | 1 | 1 when the receiver itself calls the fix good, otherwise 0 |
//! | age | 4 | milliseconds from the fix to the time in the header |
//! | UTC | 8 | signed, microseconds since 1970, `80 00 ...` hex: not known |
//!
//! A receiver without a position sends no report: [`super::BoardStatus`] says that it is alive.

use core::time::Duration;

use v2x_units::{Degrees, GnssFix, KilometersPerHour, Meters, Position, UtcTime};

use crate::link::body::{BodyError, Problem, Reader, Writer, coded};

const NAME: &str = "GNSS report";

const COORDINATE_STEPS: f64 = 1e7;
const HUNDREDTHS: f64 = 100.0;
/// The first course that is a full turn, in hundredths of a degree.
const FULL_TURN: u16 = 36_000;

coded! {
    /// Where a fix comes from: the quality field of NMEA GGA.
    FixQuality {
        /// The receiver says that it has none.
        None = 0,
        /// Satellites alone.
        Satellites = 1,
        /// Satellites with corrections (DGPS, SBAS).
        Differential = 2,
        /// Precise positioning service.
        Precise = 3,
        /// Real-time kinematic, whole ambiguities.
        RtkFixed = 4,
        /// Real-time kinematic, floating ambiguities.
        RtkFloat = 5,
        /// Carried on without satellites.
        DeadReckoning = 6,
        /// Entered by hand.
        Manual = 7,
        /// Made by a simulator.
        Simulated = 8,
        /// The receiver did not say.
        Unknown = 255,
    }
}

coded! {
    /// How many dimensions a fix has: the mode field of NMEA GSA.
    FixDimension {
        /// The receiver did not say.
        Unknown = 0,
        /// No fix.
        None = 1,
        /// Latitude and longitude.
        Two = 2,
        /// Latitude, longitude and altitude.
        Three = 3,
    }
}

/// One fix as the receiver gave it, and how old it was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GnssReport {
    /// What the receiver said.
    pub fix: GnssFix,
    /// Height of the geoid above the ellipsoid there.
    pub geoid_separation: Option<Meters>,
    /// Course over ground, 0 to 359.99 degrees from north.
    pub course: Option<Degrees>,
    /// Where the fix comes from.
    pub quality: FixQuality,
    /// How many dimensions it has.
    pub dimension: FixDimension,
    /// From the fix to the time in the header, in whole milliseconds.
    pub age: Duration,
}

impl GnssReport {
    /// The type number.
    pub const TYPE: u8 = 3;

    /// Reads a body.
    ///
    /// # Errors
    /// Names the field that is cut or has no meaning.
    pub fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(NAME, body);
        let latitude = from.i32("latitude")?;
        let longitude = from.i32("longitude")?;
        let position = Position::new(
            Degrees::new(f64::from(latitude) / COORDINATE_STEPS),
            Degrees::new(f64::from(longitude) / COORDINATE_STEPS),
        )
        .map_err(|_| {
            let seen = i64::from(latitude);
            let right = "the earth has latitudes to 90 and longitudes to 180 degrees";
            from.error("latitude, longitude", Problem::Value { seen, right })
        })?;
        let altitude = known(from.i32("altitude")?, i32::MIN);
        let geoid_separation = known(from.i32("geoid separation")?, i32::MIN);
        let speed = known(from.u16("speed")?, u16::MAX);
        let course = known(from.u16("course")?, u16::MAX);
        if let Some(course) = course.filter(|&course| course >= FULL_TURN) {
            let seen = i64::from(course);
            let right = "it must be below 36000";
            return Err(from.error("course", Problem::Value { seen, right }));
        }
        let hdop = known(from.u16("HDOP")?, u16::MAX);
        let satellites = known(from.u8("satellites")?, u8::MAX);
        let quality = from.code("quality", FixQuality::from_code)?;
        let dimension = from.code("dimension", FixDimension::from_code)?;
        let valid = from.flag("valid")?;
        let age = Duration::from_millis(u64::from(from.u32("age")?));
        let utc = known(from.i64("UTC")?, i64::MIN);
        from.end("UTC")?;
        Ok(Self {
            fix: GnssFix {
                position,
                altitude: altitude.map(|steps| Meters::new(f64::from(steps) / HUNDREDTHS)),
                speed: speed.map(|steps| KilometersPerHour::new(f64::from(steps) / HUNDREDTHS)),
                satellites,
                hdop: hdop.map(|steps| f64::from(steps) / HUNDREDTHS),
                utc: utc.map(UtcTime::from_micros),
                valid,
            },
            geoid_separation: geoid_separation
                .map(|steps| Meters::new(f64::from(steps) / HUNDREDTHS)),
            course: course.map(|steps| Degrees::new(f64::from(steps) / HUNDREDTHS)),
            quality,
            dimension,
            age,
        })
    }

    /// Writes a body, each number rounded to the step of its field.
    ///
    /// # Errors
    /// Names the field that has no room for its value, or says that `out` is too short.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(NAME, out);
        let fix = &self.fix;
        let (latitude, longitude) = (fix.position.latitude(), fix.position.longitude());
        to.scaled(
            "latitude",
            latitude.get(),
            COORDINATE_STEPS,
            i32::to_le_bytes,
        )?;
        to.scaled(
            "longitude",
            longitude.get(),
            COORDINATE_STEPS,
            i32::to_le_bytes,
        )?;
        centimetres(&mut to, "altitude", fix.altitude)?;
        centimetres(&mut to, "geoid separation", self.geoid_separation)?;
        hundredths(
            &mut to,
            "speed",
            fix.speed.map(KilometersPerHour::get),
            u16::MAX,
        )?;
        hundredths(&mut to, "course", self.course.map(Degrees::get), FULL_TURN)?;
        hundredths(&mut to, "HDOP", fix.hdop, u16::MAX)?;
        if fix.satellites == Some(u8::MAX) {
            return Err(to.error("satellites", Problem::Range));
        }
        to.u8("satellites", fix.satellites.unwrap_or(u8::MAX))?;
        to.u8("quality", self.quality.code())?;
        to.u8("dimension", self.dimension.code())?;
        to.u8("valid", u8::from(fix.valid))?;
        let age = u32::try_from(self.age.as_millis());
        to.u32("age", age.map_err(|_| to.error("age", Problem::Range))?)?;
        let utc = fix.utc.map_or(i64::MIN, UtcTime::as_micros);
        to.bytes("UTC", &utc.to_le_bytes())?;
        Ok(to.used())
    }
}

/// A value that is not the code for "not known".
fn known<T: PartialEq>(value: T, unknown: T) -> Option<T> {
    (value != unknown).then_some(value)
}

fn centimetres(
    to: &mut Writer<'_>,
    field: &'static str,
    value: Option<Meters>,
) -> Result<(), BodyError> {
    let Some(value) = value else {
        return to.bytes(field, &i32::MIN.to_le_bytes());
    };
    // The step beyond the last one stands for "not known".
    if value.get() * HUNDREDTHS < f64::from(i32::MIN + 1) {
        return Err(to.error(field, Problem::Range));
    }
    to.scaled(field, value.get(), HUNDREDTHS, i32::to_le_bytes)
}

/// Writes hundredths that must round to less than `end`.
fn hundredths(
    to: &mut Writer<'_>,
    field: &'static str,
    value: Option<f64>,
    end: u16,
) -> Result<(), BodyError> {
    let Some(value) = value else {
        return to.u16(field, u16::MAX);
    };
    if value * HUNDREDTHS >= f64::from(end) - 0.5 {
        return Err(to.error(field, Problem::Range));
    }
    to.scaled(field, value, HUNDREDTHS, u16::to_le_bytes)
}
