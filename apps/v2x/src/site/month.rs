//! A month of a station, by the day on which sessions began in its time zone: the same for the
//! station itself and for the hub that is told of it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan as _};
use rust_decimal::Decimal;
use v2x_web::site::Period;
use v2x_web::types::{DayShare, MonthReport, Share};
use v2x_web::{Answer, Refusal};

/// A session that ended, as far as the month asks.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    pub(crate) slot: String,
    /// Whoever charged; `None` for one that has not said who it is.
    pub(crate) vehicle: Option<String>,
    /// When it began, in ms since 1970.
    pub(crate) started: Option<i64>,
    /// What was counted; `None` when nobody told it.
    pub(crate) milliwatt_hours: Option<u64>,
    /// What was charged: a decimal text and a currency.
    pub(crate) total: Option<(String, String)>,
}

/// A month of one station.
#[derive(Debug, Clone)]
pub(crate) struct Month {
    first: Date,
    zone: TimeZone,
}

impl Month {
    /// A month, as `2026-11`, in a time zone by its name; without one the running month. A zone
    /// that nobody knows is UTC.
    pub(crate) fn of(zone: &str, month: Option<&str>, now_ms: i64) -> Answer<Self> {
        let zone = TimeZoneDatabase::bundled()
            .get(zone)
            .unwrap_or(TimeZone::UTC);
        Ok(Self::new(first_day(month, &zone, now_ms)?, zone))
    }

    /// The month of this first day.
    pub(crate) const fn new(first: Date, zone: TimeZone) -> Self {
        Self { first, zone }
    }

    /// From its first midnight to the next month's.
    pub(crate) fn period(&self) -> Answer<Period> {
        period(self.first, &self.zone)
    }

    /// What its sessions come to.
    pub(crate) fn add_up(&self, sessions: impl IntoIterator<Item = Ended>) -> MonthReport {
        let mut whole = Sum::default();
        let mut slots: BTreeMap<String, Sum> = BTreeMap::new();
        let mut vehicles: BTreeMap<String, Sum> = BTreeMap::new();
        let mut days: BTreeMap<Date, Sum> = BTreeMap::new();
        let mut currencies: Vec<String> = Vec::new();
        for session in sessions {
            let revenue = session.total.as_ref();
            let revenue = revenue.and_then(|(amount, _)| amount.parse().ok());
            if let Some((_, currency)) = session.total
                && !currencies.contains(&currency)
            {
                currencies.push(currency);
            }
            let energy = session.milliwatt_hours;
            let day = session
                .started
                .and_then(|started| Timestamp::from_millisecond(started).ok())
                .map(|started| started.to_zoned(self.zone.clone()).date());
            let vehicle = session.vehicle.unwrap_or_else(|| "unknown".to_owned());
            whole.add(energy, revenue);
            slots.entry(session.slot).or_default().add(energy, revenue);
            vehicles.entry(vehicle).or_default().add(energy, revenue);
            if let Some(day) = day {
                days.entry(day).or_default().add(energy, revenue);
            }
        }
        let is_one = currencies.len() < 2;
        let share = |(name, sum): (String, Sum)| Share {
            name,
            sessions: sum.sessions,
            unbilled: sum.unbilled,
            unmeasured: sum.unmeasured,
            energy_wh: sum.energy_wh(),
            revenue: sum.revenue(is_one),
        };
        MonthReport {
            month: format!("{:04}-{:02}", self.first.year(), self.first.month()),
            sessions: whole.sessions,
            unbilled: whole.unbilled,
            unmeasured: whole.unmeasured,
            undated: 0,
            is_cut: false,
            is_revenue_beyond: matches!(whole.revenue, Revenue::Beyond),
            energy_wh: whole.energy_wh(),
            revenue: whole.revenue(is_one),
            currency: currencies.pop().filter(|_| is_one),
            by_slot: slots.into_iter().map(share).collect(),
            by_vehicle: vehicles.into_iter().map(share).collect(),
            by_day: days
                .into_iter()
                .map(|(day, sum)| DayShare {
                    day: day.to_string(),
                    sessions: sum.sessions,
                    unbilled: sum.unbilled,
                    unmeasured: sum.unmeasured,
                    energy_wh: sum.energy_wh(),
                    revenue: sum.revenue(is_one),
                })
                .collect(),
        }
    }
}

/// What sessions had together.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    sessions: u64,
    /// Of them, those without a price.
    unbilled: u64,
    /// Of them, those whose energy nobody told.
    unmeasured: u64,
    milliwatt_hours: u64,
    revenue: Revenue,
}

/// What was charged.
#[derive(Debug, Clone, Copy, Default)]
enum Revenue {
    /// Nothing was billed.
    #[default]
    None,
    /// So much.
    Of(Decimal),
    /// More than a sum can hold.
    Beyond,
}

impl Revenue {
    fn and(self, more: Option<Decimal>) -> Self {
        match (self, more) {
            (so_far, None) | (so_far @ Self::Beyond, _) => so_far,
            (Self::None, Some(more)) => Self::Of(more),
            (Self::Of(so_far), Some(more)) => {
                so_far.checked_add(more).map_or(Self::Beyond, Self::Of)
            }
        }
    }
}

impl Sum {
    fn add(&mut self, energy: Option<u64>, revenue: Option<Decimal>) {
        self.sessions += 1;
        self.unbilled += u64::from(revenue.is_none());
        self.unmeasured += u64::from(energy.is_none());
        self.milliwatt_hours = self.milliwatt_hours.saturating_add(energy.unwrap_or(0));
        self.revenue = self.revenue.and(revenue);
    }

    /// What was counted; `None` when nobody told it of any session.
    fn energy_wh(&self) -> Option<f64> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a month's energy lies far below what a double counts exactly"
        )]
        let milliwatt_hours = self.milliwatt_hours as f64;
        let is_unknown = self.sessions > 0 && self.unmeasured == self.sessions;
        (!is_unknown).then_some(milliwatt_hours / 1000.0)
    }

    fn revenue(&self, is_one_currency: bool) -> Option<String> {
        match self.revenue {
            Revenue::Of(sum) if is_one_currency => Some(sum.to_string()),
            _ => None,
        }
    }
}

/// The first day of a month, as `2026-11`; without one of the running month.
pub(crate) fn first_day(month: Option<&str>, zone: &TimeZone, now_ms: i64) -> Answer<Date> {
    let wrong = || Refusal::Invalid("the month is none; it must be as 2026-11".to_owned());
    match month {
        Some(month) => {
            let (year, month) = month.split_once('-').ok_or_else(wrong)?;
            let year = year.parse().map_err(|_| wrong())?;
            Date::new(year, month.parse().map_err(|_| wrong())?, 1).map_err(|_| wrong())
        }
        None => {
            let now = Timestamp::from_millisecond(now_ms).map_err(|_| wrong())?;
            Ok(now.to_zoned(zone.clone()).date().first_of_month())
        }
    }
}

/// From the first midnight of a month to the next month's.
pub(crate) fn period(first: Date, zone: &TimeZone) -> Answer<Period> {
    let beginning = |day: Date| {
        let midnight = day.to_zoned(zone.clone()).ok()?;
        Some(midnight.timestamp().as_millisecond())
    };
    let next = first.checked_add(1.month()).ok();
    let ends = beginning(first).zip(next.and_then(beginning));
    let (from, to) = ends.ok_or_else(|| {
        Refusal::Invalid(format!("{first} is beyond what a calendar of ours has"))
    })?;
    Ok(Period { from, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_counts_on_the_day_of_the_station_and_money_of_two_currencies_is_no_sum() {
        let month = Month::of("Europe/Paris", Some("2026-03"), 0).unwrap();
        let ended = |vehicle: Option<&str>, currency: &str| Ended {
            slot: "1".to_owned(),
            vehicle: vehicle.map(str::to_owned),
            // 00:30 on the first in Paris.
            started: Some(1_772_321_400_000),
            milliwatt_hours: Some(1_500_000),
            total: Some(("0.10".to_owned(), currency.to_owned())),
        };
        let one = month.add_up([ended(Some("car"), "MAD"), ended(None, "MAD")]);
        assert_eq!(one.by_day[0].day, "2026-03-01");
        assert_eq!((one.sessions, one.energy_wh), (2, Some(3000.0)));
        assert_eq!(one.revenue.as_deref(), Some("0.20"));
        let names: Vec<_> = one.by_vehicle.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["car", "unknown"]);
        let two = month.add_up([ended(None, "MAD"), ended(None, "EUR")]);
        assert_eq!((two.revenue, two.currency), (None, None));
    }

    #[test]
    fn energy_that_nobody_told_is_counted_as_unknown_and_is_no_zero() {
        let month = Month::of("UTC", Some("2026-03"), 0).unwrap();
        let ended = |slot: &str, milliwatt_hours| Ended {
            slot: slot.to_owned(),
            vehicle: None,
            started: Some(1_772_700_000_000),
            milliwatt_hours,
            total: None,
        };
        let report = month.add_up([
            ended("1", Some(500_000)),
            ended("1", None),
            ended("2", None),
        ]);
        assert_eq!((report.energy_wh, report.unmeasured), (Some(500.0), 2));
        let slots = report
            .by_slot
            .iter()
            .map(|it| (it.energy_wh, it.unmeasured));
        assert_eq!(slots.collect::<Vec<_>>(), [(Some(500.0), 1), (None, 1)]);
        assert_eq!(month.add_up([]).energy_wh, Some(0.0));
    }

    #[test]
    fn revenue_beyond_every_sum_is_said_and_does_not_begin_anew() {
        let month = Month::of("UTC", Some("2026-03"), 0).unwrap();
        let ended = |amount: &str| Ended {
            slot: "1".to_owned(),
            vehicle: None,
            started: Some(1_772_700_000_000),
            milliwatt_hours: Some(0),
            total: Some((amount.to_owned(), "MAD".to_owned())),
        };
        let most = Decimal::MAX.to_string();
        let report = month.add_up([ended(&most), ended(&most), ended("1.00")]);
        assert_eq!((report.revenue, report.is_revenue_beyond), (None, true));
        assert_eq!(report.unbilled, 0);
        assert!(!month.add_up([ended("1.00")]).is_revenue_beyond);
    }
}
