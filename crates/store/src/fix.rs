//! Where the vehicle was: each GNSS fix with the verdict on its quality, good or not.

use rusqlite::{Row, Transaction};
use v2x_units::{Degrees, GnssFix, KilometersPerHour, Meters, Position, UtcTime};

use crate::error::StoreError;
use crate::open::Store;
use crate::outbox::sql_limit;
use crate::when::When;

/// One fix.
#[derive(Debug, Clone, PartialEq)]
pub struct FixRow {
    /// When it was received.
    pub at: UtcTime,
    /// What the receiver said.
    pub fix: GnssFix,
    /// What the vehicle role thinks of it, in its word.
    pub quality: String,
}

impl Store {
    /// Writes fixes in one transaction.
    ///
    /// # Errors
    /// The disk's; then nothing is written.
    pub fn record_fixes(&mut self, fixes: &[FixRow]) -> Result<(), StoreError> {
        self.transaction(|tx| {
            let mut rows = fixes.iter();
            rows.try_for_each(|row| insert(tx, row, &When::default()))
        })
    }

    /// The fixes received from a time on (inclusive), oldest first, at most `limit`.
    ///
    /// # Errors
    /// The disk's.
    pub fn fixes(&self, from: UtcTime, limit: usize) -> Result<Vec<FixRow>, StoreError> {
        self.rows(
            "SELECT ts_us, latitude_deg, longitude_deg, altitude_m, speed_kmh,
                            satellites, hdop, receiver_us, valid, quality
                     FROM fix WHERE ts_us >= ?1 ORDER BY ts_us, id LIMIT ?2",
            (from.as_micros(), sql_limit(limit)),
            fix_row,
        )
    }
}

/// Writes one fix inside somebody else's transaction.
pub(crate) fn insert(tx: &Transaction<'_>, row: &FixRow, when: &When) -> rusqlite::Result<()> {
    let FixRow { at, fix, quality } = row;
    let mut statement = tx.prepare_cached(
        "INSERT INTO fix (ts_us, latitude_deg, longitude_deg, altitude_m, speed_kmh, satellites,
                          hdop, receiver_us, valid, quality, host_boot, since_us, board_boot,
                          board_us, time_source, time_error_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?;
    statement.execute((
        at.as_micros(),
        fix.position.latitude().get(),
        fix.position.longitude().get(),
        fix.altitude.map(Meters::get),
        fix.speed.map(KilometersPerHour::get),
        fix.satellites,
        fix.hdop,
        fix.utc.map(UtcTime::as_micros),
        fix.valid,
        quality,
        when.host_boot(),
        when.since_us(),
        when.board_boot(),
        when.board_us(),
        when.source(),
        when.error_ms(),
    ))?;
    Ok(())
}

/// Reads a fix of ten columns.
pub(crate) fn fix_row(row: &Row<'_>) -> rusqlite::Result<FixRow> {
    let (latitude, longitude) = (Degrees::new(row.get(1)?), Degrees::new(row.get(2)?));
    let position = Position::new(latitude, longitude).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Real, Box::new(error))
    })?;
    Ok(FixRow {
        at: UtcTime::from_micros(row.get(0)?),
        fix: GnssFix {
            position,
            altitude: row.get::<_, Option<f64>>(3)?.map(Meters::new),
            speed: row.get::<_, Option<f64>>(4)?.map(KilometersPerHour::new),
            satellites: row.get(5)?,
            hdop: row.get(6)?,
            utc: row.get::<_, Option<i64>>(7)?.map(UtcTime::from_micros),
            valid: row.get(8)?,
        },
        quality: row.get(9)?,
    })
}
