//! The small disk that a daemon writes to, and how it is filled.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use tempfile::TempDir;

use crate::{Outcome, Why as _};

/// Room for what a run writes, several times.
const SIZE: &str = "size=24m";
/// What fills it.
const FILLER: &str = "filler";

/// A folder with a disk of its own where the system lets us mount one.
#[derive(Debug)]
pub(crate) struct Workplace {
    folder: TempDir,
    is_mounted: bool,
}

impl Workplace {
    pub(crate) fn new() -> Outcome<Self> {
        let folder = tempfile::tempdir().why("a temporary folder")?;
        let disk = folder.path().join("disk");
        fs::create_dir(&disk).why("the disk's folder")?;
        let options = c"size=24m";
        debug_assert_eq!(options.to_str(), Ok(SIZE));
        let mounted = mount("tmpfs", &disk, "tmpfs", MountFlags::empty(), options);
        Ok(Self {
            folder,
            is_mounted: mounted.is_ok(),
        })
    }

    pub(crate) const fn can_be_full(&self) -> bool {
        self.is_mounted
    }

    /// A folder beside the disk, for logs and names.
    pub(crate) fn desk(&self) -> PathBuf {
        self.folder.path().join("desk")
    }

    pub(crate) fn disk(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// Empties both.
    pub(crate) fn clear(&self) -> Outcome<()> {
        if self.desk().exists() {
            fs::remove_dir_all(self.desk()).why("the desk")?;
        }
        fs::create_dir(self.desk()).why("the desk")?;
        for entry in fs::read_dir(self.disk()).why("the disk")? {
            let path = entry.why("the disk")?.path();
            let removed = if path.is_dir() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
            removed.why(path.display())?;
        }
        Ok(())
    }

    /// Takes the room that is left, down to the last byte.
    pub(crate) fn fill(&self) -> Outcome<()> {
        let mut filler = File::create(self.disk().join(FILLER)).why("the filler")?;
        let mut piece = vec![0; 64 * 1024];
        while !piece.is_empty() {
            if filler.write_all(&piece).is_err() {
                piece.truncate(piece.len() / 2);
            }
        }
        Ok(())
    }

    pub(crate) fn free(&self) -> Outcome<()> {
        let filler = self.disk().join(FILLER);
        if filler.exists() {
            fs::remove_file(filler).why("the filler")?;
        }
        Ok(())
    }

    /// Copies both folders for somebody to look at.
    pub(crate) fn keep(&self, to: &Path) -> Outcome<()> {
        self.free()?;
        copy(&self.desk(), &to.join("desk"))?;
        copy(&self.disk(), &to.join("disk"))
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        if self.is_mounted {
            unmount(self.disk(), UnmountFlags::DETACH).unwrap_or_default();
        }
    }
}

fn copy(from: &Path, to: &Path) -> Outcome<()> {
    fs::create_dir_all(to).why(to.display())?;
    for entry in fs::read_dir(from).why(from.display())? {
        let path = entry.why(from.display())?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target)?;
        } else if path.is_file() && !path.is_symlink() {
            fs::copy(&path, &target).why(path.display())?;
        }
    }
    Ok(())
}
