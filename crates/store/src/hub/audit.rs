//! Who did what, when and from where. Rows are added and read, never changed.

use v2x_units::UtcTime;

use super::HubStore;
use crate::error::StoreError;

/// Something that somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number; 0 for one that is not written yet.
    pub id: i64,
    /// When.
    pub at: UtcTime,
    /// Who: a person's name, or `command line`.
    pub person: String,
    /// What, as `device.add`.
    pub action: String,
    /// To whom or what.
    pub subject: String,
    /// What else; never a secret.
    pub detail: String,
    /// From where: an address.
    pub origin: String,
}

impl HubStore {
    /// Adds a row.
    ///
    /// # Errors
    /// The disk's.
    pub fn audit(&mut self, row: &AuditRow) -> Result<(), StoreError> {
        self.database.transaction(|tx| {
            let sql = "INSERT INTO audit (ts_ms, person, action, subject, detail, origin)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let values = (
                row.at.as_millis(),
                &row.person,
                &row.action,
                &row.subject,
                &row.detail,
                &row.origin,
            );
            tx.execute(sql, values).map(drop)
        })
    }

    /// When somebody last did this.
    ///
    /// # Errors
    /// The disk's.
    pub fn last_done(&self, action: &str) -> Result<Option<UtcTime>, StoreError> {
        let sql = "SELECT ts_ms FROM audit WHERE action = ?1 ORDER BY id DESC LIMIT 1";
        let found = self.database.rows(sql, [action], |row| row.get(0))?;
        Ok(found.first().copied().map(UtcTime::from_millis))
    }

    /// The newest rows before a number, at most so many.
    ///
    /// # Errors
    /// The disk's.
    pub fn audit_log(&self, before: Option<i64>, most: usize) -> Result<Vec<AuditRow>, StoreError> {
        let sql = "SELECT id, ts_ms, person, action, subject, detail, origin FROM audit
                   WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.database
            .rows(sql, (before.unwrap_or(i64::MAX), most), |row| {
                Ok(AuditRow {
                    id: row.get(0)?,
                    at: UtcTime::from_millis(row.get(1)?),
                    person: row.get(2)?,
                    action: row.get(3)?,
                    subject: row.get(4)?,
                    detail: row.get(5)?,
                    origin: row.get(6)?,
                })
            })
    }
}
