//! What a daemon left in its folder, read with the project's own readers.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use v2x_recording::Recording;
use v2x_store::Store;
use v2x_units::CanFrame;

/// The folder of a car.
#[derive(Debug)]
pub(crate) struct Written {
    folder: PathBuf,
    /// Bytes and lines of the raw logs when they were last counted.
    counted: Cell<(u64, usize)>,
}

/// The frames of one or more files.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    pub(crate) frames: Vec<CanFrame>,
    /// Lines that are none: cut or spoilt.
    pub(crate) damaged: usize,
}

impl Written {
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            counted: Cell::default(),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The raw logs of all runs, as one.
    pub(crate) fn raw_log(&self) -> Frames {
        let mut all = Frames::default();
        for path in self.files("candump_", ".log") {
            all.read(&path);
        }
        all
    }

    /// One of the tables of frames.
    pub(crate) fn table(&self, name: &str) -> Frames {
        let mut table = Frames::default();
        table.read(&self.folder.join(name));
        table
    }

    /// The merged rows of all runs: how many are whole, and how many lines are damaged.
    pub(crate) fn merged_rows(&self) -> (usize, usize) {
        let (mut whole, mut damaged) = (0, 0);
        for path in self.files("merged_can_data_", ".csv") {
            let Recording::Merged(rows) = open(&path) else {
                panic!("{} is no merged table", path.display());
            };
            for row in rows {
                match row.unwrap() {
                    Ok(_) => whole += 1,
                    Err(_) => damaged += 1,
                }
            }
        }
        (whole, damaged)
    }

    /// The fixes of the table: how many are whole, and how many lines are damaged. There is no
    /// table before the first fix.
    pub(crate) fn fixes(&self) -> (usize, usize) {
        let path = self.folder.join("gps_data.csv");
        if !path.exists() {
            return (0, 0);
        }
        let Recording::Fixes(rows) = open(&path) else {
            panic!("gps_data.csv is no table of fixes");
        };
        let rows: Vec<_> = rows.map(Result::unwrap).collect();
        let damaged = rows.iter().filter(|row| row.is_err()).count();
        (rows.len() - damaged, damaged)
    }

    /// The store; only once no daemon has it.
    pub(crate) fn store(&self) -> Store {
        Store::open(&self.folder.join("v2x.db")).unwrap()
    }

    /// The lines that the raw logs have now; counted again only when they have grown.
    pub(crate) fn lines_logged(&self) -> usize {
        let logs = self.files("candump_", ".log");
        let bytes = logs.iter().map(|log| fs::metadata(log).unwrap().len());
        let bytes = bytes.sum();
        if self.counted.get().0 != bytes {
            let texts = logs.iter().map(|log| fs::read(log).unwrap());
            let ends = texts.map(|text| text.iter().filter(|byte| **byte == b'\n').count());
            self.counted.set((bytes, ends.sum()));
        }
        self.counted.get().1
    }

    /// The files with such a name, oldest first.
    fn files(&self, begin: &str, end: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.folder).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with(begin) && name.ends_with(end)
        });
        paths.sort();
        paths
    }
}

impl Frames {
    fn read(&mut self, path: &Path) {
        if fs::metadata(path).unwrap().len() == 0 {
            return;
        }
        for row in open(path).into_frames().unwrap() {
            match row.unwrap() {
                Ok(row) => self.frames.push(row.frame),
                Err(_) => self.damaged += 1,
            }
        }
    }
}

fn open(path: &Path) -> Recording<BufReader<File>> {
    Recording::open(BufReader::new(File::open(path).unwrap())).unwrap()
}
