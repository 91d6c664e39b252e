//! A file of lines of JSON in the daemon's folder, each written once and read at the start.
//!
//! At its limit the file is put aside in the place of the one before, so that two of them are the
//! most that it takes. What still holds of the one that goes begins the new one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The file and the one before it.
#[derive(Debug)]
pub(crate) struct LinesFile {
    folder: PathBuf,
    name: &'static str,
    old: &'static str,
    bytes_max: u64,
    /// Held while a line is written, and not while the disk is waited for.
    writing: Mutex<()>,
}

impl LinesFile {
    /// The file in a folder; made with the first line.
    pub(crate) const fn new(
        folder: PathBuf,
        (name, old): (&'static str, &'static str),
        bytes_max: u64,
    ) -> Self {
        Self {
            folder,
            name,
            old,
            bytes_max,
            writing: Mutex::new(()),
        }
    }

    /// Its name.
    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// Adds a line, and a power cut does not take it any more; it begins anew, whatever one before
    /// or a full disk has left.
    pub(crate) fn add_for_good(&self, line: &impl Serialize) -> io::Result<()> {
        self.carry(line, Vec::<()>::new)?.sync_data()
    }

    /// Adds a line, in a new file behind those that still hold: `kept` says which, where the file
    /// has reached its limit. A power cut may take the line until what is answered is synced.
    pub(crate) fn carry<T: Serialize>(
        &self,
        line: &impl Serialize,
        kept: impl FnOnce() -> Vec<T>,
    ) -> io::Result<File> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.folder.join(self.name);
        let size = fs::metadata(&path).map_or(0, |meta| meta.len());
        if size > self.bytes_max {
            self.begin_anew(&path, &kept())?;
        }
        let mut file = open(&path)?;
        file.write_all(text(line)?.as_bytes())?;
        Ok(file)
    }

    /// Puts the file aside; the new one is whole before it takes its place.
    fn begin_anew<T: Serialize>(&self, path: &Path, kept: &[T]) -> io::Result<()> {
        let new = self.folder.join(format!("{}.new", self.name));
        match fs::remove_file(&new) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut texts = String::new();
        for line in kept {
            texts += &text(line)?;
        }
        let mut file = open(&new)?;
        file.write_all(texts.as_bytes())?;
        file.sync_data()?;
        fs::rename(path, self.folder.join(self.old))?;
        fs::rename(new, path)
    }

    /// All lines, oldest first; those that a new file began with come twice, and a line that a
    /// power cut has damaged is left out.
    pub(crate) fn lines<T: DeserializeOwned>(&self) -> io::Result<Vec<T>> {
        let mut lines = Vec::new();
        for name in [self.old, self.name] {
            let file = match File::open(self.folder.join(name)) {
                Ok(file) => file,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            for line in BufReader::new(file).split(b'\n') {
                lines.extend(serde_json::from_slice::<T>(&line?).ok());
            }
        }
        Ok(lines)
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o600).open(path)
}

fn text(line: &impl Serialize) -> io::Result<String> {
    let line = serde_json::to_string(line).map_err(io::Error::other)?;
    Ok(format!("\n{line}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_at_its_limit_is_put_aside_and_what_still_holds_begins_the_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = LinesFile::new(folder.path().to_owned(), ("new", "old"), 100);
        for number in 0..100 {
            file.carry(&number, || vec![7]).unwrap();
        }
        let size = |name: &str| fs::metadata(folder.path().join(name)).unwrap().len();
        assert!(size("new") <= 105 && size("old") <= 105);
        let lines: Vec<i32> = file.lines().unwrap();
        assert!(lines.contains(&7) && lines.contains(&99));
        assert!(!lines.contains(&8), "{lines:?}");
    }
}
