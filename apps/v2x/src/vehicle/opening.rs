//! The store at the start: opened, or waited for while the disk refuses it.
//!
//! A disk that is full or read-only when the daemon starts ends nothing: the collector is read, the
//! raw log is written as far as the disk takes it, and what is for the store waits in the keeper's
//! queue until the store opens. What does not pass by itself (a file of another program, a folder
//! that may not be written) ends the start with a sentence. `degradation.rs` has the order in which
//! things are given up.

use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::Receiver;
use tracing::{info, warn};
use v2x_proto::v2g::SessionId;
use v2x_store::{Store, StoreError};

use super::health::Health;
use super::keeper::ToKeep;
use super::radio;
use super::row_journal::{Kept, RowJournal};
use crate::clock::{self, Clock};
use crate::daemon::heartbeat::Heart;
use crate::daemon::{self, Shutdown};
use crate::failure::{Blame, Failure};

/// How long after a refusal the store is tried again.
const TRY_EVERY: std::time::Duration = std::time::Duration::from_secs(1);
/// As much as the first page of a store.
const PROBE: [u8; 4096] = [0; 4096];
const PROBE_FILE: &str = ".v2x_probe";

/// The store, and the journal of rows with what a kill left in it.
pub(super) struct Opened {
    pub(super) store: Store,
    pub(super) row_journal: (RowJournal, Vec<Kept>),
}

/// Opens the store of a folder, or says why that has to wait.
pub(super) struct Opening {
    folder: PathBuf,
    clock: Clock,
    opened: Option<Opened>,
    health: Arc<Health>,
}

/// Why the store is not open.
enum Trouble {
    /// It may open later.
    Passing(String),
    /// It will not.
    Lasting(Failure),
}

impl Opening {
    /// Tries for the first time.
    ///
    /// # Errors
    /// What will not pass by itself.
    pub(super) fn begin(
        folder: &Path,
        clock: Clock,
        health: &Arc<Health>,
    ) -> Result<Self, Failure> {
        let opened = match open(folder, clock) {
            Ok(opened) => Some(opened),
            Err(Trouble::Lasting(failure)) => return Err(failure),
            Err(Trouble::Passing(why)) => {
                warn!(
                    why,
                    "the store cannot be opened yet: rows wait in memory, frames are recorded \
                            as far as the disk takes them; make room"
                );
                health.store_trouble.set(why);
                None
            }
        };
        Ok(Self {
            folder: folder.to_owned(),
            clock,
            opened,
            health: Arc::clone(health),
        })
    }

    /// The charging session that was open over the radio when the daemon last wrote.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn open_session(&self) -> Result<Option<SessionId>, Failure> {
        let Some(opened) = &self.opened else {
            warn!("a charging session of the last run is not gone on with: the store is not open");
            return Ok(None);
        };
        let open = opened.store.v2g_session(radio::books::OWNER);
        let open =
            open.map_err(|error| Failure::new(Blame::Runtime, format_args!("store: {error}")))?;
        Ok(open.and_then(|open| SessionId::new(open.session)))
    }

    /// Waits until the store is open; `None`: the daemon stops before.
    pub(super) fn wait(
        self,
        kept: &Receiver<ToKeep>,
        shutdown: &Shutdown,
        heart: &Heart,
    ) -> Option<Opened> {
        if self.opened.is_some() {
            return self.opened;
        }
        let mut told = self.health.store_trouble.get();
        loop {
            heart.beat(self.clock.now().instant);
            match open(&self.folder, self.clock) {
                Ok(opened) => {
                    self.health.store_trouble.clear();
                    let waited = kept.len();
                    info!(waited, "the store is open: what waited is written");
                    return Some(opened);
                }
                Err(trouble) => {
                    let why = trouble.words();
                    if told.as_ref() != Some(&why) {
                        warn!(why, "the store cannot be opened yet");
                        self.health.store_trouble.set(why.clone());
                        told = Some(why);
                    }
                }
            }
            if shutdown.is_requested() {
                let lost = kept.len();
                warn!(
                    lost,
                    "the store was never opened: what waited for it is lost"
                );
                return None;
            }
            clock::sleep(TRY_EVERY);
        }
    }
}

impl Trouble {
    fn of_io(what: String, error: &io::Error, failure: Failure) -> Self {
        if is_passing(error) {
            return Self::Passing(format!("{what}: {error}"));
        }
        Self::Lasting(failure)
    }

    fn words(self) -> String {
        match self {
            Self::Passing(why) => why,
            Self::Lasting(failure) => failure.what().to_owned(),
        }
    }
}

fn open(folder: &Path, clock: Clock) -> Result<Opened, Trouble> {
    if let Err(error) = std::fs::create_dir_all(folder) {
        let what = format!("folder {}", folder.display());
        let failure = daemon::no_folder(folder, &error);
        return Err(Trouble::of_io(what, &error, failure));
    }
    let store = Store::open(&folder.join(daemon::STORE_FILE));
    let store = store.map_err(|error| of_store(folder, &error))?;
    let newest = store.newest_trusted();
    let newest = newest.map_err(|error| of_store(folder, &error))?;
    if let Some(newest) = newest {
        // No clock can be behind the newest date that the store trusts.
        clock.raise_floor(newest);
    }
    let row_journal = RowJournal::open(folder).map_err(|error| {
        let what = format!("folder {}", folder.display());
        let failure = Failure::new(Blame::Runtime, format_args!("{what}: {error}"));
        Trouble::of_io(what, &error, failure)
    })?;
    Ok(Opened { store, row_journal })
}

/// Whether a refusal of the store is one of the disk, which may pass.
fn of_store(folder: &Path, error: &StoreError) -> Trouble {
    if error.is_of_disk() {
        return Trouble::Passing(error.to_string());
    }
    // SQLite says of a full or read-only disk only that it cannot open or write the file.
    match probe(folder) {
        Err(refused) if is_passing(&refused) => Trouble::Passing(format!("{error} ({refused})")),
        _ => Trouble::Lasting(daemon::no_store(error)),
    }
}

/// Tries whether the disk takes anything.
fn probe(folder: &Path) -> io::Result<()> {
    let path = folder.join(PROBE_FILE);
    let written = File::create(&path).and_then(|mut file| file.write_all(&PROBE));
    let removed = std::fs::remove_file(&path);
    written.and(removed)
}

/// Whether somebody can make it pass while the daemon runs.
fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem
    )
}
