//! The store's file in a daemon's folder.

use std::io;
use std::path::Path;

use v2x_store::{Store, StoreError};

use crate::failure::{Blame, Failure};

/// The file's name in the folder given with `--out`.
pub(crate) const STORE_FILE: &str = "v2x.db";

/// Makes the folder of a daemon, with those above it.
pub(crate) fn make_folder(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| no_folder(folder, &error))
}

/// A folder that cannot be made.
pub(crate) fn no_folder(folder: &Path, error: &io::Error) -> Failure {
    let what = format_args!("folder {}: {error}", folder.display());
    let failure = Failure::new(Blame::Runtime, what);
    failure.hint("name a folder with --out that can be made and written here")
}

/// Opens the store in a folder that is there, or begins one.
pub(crate) fn open_store(folder: &Path) -> Result<Store, Failure> {
    Store::open(&folder.join(STORE_FILE)).map_err(|error| no_store(&error))
}

/// A store that cannot be opened.
pub(crate) fn no_store(error: &StoreError) -> Failure {
    let failure = Failure::new(Blame::Runtime, error);
    failure.hint("give another folder with --out, or move the file away to begin a new store")
}
