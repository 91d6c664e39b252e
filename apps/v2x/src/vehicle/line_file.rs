//! A file of lines that is only ever added to, and never by half a line.
//!
//! Lines are gathered in memory and handed to the system as a whole; what the disk does not take
//! stays gathered up to a bound, and beyond it a line is refused. Which file this is, and what to
//! do about a refusal, is decided by its owner.

use std::io::{self, ErrorKind};

use super::disk::{Opened, Sink};

/// Gathered lines go to the system at this size without being asked: a second of a full bus.
const HAND_ON_BYTES: usize = 256 * 1024;
/// What may be gathered while the disk refuses: a minute and a half of the Twizy's bus.
const GATHERED_MAX: usize = 2 * 1024 * 1024;

/// An open file and the lines on their way to it.
pub(super) struct LineFile {
    sink: Box<dyn Sink>,
    gathered: Vec<u8>,
    /// Bytes of the file, those that are gathered included.
    size: u64,
}

impl LineFile {
    /// Continues a file, with the header if it is new. A last line that a power cut left without
    /// its end is ended, so that the next one is whole.
    pub(super) fn new(opened: Opened, header: &str) -> Self {
        let mut gathered = Vec::new();
        if opened.is_cut {
            gathered.push(b'\n');
        }
        if opened.size == 0 {
            gathered.extend_from_slice(header.as_bytes());
        }
        Self {
            sink: opened.sink,
            size: opened.size + as_u64(gathered.len()),
            gathered,
        }
    }

    /// Bytes of the file, those that are gathered included.
    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    /// Adds the line that `form` makes, whole or not at all.
    ///
    /// # Errors
    /// What `form` says, or why the disk takes nothing.
    pub(super) fn line(
        &mut self,
        form: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    ) -> io::Result<()> {
        if self.gathered.len() >= GATHERED_MAX {
            self.flush()?;
        }
        let before = self.gathered.len();
        if let Err(error) = form(&mut self.gathered) {
            self.gathered.truncate(before);
            return Err(error);
        }
        self.size += as_u64(self.gathered.len() - before);
        if self.gathered.len() >= HAND_ON_BYTES && before < HAND_ON_BYTES {
            // The line is taken in any case; a disk that refuses shows at the owner's next flush.
            self.flush().unwrap_or_default();
        }
        Ok(())
    }

    /// Hands what is gathered to the system; what it does not take stays gathered.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let mut taken = 0;
        let outcome = loop {
            let Some(rest) = self.gathered.get(taken..).filter(|rest| !rest.is_empty()) else {
                break Ok(());
            };
            match self.sink.write(rest) {
                Ok(0) => break Err(ErrorKind::WriteZero.into()),
                Ok(count) => taken += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        self.gathered.drain(..taken);
        outcome
    }

    /// Brings what the system has to the disk.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.sink.sync()
    }

    /// Bytes that the disk has not taken yet.
    pub(super) fn waiting(&self) -> usize {
        self.gathered.len()
    }

    /// Brings everything to the disk.
    ///
    /// # Errors
    /// The disk's; what it did not take stays gathered.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.flush().and_then(|()| self.sync())
    }

    /// Brings everything to the disk; gives the number of lines that it did not take.
    pub(super) fn close(mut self) -> u64 {
        match self.finish() {
            Ok(()) => 0,
            Err(_) => as_u64(self.gathered.iter().filter(|byte| **byte == b'\n').count()),
        }
    }
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::vehicle::disk::faulty::Faulty;
    use crate::vehicle::disk::{Disk as _, Folder};

    fn add(folder: &Folder, text: &str) {
        let mut file = LineFile::new(folder.append("table.csv").unwrap(), "header\n");
        file.line(|line| line.write_all(text.as_bytes())).unwrap();
        assert_eq!(file.close(), 0);
    }

    #[test]
    fn header_stands_once_however_often_the_file_is_opened() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path());
        add(&folder, "one\n");
        add(&folder, "two\n");
        let text = std::fs::read_to_string(place.path().join("table.csv")).unwrap();
        assert_eq!(text, "header\none\ntwo\n");
    }

    #[test]
    fn line_cut_by_a_power_loss_does_not_spoil_the_next_one() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("table.csv");
        std::fs::write(&path, "header\none\ntw").unwrap();
        add(&Folder::new(place.path()), "three\n");
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(text, "header\none\ntw\nthree\n");
    }

    #[test]
    fn lines_that_a_full_disk_refuses_are_written_whole_once_there_is_room() {
        let place = tempfile::tempdir().unwrap();
        let disk = Faulty::new(place.path());
        let mut file = LineFile::new(disk.create("raw.log").unwrap(), "");
        // The disk ends in the middle of a line.
        disk.fault.room.store(5, Ordering::Relaxed);
        file.line(|line| line.write_all(b"one\ntwo\n")).unwrap();
        assert_eq!(file.flush().unwrap_err().kind(), ErrorKind::StorageFull);
        file.line(|line| line.write_all(b"three\n")).unwrap();
        disk.fault.room.store(100, Ordering::Relaxed);
        assert_eq!(file.close(), 0);
        let text = std::fs::read_to_string(place.path().join("raw.log")).unwrap();
        assert_eq!(text, "one\ntwo\nthree\n");
    }

    #[test]
    fn line_is_refused_when_the_gathered_ones_are_full() {
        let place = tempfile::tempdir().unwrap();
        let disk = Faulty::new(place.path());
        let mut file = LineFile::new(disk.create("raw.log").unwrap(), "");
        disk.fault.is_read_only.store(true, Ordering::Relaxed);
        let line = [b'x'; 1023];
        let mut accepted = 0_u64;
        for _ in 0..3000 {
            let added = file.line(|text| {
                text.extend_from_slice(&line);
                text.push(b'\n');
                Ok(())
            });
            accepted += u64::from(added.is_ok());
        }
        assert_eq!(accepted, 2048);
        assert_eq!(file.close(), 2048, "and each of them is counted as lost");
    }
}
