//! Opening the file: is it ours, of which version, and how it is kept through a power cut.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, Params, Row, Transaction, TransactionBehavior};

use crate::error::StoreError;
use crate::outbox::Queue;

/// Marks the file as a v2x store: the letters `TV2X`.
const APPLICATION_ID: i32 = i32::from_be_bytes(*b"TV2X");

/// How long a call waits for another process (a backup, a reader that recovers the log).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What stays of the write-ahead log between two checkpoints.
const WAL_BYTES: &str = "8388608";

/// Each migration with the version that it makes; applied ones are never edited.
const MIGRATIONS: [(i64, &str); 7] = [
    (
        1,
        include_str!("../migrations/0001_measurements_and_outbox.sql"),
    ),
    (2, include_str!("../migrations/0002_trips_and_charges.sql")),
    (3, include_str!("../migrations/0003_charging_sessions.sql")),
    (4, include_str!("../migrations/0004_undated_telemetry.sql")),
    (
        6,
        include_str!("../migrations/0006_time_of_every_record.sql"),
    ),
    (7, include_str!("../migrations/0007_v2g.sql")),
    (8, include_str!("../migrations/0008_battery_entry.sql")),
];

/// The newest schema that this program knows.
const SCHEMA_VERSION: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// One open SQLite file.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
    pub(crate) queue: Queue,
}

impl Store {
    /// Opens the store, making the file or bringing its schema up to date.
    ///
    /// # Errors
    /// Says what the file is instead, or what the disk refuses.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = Connection::open(path).map_err(|e| StoreError::of(path, e))?;
        let mut store = Self {
            connection,
            path: path.to_path_buf(),
            queue: Queue::default(),
        };
        store.check_owner()?;
        store.configure().map_err(|e| store.error(e))?;
        store.migrate()?;
        store.queue = Queue::load(&store.connection).map_err(|e| store.error(e))?;
        Ok(store)
    }

    /// A store behind a connection that only reads.
    pub(crate) fn reading(connection: Connection, path: &Path) -> Result<Self, StoreError> {
        let store = Self {
            connection,
            path: path.to_path_buf(),
            queue: Queue::default(),
        };
        store.check_owner()?;
        let version = store
            .connection
            .pragma_query_value(None, "user_version", |row| row.get(0));
        match version.map_err(|e| store.error(e))? {
            SCHEMA_VERSION => Ok(store),
            version => Err(StoreError::OlderSchema {
                path: store.path,
                seen: version,
                known: SCHEMA_VERSION,
            }),
        }
    }

    /// The path that was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn check_owner(&self) -> Result<(), StoreError> {
        let number = |name: &str| -> Result<i64, StoreError> {
            self.connection
                .pragma_query_value(None, name, |row| row.get(0))
                .map_err(|e| self.error(e))
        };
        self.connection
            .busy_timeout(BUSY_TIMEOUT)
            .map_err(|e| self.error(e))?;
        let version = number("user_version")?;
        let seen = i32::try_from(number("application_id")?).unwrap_or(0);
        let is_new = number("page_count")? == 0;
        if !is_new && seen != APPLICATION_ID {
            return Err(StoreError::ForeignDatabase {
                path: self.path.clone(),
                seen,
                ours: APPLICATION_ID,
            });
        }
        if version > SCHEMA_VERSION {
            return Err(StoreError::NewerSchema {
                path: self.path.clone(),
                seen: version,
                known: SCHEMA_VERSION,
            });
        }
        Ok(())
    }

    fn configure(&self) -> rusqlite::Result<()> {
        let set = |name: &str, value: &str| {
            self.connection
                .pragma_update_and_check(None, name, value, |_| Ok(()))
                .or_else(|error| match error {
                    // Most settings answer with no row.
                    rusqlite::Error::QueryReturnedNoRows => Ok(()),
                    error => Err(error),
                })
        };
        // Of effect only while the file is empty: free pages can then be given back.
        set("auto_vacuum", "INCREMENTAL")?;
        set("journal_mode", "WAL")?;
        // A log that grew behind a long reader shrinks again.
        set("journal_size_limit", WAL_BYTES)?;
        set("synchronous", "FULL")?;
        set("foreign_keys", "ON")
    }

    fn migrate(&mut self) -> Result<(), StoreError> {
        self.transaction(|tx| {
            // Read inside the transaction: another process may be opening the same new file.
            let version: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
            for (to, sql) in MIGRATIONS {
                if to > version {
                    tx.execute_batch(sql)?;
                    tx.pragma_update(None, "user_version", to)?;
                }
            }
            if version == 0 {
                tx.pragma_update(None, "application_id", APPLICATION_ID)?;
            }
            Ok(())
        })
    }

    /// Runs `work` whole or not at all; when it returns, the work is on disk.
    pub(crate) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let done = run(&mut self.connection, work);
        done.map_err(|error| self.error(error))
    }

    /// Asks something that is no plain query.
    pub(crate) fn ask<T>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        question(&self.connection).map_err(|error| self.error(error))
    }

    /// Every row that a query answers.
    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        parameters: impl Params,
        row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        read(&self.connection, sql, parameters, row).map_err(|error| self.error(error))
    }

    fn error(&self, source: rusqlite::Error) -> StoreError {
        StoreError::of(&self.path, source)
    }
}

fn run<T>(
    connection: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let result = work(&tx)?;
    tx.commit()?;
    Ok(result)
}

fn read<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection
        .prepare_cached(sql)?
        .query_map(parameters, row)?
        .collect()
}

#[cfg(test)]
mod tests;
