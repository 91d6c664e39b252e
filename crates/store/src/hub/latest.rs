//! The newest value of each key: kept now and then, and found again from the messages since.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;
use v2x_roles::hub::{DeviceId, Latest, Row, Stamped};
use v2x_units::UtcTime;

use super::{HubStore, json};
use crate::error::StoreError;

/// The name under which it stands up to which message the newest values are kept.
const PROGRESS: &str = "latest";

impl HubStore {
    /// The newest values of all devices, as of every message that was ever written.
    ///
    /// # Errors
    /// The disk's.
    pub fn latest(&self, now: UtcTime) -> Result<HashMap<DeviceId, Latest>, StoreError> {
        let kept = self
            .database
            .rows("SELECT device, body FROM latest", [], |row| {
                let body: BTreeMap<String, (i64, Json)> = json(1, row.get_ref(1)?.as_str()?)?;
                let values = body.into_iter().map(|(key, (ts, value))| {
                    let ts = UtcTime::from_millis(ts);
                    (key, Stamped { ts, value })
                });
                Ok((DeviceId::new(row.get(0)?), Latest::of(values.collect())))
            })?;
        let mut latest: HashMap<_, _> = kept.into_iter().collect();
        let sql = "SELECT device, ts_ms, body FROM message
                   WHERE id > coalesce((SELECT value FROM progress WHERE name = ?1), 0)
                       AND device IN (SELECT id FROM device)
                   ORDER BY id";
        self.database.ask(|db| {
            let mut statement = db.prepare(sql)?;
            let mut rows = statement.query([PROGRESS])?;
            while let Some(row) = rows.next()? {
                let message = Row {
                    ts: UtcTime::from_millis(row.get(1)?),
                    values: json(2, row.get_ref(2)?.as_str()?)?,
                };
                let device = DeviceId::new(row.get(0)?);
                latest.entry(device).or_default().take(&message, now);
            }
            Ok(())
        })?;
        Ok(latest)
    }

    /// Keeps the newest values of these devices; of all others those that are kept must be of
    /// every message written so far.
    ///
    /// # Errors
    /// The disk's.
    ///
    /// # Panics
    /// Never: keys are texts and values are JSON.
    pub fn keep_latest(&mut self, latest: &[(DeviceId, Latest)]) -> Result<(), StoreError> {
        let up_to = self.next_message - 1;
        self.database.transaction(|tx| {
            let sql = "INSERT OR REPLACE INTO latest (device, body)
                       SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM device WHERE id = ?1)";
            let mut statement = tx.prepare_cached(sql)?;
            for (device, values) in latest {
                let body: BTreeMap<_, _> = values
                    .values()
                    .iter()
                    .map(|(key, stamped)| (key, (stamped.ts.as_millis(), &stamped.value)))
                    .collect();
                let body = serde_json::to_string(&body).expect("keys are texts");
                statement.execute((device.get(), body))?;
            }
            let sql = "INSERT OR REPLACE INTO progress (name, value) VALUES (?1, ?2)";
            tx.execute(sql, (PROGRESS, up_to)).map(drop)
        })
    }
}
