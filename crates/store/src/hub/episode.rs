//! Trips, charges, sessions and warnings, as far as devices told of them: a beginning and an end
//! may come in either order, and each of them twice.

use rusqlite::{Connection, OptionalExtension as _, Row};
use serde_json::{Map, Value as Json};
use v2x_roles::hub::{DeviceId, Episode, EpisodeKind};
use v2x_units::UtcTime;

use super::{HubStore, json};
use crate::error::StoreError;

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub struct EpisodeRow {
    /// Whose it is.
    pub device: DeviceId,
    /// Its id.
    pub id: String,
    /// When it began; `None` when nobody said.
    pub start: Option<UtcTime>,
    /// When it ended; `None` while it goes on.
    pub end: Option<UtcTime>,
    /// What is told of it.
    pub detail: Map<String, Json>,
}

/// Which sessions are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionsAsked {
    /// Of this station; of all.
    pub device: Option<DeviceId>,
    /// Of this slot.
    pub slot: Option<u32>,
    /// Begun not before; where nobody told the beginning, its end.
    pub from: Option<UtcTime>,
    /// Begun not after.
    pub to: Option<UtcTime>,
    /// Older than this session; none when there is no such one.
    pub before: Option<String>,
    /// At most so many.
    pub most: usize,
}

const COLUMNS: &str = "device, id, start_ms, end_ms, body";

impl HubStore {
    /// The newest of a kind in a stretch of time, at most so many; of one device or of all.
    ///
    /// # Errors
    /// The disk's.
    pub fn episodes(
        &self,
        kind: EpisodeKind,
        device: Option<DeviceId>,
        (from, to): (UtcTime, UtcTime),
        most: usize,
    ) -> Result<Vec<EpisodeRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM episode
             WHERE kind = ?1 AND (?2 IS NULL OR device = ?2)
                 AND coalesce(start_ms, end_ms) BETWEEN ?3 AND ?4
             ORDER BY coalesce(start_ms, end_ms) DESC LIMIT ?5"
        );
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let device = device.map(DeviceId::get);
        let asked = (kind.word(), device, from.as_millis(), to.as_millis(), most);
        self.database.rows(&sql, asked, episode)
    }

    /// Sessions of some choice, newest first.
    ///
    /// # Errors
    /// The disk's.
    pub fn sessions(&self, asked: &SessionsAsked) -> Result<Vec<EpisodeRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM episode
             WHERE kind = 'session' AND (?1 IS NULL OR device = ?1)
                 AND (?2 IS NULL OR json_extract(body, '$.slot') = ?2)
                 AND coalesce(start_ms, end_ms) BETWEEN ?3 AND ?4
                 AND (?5 IS NULL OR (coalesce(start_ms, end_ms), id) <
                     (SELECT coalesce(start_ms, end_ms), id FROM episode
                      WHERE kind = 'session' AND (?1 IS NULL OR device = ?1) AND id = ?5))
             ORDER BY coalesce(start_ms, end_ms) DESC, id DESC LIMIT ?6"
        );
        let choice = (
            asked.device.map(DeviceId::get),
            asked.slot,
            asked.from.map_or(i64::MIN, UtcTime::as_millis),
            asked.to.map_or(i64::MAX, UtcTime::as_millis),
            &asked.before,
            i64::try_from(asked.most).unwrap_or(i64::MAX),
        );
        self.database.rows(&sql, choice, episode)
    }

    /// The receipts that stations told of as those of some of their sessions; of several of one
    /// session the newest.
    ///
    /// # Errors
    /// The disk's.
    pub fn receipts_of(&self, sessions: &[EpisodeRow]) -> Result<Vec<EpisodeRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM episode
             WHERE device = ?1 AND kind = 'receipt' AND json_extract(body, '$.transaction') = ?2
             ORDER BY end_ms DESC LIMIT 1"
        );
        self.database.ask(|db| {
            let mut question = db.prepare_cached(&sql)?;
            let mut found = Vec::new();
            for session in sessions {
                let asked = (session.device.get(), &session.id);
                found.extend(question.query_row(asked, episode).optional()?);
            }
            Ok(found)
        })
    }

    /// One of a device's.
    ///
    /// # Errors
    /// The disk's.
    pub fn episode(
        &self,
        kind: EpisodeKind,
        device: DeviceId,
        id: &str,
    ) -> Result<Option<EpisodeRow>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM episode WHERE device = ?1 AND kind = ?2 AND id = ?3");
        self.database.ask(|db| {
            db.prepare_cached(&sql)?
                .query_row((device.get(), kind.word(), id), episode)
                .optional()
        })
    }
}

pub(super) fn save(db: &Connection, device: DeviceId, told: &Episode) -> rusqlite::Result<()> {
    let kind = told.kind.word();
    let mut id = told.id.clone();
    if told.kind == EpisodeKind::Warning && !told.detail.contains_key("id") {
        // Named after its kind and its beginning; an end belongs to the open one.
        match (told.start, told.end) {
            (Some(start), _) => id = format!("{id} {}", start.as_millis()),
            (None, Some(end)) => match open_warning(db, device, &id, end)? {
                Some(open) => id = open,
                None => return Ok(()),
            },
            (None, None) => return Ok(()),
        }
    }
    let sql = "SELECT body FROM episode WHERE device = ?1 AND kind = ?2 AND id = ?3";
    let before: Option<Map<String, Json>> = db
        .prepare_cached(sql)?
        .query_row((device.get(), kind, &id), |row| {
            json(0, row.get_ref(0)?.as_str()?)
        })
        .optional()?;
    let mut body = before.unwrap_or_default();
    let is_end = told.end.is_some();
    for (key, value) in &told.detail {
        // What the end says holds, also when the beginning comes after it.
        if is_end || !body.contains_key(key) {
            body.insert(key.clone(), value.clone());
        }
    }
    let sql = "INSERT INTO episode (device, kind, id, start_ms, end_ms, body)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT DO UPDATE SET start_ms = coalesce(excluded.start_ms, start_ms),
                   end_ms = coalesce(excluded.end_ms, end_ms), body = excluded.body";
    let start = told.start.map(UtcTime::as_millis);
    let end = told.end.map(UtcTime::as_millis);
    let body = serde_json::to_string(&body).expect("keys are texts");
    db.prepare_cached(sql)?
        .execute((device.get(), kind, &id, start, end, body))
        .map(drop)
}

fn open_warning(
    db: &Connection,
    device: DeviceId,
    name: &str,
    end: UtcTime,
) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT id FROM episode
               WHERE device = ?1 AND kind = 'warning' AND end_ms IS NULL AND start_ms <= ?3
                   AND substr(id, 1, length(?2) + 1) = ?2 || ' '
               ORDER BY start_ms DESC LIMIT 1";
    db.prepare_cached(sql)?
        .query_row((device.get(), name, end.as_millis()), |row| row.get(0))
        .optional()
}

fn episode(row: &Row<'_>) -> rusqlite::Result<EpisodeRow> {
    let time = |column: usize| -> rusqlite::Result<Option<UtcTime>> {
        Ok(row.get::<_, Option<i64>>(column)?.map(UtcTime::from_millis))
    };
    Ok(EpisodeRow {
        device: DeviceId::new(row.get(0)?),
        id: row.get(1)?,
        start: time(2)?,
        end: time(3)?,
        detail: json(4, row.get_ref(4)?.as_str()?)?,
    })
}
