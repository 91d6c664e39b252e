//! Which prices held: every tariff version in the words of its file, and the operator's choices.
//!
//! What a document means is `tariff`'s business.

use crate::error::StoreError;
use crate::open::Store;

impl Store {
    /// Keeps the document of a tariff version and returns the one that is kept: the first that
    /// came under this version, since bills were made by it.
    ///
    /// # Errors
    /// The disk's.
    pub fn keep_tariff(
        &mut self,
        id: &str,
        version: &str,
        document: &str,
    ) -> Result<String, StoreError> {
        self.transaction(|tx| {
            tx.execute(
                "INSERT INTO tariff (id, version, document) VALUES (?1, ?2, ?3)
                 ON CONFLICT (id, version) DO NOTHING",
                (id, version, document),
            )?;
            tx.query_row(
                "SELECT document FROM tariff WHERE id = ?1 AND version = ?2",
                (id, version),
                |row| row.get(0),
            )
        })
    }

    /// The document of a tariff version; `None` when it was never kept.
    ///
    /// # Errors
    /// The disk's.
    pub fn tariff_document(&self, id: &str, version: &str) -> Result<Option<String>, StoreError> {
        let found = self.rows(
            "SELECT document FROM tariff WHERE id = ?1 AND version = ?2",
            (id, version),
            |row| row.get(0),
        )?;
        Ok(found.into_iter().next())
    }

    /// Keeps the operator's choice of a tariff for a slot.
    ///
    /// # Errors
    /// The disk's.
    pub fn choose_tariff(&mut self, slot: u8, id: &str) -> Result<(), StoreError> {
        self.transaction(|tx| {
            tx.execute(
                "INSERT INTO slot_tariff (slot, tariff_id) VALUES (?1, ?2)
                 ON CONFLICT (slot) DO UPDATE SET tariff_id = excluded.tariff_id",
                (slot, id),
            )
            .map(drop)
        })
    }

    /// The operator's choices, each with its slot.
    ///
    /// # Errors
    /// The disk's.
    pub fn chosen_tariffs(&self) -> Result<Vec<(u8, String)>, StoreError> {
        self.rows(
            "SELECT slot, tariff_id FROM slot_tariff ORDER BY slot",
            (),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }
}
