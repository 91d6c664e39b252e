//! How much was spent this month, and how far intervals are stretched so that the rest lasts.
//!
//! The month is of UTC. What may be spent by a moment grows evenly, up to 97 % at the end of the
//! month; whoever is ahead of that has his intervals stretched, twice for each half a percent of
//! the budget. So a day of much driving is hardly noticed, and a month of it settles where the
//! intervals make spending as fast as the month goes by. What waits to be sent counts as spent: a
//! long outage is not followed by a burst that nobody counted on.
//!
//! Only numbers wait longer. States, trips, sessions, events and alerts go as ever and are counted,
//! so a budget that is too small for them is overspent.
//!
//! The month is that of the date that rows get. While they get none, the month goes on from where
//! it was last known, and what is spent meanwhile is counted into the month that turns out.

use std::time::Duration;

use v2x_units::{CivilTime, Instant, UtcTime};

/// The share of a budget that is spent evenly over the month; the rest is for being ahead.
const EVEN_SHARE: f64 = 0.97;
/// The share of a budget by which one may be ahead for each doubling of intervals.
const DOUBLES_EVERY: f64 = 0.005;
/// Beyond this a month is lost anyway: five minutes become three and a half days.
const STRETCH_MAX: f64 = 1024.0;
/// Microseconds of a day.
const DAY_US: f64 = 86_400e6;

/// What is kept over a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// A date that was known; its month is the one that was spent in.
    pub as_of: UtcTime,
    /// Bytes of that month.
    pub bytes: u64,
}

/// Counts what a month costs.
#[derive(Debug, Clone)]
pub struct Budget {
    limit: u64,
    bytes: u64,
    /// Spent since a date was last known.
    undated: u64,
    /// The newest date that was known, and when.
    known: Option<(Instant, UtcTime)>,
}

impl Budget {
    /// So many bytes a month, 0 for as many as it takes; `kept` comes from the last run.
    #[must_use]
    pub fn new(limit: u64, kept: Option<Spent>, now: Instant) -> Self {
        Self {
            limit,
            bytes: kept.map_or(0, |kept| kept.bytes),
            undated: 0,
            known: kept.map(|kept| (now, kept.as_of)),
        }
    }

    /// So much was sent just now.
    pub fn spend(&mut self, bytes: u64) {
        self.undated = self.undated.saturating_add(bytes);
    }

    /// Looks at the calendar; `date` is `None` while rows get none.
    pub fn look(&mut self, now: Instant, date: Option<UtcTime>) {
        let Some(date) = date else {
            return;
        };
        let before = self.known.map(|(_, utc)| month(utc));
        // A month before the last one was never: its date was wrong, its bytes were not.
        if before.is_some_and(|before| month(date) > before) {
            self.bytes = 0;
        }
        self.bytes = self.bytes.saturating_add(std::mem::take(&mut self.undated));
        self.known = Some((now, date));
    }

    /// Bytes that a month may cost; 0 for as many as it takes.
    #[must_use]
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// Bytes of this month so far.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes.saturating_add(self.undated)
    }

    /// How much of the month is over, 0 to 1; `None` while no date was ever known.
    #[must_use]
    pub fn share_of_month(&self, now: Instant) -> Option<f64> {
        let (at, utc) = self.known?;
        Some(share_of_month(utc, now.since(at)))
    }

    /// How many times as long intervals are now, at least 1; `waiting` are the bytes that wait to
    /// be sent.
    #[must_use]
    pub fn stretch(&self, now: Instant, waiting: u64) -> f64 {
        if self.limit == 0 {
            return 1.0;
        }
        let spent = as_number(self.bytes().saturating_add(waiting)) / as_number(self.limit);
        let ahead = spent - EVEN_SHARE * self.share_of_month(now).unwrap_or(0.0);
        (ahead.max(0.0) / DOUBLES_EVERY).exp2().min(STRETCH_MAX)
    }

    /// What is to be kept; `None` while no date was ever known.
    #[must_use]
    pub fn spent(&self) -> Option<Spent> {
        let (_, as_of) = self.known?;
        Some(Spent {
            as_of,
            bytes: self.bytes(),
        })
    }
}

fn month(utc: UtcTime) -> (i32, u8) {
    let date = utc.civil();
    (date.year, date.month)
}

/// How much of the month of `utc` is over `later`, at most all of it.
fn share_of_month(utc: UtcTime, later: Duration) -> f64 {
    let date = utc.civil();
    let first = |year, month| {
        CivilTime {
            year,
            month,
            day: 1,
            hour: 0,
            minute: 0,
            second: 0,
            micros: 0,
        }
        .to_utc()
    };
    let next = match date.month {
        12 => first(date.year + 1, 1),
        month => first(date.year, month + 1),
    };
    // Beyond the years that the calendar has, all of it is over.
    let (Ok(begins), Ok(ends)) = (first(date.year, date.month), next) else {
        return 1.0;
    };
    let length = days(ends.micros_since(begins));
    let over = days(utc.micros_since(begins)) + later.as_secs_f64() * 1e6 / DAY_US;
    (over / length).clamp(0.0, 1.0)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a month in microseconds is exact in a double"
)]
fn days(micros: i64) -> f64 {
    micros as f64 / DAY_US
}

#[expect(
    clippy::cast_precision_loss,
    reason = "bytes of a month are a share of others, not counted here"
)]
fn as_number(bytes: u64) -> f64 {
    bytes as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400_000_000;

    fn after_days(days: u64) -> Instant {
        Instant::from_micros(days * DAY)
    }

    fn november(day: u8) -> UtcTime {
        date(2026, 11, day)
    }

    fn date(year: i32, month: u8, day: u8) -> UtcTime {
        let midnight = CivilTime {
            year,
            month,
            day,
            hour: 0,
            minute: 0,
            second: 0,
            micros: 0,
        };
        midnight.to_utc().unwrap()
    }

    #[test]
    fn month_that_begins_has_spent_nothing() {
        let mut budget = Budget::new(1_000_000, None, after_days(0));
        budget.look(after_days(0), Some(november(30)));
        budget.spend(700);
        budget.look(after_days(0), Some(november(30)));
        assert_eq!(budget.bytes(), 700);
        budget.spend(5);
        budget.look(after_days(1), Some(date(2026, 12, 1)));
        assert_eq!(
            budget.bytes(),
            5,
            "what came since the last look is of the new month"
        );
    }

    #[test]
    fn intervals_double_for_each_half_percent_ahead_and_are_as_ever_behind() {
        let mut budget = Budget::new(1_000_000, None, after_days(0));
        budget.look(after_days(0), Some(november(16)));
        assert_eq!(budget.share_of_month(after_days(0)), Some(0.5));
        budget.spend(485_000);
        assert!((budget.stretch(after_days(0), 0) - 1.0).abs() < 1e-9);
        budget.spend(5_000);
        assert!((budget.stretch(after_days(0), 0) - 2.0).abs() < 1e-9);
        assert!((budget.stretch(after_days(0), 5_000) - 4.0).abs() < 1e-9);
        budget.spend(400_000);
        assert!((budget.stretch(after_days(0), 0) - STRETCH_MAX).abs() < 1e-9);
    }

    #[test]
    fn without_a_budget_nothing_is_stretched() {
        let mut budget = Budget::new(0, None, after_days(0));
        budget.spend(u64::MAX);
        assert!((budget.stretch(after_days(0), 5) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn restart_goes_on_with_the_month_before_any_clock_is_known() {
        let kept = Spent {
            as_of: november(20),
            bytes: 300_000,
        };
        let mut budget = Budget::new(1_000_000, Some(kept), after_days(0));
        budget.spend(7);
        budget.look(after_days(1), None);
        assert_eq!(budget.bytes(), 300_007);
        let share = budget.share_of_month(after_days(1)).unwrap();
        assert!((share - 20.0 / 30.0).abs() < 1e-9, "{share}");
        // It was longer than anybody knew: what came since then is all of the new month.
        budget.look(after_days(1), Some(date(2026, 12, 3)));
        assert_eq!(budget.bytes(), 7);
    }

    #[test]
    fn date_that_goes_back_a_month_keeps_what_was_spent() {
        let mut budget = Budget::new(1_000_000, None, after_days(0));
        budget.look(after_days(0), Some(date(2027, 3, 1)));
        budget.spend(900);
        budget.look(after_days(0), Some(november(10)));
        assert_eq!(
            budget.spent().map(|spent| (spent.bytes, spent.as_of)),
            Some((900, november(10)))
        );
    }

    #[test]
    fn month_ends_with_all_of_it_over_also_in_a_leap_year_and_in_december() {
        let mut budget = Budget::new(1, None, after_days(0));
        for (day, length) in [(date(2028, 2, 15), 29.0), (date(2026, 12, 15), 31.0)] {
            budget.look(after_days(0), Some(day));
            let share = budget.share_of_month(after_days(0)).unwrap();
            assert!((share - 14.0 / length).abs() < 1e-9, "{share}");
            assert_eq!(budget.share_of_month(after_days(40)), Some(1.0));
        }
    }
}
