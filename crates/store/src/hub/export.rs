//! Everything of a stretch of time, row by row, for whoever makes a table of it.

use serde_json::{Map, Value as Json};
use v2x_roles::hub::DeviceId;
use v2x_units::UtcTime;

use super::{HubStore, json};
use crate::error::StoreError;

impl HubStore {
    /// Goes through the rows of a device between two moments, both included, oldest first, with the
    /// values of these keys; rows without any of them are left out. Ends when `each` answers that
    /// it wants no more.
    ///
    /// # Errors
    /// The disk's.
    pub fn each_row(
        &self,
        device: DeviceId,
        keys: &[String],
        (from, to): (UtcTime, UtcTime),
        mut each: impl FnMut(UtcTime, &[Option<Json>]) -> bool,
    ) -> Result<(), StoreError> {
        let sql = "SELECT ts_ms, body FROM message WHERE device = ?1 AND ts_ms BETWEEN ?2 AND ?3
                   ORDER BY ts_ms";
        self.database.ask(|db| {
            let mut statement = db.prepare_cached(sql)?;
            let mut rows = statement.query((device.get(), from.as_millis(), to.as_millis()))?;
            while let Some(row) = rows.next()? {
                let mut values: Map<String, Json> = json(1, row.get_ref(1)?.as_str()?)?;
                let cells: Vec<_> = keys.iter().map(|key| values.remove(key)).collect();
                let has_any = cells.iter().any(Option::is_some);
                if has_any && !each(UtcTime::from_millis(row.get(0)?), &cells) {
                    break;
                }
            }
            Ok(())
        })
    }
}
