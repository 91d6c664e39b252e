//! A disk whose faults are injected: full after so many bytes, or read-only.

use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::{Disk, Folder, Opened, Sink};

/// What is wrong with it.
#[derive(Debug)]
pub(crate) struct Fault {
    /// Bytes that it still takes.
    pub(crate) room: AtomicU64,
    /// Whether it refuses every change.
    pub(crate) is_read_only: AtomicBool,
    /// Whether it makes an empty file although it is full, as most file systems do.
    pub(crate) makes_files: AtomicBool,
}

/// A real folder behind a fault.
#[derive(Debug, Clone)]
pub(crate) struct Faulty {
    folder: Folder,
    pub(crate) fault: Arc<Fault>,
}

impl Faulty {
    /// A folder without a fault yet.
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            folder: Folder::new(path),
            fault: Arc::new(Fault {
                room: AtomicU64::new(u64::MAX),
                is_read_only: AtomicBool::new(false),
                makes_files: AtomicBool::new(false),
            }),
        }
    }

    fn checked<T>(&self, work: impl FnOnce(&Folder) -> io::Result<T>) -> io::Result<T> {
        self.fault.check()?;
        work(&self.folder)
    }

    fn behind_fault(&self, opened: Opened) -> Opened {
        let sink = FaultySink {
            sink: opened.sink,
            fault: Arc::clone(&self.fault),
        };
        Opened {
            sink: Box::new(sink),
            ..opened
        }
    }
}

impl Fault {
    fn check(&self) -> io::Result<()> {
        if self.is_read_only.load(Ordering::Relaxed) {
            return Err(ErrorKind::ReadOnlyFilesystem.into());
        }
        if self.room.load(Ordering::Relaxed) == 0 {
            return Err(ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

struct FaultySink {
    sink: Box<dyn Sink>,
    fault: Arc<Fault>,
}

impl Write for FaultySink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.fault.check()?;
        let room = self.fault.room.load(Ordering::Relaxed);
        let fits = usize::try_from(room).map_or(bytes.len(), |room| room.min(bytes.len()));
        let written = self.sink.write(&bytes[..fits])?;
        self.fault.room.fetch_sub(written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

impl Sink for FaultySink {
    fn sync(&mut self) -> io::Result<()> {
        self.fault.check()?;
        self.sink.sync()
    }
}

impl Disk for Faulty {
    fn create(&self, name: &str) -> io::Result<Opened> {
        let opened = match self.fault.makes_files.load(Ordering::Relaxed) {
            true => self.folder.create(name)?,
            false => self.checked(|folder| folder.create(name))?,
        };
        Ok(self.behind_fault(opened))
    }

    fn append(&self, name: &str) -> io::Result<Opened> {
        let opened = self.checked(|folder| folder.append(name))?;
        Ok(self.behind_fault(opened))
    }

    fn replace(&self, name: &str, content: &[u8]) -> io::Result<()> {
        self.checked(|folder| folder.replace(name, content))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.checked(|folder| folder.rename(from, to))
    }

    fn names(&self) -> io::Result<Vec<String>> {
        self.folder.names()
    }

    fn free(&self) -> Option<u64> {
        Some(self.fault.room.load(Ordering::Relaxed))
    }
}
