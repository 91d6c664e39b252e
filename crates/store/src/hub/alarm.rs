//! What is wrong, since when, and who has seen it.
//!
//! Of one kind a device has one open alarm. Its end may arrive before its beginning (a backlog is
//! sent after what is live); then it is written as one that is over. What the hub finds by itself
//! comes in its order, whatever its clock does.

use rusqlite::{Connection, OptionalExtension as _, Row};
use v2x_roles::hub::{AlarmSaid, DeviceId};
use v2x_units::UtcTime;

use super::HubStore;
use crate::error::StoreError;

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmRow {
    /// Its number.
    pub id: i64,
    /// Whose it is.
    pub device: DeviceId,
    /// Which alarm.
    pub kind: String,
    /// What a person reads.
    pub text: String,
    /// The word of its severity.
    pub severity: String,
    /// When it began.
    pub began: UtcTime,
    /// When it ended.
    pub ended: Option<UtcTime>,
    /// Who has seen it, and when.
    pub acknowledged: Option<(String, UtcTime)>,
}

/// The most kinds of alarms of one device: a kind is a text of its own choice.
pub const KINDS_MAX: usize = 200;

/// What became of what was said of an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Noted {
    /// It has begun, ended or changed.
    Changed(AlarmRow),
    /// It was known.
    Known,
    /// The device has too many kinds of alarms already.
    PassedOver,
}

const COLUMNS: &str = "id, device, kind, text, severity, began_ms, ended_ms, acknowledged_by,
                       acknowledged_ms";

impl HubStore {
    /// Notes what the hub has found by itself of an alarm; the alarm as it is now, when that has
    /// changed it. Of two calls the later one holds, also when its time is the earlier one.
    ///
    /// # Errors
    /// The disk's.
    pub fn watch_alarm(
        &mut self,
        device: DeviceId,
        found: &AlarmSaid,
        at: UtcTime,
    ) -> Result<Option<AlarmRow>, StoreError> {
        self.database.transaction(|tx| {
            let is_there = tx
                .prepare_cached("SELECT 1 FROM device WHERE id = ?1")?
                .exists([device.get()])?;
            let open = open(tx, device, &found.kind)?;
            match (is_there && found.is_raised, open) {
                (true, None) => begin(tx, device, found, at, None),
                (false, Some(open)) if !found.is_raised => {
                    let at = at.as_millis().max(open.began);
                    tx.execute(
                        "UPDATE alarm SET ended_ms = ?2 WHERE id = ?1",
                        (open.id, at),
                    )?;
                    by_id(tx, open.id)
                }
                _ => Ok(None),
            }
        })
    }

    /// A person has seen an alarm. `None` when there is none of this number; one that was
    /// acknowledged before stays as it is.
    ///
    /// # Errors
    /// The disk's.
    pub fn acknowledge_alarm(
        &mut self,
        id: i64,
        person: &str,
        now: UtcTime,
    ) -> Result<Option<AlarmRow>, StoreError> {
        self.database.transaction(|tx| {
            let sql = "UPDATE alarm SET acknowledged_by = ?2, acknowledged_ms = ?3
                       WHERE id = ?1 AND acknowledged_by IS NULL";
            tx.execute(sql, (id, person, now.as_millis()))?;
            by_id(tx, id)
        })
    }

    /// The newest alarms, at most so many; or only those that are open or that nobody has seen.
    ///
    /// # Errors
    /// The disk's.
    pub fn alarms(&self, only_open: bool, most: usize) -> Result<Vec<AlarmRow>, StoreError> {
        let filter = if only_open {
            "WHERE ended_ms IS NULL OR acknowledged_by IS NULL"
        } else {
            ""
        };
        let sql = format!("SELECT {COLUMNS} FROM alarm {filter} ORDER BY began_ms DESC LIMIT ?1");
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.database.rows(&sql, [most], alarm)
    }

    /// The alarms of every device that go on.
    ///
    /// # Errors
    /// The disk's.
    pub fn open_alarms(&self) -> Result<Vec<AlarmRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM alarm WHERE ended_ms IS NULL ORDER BY id");
        self.database.rows(&sql, [], alarm)
    }
}

/// An alarm that goes on.
struct Open {
    id: i64,
    text: String,
    began: i64,
}

fn open(db: &Connection, device: DeviceId, kind: &str) -> rusqlite::Result<Option<Open>> {
    let sql = "SELECT id, text, began_ms FROM alarm
               WHERE device = ?1 AND kind = ?2 AND ended_ms IS NULL";
    db.prepare_cached(sql)?
        .query_row((device.get(), kind), |row| {
            Ok(Open {
                id: row.get(0)?,
                text: row.get(1)?,
                began: row.get(2)?,
            })
        })
        .optional()
}

fn begin(
    db: &Connection,
    device: DeviceId,
    said: &AlarmSaid,
    at: UtcTime,
    ended: Option<i64>,
) -> rusqlite::Result<Option<AlarmRow>> {
    let sql = "INSERT INTO alarm (device, kind, text, severity, began_ms, ended_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let (id, word) = (device.get(), said.severity.word());
    let values = (id, &said.kind, &said.text, word, at.as_millis(), ended);
    db.prepare_cached(sql)?.execute(values)?;
    by_id(db, db.last_insert_rowid())
}

pub(super) fn say(
    db: &Connection,
    device: DeviceId,
    said: &AlarmSaid,
    at: UtcTime,
) -> rusqlite::Result<Noted> {
    let open = open(db, device, &said.kind)?;
    if open.is_none() && !is_known(db, device, &said.kind)? && kinds(db, device)? >= KINDS_MAX {
        return Ok(Noted::PassedOver);
    }
    let changed = if said.is_raised {
        raise(db, device, said, (open, at))?
    } else {
        clear(db, device, &said.kind, (open, at))?
    };
    Ok(changed.map_or(Noted::Known, Noted::Changed))
}

/// Whether an alarm of this kind was said to be over before.
fn is_known(db: &Connection, device: DeviceId, kind: &str) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM alarm_over WHERE device = ?1 AND kind = ?2")?
        .exists((device.get(), kind))
}

/// Kinds of alarms of a device that go on, or were said to be over.
fn kinds(db: &Connection, device: DeviceId) -> rusqlite::Result<usize> {
    let sql = "SELECT count(*) FROM (
                   SELECT kind FROM alarm_over WHERE device = ?1
                   UNION SELECT kind FROM alarm WHERE device = ?1 AND ended_ms IS NULL)";
    db.prepare_cached(sql)?
        .query_row([device.get()], |row| row.get(0))
}

fn raise(
    db: &Connection,
    device: DeviceId,
    said: &AlarmSaid,
    (open, at): (Option<Open>, UtcTime),
) -> rusqlite::Result<Option<AlarmRow>> {
    let at_ms = at.as_millis();
    if let Some(open) = open {
        if open.text == said.text && open.began <= at_ms {
            return Ok(None);
        }
        // What was said later is what holds.
        if at_ms >= open.began {
            let sql = "UPDATE alarm SET text = ?2, severity = ?3 WHERE id = ?1";
            db.execute(sql, (open.id, &said.text, said.severity.word()))?;
        } else {
            let sql = "UPDATE alarm SET began_ms = ?2 WHERE id = ?1";
            db.execute(sql, (open.id, at_ms))?;
        }
        return by_id(db, open.id);
    }
    let over = "SELECT ts_ms FROM alarm_over WHERE device = ?1 AND kind = ?2 AND ts_ms >= ?3";
    let ended: Option<i64> = db
        .prepare_cached(over)?
        .query_row((device.get(), &said.kind, at_ms), |row| row.get(0))
        .optional()?;
    begin(db, device, said, at, ended)
}

fn clear(
    db: &Connection,
    device: DeviceId,
    kind: &str,
    (open, at): (Option<Open>, UtcTime),
) -> rusqlite::Result<Option<AlarmRow>> {
    let (id, at) = (device.get(), at.as_millis());
    let sql = "INSERT INTO alarm_over (device, kind, ts_ms) VALUES (?1, ?2, ?3)
               ON CONFLICT DO UPDATE SET ts_ms = max(ts_ms, excluded.ts_ms)";
    db.prepare_cached(sql)?.execute((id, kind, at))?;
    let Some(open) = open.filter(|open| open.began <= at) else {
        return Ok(None);
    };
    db.execute(
        "UPDATE alarm SET ended_ms = ?2 WHERE id = ?1",
        (open.id, at),
    )?;
    by_id(db, open.id)
}

fn by_id(db: &Connection, id: i64) -> rusqlite::Result<Option<AlarmRow>> {
    let sql = format!("SELECT {COLUMNS} FROM alarm WHERE id = ?1");
    db.prepare_cached(&sql)?.query_row([id], alarm).optional()
}

fn alarm(row: &Row<'_>) -> rusqlite::Result<AlarmRow> {
    let by: Option<String> = row.get(7)?;
    let at = row.get::<_, Option<i64>>(8)?.map(UtcTime::from_millis);
    Ok(AlarmRow {
        id: row.get(0)?,
        device: DeviceId::new(row.get(1)?),
        kind: row.get(2)?,
        text: row.get(3)?,
        severity: row.get(4)?,
        began: UtcTime::from_millis(row.get(5)?),
        ended: row.get::<_, Option<i64>>(6)?.map(UtcTime::from_millis),
        acknowledged: by.zip(at),
    })
}
