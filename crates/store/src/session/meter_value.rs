//! What the meter showed around the steps of a session, so that each step can be explained.
//!
//! Not every sample is kept: which are is the station role's choice.

use rusqlite::{Row, Transaction};
use v2x_charging::{Energy, MeterSample, TransactionId, Verdict};
use v2x_units::{Amps, BootId, Hertz, Instant, UtcTime, Volts, WattHours, Watts};

use super::words;
use crate::error::StoreError;
use crate::open::Store;

/// One sample with the verdict on it.
#[derive(Debug, Clone, PartialEq)]
pub struct MeterValue {
    /// The boot that the sample's time belongs to.
    pub boot: BootId,
    /// When it was taken in UTC, as far as known.
    pub utc: Option<UtcTime>,
    /// What the meter showed.
    pub sample: MeterSample,
    /// Whether it was believed.
    pub verdict: Verdict,
    /// Why, when there is more to say than "good".
    pub reason: Option<String>,
    /// The plausible energy that it brought.
    pub gained: Energy,
    /// The doubtful energy that it brought.
    pub doubtful: Energy,
}

impl Store {
    /// Adds meter values to a session; those that are there already are left as they are.
    ///
    /// # Errors
    /// The disk's; then none is written.
    pub fn record_meter_values(
        &mut self,
        transaction: TransactionId,
        values: &[MeterValue],
    ) -> Result<(), StoreError> {
        self.transaction(|tx| {
            let session = super::number(tx, transaction)?;
            insert(tx, session, values)
        })
    }

    /// The meter values of a session in the order of its runs and times.
    ///
    /// # Errors
    /// The disk's.
    pub fn meter_values(&self, transaction: TransactionId) -> Result<Vec<MeterValue>, StoreError> {
        self.rows(
            "SELECT v.boot, v.at_us, v.utc_us, v.voltage_v, v.current_a, v.power_w, v.counter_wh,
                    v.frequency_hz, v.power_factor, v.verdict, v.reason, v.gained_mwh,
                    v.doubtful_mwh
             FROM meter_value v JOIN charging_session s ON s.number = v.session
             WHERE s.transaction_id = ?1
             ORDER BY (SELECT min(seq) FROM session_record r
                       WHERE r.session = v.session AND r.boot = v.boot), v.at_us",
            [transaction.bytes()],
            read,
        )
    }
}

/// Writes values inside somebody else's transaction.
pub(super) fn insert(
    tx: &Transaction<'_>,
    session: i64,
    values: &[MeterValue],
) -> rusqlite::Result<()> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO meter_value (session, boot, at_us, utc_us, voltage_v, current_a, power_w,
             counter_wh, frequency_hz, power_factor, verdict, reason, gained_mwh, doubtful_mwh)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
         ON CONFLICT (session, boot, at_us) DO NOTHING",
    )?;
    for value in values {
        let sample = &value.sample;
        statement.execute(rusqlite::params![
            session,
            value.boot.get(),
            sample.at.as_micros(),
            value.utc.map(UtcTime::as_micros),
            number(sample.voltage.map(Volts::get)),
            number(sample.current.map(Amps::get)),
            number(sample.power.map(Watts::get)),
            number(sample.energy.map(WattHours::get)),
            number(sample.frequency.map(Hertz::get)),
            number(sample.power_factor),
            words::of_verdict(value.verdict),
            &value.reason,
            value.gained.milliwatt_hours(),
            value.doubtful.milliwatt_hours(),
        ])?;
    }
    Ok(())
}

/// SQLite has no NaN; the reason beside the verdict says that there was one.
fn number(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

fn read(row: &Row<'_>) -> rusqlite::Result<MeterValue> {
    let utc: Option<i64> = row.get(2)?;
    let number = |column| row.get::<_, Option<f64>>(column);
    Ok(MeterValue {
        boot: BootId::new(row.get(0)?),
        utc: utc.map(UtcTime::from_micros),
        sample: MeterSample {
            at: Instant::from_micros(row.get(1)?),
            voltage: number(3)?.map(Volts::new),
            current: number(4)?.map(Amps::new),
            power: number(5)?.map(Watts::new),
            energy: number(6)?.map(WattHours::new),
            frequency: number(7)?.map(Hertz::new),
            power_factor: number(8)?,
        },
        verdict: words::verdict(row, 9)?,
        reason: row.get(10)?,
        gained: Energy::from_milliwatt_hours(row.get(11)?),
        doubtful: Energy::from_milliwatt_hours(row.get(12)?),
    })
}
