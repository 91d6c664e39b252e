//! One SQLite file: whether it is ours, of which version, and how it is kept through a power cut.
//!
//! Which tables there are is the matter of its owner: [`crate::Store`], [`crate::hub::HubStore`].

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Params, Row, Transaction, TransactionBehavior};

use crate::error::StoreError;

/// How long a call waits for another process (a backup, a reader that recovers the log).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What stays of the write-ahead log between two checkpoints.
const WAL_BYTES: &str = "8388608";

/// What a file of one owner looks like.
#[derive(Debug)]
pub(crate) struct Format {
    /// Marks the file as its owner's.
    pub(crate) application_id: i32,
    /// Each migration with the version that it makes; applied ones are never edited.
    pub(crate) migrations: &'static [(i64, &'static str)],
}

impl Format {
    /// The newest schema that this program knows.
    pub(crate) const fn version(&self) -> i64 {
        self.migrations[self.migrations.len() - 1].0
    }
}

/// An open file.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) connection: Connection,
    path: PathBuf,
}

impl Database {
    /// Opens the file, making it or bringing its schema up to date.
    pub(crate) fn open(path: &Path, format: &Format) -> Result<Self, StoreError> {
        let connection = Connection::open(path).map_err(|e| StoreError::of(path, e))?;
        let mut database = Self {
            connection,
            path: path.to_path_buf(),
        };
        database.check_owner(format)?;
        database.configure().map_err(|e| database.error(e))?;
        database.migrate(format)?;
        Ok(database)
    }

    /// Opens a file that is there and of this version, to read in it only.
    pub(crate) fn open_to_read(path: &Path, format: &Format) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags);
        let database = Self {
            connection: connection.map_err(|e| StoreError::of(path, e))?,
            path: path.to_path_buf(),
        };
        database.check_owner(format)?;
        let seen = database.number("user_version")?;
        if seen < format.version() {
            return Err(StoreError::OlderSchema {
                path: database.path,
                seen,
                known: format.version(),
            });
        }
        Ok(database)
    }

    /// The path that was opened.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn number(&self, name: &str) -> Result<i64, StoreError> {
        self.connection
            .pragma_query_value(None, name, |row| row.get(0))
            .map_err(|e| self.error(e))
    }

    fn check_owner(&self, format: &Format) -> Result<(), StoreError> {
        self.connection
            .busy_timeout(BUSY_TIMEOUT)
            .map_err(|e| self.error(e))?;
        let version = self.number("user_version")?;
        let seen = i32::try_from(self.number("application_id")?).unwrap_or(0);
        let is_new = self.number("page_count")? == 0;
        if !is_new && seen != format.application_id {
            return Err(StoreError::ForeignDatabase {
                path: self.path.clone(),
                seen,
                ours: format.application_id,
            });
        }
        if version > format.version() {
            return Err(StoreError::NewerSchema {
                path: self.path.clone(),
                seen: version,
                known: format.version(),
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

    fn migrate(&mut self, format: &Format) -> Result<(), StoreError> {
        self.transaction(|tx| {
            // Read inside the transaction: another process may be opening the same new file.
            let version: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
            for (to, sql) in format.migrations {
                if *to > version {
                    tx.execute_batch(sql)?;
                    tx.pragma_update(None, "user_version", to)?;
                }
            }
            if version == 0 {
                tx.pragma_update(None, "application_id", format.application_id)?;
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

    pub(crate) fn error(&self, source: rusqlite::Error) -> StoreError {
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
