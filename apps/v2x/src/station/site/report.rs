//! A month of the station, by the day on which sessions began in its time zone.

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use v2x_store::{BillRow, Chosen, StoreError, StoredSession};
use v2x_units::UtcTime;
use v2x_web::Answer;
use v2x_web::types::MonthReport;

use super::sessions;
use crate::site::Readers;
use crate::site::month::{self, Month, first_day, period};

/// The car of sessions that named none.
const UNKNOWN: &str = "unknown";
/// Sessions of a month: three thousand a day.
const SESSIONS: usize = 100_000;

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
        // One more says that there are more.
        limit: SESSIONS + 1,
    };
    let (sessions, is_cut, undated) = readers.ask(|store| {
        let mut sessions = store.chosen_sessions(&chosen)?;
        let is_cut = sessions.len() > SESSIONS;
        sessions.truncate(SESSIONS);
        let ended = sessions
            .into_iter()
            .filter(|session| session.newest.ended.is_some());
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
        Ok((known, is_cut, store.undated_sessions()?))
    })?;
    let mut report = add_up(&sessions, first, &zone);
    report.undated = undated;
    report.is_cut = is_cut;
    Ok(report)
}

/// A session that is over, with its bill and its car.
struct Ended {
    bill: Option<BillRow>,
    vehicle: String,
    session: StoredSession,
}

fn add_up(sessions: &[Ended], first: Date, zone: &TimeZone) -> MonthReport {
    let ended = sessions.iter().map(|it| {
        let total = it.bill.as_ref().and_then(|bill| bill.total.as_ref().ok());
        month::Ended {
            slot: it.session.head.slot_name.clone(),
            vehicle: Some(it.vehicle.clone()),
            started: it.session.newest.started.map(UtcTime::as_millis),
            milliwatt_hours: Some(it.session.newest.energy.plausible.milliwatt_hours()),
            total: total.map(|total| (total.amount.clone(), total.currency.clone())),
        }
    });
    Month::new(first, zone.clone()).add_up(ended)
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
