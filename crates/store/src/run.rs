//! When the program was started, and by which start of the computer.

use v2x_units::{BootId, UtcTime};

use crate::error::StoreError;
use crate::open::Store;

impl Store {
    /// Notes a start of the program; `host_boot` names the start of the computer, if it is known.
    ///
    /// # Errors
    /// The disk's.
    pub fn begin_run(
        &mut self,
        boot: BootId,
        host_boot: Option<&str>,
        at: Option<UtcTime>,
    ) -> Result<(), StoreError> {
        self.transaction(|tx| {
            tx.execute(
                "INSERT INTO run (boot, host_boot, started_us) VALUES (?1, ?2, ?3)
                 ON CONFLICT (boot) DO UPDATE SET host_boot = excluded.host_boot,
                     started_us = excluded.started_us",
                (boot.get(), host_boot, at.map(UtcTime::as_micros)),
            )
            .map(drop)
        })
    }

    /// The start of the computer under which a run of the program took place.
    ///
    /// # Errors
    /// The disk's.
    pub fn host_boot_of(&self, run: BootId) -> Result<Option<String>, StoreError> {
        let found: Vec<Option<String>> = self.rows(
            "SELECT host_boot FROM run WHERE boot = ?1",
            [run.get()],
            |row| row.get(0),
        )?;
        Ok(found.into_iter().next().flatten())
    }
}
