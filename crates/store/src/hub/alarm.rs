//! What is wrong, since when, and who has seen it.
//!
//! Of one kind a device has one open alarm. Its end may arrive before its beginning (a backlog is
//! sent after what is live); then it is written as one that is over.

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

const COLUMNS: &str = "id, device, kind, text, severity, began_ms, ended_ms, acknowledged_by,
                       acknowledged_ms";

impl HubStore {
    /// Notes what was said of an alarm; the alarm as it is now, when that has changed it.
    ///
    /// # Errors
    /// The disk's.
    pub fn say_alarm(
        &mut self,
        device: DeviceId,
        said: &AlarmSaid,
        at: UtcTime,
    ) -> Result<Option<AlarmRow>, StoreError> {
        self.database.transaction(|tx| {
            let is_there = tx
                .prepare_cached("SELECT 1 FROM device WHERE id = ?1")?
                .exists([device.get()])?;
            if !is_there {
                return Ok(None);
            }
            say(tx, device, said, at)
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

pub(super) fn say(
    db: &Connection,
    device: DeviceId,
    said: &AlarmSaid,
    at: UtcTime,
) -> rusqlite::Result<Option<AlarmRow>> {
    if said.is_raised {
        raise(db, device, said, at)
    } else {
        clear(db, device, &said.kind, at)
    }
}

fn raise(
    db: &Connection,
    device: DeviceId,
    said: &AlarmSaid,
    at: UtcTime,
) -> rusqlite::Result<Option<AlarmRow>> {
    let (id, at) = (device.get(), at.as_millis());
    let open = "SELECT id, text, began_ms FROM alarm
                WHERE device = ?1 AND kind = ?2 AND ended_ms IS NULL";
    let open = db
        .prepare_cached(open)?
        .query_row((id, &said.kind), |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, i64>(2)?,
            ))
        })
        .optional()?;
    if let Some((alarm, text, began)) = open {
        if text == said.text && began <= at {
            return Ok(None);
        }
        let sql = "UPDATE alarm SET began_ms = min(began_ms, ?2), text = ?3, severity = ?4
                   WHERE id = ?1";
        // What was said later is what holds.
        let text = if at >= began { &said.text } else { &text };
        db.execute(sql, (alarm, at, text, said.severity.word()))?;
        return by_id(db, alarm);
    }
    let over = "SELECT ts_ms FROM alarm_over WHERE device = ?1 AND kind = ?2 AND ts_ms >= ?3";
    let ended: Option<i64> = db
        .prepare_cached(over)?
        .query_row((id, &said.kind, at), |row| row.get(0))
        .optional()?;
    let sql = "INSERT INTO alarm (device, kind, text, severity, began_ms, ended_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let values = (id, &said.kind, &said.text, said.severity.word(), at, ended);
    db.prepare_cached(sql)?.execute(values)?;
    by_id(db, db.last_insert_rowid())
}

fn clear(
    db: &Connection,
    device: DeviceId,
    kind: &str,
    at: UtcTime,
) -> rusqlite::Result<Option<AlarmRow>> {
    let (id, at) = (device.get(), at.as_millis());
    let sql = "INSERT INTO alarm_over (device, kind, ts_ms) VALUES (?1, ?2, ?3)
               ON CONFLICT DO UPDATE SET ts_ms = max(ts_ms, excluded.ts_ms)";
    db.prepare_cached(sql)?.execute((id, kind, at))?;
    let sql = "SELECT id FROM alarm WHERE device = ?1 AND kind = ?2 AND ended_ms IS NULL
                   AND began_ms <= ?3";
    let open: Option<i64> = db
        .prepare_cached(sql)?
        .query_row((id, kind, at), |row| row.get(0))
        .optional()?;
    let Some(open) = open else {
        return Ok(None);
    };
    db.execute("UPDATE alarm SET ended_ms = ?2 WHERE id = ?1", (open, at))?;
    by_id(db, open)
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
