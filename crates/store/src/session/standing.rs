//! What holds at a slot beside its sessions: out of service, stopped, broken.

use rusqlite::types::Type;
use v2x_charging::{SlotState, Standing};

use super::words;
use crate::error::StoreError;
use crate::open::Store;

impl Store {
    /// Keeps what holds at a slot.
    ///
    /// # Errors
    /// The disk's.
    pub fn keep_standing(&mut self, slot: u8, standing: &Standing) -> Result<(), StoreError> {
        let fault = standing.fault.map(SlotState::Faulted).map(words::of_state);
        self.transaction(|tx| {
            tx.execute(
                "INSERT INTO slot_standing (slot, in_service, held, fault) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (slot) DO UPDATE SET in_service = excluded.in_service,
                     held = excluded.held, fault = excluded.fault",
                (slot, standing.in_service, standing.held, fault),
            )
            .map(drop)
        })
    }

    /// What held at each slot last.
    ///
    /// # Errors
    /// The disk's; a word that no slot has.
    pub fn standings(&self) -> Result<Vec<(u8, Standing)>, StoreError> {
        self.rows(
            "SELECT slot, in_service, held, fault FROM slot_standing ORDER BY slot",
            (),
            |row| {
                let word: Option<String> = row.get(3)?;
                let fault = match word {
                    None => None,
                    Some(word) => match words::state(row, 3)? {
                        SlotState::Faulted(fault) => Some(fault),
                        _ => {
                            let error = format!("`{word}` is no fault of a slot");
                            return Err(rusqlite::Error::FromSqlConversionFailure(
                                3,
                                Type::Text,
                                error.into(),
                            ));
                        }
                    },
                };
                let standing = Standing {
                    in_service: row.get(1)?,
                    held: row.get(2)?,
                    fault,
                };
                Ok((row.get(0)?, standing))
            },
        )
    }
}
