//! Whether the folder of the data can be written, and how much room is left.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::StatVfsMountFlags;

use super::Finding;

const PART: &str = "disk";
/// The file that is written and removed.
const TRIAL: &str = ".v2x-doctor";
/// As much as a page of the store.
const TRIAL_BYTES: usize = 4096;

/// What makes room on the disk of a vehicle or a station.
const LOGS: &str = "make room: old raw logs go first (candump_*.log.zst), or a larger disk";

/// Looks at a folder, of whose disk so many bytes should stay free.
pub(super) fn examine(folder: &Path, reserve: u64) -> Finding {
    examine_with(folder, reserve, LOGS)
}

/// As [`examine`], with another way to make room.
pub(super) fn examine_with(folder: &Path, reserve: u64, make_room: &str) -> Finding {
    let (place, is_made) = nearest(folder);
    let shown = place.display();
    if !place.is_dir() {
        return Finding::problem(
            PART,
            format!("{shown} is no folder"),
            "name a folder for the data that can be made and written",
        );
    }
    let state = match rustix::fs::statvfs(&place) {
        Ok(state) => state,
        Err(error) => {
            let todo = "check that its disk is plugged in and mounted";
            return Finding::problem(PART, format!("{shown}: {error}"), todo);
        }
    };
    if state.f_flag.contains(StatVfsMountFlags::RDONLY) {
        return Finding::problem(
            PART,
            format!("the disk of {shown} is read-only"),
            "a card that wears out or a disk with errors is mounted so: see dmesg, then replace \
             it, or sudo mount -o remount,rw",
        );
    }
    let free = state.f_bavail.saturating_mul(state.f_frsize);
    if let Err(error) = try_to_write(&place) {
        return unwritable(&place, free, &error, make_room);
    }
    let (free_mb, reserve_mb) = (free / 1_000_000, reserve / 1_000_000);
    if free < reserve {
        let what = format!(
            "little is left on the disk of {shown}: {free_mb} MB, and {reserve_mb} MB should stay \
             free"
        );
        return Finding::problem(PART, what, make_room);
    }
    let made = if is_made { "" } else { ", and will be made" };
    Finding::fine(
        PART,
        format!("{free_mb} MB are free for {}{made}", folder.display()),
    )
}

fn unwritable(place: &Path, free: u64, error: &io::Error, make_room: &str) -> Finding {
    let shown = place.display();
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Finding::problem(
            PART,
            format!("the disk of {shown} is full: {free} bytes are free"),
            format!("{make_room}; df -h and df -i show the rest"),
        ),
        ErrorKind::PermissionDenied => Finding::problem(
            PART,
            format!("{shown} may not be written by this user"),
            format!("ask as the daemon's user: sudo -u v2x v2x doctor …; or chown v2x {shown}"),
        ),
        _ => Finding::problem(
            PART,
            format!("{shown} cannot be written: {error}"),
            "see dmesg for errors of the disk",
        ),
    }
}

/// The folder, or the nearest above it that exists; and whether it is the folder itself.
fn nearest(folder: &Path) -> (PathBuf, bool) {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let existing = folder.ancestors().find(|place| place.exists());
    let place = existing.unwrap_or(Path::new("/")).to_owned();
    let is_made = place == folder;
    (place, is_made)
}

fn try_to_write(folder: &Path) -> io::Result<()> {
    let path = folder.join(TRIAL);
    let written = fs::File::create(&path).and_then(|mut file| {
        file.write_all(&[0; TRIAL_BYTES])?;
        file.sync_all()
    });
    match fs::remove_file(&path) {
        Err(error) if written.is_ok() => Err(error),
        _ => written,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Severity;

    #[test]
    fn folder_that_is_not_there_yet_is_fine_and_is_not_made() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("a/b");
        let finding = examine(&folder, 0);
        assert_eq!(finding.severity, Severity::Fine, "{finding:?}");
        assert!(finding.what.ends_with("will be made"), "{finding:?}");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[test]
    fn reserve_that_is_not_left_is_a_problem() {
        let home = tempfile::tempdir().unwrap();
        let finding = examine(home.path(), u64::MAX);
        assert_eq!(finding.severity, Severity::Problem);
        assert!(finding.what.starts_with("little is left"), "{finding:?}");
        fs::write(home.path().join("file"), "").unwrap();
        let finding = examine(&home.path().join("file/out"), 0);
        assert!(finding.what.ends_with("is no folder"), "{finding:?}");
    }
}
