//! What devices were told to do, and what they answered.

use serde_json::Value as Json;
use v2x_roles::hub::DeviceId;
use v2x_units::UtcTime;

use super::HubStore;
use crate::error::StoreError;

impl HubStore {
    /// Notes a command before it is sent; its number.
    ///
    /// # Errors
    /// The disk's.
    pub fn note_command(
        &mut self,
        device: DeviceId,
        person: &str,
        (method, params): (&str, &Json),
        now: UtcTime,
    ) -> Result<i64, StoreError> {
        self.database.transaction(|tx| {
            let sql = "INSERT INTO rpc (device, ts_ms, person, method, params)
                       VALUES (?1, ?2, ?3, ?4, ?5)";
            let params = params.to_string();
            tx.execute(sql, (device.get(), now.as_millis(), person, method, params))?;
            Ok(tx.last_insert_rowid())
        })
    }

    /// Notes the answer to a command; one without any stays without a time of it.
    ///
    /// # Errors
    /// The disk's.
    pub fn note_answer(&mut self, id: i64, answer: &Json, now: UtcTime) -> Result<(), StoreError> {
        self.database.transaction(|tx| {
            let sql = "UPDATE rpc SET answered_ms = ?2, answer = ?3 WHERE id = ?1";
            tx.execute(sql, (id, now.as_millis(), answer.to_string()))
                .map(drop)
        })
    }

    /// How many commands were sent, and how many of them were answered.
    ///
    /// # Errors
    /// The disk's.
    pub fn command_counts(&self) -> Result<(u64, u64), StoreError> {
        let sql = "SELECT count(*), count(answer) FROM rpc";
        self.database
            .ask(|db| db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))))
    }
}
