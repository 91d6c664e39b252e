//! What is given up with time: messages first, then minutes; hours, episodes, alarms and the audit
//! log stay. Devices that were removed lose their messages here, piece by piece.

use std::time::Duration;

use rusqlite::Connection;
use v2x_units::UtcTime;

use super::{HOUR_MS, HubStore};
use crate::error::StoreError;

/// Rows that one call gives up: a few milliseconds for which arrivals wait.
const PIECE: i64 = 5_000;
/// Keys of devices that one call looks at for old minutes: a few microseconds each.
const KEYS_OF_PIECE: usize = 2_000;

/// How long what is kept; `None` for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HubRetention {
    /// Messages.
    pub messages: Option<Duration>,
    /// Minutes.
    pub minutes: Option<Duration>,
}

impl HubStore {
    /// Gives up a piece of what is too old; says whether there may be more. What was not rolled up
    /// yet stays.
    ///
    /// # Errors
    /// The disk's.
    pub fn prune(&mut self, retention: &HubRetention, now: UtcTime) -> Result<bool, StoreError> {
        let before = |age: Option<Duration>| age.map(|age| (now - age).as_millis());
        let (messages, minutes) = (before(retention.messages), before(retention.minutes));
        let looked_up_to = self.pruned_up_to;
        let (gone, next) = self.database.transaction(|tx| {
            let mut gone = 0;
            if let Some(before) = messages {
                gone += old_messages(tx, before)?;
            }
            let next = match minutes {
                Some(before) => old_minutes(tx, before, looked_up_to)?,
                None => Looked::AtAll(0),
            };
            gone += next.gone();
            gone += of_removed(tx)?;
            Ok((gone, next))
        })?;
        self.pruned_up_to = match next {
            Looked::AtAll(_) => 0,
            Looked::UpTo(device, _) => device,
        };
        Ok(gone > 0 || matches!(next, Looked::UpTo(..)))
    }
}

/// A piece of the messages before a moment whose hours are rolled up. The cross join keeps the
/// order of the loops: each device seeks its old ones, and none is gone through that stays.
///
/// The hour of a moment before 1970 begins before it, too.
const OLD_MESSAGES: &str = "DELETE FROM message WHERE id IN (
    SELECT old.id FROM device
    CROSS JOIN message AS old ON old.device = device.id AND old.ts_ms < ?1
    WHERE NOT EXISTS (
        SELECT 1 FROM rollup_due
        WHERE hour_ms = old.ts_ms - ((old.ts_ms % 3600000) + 3600000) % 3600000
            AND rollup_due.device = old.device)
    LIMIT ?2)";

fn old_messages(db: &Connection, before: i64) -> rusqlite::Result<usize> {
    let before = before - before.rem_euclid(HOUR_MS);
    let gone = db.prepare_cached(OLD_MESSAGES)?.execute((before, PIECE))?;
    keep_from(db, "raw_from", before)?;
    Ok(gone)
}

/// Notes what [`kept_from`](super::rollup::kept_from) answers.
fn keep_from(db: &Connection, what: &str, before: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO progress (name, value) VALUES (?1, ?2)
               ON CONFLICT DO UPDATE SET value = excluded.value WHERE excluded.value > value";
    db.prepare_cached(sql)?.execute((what, before)).map(drop)
}

/// How far old minutes were looked for, and how many have gone.
#[derive(Debug, Clone, Copy)]
enum Looked {
    /// At all devices.
    AtAll(usize),
    /// At devices up to this one.
    UpTo(i64, usize),
}

impl Looked {
    const fn gone(self) -> usize {
        match self {
            Self::AtAll(gone) | Self::UpTo(_, gone) => gone,
        }
    }
}

/// Goes from key to key of one device after another: two seeks each, whatever is kept. A key of
/// minutes is never gone through to find that nothing of it is old.
fn old_minutes(db: &Connection, before: i64, looked_up_to: i64) -> rusqlite::Result<Looked> {
    let next_device = "SELECT min(device) FROM rollup WHERE device > ?1";
    let next_key = "SELECT min(key) FROM rollup WHERE device = ?1 AND key > ?2";
    let old = "DELETE FROM rollup WHERE (device, key, step_s, ts_ms) IN (
                   SELECT device, key, step_s, ts_ms FROM rollup
                   WHERE device = ?1 AND key = ?2 AND step_s = 60 AND ts_ms < ?3 LIMIT ?4)";
    let (mut next_device, mut next_key) = (
        db.prepare_cached(next_device)?,
        db.prepare_cached(next_key)?,
    );
    let mut old = db.prepare_cached(old)?;
    keep_from(db, "minutes_from", before)?;
    let (mut gone, mut looked, mut done) = (0, 0, looked_up_to);
    loop {
        let device: Option<i64> = next_device.query_row([done], |row| row.get(0))?;
        let Some(device) = device else {
            return Ok(Looked::AtAll(gone));
        };
        let mut key = i64::MIN;
        while let Some(next) = next_key.query_row((device, key), |row| row.get(0))? {
            key = next;
            looked += 1;
            let room = PIECE - i64::try_from(gone).unwrap_or(PIECE);
            gone += old.execute((device, key, before, room))?;
            if i64::try_from(gone).unwrap_or(PIECE) >= PIECE {
                // The rest of this device comes with the next piece.
                return Ok(Looked::UpTo(done, gone));
            }
        }
        done = device;
        if looked >= KEYS_OF_PIECE {
            return Ok(Looked::UpTo(done, gone));
        }
    }
}

/// A piece of what devices have said that were removed.
fn of_removed(db: &Connection) -> rusqlite::Result<usize> {
    let messages = "DELETE FROM message WHERE id IN (
                        SELECT id FROM message
                        WHERE device IN (SELECT device FROM gone LIMIT 1) LIMIT ?1)";
    let gone = db.prepare_cached(messages)?.execute([PIECE])?;
    if gone > 0 {
        return Ok(gone);
    }
    let numbers = "DELETE FROM rollup WHERE (device, key, step_s, ts_ms) IN (
                       SELECT device, key, step_s, ts_ms FROM rollup
                       WHERE device IN (SELECT device FROM gone LIMIT 1) LIMIT ?1)";
    let mut gone = db.prepare_cached(numbers)?.execute([PIECE])?;
    if gone == 0 {
        for table in ["rollup_due", "gone"] {
            let sql =
                format!("DELETE FROM {table} WHERE device IN (SELECT device FROM gone LIMIT 1)");
            gone += db.prepare_cached(&sql)?.execute([])?;
        }
    }
    Ok(gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_messages_are_sought_and_never_gone_through() {
        let folder = tempfile::tempdir().unwrap();
        let store = HubStore::open(&folder.path().join("hub.db")).unwrap();
        let plan = store.database.ask(|db| {
            let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {OLD_MESSAGES}"))?;
            let steps = statement.query_map((0, PIECE), |row| row.get::<_, String>("detail"))?;
            steps.collect::<rusqlite::Result<Vec<_>>>()
        });
        let plan = plan.unwrap();
        let of_old = plan.iter().filter(|step| step.contains(" old "));
        let of_old: Vec<_> = of_old.collect();
        assert!(!of_old.is_empty(), "{plan:?}");
        assert!(
            of_old.iter().all(|step| step.starts_with("SEARCH")),
            "{plan:?}"
        );
    }
}
