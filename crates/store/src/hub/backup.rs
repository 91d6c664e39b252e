//! A copy while the hub runs, and whether a copy is whole.
//!
//! `VACUUM INTO` reads one moment of the database; who writes meanwhile is not held up.

use std::fs::{self, File};
use std::path::Path;

use super::HubStore;
use crate::error::StoreError;

/// What is in a hub's file, to compare two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Devices.
    pub devices: u64,
    /// Messages.
    pub messages: u64,
    /// Trips, charges, sessions and warnings.
    pub episodes: u64,
    /// Alarms.
    pub alarms: u64,
    /// People.
    pub people: u64,
    /// Rows of the audit log.
    pub audit: u64,
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            devices,
            messages,
            episodes,
            alarms,
            people,
            audit,
        } = self;
        write!(
            f,
            "{devices} devices, {messages} messages, {episodes} episodes, {alarms} alarms, \
             {people} people, {audit} rows of audit"
        )
    }
}

impl HubStore {
    /// Writes a whole copy to a file that is not there yet, through `<name>.part`; also while
    /// another process writes. On disk when it returns.
    ///
    /// # Errors
    /// The disk's, also where the copy goes.
    pub fn back_up(&self, to: &Path) -> Result<Counts, StoreError> {
        let mut part = to.as_os_str().to_owned();
        part.push(".part");
        let part = Path::new(&part);
        let refused = |error: std::io::Error| StoreError::Copy {
            path: to.to_path_buf(),
            reason: error.to_string(),
        };
        if to.exists() {
            let error = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
            return Err(refused(error));
        }
        if part.exists() {
            fs::remove_file(part).map_err(refused)?;
        }
        let target = part.to_string_lossy();
        let written = self
            .database
            .connection
            .execute("VACUUM INTO ?1", [&target]);
        if let Err(error) = written {
            fs::remove_file(part).unwrap_or_default();
            return Err(StoreError::of(to, error));
        }
        File::open(part)
            .and_then(|file| file.sync_all())
            .map_err(refused)?;
        let counts = check_backup(part)?;
        fs::rename(part, to).map_err(refused)?;
        if let Some(folder) = to.parent() {
            let folder = if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                folder
            };
            File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(refused)?;
        }
        Ok(counts)
    }

    /// What is in the file.
    ///
    /// # Errors
    /// The disk's.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        let sql = "SELECT (SELECT count(*) FROM device), (SELECT count(*) FROM message),
                          (SELECT count(*) FROM episode), (SELECT count(*) FROM alarm),
                          (SELECT count(*) FROM person), (SELECT count(*) FROM audit)";
        self.database.ask(|db| {
            db.query_row(sql, [], |row| {
                Ok(Counts {
                    devices: row.get(0)?,
                    messages: row.get(1)?,
                    episodes: row.get(2)?,
                    alarms: row.get(3)?,
                    people: row.get(4)?,
                    audit: row.get(5)?,
                })
            })
        })
    }
}

/// Whether a file is a whole copy of a hub's, and what is in it.
///
/// # Errors
/// Says what it is instead, or what is damaged.
pub fn check_backup(path: &Path) -> Result<Counts, StoreError> {
    let copy = HubStore::open_to_read(path)?;
    let said: String = copy
        .database
        .ask(|db| db.query_row("PRAGMA integrity_check", [], |row| row.get(0)))?;
    if said != "ok" {
        return Err(StoreError::Damaged {
            path: path.to_path_buf(),
            reason: said,
        });
    }
    copy.counts()
}
