//! A file of lines of JSON in the daemon's folder, each written once and read at the start.
//!
//! At its limit the file is put aside in the place of the one before, so that two of them are the
//! most that it takes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The file and the one before it.
#[derive(Debug)]
pub(crate) struct LinesFile {
    folder: PathBuf,
    name: &'static str,
    old: &'static str,
    bytes_max: u64,
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
        }
    }

    /// Its name.
    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// Adds a line; it begins anew, whatever a power cut or a full disk has left before it.
    pub(crate) fn add(&self, line: &impl Serialize) -> io::Result<()> {
        self.written(line).map(drop)
    }

    /// The same, and a power cut does not take it any more.
    pub(crate) fn add_for_good(&self, line: &impl Serialize) -> io::Result<()> {
        self.written(line)?.sync_data()
    }

    fn written(&self, line: &impl Serialize) -> io::Result<File> {
        let path = self.folder.join(self.name);
        let size = fs::metadata(&path).map_or(0, |meta| meta.len());
        if size > self.bytes_max {
            fs::rename(&path, self.folder.join(self.old))?;
        }
        let line = serde_json::to_string(line).map_err(io::Error::other)?;
        let text = format!("\n{line}\n");
        let mut options = OpenOptions::new();
        let mut file = options.append(true).create(true).mode(0o600).open(&path)?;
        file.write_all(text.as_bytes())?;
        Ok(file)
    }

    /// All lines, oldest first; a line that a power cut has damaged is left out.
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
