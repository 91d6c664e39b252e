//! When something was, on every clock that knows it.

use v2x_units::{BootId, Instant};

use crate::error::StoreError;
use crate::open::Store;

/// How a record got its date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateMark {
    /// Who says it, as `gnss`.
    pub source: &'static str,
    /// By how much it may be wrong, in milliseconds; `None` when nobody can say.
    pub error_ms: Option<i64>,
}

/// A boot of the computer, by its number in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostBoot(pub(crate) i64);

/// The moment of a record, besides its date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct When {
    /// How it got its date; `None` for one without.
    pub mark: Option<DateMark>,
    /// The moment on the computer's monotonic clock.
    pub host: Option<(HostBoot, Instant)>,
    /// The moment on the clock of the board that measured.
    pub board: Option<(BootId, Instant)>,
}

impl When {
    pub(crate) fn host_boot(&self) -> Option<i64> {
        self.host.map(|(boot, _)| boot.0)
    }

    pub(crate) fn since_us(&self) -> Option<u64> {
        self.host.map(|(_, since)| since.as_micros())
    }

    pub(crate) fn board_boot(&self) -> Option<u32> {
        self.board.map(|(boot, _)| boot.get())
    }

    pub(crate) fn board_us(&self) -> Option<u64> {
        self.board.map(|(_, at)| at.as_micros())
    }

    pub(crate) fn source(&self) -> Option<&'static str> {
        self.mark.map(|mark| mark.source)
    }

    pub(crate) fn error_ms(&self) -> Option<i64> {
        self.mark.and_then(|mark| mark.error_ms)
    }
}

impl Store {
    /// The number of a boot of the computer, in the kernel's words; a new one is noted.
    ///
    /// # Errors
    /// The disk's.
    pub fn host_boot(&mut self, boot: &str) -> Result<HostBoot, StoreError> {
        let known: Vec<i64> =
            self.rows("SELECT id FROM host_boot WHERE boot = ?1", [boot], |row| {
                row.get(0)
            })?;
        if let Some(id) = known.first() {
            return Ok(HostBoot(*id));
        }
        self.transaction(|tx| {
            tx.execute("INSERT INTO host_boot (boot) VALUES (?1)", [boot])?;
            Ok(HostBoot(tx.last_insert_rowid()))
        })
    }
}
