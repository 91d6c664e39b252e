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

impl HubStore {
    /// Sets attributes; null deletes one. Beyond [`ATTRIBUTES_MAX`] new keys are passed over; says
    /// how many were.
    ///
    /// # Errors
    /// The disk's.
    pub fn set_attributes(
        &mut self,
        device: DeviceId,
        scope: Scope,
        values: &Map<String, Json>,
        now: UtcTime,
    ) -> Result<usize, StoreError> {
        self.database
            .transaction(|tx| set(tx, device, scope, values, now))
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

fn set(
    db: &Connection,
    device: DeviceId,
    scope: Scope,
    values: &Map<String, Json>,
    now: UtcTime,
) -> rusqlite::Result<usize> {
    let (id, scope) = (device.get(), scope.word());
    let is_there: bool = db
        .prepare_cached("SELECT 1 FROM device WHERE id = ?1")?
        .exists([id])?;
    if !is_there {
        return Ok(0);
    }
    let sql = "SELECT count(*) FROM attribute WHERE device = ?1 AND scope = ?2";
    let mut count: usize = db.query_row(sql, (id, scope), |row| row.get(0))?;
    let mut passed_over = 0;
    for (key, value) in values {
        let place = (id, scope, key);
        if value.is_null() {
            let sql = "DELETE FROM attribute WHERE device = ?1 AND scope = ?2 AND key = ?3";
            count -= db.prepare_cached(sql)?.execute(place)?;
            continue;
        }
        let known = "SELECT 1 FROM attribute WHERE device = ?1 AND scope = ?2 AND key = ?3";
        if !db.prepare_cached(known)?.exists(place)? {
            if count >= ATTRIBUTES_MAX {
                passed_over += 1;
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
