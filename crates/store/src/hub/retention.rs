//! What is given up with time: messages first, then minutes; hours, episodes, alarms and the audit
//! log stay. Devices that were removed lose their messages here, piece by piece.

use std::time::Duration;

use v2x_units::UtcTime;

use super::{HOUR_MS, HubStore};
use crate::error::StoreError;

/// Rows that one call gives up: a few milliseconds for which arrivals wait.
const PIECE: i64 = 5_000;

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
        let gone = self.database.transaction(|tx| {
            let mut gone = 0;
            if let Some(before) = messages {
                let before = before - before.rem_euclid(HOUR_MS);
                // The hour of a moment before 1970 begins before it, too.
                let sql = "DELETE FROM message WHERE id IN (
                               SELECT old.id FROM device
                               JOIN message AS old
                                   ON old.device = device.id AND old.ts_ms < ?1
                               WHERE NOT EXISTS (
                                   SELECT 1 FROM rollup_due
                                   WHERE hour_ms = old.ts_ms
                                           - ((old.ts_ms % 3600000) + 3600000) % 3600000
                                       AND rollup_due.device = old.device)
                               LIMIT ?2)";
                gone += tx.execute(sql, (before, PIECE))?;
                let sql = "INSERT INTO progress (name, value) VALUES ('raw_from', ?1)
                           ON CONFLICT DO UPDATE SET value = max(value, excluded.value)";
                tx.execute(sql, [before])?;
            }
            if let Some(before) = minutes {
                let sql = "DELETE FROM rollup WHERE (device, key, step_s, ts_ms) IN (
                               SELECT device, key, step_s, ts_ms FROM rollup
                               WHERE step_s = 60 AND ts_ms < ?1 LIMIT ?2)";
                gone += tx.execute(sql, (before, PIECE))?;
            }
            let removed = "DELETE FROM message WHERE id IN (
                               SELECT id FROM message
                               WHERE device IN (SELECT device FROM gone LIMIT 1) LIMIT ?1)";
            let of_removed = tx.execute(removed, [PIECE])?;
            let sql = "DELETE FROM rollup WHERE (device, key, step_s, ts_ms) IN (
                           SELECT device, key, step_s, ts_ms FROM rollup
                           WHERE device IN (SELECT device FROM gone LIMIT 1) LIMIT ?1)";
            let of_removed = match of_removed {
                0 => tx.execute(sql, [PIECE])?,
                messages => messages,
            };
            gone += of_removed;
            if of_removed == 0 {
                let which = "(SELECT device FROM gone LIMIT 1)";
                for table in ["rollup_due", "gone"] {
                    let sql = format!("DELETE FROM {table} WHERE device IN {which}");
                    gone += tx.execute(&sql, [])?;
                }
            }
            Ok(gone)
        })?;
        Ok(gone > 0)
    }
}
