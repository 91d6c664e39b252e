//! Points in time, without a clock: whoever has one passes the time in.
//!
//! [`Instant`] counts from the start of one board or process and never goes backwards;
//! [`UtcTime`] counts from 1970 and may be wrong, so it never decides what came first.
//! Leap seconds are not counted, as in Unix time.

use core::fmt;
use core::ops::{Add, Sub};
use core::time::Duration;

/// Microseconds in a second.
const MICROS: i64 = 1_000_000;
/// Seconds in a day.
const DAY_SECONDS: i64 = 86_400;

/// Microseconds since the boot of one board or the start of one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Instant(u64);

impl Instant {
    /// The boot itself.
    pub const BOOT: Self = Self(0);

    /// Takes microseconds since boot.
    #[must_use]
    pub const fn from_micros(since_boot: u64) -> Self {
        Self(since_boot)
    }

    /// Microseconds since boot.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// The time since an earlier instant; zero when that one is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;
    fn add(self, time: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX)),
        )
    }
}

/// Microseconds since 1970-01-01T00:00:00 UTC; negative before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UtcTime(i64);

impl UtcTime {
    /// Takes microseconds since 1970.
    #[must_use]
    pub const fn from_micros(since_1970: i64) -> Self {
        Self(since_1970)
    }

    /// Takes milliseconds since 1970, the unit of ThingsBoard's `ts`.
    #[must_use]
    pub const fn from_millis(since_1970: i64) -> Self {
        Self(since_1970.saturating_mul(1000))
    }

    /// Microseconds since 1970.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since 1970, rounded down.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Seconds since 1970 as two whole numbers: seconds and the microseconds after them.
    #[must_use]
    pub const fn split(self) -> (i64, i64) {
        (self.0.div_euclid(MICROS), self.0.rem_euclid(MICROS))
    }

    /// The time from an earlier moment to this one, in microseconds; negative when it is later.
    #[must_use]
    pub const fn micros_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The date and time of day in UTC.
    #[must_use]
    pub fn civil(self) -> CivilTime {
        let (seconds, micros) = self.split();
        let (year, month, day) = civil_from_days(seconds.div_euclid(DAY_SECONDS));
        let of_day = seconds.rem_euclid(DAY_SECONDS);
        CivilTime {
            year,
            month,
            day,
            hour: small(of_day / 3600),
            minute: small(of_day / 60 % 60),
            second: small(of_day % 60),
            micros: u32::try_from(micros).unwrap_or(0),
        }
    }
}

impl Add<Duration> for UtcTime {
    type Output = Self;
    fn add(self, time: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(time.as_micros()).unwrap_or(i64::MAX)),
        )
    }
}

impl Sub<Duration> for UtcTime {
    type Output = Self;
    fn sub(self, time: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(time.as_micros()).unwrap_or(i64::MAX)),
        )
    }
}

/// When something was captured, on both clocks: the one that orders and the one that dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// On the clock of the computer that received it; decides order and age.
    pub instant: Instant,
    /// In UTC, as well as it was known at that moment; decides the date.
    pub utc: UtcTime,
}

/// Prints as ISO 8601 in UTC with milliseconds: `2025-08-28T15:56:22.500Z`.
impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = self.civil();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            c.year,
            c.month,
            c.day,
            c.hour,
            c.minute,
            c.second,
            c.micros / 1000
        )
    }
}

/// A date and a time of day in UTC (proleptic Gregorian calendar).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CivilTime {
    /// The year, 1970 to 9999 when it comes from a receiver.
    pub year: i32,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day of the month, 1 to 31.
    pub day: u8,
    /// The hour, 0 to 23.
    pub hour: u8,
    /// The minute, 0 to 59.
    pub minute: u8,
    /// The second, 0 to 59.
    pub second: u8,
    /// Microseconds in the second, 0 to 999,999.
    pub micros: u32,
}

/// A date and time that the calendar does not have; names the field and what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CivilError {
    /// Which field is out of range.
    pub field: &'static str,
    /// What was seen in it.
    pub seen: i64,
}

impl fmt::Display for CivilError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is {}, which the calendar does not have",
            self.field, self.seen
        )
    }
}

impl core::error::Error for CivilError {}

impl CivilTime {
    /// The moment this date and time names.
    ///
    /// # Errors
    /// Names the first field that the calendar does not have, as 31 in a month of 30 days.
    pub fn to_utc(self) -> Result<UtcTime, CivilError> {
        let check = |field, seen: i64, low: i64, high: i64| {
            if (low..=high).contains(&seen) {
                Ok(())
            } else {
                Err(CivilError { field, seen })
            }
        };
        check("year", i64::from(self.year), 1970, 9999)?;
        check("month", i64::from(self.month), 1, 12)?;
        let last_day = i64::from(days_in_month(self.year, self.month));
        check("day", i64::from(self.day), 1, last_day)?;
        check("hour", i64::from(self.hour), 0, 23)?;
        check("minute", i64::from(self.minute), 0, 59)?;
        check("second", i64::from(self.second), 0, 59)?;
        check("microseconds", i64::from(self.micros), 0, MICROS - 1)?;
        let days = days_from_civil(self.year, self.month, self.day);
        let of_day =
            i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        Ok(UtcTime(
            (days * DAY_SECONDS + of_day) * MICROS + i64::from(self.micros),
        ))
    }
}

/// Narrows a number that arithmetic keeps below 100.
fn small(value: i64) -> u8 {
    u8::try_from(value).unwrap_or(0)
}

fn days_in_month(year: i32, month: u8) -> u8 {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01, counting in 400-year cycles that begin on 1 March.
fn days_from_civil(year: i32, month: u8, day: u8) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let cycle = year.div_euclid(400);
    let year_of_cycle = year.rem_euclid(400);
    let month_from_march = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_cycle = year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
    cycle * 146_097 + day_of_cycle - 719_468
}

/// The reverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i32, u8, u8) {
    let shifted = days + 719_468;
    let cycle = shifted.div_euclid(146_097);
    let day = shifted.rem_euclid(146_097);
    let year_of_cycle = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = cycle * 400 + year_of_cycle + i64::from(month <= 2);
    (
        i32::try_from(year).unwrap_or(i32::MAX),
        small(month),
        small(day_of_month),
    )
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::*;

    fn civil(year: i32, month: u8, day: u8, hour: u8) -> CivilTime {
        CivilTime {
            year,
            month,
            day,
            hour,
            minute: 56,
            second: 22,
            micros: 500_000,
        }
    }

    #[test]
    fn civil_time_agrees_with_date_of_gnu_coreutils() {
        // `date -u -d 2025-08-28T15:56:22 +%s` prints 1756396582.
        let utc = civil(2025, 8, 28, 15).to_utc().unwrap();
        assert_eq!(utc.as_micros(), 1_756_396_582_500_000);
        assert_eq!(utc.to_string(), "2025-08-28T15:56:22.500Z");
        // `date -u -d 2000-02-29T23:56:22 +%s` prints 951868582.
        assert_eq!(
            civil(2000, 2, 29, 23).to_utc().unwrap().split().0,
            951_868_582
        );
    }

    #[test]
    fn civil_time_survives_the_way_there_and_back_across_a_leap_cycle() {
        for day in (0..146_097).step_by(13) {
            let utc = UtcTime::from_micros((day * DAY_SECONDS + 86_399) * MICROS + 999_999);
            assert_eq!(utc.civil().to_utc(), Ok(utc), "{utc}");
        }
    }

    #[test]
    fn dates_that_do_not_exist_are_refused_by_field() {
        let seen = civil(2025, 2, 29, 0).to_utc();
        assert_eq!(
            seen,
            Err(CivilError {
                field: "day",
                seen: 29
            })
        );
        assert_eq!(civil(2025, 8, 28, 24).to_utc().unwrap_err().field, "hour");
        assert_eq!(civil(0, 0, 0, 0).to_utc().unwrap_err().field, "year");
    }

    #[test]
    fn instant_never_reports_a_negative_time() {
        let (early, late) = (Instant::from_micros(5), Instant::from_micros(9));
        assert_eq!(late.since(early), Duration::from_micros(4));
        assert_eq!(early.since(late), Duration::ZERO);
    }
}
