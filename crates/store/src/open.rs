//! Opening the file of a vehicle or a station: its mark and its tables.

use std::path::Path;

use rusqlite::{Connection, Params, Row, Transaction};

use crate::database::{Database, Format};
use crate::error::StoreError;
use crate::outbox::Queue;

/// The file of a vehicle or a station; its mark are the letters `TV2X`.
const FORMAT: Format = Format {
    application_id: i32::from_be_bytes(*b"TV2X"),
    migrations: &[
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
        (9, include_str!("../migrations/0009_receipt_of_session.sql")),
        (10, include_str!("../migrations/0010_v2g_confirmed.sql")),
        (11, include_str!("../migrations/0011_slot_standing.sql")),
    ],
};

/// One open SQLite file.
#[derive(Debug)]
pub struct Store {
    database: Database,
    pub(crate) queue: Queue,
}

impl Store {
    /// Opens the store, making the file or bringing its schema up to date.
    ///
    /// # Errors
    /// Says what the file is instead, or what the disk refuses.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let database = Database::open(path, &FORMAT)?;
        let queue = database.ask(Queue::load)?;
        Ok(Self { database, queue })
    }

    /// A store behind a connection that only reads.
    pub(crate) fn reading(path: &Path) -> Result<Self, StoreError> {
        let database = Database::open_to_read(path, &FORMAT)?;
        let queue = Queue::default();
        Ok(Self { database, queue })
    }

    /// The path that was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.database.path()
    }

    /// Runs `work` whole or not at all; when it returns, the work is on disk.
    pub(crate) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.database.transaction(work)
    }

    /// Asks something that is no plain query.
    pub(crate) fn ask<T>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.database.ask(question)
    }

    /// Every row that a query answers.
    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        parameters: impl Params,
        row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        self.database.rows(sql, parameters, row)
    }
}

#[cfg(test)]
mod tests;
