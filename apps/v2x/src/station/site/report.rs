//! A month of the station, by the day on which sessions began in its time zone.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan as _};
use rust_decimal::Decimal;
use v2x_store::{BillRow, Chosen, StoreError, StoredSession};
use v2x_units::UtcTime;
use v2x_web::site::Period;
use v2x_web::types::{DayShare, MonthReport, Share};
use v2x_web::{Answer, Refusal};

use super::sessions;
use crate::site::Readers;

/// The car of sessions that named none.
const UNKNOWN: &str = "unknown";
/// Sessions of a month: three thousand a day.
const SESSIONS: usize = 100_000;

/// What sessions had together.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    sessions: u64,
    /// Of them, those without a price.
    unbilled: u64,
    milliwatt_hours: u64,
    revenue: Option<Decimal>,
}

impl Sum {
    fn add(&mut self, energy: u64, revenue: Option<Decimal>) {
        self.sessions += 1;
        self.unbilled += u64::from(revenue.is_none());
        self.milliwatt_hours = self.milliwatt_hours.saturating_add(energy);
        self.revenue = match (self.revenue, revenue) {
            (Some(so_far), Some(more)) => so_far.checked_add(more),
            (so_far, more) => so_far.or(more),
        };
    }

    fn energy_wh(&self) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a month's energy lies far below what a double counts exactly"
        )]
        let milliwatt_hours = self.milliwatt_hours as f64;
        milliwatt_hours / 1000.0
    }

    fn revenue(&self, is_one_currency: bool) -> Option<String> {
        self.revenue
            .filter(|_| is_one_currency)
            .map(|sum| sum.to_string())
    }
}

/// A month, as `2026-11`; without one the running month.
pub(super) fn of(
    readers: &Readers,
    zone: &str,
    month: Option<&str>,
    now_ms: i64,
) -> Answer<MonthReport> {
    let zone = TimeZoneDatabase::bundled()
        .get(zone)
        .unwrap_or(TimeZone::UTC);
    let first = first_day(month, &zone, now_ms)?;
    let period = period(first, &zone)?;
    let chosen = Chosen {
        slot: None,
        from: Some(UtcTime::from_millis(period.from)),
        to: Some(UtcTime::from_millis(period.to)),
        before: None,
        limit: SESSIONS,
    };
    let (sessions, undated) = readers.ask(|store| {
        let sessions = store.chosen_sessions(&chosen)?.into_iter();
        let ended = sessions.filter(|session| session.newest.ended.is_some());
        let known = ended.map(|it| {
            let transaction = it.head.transaction;
            let vehicle = sessions::vehicle(&it, store.v2g_receipt_of(transaction)?);
            Ok(Ended {
                bill: store.bill(transaction)?,
                vehicle: vehicle.unwrap_or_else(|| UNKNOWN.to_owned()),
                session: it,
            })
        });
        let known = known.collect::<Result<Vec<_>, StoreError>>()?;
        Ok((known, store.undated_sessions()?))
    })?;
    let mut report = add_up(&sessions, first, &zone);
    report.undated = undated;
    Ok(report)
}

/// A session that is over, with its bill and its car.
struct Ended {
    bill: Option<BillRow>,
    vehicle: String,
    session: StoredSession,
}

fn first_day(month: Option<&str>, zone: &TimeZone, now_ms: i64) -> Answer<Date> {
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

fn period(first: Date, zone: &TimeZone) -> Answer<Period> {
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

fn add_up(sessions: &[Ended], first: Date, zone: &TimeZone) -> MonthReport {
    let mut whole = Sum::default();
    let mut slots: BTreeMap<String, Sum> = BTreeMap::new();
    let mut vehicles: BTreeMap<String, Sum> = BTreeMap::new();
    let mut days: BTreeMap<Date, Sum> = BTreeMap::new();
    let mut currencies: Vec<String> = Vec::new();
    for Ended {
        bill,
        vehicle,
        session,
    } in sessions
    {
        let total = bill.as_ref().and_then(|bill| bill.total.as_ref().ok());
        if let Some(total) = total
            && !currencies.contains(&total.currency)
        {
            currencies.push(total.currency.clone());
        }
        let revenue = total.and_then(|total| total.amount.parse().ok());
        let energy = session.newest.energy.plausible.milliwatt_hours();
        let started = session.newest.started.map(UtcTime::as_millis);
        let day = started
            .and_then(|started| Timestamp::from_millisecond(started).ok())
            .map(|started| started.to_zoned(zone.clone()).date());
        whole.add(energy, revenue);
        slots
            .entry(session.head.slot_name.clone())
            .or_default()
            .add(energy, revenue);
        vehicles
            .entry(vehicle.clone())
            .or_default()
            .add(energy, revenue);
        if let Some(day) = day {
            days.entry(day).or_default().add(energy, revenue);
        }
    }
    let is_one = currencies.len() < 2;
    let share = |(name, sum): (String, Sum)| Share {
        name,
        sessions: sum.sessions,
        unbilled: sum.unbilled,
        energy_wh: sum.energy_wh(),
        revenue: sum.revenue(is_one),
    };
    MonthReport {
        month: format!("{:04}-{:02}", first.year(), first.month()),
        sessions: whole.sessions,
        unbilled: whole.unbilled,
        undated: 0,
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
                energy_wh: sum.energy_wh(),
                revenue: sum.revenue(is_one),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use v2x_charging::{
        Authorisation, EndReason, Energy, EnergyLedger, SessionRecord, SlotState, TransactionId,
    };
    use v2x_store::{SessionHead, Total};
    use v2x_units::{BootId, Instant};

    use super::*;

    #[test]
    fn month_begins_and_ends_at_midnight_of_the_station() {
        let zone = TimeZoneDatabase::bundled().get("Europe/Paris").unwrap();
        let first = first_day(Some("2026-03"), &zone, 0).unwrap();
        let period = period(first, &zone).unwrap();
        // 2026-02-28T23:00Z to 2026-03-31T22:00Z: the clocks go forward in between.
        assert_eq!(period.from, 1_772_319_600_000);
        assert_eq!(period.to - period.from, (31 * 24 - 1) * 3_600_000);
        let now = period.from + 1;
        assert_eq!(first_day(None, &zone, now).unwrap(), first);
        assert!(first_day(Some("2026-13"), &zone, 0).is_err());
    }

    #[test]
    fn session_without_a_price_counts_and_is_not_called_free() {
        let zone = TimeZone::UTC;
        let first = first_day(Some("2026-03"), &zone, 0).unwrap();
        let of = |total: Result<&str, &str>, slot: &str| Ended {
            bill: Some(BillRow {
                energy: Energy::from_watt_hours(500),
                total: total.map_err(str::to_owned).map(|amount| Total {
                    currency: "MAD".to_owned(),
                    amount: amount.to_owned(),
                }),
                lines: Vec::new(),
            }),
            vehicle: UNKNOWN.to_owned(),
            session: session(slot, period(first, &zone).unwrap().from),
        };
        let sessions = [
            of(Ok("1.50"), "1"),
            of(Err("no clock"), "1"),
            of(Err("no clock"), "2"),
        ];
        let report = add_up(&sessions, first, &zone);
        assert_eq!((report.sessions, report.unbilled), (3, 2));
        assert_eq!(report.revenue.as_deref(), Some("1.50"));
        let slots: Vec<_> = report
            .by_slot
            .iter()
            .map(|it| (it.sessions, it.unbilled, it.revenue.as_deref()))
            .collect();
        assert_eq!(slots, [(2, 1, Some("1.50")), (1, 1, None)]);
        assert_eq!((report.by_day.len(), report.by_day[0].unbilled), (1, 2));
    }

    fn session(slot: &str, started_ms: i64) -> StoredSession {
        let transaction = TransactionId::from_bytes([1; 16]);
        StoredSession {
            number: 1,
            head: SessionHead {
                transaction,
                slot: 1,
                station: "Yard".to_owned(),
                slot_name: slot.to_owned(),
                time_zone: "UTC".to_owned(),
                tariff_id: "day".to_owned(),
                tariff_version: "1".to_owned(),
            },
            newest: SessionRecord {
                transaction,
                seq: 1,
                boot: BootId::new(1),
                at: Instant::BOOT,
                utc: None,
                started: Some(UtcTime::from_millis(started_ms)),
                elapsed: Duration::from_secs(60),
                state: SlotState::Finishing,
                energy: EnergyLedger {
                    plausible: Energy::from_watt_hours(500),
                    ..EnergyLedger::default()
                },
                baseline: None,
                authorisation: Authorisation::None,
                plugged: None,
                ended: Some(EndReason::EvDisconnected),
            },
        }
    }
}
