//! `v2x hub backup` and `v2x hub restore`.

use std::fs;
use std::path::{Path, PathBuf};

use v2x_store::hub::{HubStore, check_backup};

use super::{note, now};
use crate::daemon::make_folder;
use crate::failure::{Blame, Context as _, Failure};
use crate::hub::{self, HUB_FILE};

/// What SQLite keeps beside a database.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// Writes a copy; the hub may run.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
pub(super) fn back_up(to: &Path, folder: &Path) -> Result<(), Failure> {
    let path = folder.join(HUB_FILE);
    let store = HubStore::open_to_read(&path).map_err(|error| hub::no_store(&error))?;
    let counts = store.back_up(to).map_err(|error| {
        Failure::new(Blame::Runtime, error).hint("name a file that does not exist yet")
    })?;
    println!("{}: {counts}", to.display());
    // Whoever asks when the last one was taken reads it there. The copy itself is whole without it.
    let mut store = HubStore::open(&path).map_err(|error| hub::no_store(&error))?;
    note(&mut store, "backup", &to.display().to_string(), "")
}

/// Puts a copy in the place of the hub's file.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
pub(super) fn restore(from: &Path, folder: &Path) -> Result<(), Failure> {
    let counts = check_backup(from).map_err(|error| {
        Failure::new(Blame::Input, error).hint("name a file that `v2x hub backup` has written")
    })?;
    make_folder(folder)?;
    let held = hub::hold(folder)?;
    let path = folder.join(HUB_FILE);
    let moving = |what: &Path| format!("{}", what.display());
    let part = folder.join("hub.db.restoring");
    fs::copy(from, &part).blame(Blame::Runtime, moving(&part))?;
    fs::File::open(&part)
        .and_then(|file| file.sync_all())
        .blame(Blame::Runtime, moving(&part))?;
    // What waits in the log belongs to the file that is put aside, also where that one is gone: the
    // copy would be read with it.
    let endings = || std::iter::once("").chain(BESIDE);
    let there = |ending: &&str| with_ending(&path, ending).exists();
    let old: Vec<&str> = endings().filter(there).collect();
    if !old.is_empty() {
        let aside = aside(&path)?;
        // The file itself goes last: a log without its file is never left to another one.
        for ending in old.into_iter().rev() {
            let old = with_ending(&path, ending);
            fs::rename(&old, with_ending(&aside, ending)).blame(Blame::Runtime, moving(&old))?;
        }
        println!("what was there is now {}", aside.display());
    }
    fs::rename(&part, &path).blame(Blame::Runtime, moving(&path))?;
    fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .blame(Blame::Runtime, moving(folder))?;
    let seen = check_backup(&path).map_err(|error| hub::no_store(&error))?;
    println!("{}: {seen}", path.display());
    drop(held);
    if seen != counts {
        return Err(Failure::new(
            Blame::Runtime,
            "the copy changed while it was read",
        ));
    }
    Ok(())
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A name for the file that is replaced, which no file has.
fn aside(path: &Path) -> Result<PathBuf, Failure> {
    let seconds = now()?.as_millis() / 1000;
    let names = (0..1000).map(|number| with_ending(path, &format!(".before-{seconds}-{number}")));
    let free = names.into_iter().find(|name| !name.exists());
    free.ok_or_else(|| Failure::new(Blame::Runtime, "too many files were put aside already"))
}
