//! The steps of a session, each complete in itself.

use std::time::Duration;

use rusqlite::{Row, Transaction};
use v2x_charging::meter::Baseline;
use v2x_charging::{Energy, EnergyLedger, SessionRecord, TransactionId, Verdict};
use v2x_units::{BootId, Instant, UtcTime, Watts};

use super::words;
use crate::error::StoreError;
use crate::open::Store;

/// How many columns [`COLUMNS`] names.
pub(super) const COLUMN_COUNT: usize = 20;

/// What [`read`] reads, of the session `s` and its record `r`.
pub(super) const COLUMNS: &str = "s.transaction_id, r.seq, r.boot, r.at_us, r.utc_us, r.started_us,
    r.elapsed_us, r.state, r.plausible_mwh, r.doubtful_mwh, r.good, r.stale, r.reset, r.jump,
    r.impossible, r.counter_mwh, r.counter_w, r.authorisation, r.plugged, r.ended";

impl Store {
    /// All records of a session in the order of their `seq`.
    ///
    /// # Errors
    /// The disk's.
    pub fn session_records(
        &self,
        transaction: TransactionId,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        self.rows(
            &format!(
                "SELECT {COLUMNS} FROM charging_session s JOIN session_record r
                     ON r.session = s.number WHERE s.transaction_id = ?1 ORDER BY r.seq"
            ),
            [transaction.bytes()],
            read,
        )
    }
}

/// Writes a record; `false` when it is there already.
pub(super) fn insert(
    tx: &Transaction<'_>,
    session: i64,
    record: &SessionRecord,
) -> rusqlite::Result<bool> {
    let energy = record.energy;
    let count = |verdict| energy.count(verdict);
    let written = tx
        .prepare_cached(
            "INSERT INTO session_record (session, seq, boot, at_us, utc_us, started_us, elapsed_us,
                 state, plausible_mwh, doubtful_mwh, good, stale, reset, jump, impossible,
                 counter_mwh, counter_w, authorisation, plugged, ended)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                 ?18, ?19, ?20)
             ON CONFLICT (session, seq) DO NOTHING",
        )?
        .execute(rusqlite::params![
            session,
            record.seq,
            record.boot.get(),
            record.at.as_micros(),
            record.utc.map(UtcTime::as_micros),
            record.started.map(UtcTime::as_micros),
            micros(record.elapsed),
            words::of_state(record.state),
            energy.plausible.milliwatt_hours(),
            energy.doubtful.milliwatt_hours(),
            count(Verdict::Good),
            count(Verdict::Stale),
            count(Verdict::Reset),
            count(Verdict::Jump),
            count(Verdict::Impossible),
            record.baseline.map(|at| at.energy.milliwatt_hours()),
            record.baseline.and_then(|at| at.power).map(Watts::get),
            words::of_authorisation(record.authorisation),
            record.plugged,
            record.ended.map(words::of_reason),
        ])?;
    Ok(written > 0)
}

/// Reads the [`COLUMNS`].
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<SessionRecord> {
    let utc = |column| {
        Ok::<_, rusqlite::Error>(row.get::<_, Option<_>>(column)?.map(UtcTime::from_micros))
    };
    let energy = |column| Ok::<_, rusqlite::Error>(Energy::from_milliwatt_hours(row.get(column)?));
    let counter: Option<u64> = row.get(15)?;
    let power: Option<f64> = row.get(16)?;
    Ok(SessionRecord {
        transaction: TransactionId::from_bytes(row.get(0)?),
        seq: row.get(1)?,
        boot: BootId::new(row.get(2)?),
        at: Instant::from_micros(row.get(3)?),
        utc: utc(4)?,
        started: utc(5)?,
        elapsed: Duration::from_micros(row.get(6)?),
        state: words::state(row, 7)?,
        energy: EnergyLedger {
            plausible: energy(8)?,
            doubtful: energy(9)?,
            samples: [
                row.get(10)?,
                row.get(11)?,
                row.get(12)?,
                row.get(13)?,
                row.get(14)?,
            ],
        },
        baseline: counter.map(|counter| Baseline {
            energy: Energy::from_milliwatt_hours(counter),
            power: power.map(Watts::new),
        }),
        authorisation: words::authorisation(row, 17)?,
        plugged: row.get(18)?,
        ended: words::reason(row, 19)?,
    })
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}
