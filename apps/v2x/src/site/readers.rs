//! Connections that read the store beside the daemon that writes it, a few and kept.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use v2x_store::{Store, StoreError};
use v2x_web::{Answer, Refusal};

use crate::daemon::STORE_FILE;

/// Connections that are kept; the web asks no more at once.
const KEPT: usize = 8;

/// The readers of one store.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Store>>,
}

impl Readers {
    /// Readers of the store in a folder, which need not be there yet.
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            path: folder.join(STORE_FILE),
            idle: Mutex::default(),
        }
    }

    /// Asks the store. A connection that failed is not used again.
    pub(crate) fn ask<T>(
        &self,
        question: impl FnOnce(&Store) -> Result<T, StoreError>,
    ) -> Answer<T> {
        let refused = |error: StoreError| Refusal::Unavailable(error.to_string());
        // Taking and giving back are one step each.
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let store = match kept {
            Some(store) => store,
            None => Store::open_to_read(&self.path).map_err(refused)?,
        };
        let answer = question(&store).map_err(refused)?;
        let mut idle = idle();
        if idle.len() < KEPT {
            idle.push(store);
        }
        Ok(answer)
    }
}
