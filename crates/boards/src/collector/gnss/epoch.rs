//! The sentences of one moment to one fix: RMC, GGA and GSA belong together by their time.
//!
//! Not here: whether to believe the fix; the vehicle role does that. A receiver that sends no GGA
//! or no GSA has its fix passed on when the next moment begins.

use core::time::Duration;

use chrono::{Datelike as _, NaiveDate, NaiveTime, Timelike as _};
use nmea::ParseResult;
use nmea::sentences::gsa::GsaMode2;
use nmea::sentences::rmc::RmcStatusOfFix;
use nmea::sentences::{FixType, GgaData, GsaData, RmcData};
use v2x_proto::link::message::{FixDimension, FixQuality, GnssReport};
use v2x_units::{
    CivilTime, Degrees, GnssFix, Instant, KilometersPerHour, Meters, Position, UtcTime,
};

/// Kilometres in a nautical mile.
const KNOT: f64 = 1.852;
/// A pulse older than this no longer says where in its second a fix lies.
const PULSE_LASTS: Duration = Duration::from_millis(1500);

/// What was heard of one moment.
#[derive(Debug, Default)]
pub struct Epoch {
    time: Option<NaiveTime>,
    began: Instant,
    rmc: Option<RmcData>,
    gga: Option<GgaData>,
    dimension: Option<FixDimension>,
    pulse: Option<Instant>,
    /// The fix of this moment was passed on.
    is_told: bool,
}

impl Epoch {
    /// A second began at this time.
    pub const fn pulse(&mut self, at: Instant) {
        self.pulse = Some(at);
    }

    /// Takes a sentence whose first byte arrived at `began`; a fix, once it is whole, with the
    /// time of its first byte.
    pub fn take(&mut self, began: Instant, sentence: ParseResult) -> Option<(Instant, GnssReport)> {
        let before = match sentence {
            ParseResult::RMC(rmc) => {
                let before = self.enter(began, rmc.fix_time);
                self.rmc = Some(rmc);
                before
            }
            ParseResult::GGA(gga) => {
                let before = self.enter(began, gga.fix_time);
                self.gga = Some(gga);
                before
            }
            ParseResult::GSA(gsa) => {
                self.dimension = Some(dimension(&gsa));
                None
            }
            _ => return None,
        };
        if before.is_some() {
            return before;
        }
        let is_whole = self.rmc.is_some() && self.gga.is_some() && self.dimension.is_some();
        if is_whole { self.tell() } else { None }
    }

    /// Begins another moment when the time is another; the fix of the one before, if it is still
    /// to be told.
    fn enter(&mut self, began: Instant, time: Option<NaiveTime>) -> Option<(Instant, GnssReport)> {
        if time.is_some() && time == self.time {
            return None;
        }
        let before = self.tell();
        *self = Self {
            time,
            began,
            pulse: self.pulse,
            ..Self::default()
        };
        before
    }

    fn tell(&mut self) -> Option<(Instant, GnssReport)> {
        if core::mem::replace(&mut self.is_told, true) {
            return None;
        }
        let rmc = self.rmc.as_ref();
        let gga = self.gga.as_ref();
        let from_rmc = rmc.and_then(|rmc| rmc.lat.zip(rmc.lon));
        let (latitude, longitude) =
            from_rmc.or_else(|| gga.and_then(|gga| gga.latitude.zip(gga.longitude)))?;
        let position = Position::new(Degrees::new(latitude), Degrees::new(longitude)).ok()?;
        let number = |value: Option<f32>| value.map(f64::from).filter(|value| value.is_finite());
        let hdop = number(gga.and_then(|gga| gga.hdop)).filter(|hdop| (0.0..655.0).contains(hdop));
        let speed = number(rmc.and_then(|rmc| rmc.speed_over_ground));
        let course = number(rmc.and_then(|rmc| rmc.true_course));
        let metres = |value| {
            number(value)
                .filter(|value| value.abs() < 1e5)
                .map(Meters::new)
        };
        let satellites = gga.and_then(|gga| gga.fix_satellites);
        let report = GnssReport {
            fix: GnssFix {
                position,
                altitude: metres(gga.and_then(|gga| gga.altitude)),
                speed: speed
                    .map(|knots| knots * KNOT)
                    .filter(|speed| (0.0..655.0).contains(speed))
                    .map(KilometersPerHour::new),
                satellites: satellites
                    .and_then(|count| u8::try_from(count).ok().filter(|&n| n < 255)),
                hdop,
                utc: rmc.and_then(|rmc| utc(rmc.fix_date?, rmc.fix_time?)),
                valid: rmc.is_some_and(|rmc| rmc.status_of_fix != RmcStatusOfFix::Invalid),
            },
            geoid_separation: metres(gga.and_then(|gga| gga.geoid_separation)),
            course: course
                .filter(|course| (0.0..359.99).contains(course))
                .map(Degrees::new),
            quality: quality(gga),
            dimension: self.dimension.unwrap_or(FixDimension::Unknown),
            age: self.age(),
        };
        Some((self.began, report))
    }

    /// From the moment of the fix to its first byte; zero where no pulse says when it was.
    fn age(&self) -> Duration {
        let Some((pulse, time)) = self.pulse.zip(self.time) else {
            return Duration::ZERO;
        };
        let since = self.began.since(pulse);
        let into_second = Duration::from_nanos(u64::from(time.nanosecond() % 1_000_000_000));
        if since > PULSE_LASTS {
            return Duration::ZERO;
        }
        // The pulse may already be that of the second after the fix.
        let age = since.checked_sub(into_second);
        age.unwrap_or(since + Duration::from_secs(1) - into_second)
    }
}

fn dimension(gsa: &GsaData) -> FixDimension {
    match gsa.mode2 {
        GsaMode2::NoFix => FixDimension::None,
        GsaMode2::Fix2D => FixDimension::Two,
        GsaMode2::Fix3D => FixDimension::Three,
    }
}

fn quality(gga: Option<&GgaData>) -> FixQuality {
    match gga.and_then(|gga| gga.fix_type) {
        None => FixQuality::Unknown,
        Some(FixType::Invalid) => FixQuality::None,
        Some(FixType::Gps) => FixQuality::Satellites,
        Some(FixType::DGps) => FixQuality::Differential,
        Some(FixType::Pps) => FixQuality::Precise,
        Some(FixType::Rtk) => FixQuality::RtkFixed,
        Some(FixType::FloatRtk) => FixQuality::RtkFloat,
        Some(FixType::Estimated) => FixQuality::DeadReckoning,
        Some(FixType::Manual) => FixQuality::Manual,
        Some(FixType::Simulation) => FixQuality::Simulated,
    }
}

fn utc(date: NaiveDate, time: NaiveTime) -> Option<UtcTime> {
    let small = |number: u32| u8::try_from(number).ok();
    let civil = CivilTime {
        year: date.year(),
        month: small(date.month())?,
        day: small(date.day())?,
        hour: small(time.hour())?,
        minute: small(time.minute())?,
        second: small(time.second())?,
        micros: time.nanosecond() % 1_000_000_000 / 1000,
    };
    civil.to_utc().ok()
}
