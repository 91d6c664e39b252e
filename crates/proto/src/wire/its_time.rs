//! Time as ITS messages count it: since 2004-01-01 on the TAI scale, so leap seconds count.
//!
//! Not a clock, and no judgement on how old a message may be: that is `secure/`.
//! Standard: ETSI TS 102 894-2 v1.3.1 (`TimestampIts`), IEEE 1609.2 (`Time64`, `Time32`).

use core::time::Duration;

use v2x_units::UtcTime;

use super::error::WireError;
use super::number::{Number, number, within};

/// 2004-01-01T00:00:00 UTC in Unix time, in microseconds.
const EPOCH_UNIX_US: i64 = 1_072_915_200_000_000;
/// Leap seconds since 2004: from when (Unix seconds) each is counted. None was announced since.
const LEAPS_UNIX_S: [i64; 5] = [
    1_136_073_600, // 2006-01-01
    1_230_768_000, // 2009-01-01
    1_341_100_800, // 2012-07-01
    1_435_708_800, // 2015-07-01
    1_483_228_800, // 2017-01-01
];
/// The largest `TimestampIts`, 42 bits of milliseconds.
const LAST_MS: i64 = 4_398_046_511_103;

/// Milliseconds since 2004-01-01 (TAI): `TimestampIts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItsTime(i64);

impl ItsTime {
    /// Takes milliseconds since 2004.
    ///
    /// # Errors
    /// They are negative or take more than 42 bits.
    pub fn from_millis(since_2004: i64) -> Result<Self, WireError> {
        Self::from_number(since_2004)
    }

    /// Milliseconds since 2004.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The same moment in ITS time, rounded down to its milliseconds.
    ///
    /// # Errors
    /// The moment is before 2004 or after 2143.
    pub fn from_utc(utc: UtcTime) -> Result<Self, WireError> {
        Self::from_millis(tai_micros(utc).div_euclid(1000))
    }

    /// The same moment in UTC.
    #[must_use]
    pub fn to_utc(self) -> UtcTime {
        utc_from_tai_micros(self.0 * 1000)
    }

    /// The last 16 bits, as a CAM carries them.
    #[must_use]
    pub fn generation_delta_time(self) -> GenerationDeltaTime {
        GenerationDeltaTime(u16::try_from(self.0 & 0xFFFF).unwrap_or_default())
    }

    /// The last 32 bits, as a position vector of GeoNetworking carries them.
    #[must_use]
    pub fn geonetworking_timestamp(self) -> u32 {
        u32::try_from(self.0 & 0xFFFF_FFFF).unwrap_or_default()
    }
}

impl Number for ItsTime {
    fn from_number(number: i64) -> Result<Self, WireError> {
        within("TimestampIts", number, 0, LAST_MS).map(Self)
    }

    fn number(self) -> i64 {
        self.0
    }
}

number! {
    /// The moment that the position of a CAM is valid for: [`ItsTime`] modulo 65,536 ms.
    GenerationDeltaTime: u16 = "generationDeltaTime", 0..=65_535
}

impl GenerationDeltaTime {
    /// The newest moment with these 16 bits that is not later than `now` plus a tolerance for
    /// clocks that disagree; `None` when that would be before 2004.
    #[must_use]
    pub fn resolve(self, now: ItsTime, tolerance: Duration) -> Option<ItsTime> {
        let latest = now
            .0
            .checked_add(i64::try_from(tolerance.as_millis()).ok()?)?;
        let behind = (latest - i64::from(self.0)).rem_euclid(65_536);
        ItsTime::from_millis(latest - behind).ok()
    }
}

/// Microseconds since 2004-01-01 (TAI): `Time64`, when a message was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GenerationTime(u64);

impl GenerationTime {
    /// Takes microseconds since 2004.
    #[must_use]
    pub const fn from_micros(since_2004: u64) -> Self {
        Self(since_2004)
    }

    /// Microseconds since 2004.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// The same moment, from UTC; `None` before 2004.
    #[must_use]
    pub fn from_utc(utc: UtcTime) -> Option<Self> {
        u64::try_from(tai_micros(utc)).ok().map(Self)
    }

    /// The same moment in UTC; saturates 292,000 years from now.
    #[must_use]
    pub fn to_utc(self) -> UtcTime {
        utc_from_tai_micros(i64::try_from(self.0).unwrap_or(i64::MAX))
    }

    /// Whole seconds since 2004, as validity periods count them.
    #[must_use]
    pub const fn whole_seconds(self) -> u64 {
        self.0 / 1_000_000
    }
}

fn tai_micros(utc: UtcTime) -> i64 {
    let leaps = LEAPS_UNIX_S
        .iter()
        .filter(|from| **from <= utc.split().0)
        .map(|_| 1_000_000)
        .sum();
    utc.as_micros()
        .saturating_sub(EPOCH_UNIX_US)
        .saturating_add(leaps)
}

fn utc_from_tai_micros(tai: i64) -> UtcTime {
    let counted = tai.saturating_add(EPOCH_UNIX_US);
    let leaps = (0i64..)
        .zip(LEAPS_UNIX_S)
        .filter(|(earlier, from)| counted >= (from + earlier + 1) * 1_000_000)
        .map(|_| 1_000_000)
        .sum();
    UtcTime::from_micros(counted.saturating_sub(leaps))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn its(unix_ms: i64) -> i64 {
        ItsTime::from_utc(UtcTime::from_millis(unix_ms))
            .unwrap()
            .as_millis()
    }

    #[test]
    fn its_time_counts_the_leap_seconds_that_passed_since_2004() {
        // The control value of the standard, 2007-01-01, and the moment of the golden vectors.
        assert_eq!(its(1_167_609_600_000), 94_694_401_000);
        assert_eq!(its(1_782_036_930_250), 709_121_735_250);
    }

    #[test]
    fn its_time_survives_the_way_to_utc_and_back_around_each_leap_second() {
        for leap in LEAPS_UNIX_S {
            for offset in -2..=2 {
                let utc = UtcTime::from_millis((leap + offset) * 1000);
                assert_eq!(ItsTime::from_utc(utc).unwrap().to_utc(), utc);
            }
        }
    }

    #[test]
    fn moments_before_2004_have_no_its_time() {
        assert!(ItsTime::from_utc(UtcTime::from_millis(1_000_000_000_000)).is_err());
        assert_eq!(GenerationTime::from_utc(UtcTime::from_millis(0)), None);
    }

    #[test]
    fn generation_delta_time_resolves_to_the_newest_moment_that_fits() {
        let sent = ItsTime::from_millis(709_121_735_250).unwrap();
        let delta = sent.generation_delta_time();
        assert_eq!(delta.raw(), 64_082);
        let tolerance = Duration::from_millis(50);
        let received = |ms: i64| ItsTime::from_millis(709_121_735_250 + ms).unwrap();
        assert_eq!(delta.resolve(received(20), tolerance), Some(sent));
        assert_eq!(delta.resolve(received(-50), tolerance), Some(sent));
        assert_eq!(delta.resolve(received(65_485), tolerance), Some(sent));
        let one_turn_later = received(65_536);
        assert_eq!(
            delta.resolve(received(65_486), tolerance),
            Some(one_turn_later)
        );
    }
}
