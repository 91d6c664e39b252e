//! Which sessions were there: charging sessions with every record, meter value and bill.
//!
//! A step of a session is one transaction: its record, what the meter showed around it, the bill
//! when it is the last, and what is to be told to the server. Not here: when a step is taken
//! (`charging`) and what a bill says (`tariff`).
//!
//! | file | what it holds |
//! |---|---|
//! | [`record`] | the steps of a session |
//! | [`meter_value`] | what the meter showed around them |
//! | [`bill`] | what was charged for |
//! | `standing` | what holds at a slot beside them |
//! | `words` | states and reasons as they stand in the tables |

pub mod bill;
pub mod meter_value;
pub mod record;
mod standing;
mod words;

use rusqlite::{OptionalExtension, Row, Transaction};
use v2x_charging::{SessionRecord, TransactionId};
use v2x_outbox::NewEntry;
use v2x_units::UtcTime;

use crate::error::StoreError;
use crate::open::Store;
use crate::outbox::sql_limit;
use bill::BillRow;
use meter_value::MeterValue;

/// What does not change while a session lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionHead {
    /// Its transaction.
    pub transaction: TransactionId,
    /// The slot's number, 1 to 16.
    pub slot: u8,
    /// The station's name.
    pub station: String,
    /// The slot's name.
    pub slot_name: String,
    /// The station's time zone, an IANA name.
    pub time_zone: String,
    /// The tariff's id.
    pub tariff_id: String,
    /// The tariff's version.
    pub tariff_version: String,
}

/// One step of a session, with all that enters the store together.
#[derive(Debug)]
pub struct SessionStep<'a> {
    /// The session that this step opens; `None` when it is open already.
    pub opens: Option<&'a SessionHead>,
    /// The record of the step.
    pub record: &'a SessionRecord,
    /// What the meter showed before it.
    pub values: &'a [MeterValue],
    /// The bill, when the session ends.
    pub bill: Option<&'a BillRow>,
    /// What is to be sent.
    pub uploads: &'a [NewEntry],
}

/// A session with its newest record.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredSession {
    /// The order of starting, whatever the clock said.
    pub number: i64,
    /// What does not change.
    pub head: SessionHead,
    /// The newest record: energy so far, state, and why it ended.
    pub newest: SessionRecord,
}

/// Which sessions are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen {
    /// Of this slot.
    pub slot: Option<u8>,
    /// Begun not before; sessions without a time are then left out.
    pub from: Option<UtcTime>,
    /// Begun before.
    pub to: Option<UtcTime>,
    /// Older than this session.
    pub before: Option<TransactionId>,
    /// At most so many.
    pub limit: usize,
}

impl Store {
    /// Writes a step in one transaction; a record that is there already is left as it is.
    ///
    /// # Errors
    /// The disk's; then nothing is written.
    pub fn record_session(&mut self, step: &SessionStep<'_>) -> Result<(), StoreError> {
        self.change_queue(|tx, queue| {
            if let Some(head) = step.opens {
                open(tx, head)?;
            }
            let session = number(tx, step.record.transaction)?;
            if !record::insert(tx, session, step.record)? {
                return Ok(());
            }
            meter_value::insert(tx, session, step.values)?;
            if let Some(bill) = step.bill {
                bill::insert(tx, session, bill)?;
            }
            for entry in step.uploads {
                queue.insert(tx, entry)?;
            }
            Ok(())
        })
    }

    /// The newest sessions, newest first, at most `limit`.
    ///
    /// # Errors
    /// The disk's.
    pub fn sessions(&self, limit: usize) -> Result<Vec<StoredSession>, StoreError> {
        self.rows(
            &newest_records("1 = 1 ORDER BY s.number DESC LIMIT ?1"),
            [sql_limit(limit)],
            stored_session,
        )
    }

    /// Sessions of some choice, newest first.
    ///
    /// # Errors
    /// The disk's.
    pub fn chosen_sessions(&self, chosen: &Chosen) -> Result<Vec<StoredSession>, StoreError> {
        let started = "(SELECT max(started_us) FROM session_record WHERE session = s.number)";
        self.rows(
            &newest_records(&format!(
                "(?1 IS NULL OR s.slot = ?1)
                 AND (?2 IS NULL OR {started} >= ?2) AND (?3 IS NULL OR {started} < ?3)
                 AND (?4 IS NULL OR s.number < (SELECT number FROM charging_session
                                                WHERE transaction_id = ?4))
                 ORDER BY s.number DESC LIMIT ?5"
            )),
            (
                chosen.slot,
                chosen.from.map(UtcTime::as_micros),
                chosen.to.map(UtcTime::as_micros),
                chosen.before.map(TransactionId::bytes),
                sql_limit(chosen.limit),
            ),
            stored_session,
        )
    }

    /// How many sessions have ended of which nobody knows when they began.
    ///
    /// # Errors
    /// The disk's.
    pub fn undated_sessions(&self) -> Result<u64, StoreError> {
        let counts: Vec<u64> = self.rows(
            "SELECT count(*) FROM (SELECT max(started_us) AS started, max(ended) AS ended
                                   FROM session_record GROUP BY session)
             WHERE started IS NULL AND ended IS NOT NULL",
            (),
            |row| row.get(0),
        )?;
        Ok(counts.into_iter().sum())
    }

    /// The newest session of a slot.
    ///
    /// # Errors
    /// The disk's.
    pub fn newest_session(&self, slot: u8) -> Result<Option<StoredSession>, StoreError> {
        let found = self.rows(
            &newest_records("s.slot = ?1 ORDER BY s.number DESC LIMIT 1"),
            [slot],
            stored_session,
        )?;
        Ok(found.into_iter().next())
    }

    /// One session by its transaction.
    ///
    /// # Errors
    /// The disk's.
    pub fn session(&self, transaction: TransactionId) -> Result<Option<StoredSession>, StoreError> {
        let found = self.rows(
            &newest_records("s.transaction_id = ?1"),
            [transaction.bytes()],
            stored_session,
        )?;
        Ok(found.into_iter().next())
    }
}

/// The columns of a session and of its newest record, under a condition.
fn newest_records(condition: &str) -> String {
    let record = record::COLUMNS;
    format!(
        "SELECT {record}, s.number, s.slot, s.station, s.slot_name, s.time_zone,
                s.tariff_id, s.tariff_version
         FROM charging_session s JOIN session_record r ON r.session = s.number
          AND r.seq = (SELECT max(seq) FROM session_record WHERE session = s.number)
         WHERE {condition}"
    )
}

fn stored_session(row: &Row<'_>) -> rusqlite::Result<StoredSession> {
    let newest = record::read(row)?;
    let after = record::COLUMN_COUNT;
    Ok(StoredSession {
        number: row.get(after)?,
        head: SessionHead {
            transaction: newest.transaction,
            slot: row.get(after + 1)?,
            station: row.get(after + 2)?,
            slot_name: row.get(after + 3)?,
            time_zone: row.get(after + 4)?,
            tariff_id: row.get(after + 5)?,
            tariff_version: row.get(after + 6)?,
        },
        newest,
    })
}

fn open(tx: &Transaction<'_>, head: &SessionHead) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO charging_session (transaction_id, slot, station, slot_name, time_zone,
                                       tariff_id, tariff_version)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (transaction_id) DO NOTHING",
    )?
    .execute((
        head.transaction.bytes(),
        head.slot,
        &head.station,
        &head.slot_name,
        &head.time_zone,
        &head.tariff_id,
        &head.tariff_version,
    ))?;
    Ok(())
}

/// The number of an open session; one that is not there makes the step fail as a whole.
fn number(tx: &Transaction<'_>, transaction: TransactionId) -> rusqlite::Result<i64> {
    tx.prepare_cached("SELECT number FROM charging_session WHERE transaction_id = ?1")?
        .query_row([transaction.bytes()], |row| row.get(0))
        .optional()?
        .ok_or(rusqlite::Error::QueryReturnedNoRows)
}
