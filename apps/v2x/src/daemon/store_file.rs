//! The store's file in a daemon's folder.

use std::path::Path;

use v2x_store::Store;

use crate::failure::{Blame, Failure};

/// The file's name in the folder given with `--out`.
pub(crate) const STORE_FILE: &str = "v2x.db";

/// Makes the folder of a daemon, with those above it.
pub(crate) fn make_folder(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| {
        let what = format_args!("folder {}: {error}", folder.display());
        Failure::new(Blame::Runtime, what)
            .hint("name a folder with --out that can be made and written here")
    })
}

/// Opens the store in a folder that is there, or begins one.
pub(crate) fn open_store(folder: &Path) -> Result<Store, Failure> {
    Store::open(&folder.join(STORE_FILE)).map_err(|error| {
        Failure::new(Blame::Runtime, error)
            .hint("give another folder with --out, or move the file away to begin a new store")
    })
}
