//! A file of lines that is only ever added to, and never by half a line.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use tracing::{info, warn};

/// Lines are gathered to this size before they go to the system; a second of a full bus is 200 kB.
const BUFFER_BYTES: usize = 64 * 1024;

/// An open file and how writing it goes.
pub(super) struct LineFile {
    path: PathBuf,
    file: BufWriter<File>,
    line: Vec<u8>,
    is_failing: bool,
}

impl LineFile {
    /// Opens a file to add to, with the header if it is new.
    ///
    /// A last line that a power cut left without its end is ended, so that the next one is whole.
    pub(super) fn append(path: &Path, header: &str) -> io::Result<Self> {
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(path)?;
        let mut buffered = Vec::new();
        if file.metadata()?.len() == 0 {
            buffered.extend_from_slice(header.as_bytes());
        } else {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != [b'\n'] {
                buffered.push(b'\n');
            }
        }
        let mut file = BufWriter::with_capacity(BUFFER_BYTES, file);
        file.write_all(&buffered)?;
        file.flush()?;
        Ok(Self {
            path: path.to_owned(),
            file,
            line: Vec::new(),
            is_failing: false,
        })
    }

    /// Adds the line that `form` makes, whole or not at all; `false` when the disk refused.
    pub(super) fn line(&mut self, form: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> bool {
        self.line.clear();
        let result = form(&mut self.line).and_then(|()| self.file.write_all(&self.line));
        self.note(result)
    }

    /// Hands what is gathered to the system.
    pub(super) fn flush(&mut self) {
        let result = self.file.flush();
        self.note(result);
    }

    /// Brings what the system has to the disk.
    pub(super) fn sync(&mut self) {
        let result = self.file.get_ref().sync_data();
        self.note(result);
    }

    /// Tells the person once when writing begins to fail, and once when it works again.
    fn note(&mut self, result: io::Result<()>) -> bool {
        let path = self.path.display();
        match result {
            Ok(()) if self.is_failing => info!(%path, "file can be written again"),
            Err(ref error) if !self.is_failing => warn!(%path, %error, "file cannot be written"),
            _ => {}
        }
        self.is_failing = result.is_err();
        result.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(path: &Path, text: &str) {
        let mut file = LineFile::append(path, "header\n").unwrap();
        assert!(file.line(|line| line.write_all(text.as_bytes())));
        file.flush();
    }

    #[test]
    fn header_stands_once_however_often_the_file_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        add(&path, "one\n");
        add(&path, "two\n");
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "header\none\ntwo\n"
        );
    }

    #[test]
    fn line_cut_by_a_power_loss_does_not_spoil_the_next_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        std::fs::write(&path, "header\none\ntw").unwrap();
        add(&path, "three\n");
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "header\none\ntw\nthree\n"
        );
    }
}
