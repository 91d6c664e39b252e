//! What describes a device (client attributes) and what is set for it (shared attributes).

use rusqlite::Connection;
use serde_json::{Map, Value as Json};
use v2x_roles::hub::DeviceId;
use v2x_units::UtcTime;

use super::{HubStore, json};
use crate::error::StoreError;

/// Whose word an attribute is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The device's own.
    Client,
    /// Set for the device.
    Shared,
}

impl Scope {
    const fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Shared => "shared",
        }
    }
}

/// The most attributes of one device in one scope.
pub const ATTRIBUTES_MAX: usize = 1000;

/// There are more attributes than one device may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} settings have no room: a device has {ATTRIBUTES_MAX} at most; nothing was set. Delete \
     some by null first"
)]
pub struct NoRoom(pub usize);

impl HubStore {
    /// Sets what a device says of itself; null deletes one. Beyond [`ATTRIBUTES_MAX`] new keys are
    /// passed over; answers those that were.
    ///
    /// # Errors
    /// The disk's.
    pub fn describe(
        &mut self,
        device: DeviceId,
        values: &Map<String, Json>,
        now: UtcTime,
    ) -> Result<Vec<String>, StoreError> {
        self.database
            .transaction(|tx| set(tx, (device, Scope::Client), values, now))
    }

    /// Sets something for a device; null deletes it. All of it, or nothing when not all has room.
    ///
    /// # Errors
    /// The disk's; too many come back inside.
    pub fn set_shared(
        &mut self,
        device: DeviceId,
        values: &Map<String, Json>,
        now: UtcTime,
    ) -> Result<Result<(), NoRoom>, StoreError> {
        let place = (device, Scope::Shared);
        self.database.transaction(|tx| {
            let missing = over(tx, place, values)?;
            if missing > 0 {
                return Ok(Err(NoRoom(missing)));
            }
            set(tx, place, values, now).map(|_| Ok(()))
        })
    }

    /// All attributes of a device in a scope.
    ///
    /// # Errors
    /// The disk's.
    pub fn attributes(
        &self,
        device: DeviceId,
        scope: Scope,
    ) -> Result<Map<String, Json>, StoreError> {
        let sql = "SELECT key, value FROM attribute WHERE device = ?1 AND scope = ?2";
        let found = self
            .database
            .rows(sql, (device.get(), scope.word()), |row| {
                Ok((row.get(0)?, json(1, row.get_ref(1)?.as_str()?)?))
            })?;
        Ok(found.into_iter().collect())
    }
}

/// By how many attributes a device would have too many with these.
fn over(
    db: &Connection,
    place: (DeviceId, Scope),
    values: &Map<String, Json>,
) -> rusqlite::Result<usize> {
    let mut count = count(db, place)?;
    // What goes makes room for what comes.
    for (key, value) in values {
        match (value.is_null(), is_known(db, place, key)?) {
            (true, true) => count -= 1,
            (false, false) => count += 1,
            _ => {}
        }
    }
    Ok(count.saturating_sub(ATTRIBUTES_MAX))
}

fn count(db: &Connection, (device, scope): (DeviceId, Scope)) -> rusqlite::Result<usize> {
    let sql = "SELECT count(*) FROM attribute WHERE device = ?1 AND scope = ?2";
    db.prepare_cached(sql)?
        .query_row((device.get(), scope.word()), |row| row.get(0))
}

fn is_known(
    db: &Connection,
    (device, scope): (DeviceId, Scope),
    key: &str,
) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM attribute WHERE device = ?1 AND scope = ?2 AND key = ?3";
    db.prepare_cached(sql)?
        .exists((device.get(), scope.word(), key))
}

fn set(
    db: &Connection,
    place: (DeviceId, Scope),
    values: &Map<String, Json>,
    now: UtcTime,
) -> rusqlite::Result<Vec<String>> {
    let (id, scope) = (place.0.get(), place.1.word());
    let is_there: bool = db
        .prepare_cached("SELECT 1 FROM device WHERE id = ?1")?
        .exists([id])?;
    if !is_there {
        return Ok(Vec::new());
    }
    let mut count = count(db, place)?;
    let mut passed_over = Vec::new();
    let (gone, set) = values.iter().partition::<Vec<_>, _>(|(_, it)| it.is_null());
    for (key, _) in gone {
        let sql = "DELETE FROM attribute WHERE device = ?1 AND scope = ?2 AND key = ?3";
        count -= db.prepare_cached(sql)?.execute((id, scope, key))?;
    }
    for (key, value) in set {
        if !is_known(db, place, key)? {
            if count >= ATTRIBUTES_MAX {
                passed_over.push(key.clone());
                continue;
            }
            count += 1;
        }
        let sql = "INSERT OR REPLACE INTO attribute (device, scope, key, value, ts_ms)
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        let value = value.to_string();
        let values = (id, scope, key, value, now.as_millis());
        db.prepare_cached(sql)?.execute(values)?;
    }
    Ok(passed_over)
}
