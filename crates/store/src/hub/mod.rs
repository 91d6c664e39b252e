//! The hub's file: its own SQLite database, with one file per question asked.
//!
//! One writer, the hub; any number of readers, and the tools of the command line beside it. A call
//! that writes is one transaction and is on disk when it returns. What a row means is decided in
//! `v2x_roles::hub`. A message is a row of its own with all its keys, not a row per key: the reason
//! is in `docs/decisions/0045-a-row-per-message.md`.
//!
//! | file | question |
//! |---|---|
//! | [`device`] | which devices are there, and how do they log in |
//! | [`ingest`] | what did they say, each moment once |
//! | [`latest`] | which value is the newest of each key |
//! | [`history`] | what was measured in a stretch of time, in few points |
//! | [`rollup`] | minutes and hours |
//! | [`export`] | everything of a stretch, row by row |
//! | [`attribute`] | what describes a device, and what is set for it |
//! | [`alarm`] | what is wrong, and who has seen it |
//! | [`episode`] | trips, charges, sessions, warnings |
//! | [`person`] | who may see and do what |
//! | [`audit`] | who did what |
//! | [`provisioning`] | who asked to be let in |
//! | [`rpc`] | what devices were told to do |
//! | [`retention`] | what is given up with time |
//! | [`backup`] | a copy while it runs, and back |

pub mod alarm;
pub mod attribute;
pub mod audit;
pub mod backup;
pub mod device;
pub mod episode;
pub mod export;
pub mod history;
pub mod ingest;
pub mod latest;
pub mod person;
pub mod provisioning;
pub mod retention;
pub mod rollup;
pub mod rpc;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use rusqlite::Connection;

use crate::database::{Database, Format};
use crate::error::StoreError;

pub use alarm::{AlarmRow, KINDS_MAX};
pub use attribute::{NoRoom, Scope};
pub use audit::AuditRow;
pub use backup::{Counts, check_backup};
pub use device::{Credential, DeviceRow, NameTaken, Taken};
pub use episode::{EpisodeRow, SessionsAsked};
pub use history::{Asked, History, Point, Resolution};
pub use ingest::{Arrival, Kept};
pub use person::{PersonRole, PersonRow};
pub use provisioning::{APPROVAL_HOLDS, DECIDED_MAX, PENDING_MAX, Pending, PendingState};
pub use retention::HubRetention;

/// A hub's file; its mark are the letters `TV2H`.
const FORMAT: Format = Format {
    application_id: i32::from_be_bytes(*b"TV2H"),
    migrations: &[
        (1, include_str!("../../migrations/hub/0001_hub.sql")),
        (
            2,
            include_str!("../../migrations/hub/0002_receipt_of_session.sql"),
        ),
    ],
};

/// The state of the file as others have written it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version(i64);

/// Milliseconds in an hour.
const HOUR_MS: i64 = 3_600_000;

/// The hub's open file.
#[derive(Debug)]
pub struct HubStore {
    pub(crate) database: Database,
    /// The id of the next message.
    next_message: i64,
    /// Hours of devices that are known to be due for rolling up.
    due: HashSet<(i64, i64)>,
    /// Ids of names of keys.
    keys: HashMap<String, i64>,
    /// The device up to which minutes that are too old were looked for.
    pruned_up_to: i64,
    /// As it was when others were last looked for.
    version: i64,
}

impl HubStore {
    /// Opens the file, making it or bringing its schema up to date.
    ///
    /// # Errors
    /// Says what the file is instead, or what the disk refuses.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let database = Database::open(path, &FORMAT)?;
        let version = database.ask(version)?;
        let next_message = database.ask(ingest::next_message)?;
        let due = database.ask(rollup::all_due)?;
        Ok(Self {
            database,
            next_message,
            due,
            keys: HashMap::new(),
            pruned_up_to: 0,
            version,
        })
    }

    /// Opens the file of a hub only to read in it, beside the hub that writes.
    ///
    /// # Errors
    /// Says what the file is instead, or what the disk refuses.
    pub fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            database: Database::open_to_read(path, &FORMAT)?,
            next_message: 0,
            due: HashSet::new(),
            keys: HashMap::new(),
            pruned_up_to: 0,
            version: 0,
        })
    }

    /// The path that was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.database.path()
    }

    /// Whether another process or connection has written since [`HubStore::caught_up`], or since
    /// the file was opened: then what to say there. What this one writes does not count.
    ///
    /// # Errors
    /// The disk's.
    pub fn others_have_written(&self) -> Result<Option<Version>, StoreError> {
        let version = self.database.ask(version)?;
        Ok((self.version != version).then_some(Version(version)))
    }

    /// What others had written up to then is taken up.
    pub const fn caught_up(&mut self, with: Version) {
        self.version = with.0;
    }
}

/// A number that changes when another connection has written.
fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.pragma_query_value(None, "data_version", |row| row.get(0))
}

/// JSON of the store's own making; a damaged text is an error of the file.
fn json<T: serde::de::DeserializeOwned>(column: usize, text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            Box::new(error),
        )
    })
}
