//! What devices said: each moment of a device once, whatever comes twice.

use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Map, Value as Json};
use v2x_roles::hub::{AlarmSaid, DeviceId, Episode, Row};
use v2x_units::UtcTime;

use super::alarm::{self, AlarmRow, Noted};
use super::{HOUR_MS, HubStore, episode, json};
use crate::error::StoreError;

/// A row that arrived, and what it tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// Whose it is.
    pub device: DeviceId,
    /// What was said.
    pub row: Row,
    /// Which trips, charges, sessions and warnings it tells of.
    pub episodes: Vec<Episode>,
    /// Which alarms.
    pub alarms: Vec<AlarmSaid>,
}

/// What became of the arrivals of one commit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Kept {
    /// Rows that were new.
    pub new: usize,
    /// Rows that added to one of the same moment or changed it.
    pub merged: usize,
    /// Rows that were there already.
    pub known: usize,
    /// Rows of devices that were removed meanwhile: not kept.
    pub of_nobody: usize,
    /// Alarms that began or ended, as they are now.
    pub alarms: Vec<AlarmRow>,
    /// Alarms that were passed over: their device has too many kinds of them.
    pub alarms_passed_over: usize,
}

/// The id that follows all that were ever given.
pub(super) fn next_message(db: &Connection) -> rusqlite::Result<i64> {
    let newest: i64 = db.query_row("SELECT coalesce(max(id), 0) FROM message", [], |row| {
        row.get(0)
    })?;
    let given: Option<i64> = db
        .query_row(
            "SELECT value FROM progress WHERE name = 'latest'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    Ok(newest.max(given.unwrap_or(0)) + 1)
}

impl HubStore {
    /// Writes arrivals in one transaction: all of them are on disk when it returns, or none is.
    /// Rows of devices that are not there are passed over.
    ///
    /// # Errors
    /// The disk's.
    pub fn record(&mut self, arrivals: &[Arrival]) -> Result<Kept, StoreError> {
        let mut next = self.next_message;
        let mut new_due = Vec::new();
        let due = &self.due;
        let kept = self.database.transaction(|tx| {
            let mut kept = Kept::default();
            for arrival in arrivals {
                if !is_there(tx, arrival.device)? {
                    kept.of_nobody += 1;
                    continue;
                }
                match write(tx, arrival, next)? {
                    Written::New => kept.new += 1,
                    Written::Merged => kept.merged += 1,
                    Written::Known => {
                        kept.known += 1;
                        continue;
                    }
                }
                next += 1;
                let ts = arrival.row.ts.as_millis();
                let hour = (ts - ts.rem_euclid(HOUR_MS), arrival.device.get());
                if !due.contains(&hour) && !new_due.contains(&hour) {
                    let sql = "INSERT OR IGNORE INTO rollup_due (hour_ms, device) VALUES (?1, ?2)";
                    tx.prepare_cached(sql)?.execute(hour)?;
                    new_due.push(hour);
                }
                for told in &arrival.episodes {
                    episode::save(tx, arrival.device, told)?;
                }
                for said in &arrival.alarms {
                    match alarm::say(tx, arrival.device, said, arrival.row.ts)? {
                        Noted::Changed(alarm) => kept.alarms.push(alarm),
                        Noted::Known => {}
                        Noted::PassedOver => kept.alarms_passed_over += 1,
                    }
                }
            }
            Ok(kept)
        })?;
        self.next_message = next;
        self.due.extend(new_due);
        Ok(kept)
    }

    /// How many messages of a device there are.
    ///
    /// # Errors
    /// The disk's.
    pub fn message_count(&self, device: DeviceId) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM message WHERE device = ?1";
        self.database
            .ask(|db| db.query_row(sql, [device.get()], |row| row.get(0)))
    }

    /// The rows of a device between two moments, both included, at most so many, oldest first.
    ///
    /// # Errors
    /// The disk's.
    pub fn messages(
        &self,
        device: DeviceId,
        (from, to): (UtcTime, UtcTime),
        most: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let sql = "SELECT ts_ms, body FROM message WHERE device = ?1 AND ts_ms BETWEEN ?2 AND ?3
                   ORDER BY ts_ms LIMIT ?4";
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let span = (device.get(), from.as_millis(), to.as_millis(), most);
        self.database.rows(sql, span, |row| {
            Ok(Row {
                ts: UtcTime::from_millis(row.get(0)?),
                values: json(1, row.get_ref(1)?.as_str()?)?,
            })
        })
    }
}

enum Written {
    New,
    Merged,
    Known,
}

fn write(db: &Connection, arrival: &Arrival, id: i64) -> rusqlite::Result<Written> {
    let row = &arrival.row;
    let body = text(&row.values);
    let (device, ts) = (arrival.device.get(), row.ts.as_millis());
    let sql = "INSERT INTO message (id, device, ts_ms, body) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (device, ts_ms) DO NOTHING";
    let inserted = db.prepare_cached(sql)?.execute((id, device, ts, &body))?;
    if inserted > 0 {
        return Ok(Written::New);
    }
    let sql = "SELECT id, body FROM message WHERE device = ?1 AND ts_ms = ?2";
    let (known, before) = db.prepare_cached(sql)?.query_row((device, ts), |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
    })?;
    let mut merged: Map<String, Json> = json(1, &before)?;
    for (key, value) in &row.values {
        merged.insert(key.clone(), value.clone());
    }
    let merged = text(&merged);
    if merged == before {
        return Ok(Written::Known);
    }
    // It is a newer message now, from which newest values are found after a kill.
    let sql = "UPDATE message SET id = ?2, body = ?3 WHERE id = ?1";
    db.prepare_cached(sql)?.execute((known, id, merged))?;
    Ok(Written::Merged)
}

fn is_there(db: &Connection, device: DeviceId) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM device WHERE id = ?1";
    db.prepare_cached(sql)?.exists([device.get()])
}

fn text(values: &Map<String, Json>) -> String {
    serde_json::to_string(values).expect("keys are texts and values are JSON")
}
