//! Which price holds when: time of use by weekday and minute of the day, on the station's clock.
//!
//! Not here: the prices ([`crate::tariff`]). The time zone comes from the IANA database built into
//! `jiff`. Local time decides, so on the days when the clock changes an hour is missing or comes
//! twice, and so does the price that holds in it.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use v2x_units::UtcTime;

/// Minutes in a day.
const DAY: u16 = 24 * 60;
/// Minutes in a week, counted from Monday 00:00.
const WEEK: u16 = 7 * DAY;
/// Microseconds in a minute.
const MINUTE_MICROS: i64 = 60_000_000;

/// When a period of the week holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// The days on which it begins, 0 for Monday to 6 for Sunday.
    pub days: Vec<u8>,
    /// Minute of the day when it begins, 0 to 1439.
    pub from: u16,
    /// Minute of the day when it ends, 1 to 1440; not after `from` means on the next day.
    pub to: u16,
}

/// Two periods claim the same minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeekError {
    /// The periods, as they are counted from zero.
    pub periods: (usize, usize),
    /// The minute of the week both claim.
    pub minute: u16,
}

impl WeekError {
    /// The minute as people write it: `Mon 22:00`.
    #[must_use]
    pub fn at(&self) -> String {
        let day = DAYS[usize::from(self.minute / DAY)];
        let of_day = self.minute % DAY;
        format!("{day} {:02}:{:02}", of_day / 60, of_day % 60)
    }
}

impl fmt::Display for WeekError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.periods;
        let at = self.at();
        write!(
            f,
            "periods {first} and {second} both claim {at}; a minute has one price"
        )
    }
}

impl std::error::Error for WeekError {}

/// The days as `tariffs.toml` names them, Monday first.
pub const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// A week of prices: from each edge on, one period holds, or none.
#[derive(Debug, Clone, PartialEq)]
pub struct Week {
    zone: TimeZone,
    /// Minutes of the week in rising order, the first is 0.
    edges: Vec<(u16, Option<usize>)>,
}

impl Week {
    /// Lays periods over the week.
    ///
    /// # Errors
    /// Names the first minute that two periods claim.
    pub fn new(zone: TimeZone, periods: &[Hours]) -> Result<Self, WeekError> {
        let mut minutes: Vec<Option<usize>> = vec![None; usize::from(WEEK)];
        for (index, hours) in periods.iter().enumerate() {
            let length = match hours.to.checked_sub(hours.from) {
                Some(length) if length > 0 => length,
                _ => hours.to + DAY - hours.from,
            };
            for day in &hours.days {
                let start = u16::from(*day) * DAY + hours.from;
                for minute in (start..start + length).map(|minute| minute % WEEK) {
                    if let Some(other) = minutes[usize::from(minute)].replace(index) {
                        let periods = (other, index);
                        return Err(WeekError { periods, minute });
                    }
                }
            }
        }
        let mut edges = Vec::new();
        for (minute, period) in (0..WEEK).zip(minutes) {
            if edges.last().is_none_or(|&(_, last)| last != period) {
                edges.push((minute, period));
            }
        }
        Ok(Self { zone, edges })
    }

    /// A week of one price.
    #[must_use]
    pub fn flat(zone: TimeZone) -> Self {
        let edges = vec![(0, None)];
        Self { zone, edges }
    }

    /// The station's time zone.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The period that holds at a moment, and a later moment up to which it holds at least.
    #[must_use]
    pub fn at(&self, moment: UtcTime) -> (Option<usize>, UtcTime) {
        let Ok(timestamp) = Timestamp::from_microsecond(moment.as_micros()) else {
            // Outside the years -9999 to 9999 no calendar holds; the base price does.
            return (None, UtcTime::from_micros(i64::MAX));
        };
        let local = self.zone.to_datetime(timestamp);
        let day = i64::from(local.weekday().to_monday_zero_offset());
        let minute =
            day * i64::from(DAY) + i64::from(local.hour()) * 60 + i64::from(local.minute());
        let later = self
            .edges
            .partition_point(|&(edge, _)| i64::from(edge) <= minute);
        let (_, period) = self.edges[later.saturating_sub(1)];
        let next_edge = self.edges.get(later).map_or(WEEK, |&(edge, _)| edge);
        let into_minute = i64::from(local.second()) * 1_000_000
            + i64::from(local.subsec_nanosecond()).div_euclid(1000);
        let left = (i64::from(next_edge) - minute) * MINUTE_MICROS - into_minute;
        let by_week = moment.as_micros().saturating_add(left);
        // When the clock is changed before that edge, local time must be looked at again.
        let change = self.zone.following(timestamp).next();
        let by_zone = change.map_or(i64::MAX, |change| change.timestamp().as_microsecond());
        (period, UtcTime::from_micros(by_week.min(by_zone)))
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZoneDatabase;

    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZoneDatabase::bundled().get(name).unwrap()
    }

    fn night(days: &[u8]) -> Hours {
        Hours {
            days: days.to_vec(),
            from: 22 * 60,
            to: 6 * 60,
        }
    }

    fn utc(text: &str) -> UtcTime {
        let timestamp: Timestamp = text.parse().unwrap();
        UtcTime::from_micros(timestamp.as_microsecond())
    }

    #[test]
    fn night_period_belongs_to_the_day_on_which_it_begins() {
        let week = Week::new(zone("UTC"), &[night(&[6])]).unwrap();
        // 2025-08-31 is a Sunday.
        assert_eq!(
            week.at(utc("2025-08-31T21:59:59Z")),
            (None, utc("2025-08-31T22:00:00Z"))
        );
        assert_eq!(
            week.at(utc("2025-08-31T22:00:00Z")),
            (Some(0), utc("2025-09-01T00:00:00Z"))
        );
        assert_eq!(
            week.at(utc("2025-09-01T05:59:59Z")),
            (Some(0), utc("2025-09-01T06:00:00Z"))
        );
        assert_eq!(week.at(utc("2025-09-01T22:00:00Z")).0, None);
    }

    #[test]
    fn night_is_an_hour_shorter_and_longer_when_the_clock_changes() {
        let week = Week::new(zone("Europe/Berlin"), &[night(&[0, 1, 2, 3, 4, 5, 6])]).unwrap();
        let length = |from: &str| {
            let (mut at, start) = (utc(from), utc(from));
            while let (Some(_), until) = week.at(at) {
                at = until;
            }
            at.micros_since(start) / (60 * MINUTE_MICROS)
        };
        assert_eq!(length("2025-03-28T21:00:00Z"), 8);
        assert_eq!(length("2025-03-29T21:00:00Z"), 7);
        assert_eq!(length("2025-10-25T20:00:00Z"), 9);
    }

    #[test]
    fn overlap_is_refused_with_the_minute_it_begins_at() {
        let morning = Hours {
            days: vec![0],
            from: 5 * 60,
            to: 9 * 60,
        };
        let error = Week::new(zone("UTC"), &[night(&[6]), morning]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "periods 0 and 1 both claim Mon 05:00; a minute has one price"
        );
    }
}
