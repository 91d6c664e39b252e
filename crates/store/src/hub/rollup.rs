//! Minutes and hours of numbers: mean, least, most and count of each key, made once an hour is
//! over, and again when messages of it come late.

use std::collections::{BTreeMap, HashSet};

use rusqlite::Connection;
use v2x_roles::hub::{Bucket, Buckets, DeviceId, KEYS_MAX};
use v2x_units::UtcTime;

use super::history::numbers;
use super::{HOUR_MS, HubStore};
use crate::error::StoreError;

/// Milliseconds in a minute.
pub(super) const MINUTE_MS: i64 = 60_000;
/// How long after its end an hour waits for messages that are under way.
const WAIT_MS: i64 = 2 * MINUTE_MS;

/// All hours of devices that are due.
pub(super) fn all_due(db: &Connection) -> rusqlite::Result<HashSet<(i64, i64)>> {
    let mut statement = db.prepare("SELECT hour_ms, device FROM rollup_due")?;
    let due = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    due.collect()
}

/// Hours of one device that are due within a stretch of time.
pub(super) fn due_of(
    db: &Connection,
    device: DeviceId,
    (from, to): (i64, i64),
) -> rusqlite::Result<Vec<i64>> {
    let sql = "SELECT hour_ms FROM rollup_due WHERE device = ?1 AND hour_ms BETWEEN ?2 AND ?3";
    let mut statement = db.prepare_cached(sql)?;
    let due = statement.query_map((device.get(), from - HOUR_MS, to), |row| row.get(0))?;
    due.collect()
}

impl HubStore {
    /// Rolls up one hour of a device that is over, after passing over so many that are first in the
    /// row; `false` when there is none.
    ///
    /// # Errors
    /// The disk's.
    pub fn roll_up_one(&mut self, now: UtcTime, passed_over: usize) -> Result<bool, StoreError> {
        let ready = self.ready(now).into_iter().nth(passed_over);
        let Some(hour) = ready else {
            return Ok(false);
        };
        self.roll_up_hour(hour).map(|()| true)
    }

    /// Hours of devices that are over and due, oldest first.
    fn ready(&self, now: UtcTime) -> Vec<(i64, i64)> {
        let over = now.as_millis() - HOUR_MS - WAIT_MS;
        let due = self.due.iter().filter(|(hour, _)| *hour <= over);
        let mut ready: Vec<_> = due.copied().collect();
        ready.sort_unstable();
        ready
    }

    fn roll_up_hour(&mut self, (hour, device): (i64, i64)) -> Result<(), StoreError> {
        let keys = &mut self.keys;
        let done = self.database.transaction(|tx| {
            let device = DeviceId::new(device);
            // What was given up cannot be made again from the few messages that came since.
            let is_whole = kept_from(tx, "raw_from")? <= hour;
            let minutes = minutes_of(tx, device, hour)?;
            for (key, minutes) in &minutes {
                let id = match keys.get(key) {
                    Some(id) => *id,
                    None => *keys.entry(key.clone()).or_insert(key_id(tx, key)?),
                };
                let mut whole: Option<Bucket> = None;
                for (ts, bucket) in minutes.iter() {
                    put(tx, (device, id, 60), ts, bucket, is_whole)?;
                    match &mut whole {
                        Some(whole) => whole.add(bucket),
                        None => whole = Some(*bucket),
                    }
                }
                if let Some(whole) = whole {
                    put(tx, (device, id, 3600), hour, &whole, is_whole)?;
                }
            }
            let sql = "DELETE FROM rollup_due WHERE hour_ms = ?1 AND device = ?2";
            tx.execute(sql, (hour, device.get())).map(drop)
        });
        if done.is_err() {
            // Numbers of keys that were given meanwhile are not on the disk.
            self.keys.clear();
        }
        done?;
        self.due.remove(&(hour, device));
        Ok(())
    }
}

/// Since when messages (`raw_from`) or minutes (`minutes_from`) are all there: before it, some or
/// all are given up.
pub(super) fn kept_from(db: &Connection, what: &str) -> rusqlite::Result<i64> {
    let sql = "SELECT coalesce(max(value), ?2) FROM progress WHERE name = ?1";
    db.prepare_cached(sql)?
        .query_row((what, i64::MIN), |row| row.get(0))
}

/// The minutes of an hour, from its messages; of at most [`KEYS_MAX`] keys, those that came first.
pub(super) fn minutes_of(
    db: &Connection,
    device: DeviceId,
    hour: i64,
) -> rusqlite::Result<BTreeMap<String, Buckets>> {
    let mut minutes = BTreeMap::<String, Buckets>::new();
    numbers(
        db,
        device,
        (hour, hour + HOUR_MS - 1),
        None,
        |ts, key, bucket| {
            let is_full = minutes.len() >= KEYS_MAX;
            match minutes.get_mut(key) {
                Some(buckets) => buckets.add(ts, bucket),
                None if is_full => {}
                None => {
                    let mut buckets = Buckets::new(MINUTE_MS);
                    buckets.add(ts, bucket);
                    minutes.insert(key.to_owned(), buckets);
                }
            }
        },
    )?;
    Ok(minutes)
}

fn key_id(db: &Connection, name: &str) -> rusqlite::Result<i64> {
    db.prepare_cached("INSERT OR IGNORE INTO key_name (name) VALUES (?1)")?
        .execute([name])?;
    db.prepare_cached("SELECT id FROM key_name WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
}

fn put(
    db: &Connection,
    (device, key, step_s): (DeviceId, i64, i64),
    ts: i64,
    bucket: &Bucket,
    is_whole: bool,
) -> rusqlite::Result<()> {
    let sql = if is_whole {
        "INSERT OR REPLACE INTO rollup (device, key, step_s, ts_ms, count, mean, least, most)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
    } else {
        // Some of its messages are given up: what is made of more of them holds.
        "INSERT INTO rollup (device, key, step_s, ts_ms, count, mean, least, most)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET count = excluded.count, mean = excluded.mean,
             least = excluded.least, most = excluded.most
         WHERE excluded.count > count"
    };
    let count = i64::try_from(bucket.count).unwrap_or(i64::MAX);
    let mean = bucket.mean();
    db.prepare_cached(sql)?
        .execute((
            device.get(),
            key,
            step_s,
            ts,
            count,
            mean,
            bucket.least,
            bucket.most,
        ))
        .map(drop)
}
