//! A month of the station, out of its store.

use v2x_charging::Authorisation;
use v2x_store::{Chosen, StoredSession};
use v2x_units::UtcTime;
use v2x_web::Answer;
use v2x_web::types::MonthReport;

use crate::site::{Ended, Month, Readers};

/// Sessions of a month: three thousand a day.
const SESSIONS: usize = 100_000;

/// A month, as `2026-11`; without one the running month.
pub(super) fn of(
    readers: &Readers,
    zone: &str,
    month: Option<&str>,
    now_ms: i64,
) -> Answer<MonthReport> {
    let month = Month::of(zone, month, now_ms)?;
    let chosen = Chosen {
        slot: None,
        from: Some(UtcTime::from_millis(month.period.from)),
        to: Some(UtcTime::from_millis(month.period.to)),
        before: None,
        limit: SESSIONS,
    };
    let sessions = readers.ask(|store| {
        let sessions = store.chosen_sessions(&chosen)?.into_iter();
        let ended = sessions.filter(|session| session.newest.ended.is_some());
        let with_bill = ended.map(|session| {
            let bill = store.bill(session.head.transaction)?;
            let total = bill.and_then(|bill| bill.total.ok());
            Ok(Ended {
                vehicle: vehicle(&session),
                started: session.newest.started.map(UtcTime::as_millis),
                milliwatt_hours: session.newest.energy.plausible.milliwatt_hours(),
                total: total.map(|total| (total.amount, total.currency)),
                slot: session.head.slot_name,
            })
        });
        with_bill.collect::<Result<Vec<_>, _>>()
    })?;
    Ok(month.add_up(sessions))
}

fn vehicle(session: &StoredSession) -> Option<String> {
    match session.newest.authorisation {
        Authorisation::Car(digest) => {
            Some(digest.iter().map(|byte| format!("{byte:02x}")).collect())
        }
        Authorisation::None | Authorisation::Operator => None,
    }
}
