//! A GNSS receiver as cars have it: scatter, slow drift, outages, a cold start; NMEA on a line.
//!
//! It obeys the few messages that the collector sets it up with (UBX-CFG-PRT, UBX-CFG-RATE) and is
//! heard only at the baud rate that it speaks at. Sentences: NMEA 0183, RMC, GGA and GSA.

use std::fmt::Write as _;

use core::time::Duration;

use serde::Deserialize;
use v2x_units::{Instant, Position, UtcTime};

use crate::chance::Chance;
use crate::town::{Place, Town};

/// How good a receiver is.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GnssSettings {
    /// Seconds until its first fix.
    pub cold_start_s: f64,
    /// Standard deviation of what changes from fix to fix, m.
    pub scatter_m: f64,
    /// Standard deviation of what drifts over minutes, m.
    pub drift_m: f64,
    /// How often it loses the sky, per hour.
    pub outages_per_hour: f64,
    /// How long such a loss lasts at most, s.
    pub outage_s: f64,
}

impl Default for GnssSettings {
    /// A NEO-6M on a roof: 2.5 m (data sheet), nearly all of which drifts because it filters, and
    /// 27 s to the first fix from cold.
    fn default() -> Self {
        Self {
            cold_start_s: 27.0,
            scatter_m: 0.1,
            drift_m: 1.5,
            outages_per_hour: 0.0,
            outage_s: 30.0,
        }
    }
}

/// How long the drift remembers itself, in seconds.
const DRIFT_MEMORY: f64 = 60.0;

/// A receiver.
#[derive(Debug, Clone)]
pub struct GnssReceiver {
    settings: GnssSettings,
    chance: Chance,
    utc_at_boot: UtcTime,
    baud: u32,
    listener_baud: u32,
    period: Duration,
    next: Instant,
    fix_from: Instant,
    outage_until: Instant,
    drift: (f64, f64, f64),
}

impl GnssReceiver {
    /// A receiver that gets power now; `utc_at_boot` is the true time at [`Instant::BOOT`].
    #[must_use]
    pub fn new(settings: GnssSettings, utc_at_boot: UtcTime, now: Instant, chance: Chance) -> Self {
        let mut chance = chance;
        let cold = settings.cold_start_s * chance.between(0.7, 1.2);
        let drift = settings.drift_m;
        let drift = (
            chance.normal() * drift,
            chance.normal() * drift,
            chance.normal() * drift * 2.0,
        );
        Self {
            settings,
            chance,
            utc_at_boot,
            baud: 9600,
            listener_baud: 9600,
            period: Duration::from_secs(1),
            next: now,
            fix_from: now + Duration::from_secs_f64(cold),
            outage_until: Instant::BOOT,
            drift,
        }
    }

    /// The board listens at this rate from now on.
    pub const fn listened_to_at(&mut self, baud: u32) {
        self.listener_baud = baud;
    }

    /// Takes the sky away for a while.
    pub fn lose_sky(&mut self, until: Instant) {
        self.outage_until = self.outage_until.max(until);
    }

    /// Takes a message of the board.
    pub fn hear(&mut self, message: &[u8]) {
        let word = |at: usize, bytes: usize| {
            let field = message.get(at..at + bytes).unwrap_or_default();
            field
                .iter()
                .rev()
                .fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte))
        };
        match message.get(..4) {
            Some([0xB5, 0x62, 0x06, 0x00]) => self.baud = word(14, 4),
            Some([0xB5, 0x62, 0x06, 0x08]) => {
                self.period = Duration::from_millis(word(6, 2).max(50).into());
            }
            _ => {}
        }
    }

    /// What it says until `now`, if anything, for a car at this place; nothing that its listener
    /// understands when that one listens at another rate.
    pub fn speak(&mut self, now: Instant, town: &Town, place: Place, speed: f64) -> Option<String> {
        if now < self.next {
            return None;
        }
        let at = self.next;
        self.next = self.next + self.period;
        self.wander(self.period.as_secs_f64());
        if self.baud != self.listener_baud {
            return None;
        }
        let has_fix = at >= self.fix_from && at >= self.outage_until;
        let east = place.east + self.drift.0 + self.chance.normal() * self.settings.scatter_m;
        let north = place.north + self.drift.1 + self.chance.normal() * self.settings.scatter_m;
        let fix = has_fix.then(|| Seen {
            position: town.position(east, north),
            height: place.height + self.drift.2,
            knots: speed.max(0.0) / 0.514_444,
            course: (speed > 0.5).then_some(place.heading),
        });
        Some(sentences(self.utc_at_boot + at.since(Instant::BOOT), fix))
    }

    fn wander(&mut self, seconds: f64) {
        let settings = self.settings;
        let keeps = (-seconds / DRIFT_MEMORY).exp();
        let fresh = (1.0 - keeps * keeps).sqrt() * settings.drift_m;
        for axis in [&mut self.drift.0, &mut self.drift.1, &mut self.drift.2] {
            *axis = *axis * keeps + self.chance.normal() * fresh;
        }
        let likely = settings.outages_per_hour / 3600.0 * seconds;
        if self.chance.happens(likely) {
            let lasts = self.chance.between(1.0, settings.outage_s.max(1.0));
            self.lose_sky(self.next + Duration::from_secs_f64(lasts));
        }
    }
}

struct Seen {
    position: Position,
    height: f64,
    knots: f64,
    course: Option<f64>,
}

fn sentences(utc: UtcTime, fix: Option<Seen>) -> String {
    let civil = utc.civil();
    let time = format!(
        "{:02}{:02}{:02}.{:02}",
        civil.hour,
        civil.minute,
        civil.second,
        civil.micros / 10_000
    );
    let date = format!(
        "{:02}{:02}{:02}",
        civil.day,
        civil.month,
        civil.year.rem_euclid(100)
    );
    let mut said = String::new();
    let Some(fix) = fix else {
        sentence(&mut said, &format!("GPRMC,{time},V,,,,,,,{date},,,N"));
        sentence(&mut said, &format!("GPGGA,{time},,,,,0,00,99.99,,,,,,"));
        sentence(&mut said, "GPGSA,A,1,,,,,,,,,,,,,99.99,99.99,99.99");
        return said;
    };
    let latitude = minutes(fix.position.latitude().get(), 2, ['N', 'S']);
    let longitude = minutes(fix.position.longitude().get(), 3, ['E', 'W']);
    let course = fix
        .course
        .map_or(String::new(), |course| format!("{course:.2}"));
    let (knots, height) = (fix.knots, fix.height);
    sentence(
        &mut said,
        &format!("GPRMC,{time},A,{latitude},{longitude},{knots:.3},{course},{date},,,A"),
    );
    sentence(
        &mut said,
        &format!("GPGGA,{time},{latitude},{longitude},1,09,0.95,{height:.1},M,46.7,M,,"),
    );
    sentence(
        &mut said,
        "GPGSA,A,3,02,05,07,09,13,16,20,30,31,,,,1.80,0.95,1.53",
    );
    said
}

/// Degrees and minutes with the letter of the half, as NMEA wants them.
fn minutes(degrees: f64, digits: usize, halves: [char; 2]) -> String {
    let [positive, negative] = halves;
    let half = if degrees < 0.0 { negative } else { positive };
    let whole = degrees.abs().floor();
    let minutes = (degrees.abs() - whole) * 60.0;
    // What rounds up to a whole degree is said as 59.99999: no receiver says 60.
    let minutes = minutes.min(59.999_99);
    format!("{whole:0digits$.0}{minutes:08.5},{half}")
}

fn sentence(to: &mut String, body: &str) {
    let sum = body.bytes().fold(0_u8, |sum, byte| sum ^ byte);
    // A String takes everything.
    let _written = write!(to, "${body}*{sum:02X}\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_said_as_the_standard_wants_them() {
        assert_eq!(minutes(33.986_115, 2, ['N', 'S']), "3359.16690,N");
        assert_eq!(minutes(-6.724_864, 3, ['E', 'W']), "00643.49184,W");
        assert_eq!(minutes(12.999_999_999_9, 2, ['N', 'S']), "1259.99999,N");
    }

    #[test]
    fn receiver_without_a_fix_says_so() {
        let said = sentences(UtcTime::from_millis(1_767_225_600_000), None);
        assert!(
            said.starts_with("$GPRMC,000000.00,V,,,,,,,010126,,,N*"),
            "{said}"
        );
    }
}
