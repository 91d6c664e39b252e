//! What the recorder needs of a folder, so that a test can take the disk away.
//!
//! Not the store's: SQLite has its own ways with a disk that refuses.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// An open file that is added to.
pub(super) trait Sink: Write + Send {
    /// Brings what the system has to the disk.
    fn sync(&mut self) -> io::Result<()>;
}

impl Sink for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// A file that was opened to be added to.
pub(super) struct Opened {
    pub(super) sink: Box<dyn Sink>,
    /// Bytes that stand in it already.
    pub(super) size: u64,
    /// Whether its last line has no end: a power cut took it.
    pub(super) is_cut: bool,
}

/// One folder on some disk. Names are those of files in it.
pub(super) trait Disk: Send {
    /// Makes a file that is not there yet, and refuses when it is.
    fn create(&self, name: &str) -> io::Result<Opened>;
    /// Opens a file to add to, making it if it is not there.
    fn append(&self, name: &str) -> io::Result<Opened>;
    /// Puts the whole content in the place of a file: readers see the old or the new one.
    fn replace(&self, name: &str, content: &[u8]) -> io::Result<()>;
    /// Gives a file another name, in the place of who had it.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// The names in the folder.
    fn names(&self) -> io::Result<Vec<String>>;
    /// Bytes that are free for this program; `None` when the system does not say.
    fn free(&self) -> Option<u64>;
}

/// A folder of this computer.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// The folder at a path; it is made when something is written.
    pub(super) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Does something in the folder, which is made if it is not there: a disk that was full at the
    /// start may have refused it.
    fn within<T>(&self, work: impl Fn() -> io::Result<T>) -> io::Result<T> {
        match work() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                fs::create_dir_all(&self.0)?;
                work()
            }
            done => done,
        }
    }
}

impl Disk for Folder {
    fn create(&self, name: &str) -> io::Result<Opened> {
        let file = self.within(|| File::create_new(self.0.join(name)))?;
        // The name reaches the disk too, or a power cut leaves data that nobody finds.
        File::open(&self.0)?.sync_all()?;
        Ok(Opened {
            sink: Box::new(file),
            size: 0,
            is_cut: false,
        })
    }

    fn append(&self, name: &str) -> io::Result<Opened> {
        let mut options = OpenOptions::new();
        options.create(true).read(true).append(true);
        let mut file = self.within(|| options.open(self.0.join(name)))?;
        let size = file.metadata()?.len();
        let mut last = [b'\n'];
        if size > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        Ok(Opened {
            sink: Box::new(file),
            size,
            is_cut: last != [b'\n'],
        })
    }

    fn replace(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let unfinished = self.0.join(format!("{name}.new"));
        self.within(|| fs::write(&unfinished, content))?;
        fs::rename(unfinished, self.0.join(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.0.join(from), self.0.join(to))
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let names = entries.map(|entry| {
            let name = entry?.file_name();
            Ok(name.to_string_lossy().into_owned())
        });
        names.collect()
    }

    fn free(&self) -> Option<u64> {
        let state = rustix::fs::statvfs(&self.0).ok()?;
        Some(state.f_bavail.saturating_mul(state.f_frsize))
    }
}

#[cfg(test)]
pub(super) mod faulty;
