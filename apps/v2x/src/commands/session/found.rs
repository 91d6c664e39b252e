//! One session with all that the store has of it.

use v2x_charging::SessionRecord;
use v2x_store::{BillRow, MeterValue, Store, StoreError, StoredSession};

use crate::failure::{Blame, Failure};

/// The most sessions that are looked through for the beginning of an id: fifty a day for years.
const LOOK_THROUGH: usize = 100_000;

/// A session with its records, samples and bill.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) session: StoredSession,
    pub(crate) records: Vec<SessionRecord>,
    pub(crate) values: Vec<MeterValue>,
    pub(crate) bill: Option<BillRow>,
}

impl Found {
    /// The session whose id begins so.
    pub(super) fn by_id(store: &Store, beginning: &str) -> Result<Self, Failure> {
        let beginning = beginning.to_ascii_lowercase();
        let sessions = store.sessions(LOOK_THROUGH).map_err(unreadable)?;
        let mut matching = sessions.into_iter().filter(|session| {
            let id = session.head.transaction.to_string();
            id.starts_with(&beginning)
        });
        let hint = "`v2x session list` shows all ids";
        match (matching.next(), matching.next()) {
            (Some(session), None) => Self::of(store, session).map_err(unreadable),
            (Some(_), Some(_)) => {
                let what = format_args!("several sessions begin with `{beginning}`");
                Err(Failure::new(Blame::Usage, what).hint("give more of the id"))
            }
            (None, _) => {
                let what = format_args!("no session begins with `{beginning}`");
                Err(Failure::new(Blame::Usage, what).hint(hint))
            }
        }
    }

    /// All that the store has of a session.
    pub(crate) fn of(store: &Store, session: StoredSession) -> Result<Self, StoreError> {
        let transaction = session.head.transaction;
        Ok(Self {
            records: store.session_records(transaction)?,
            values: store.meter_values(transaction)?,
            bill: store.bill(transaction)?,
            session,
        })
    }
}

fn unreadable(error: StoreError) -> Failure {
    Failure::new(Blame::Input, error)
}
