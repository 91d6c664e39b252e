//! A table of the prototype's that does not grow without end.
//!
//! A table with a fixed name is put aside at its bound, as `can_data.1.csv`, in the place of the
//! one that was put aside before. A table that is named after its beginning begins anew each UTC
//! day. A table can be given up for a while; it is then closed and continued later.

use std::io;

use v2x_units::UtcTime;

use super::disk::Disk;
use super::line_file::LineFile;

/// How the table is called.
#[derive(Debug, Clone, Copy)]
pub(super) enum Naming {
    /// `<stem>.csv`, put aside at so many bytes.
    Fixed { bytes_max: u64 },
    /// `<stem>_YYYYMMDD_HHMM.csv`, one per run and day.
    ByDay,
}

/// One table, open or not.
pub(super) struct TableFile {
    stem: &'static str,
    header: &'static str,
    naming: Naming,
    open: Option<(LineFile, i64)>,
}

impl TableFile {
    /// A table that is opened with its first line.
    pub(super) const fn new(stem: &'static str, header: &'static str, naming: Naming) -> Self {
        Self {
            stem,
            header,
            naming,
            open: None,
        }
    }

    /// Adds the line of a moment, whole or not at all.
    ///
    /// # Errors
    /// Why the disk does not take it.
    pub(super) fn line(
        &mut self,
        disk: &impl Disk,
        at: UtcTime,
        form: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    ) -> io::Result<()> {
        let day = at.as_millis().div_euclid(86_400_000);
        self.end_if_over(disk, day)?;
        let mut open = match self.open.take() {
            Some(open) => open,
            None => (self.begin(disk, at)?, day),
        };
        let outcome = open.0.line(form);
        self.open = Some(open);
        outcome
    }

    fn begin(&self, disk: &impl Disk, at: UtcTime) -> io::Result<LineFile> {
        Ok(LineFile::new(disk.append(&self.name(at))?, self.header))
    }

    fn name(&self, at: UtcTime) -> String {
        let stem = self.stem;
        match self.naming {
            Naming::Fixed { .. } => format!("{stem}.csv"),
            Naming::ByDay => {
                let c = at.civil();
                format!(
                    "{stem}_{:04}{:02}{:02}_{:02}{:02}.csv",
                    c.year, c.month, c.day, c.hour, c.minute
                )
            }
        }
    }

    fn end_if_over(&mut self, disk: &impl Disk, day: i64) -> io::Result<()> {
        let Some((file, began)) = &self.open else {
            return Ok(());
        };
        match self.naming {
            Naming::Fixed { bytes_max } if file.size() >= bytes_max => {
                self.close();
                let stem = self.stem;
                disk.rename(&format!("{stem}.csv"), &format!("{stem}.1.csv"))
            }
            Naming::ByDay if *began != day => {
                self.close();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Hands what is gathered to the system.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.open.as_mut().map_or(Ok(()), |(file, _)| file.flush())
    }

    /// Ends the table until its next line; gives the lines that the disk did not take.
    pub(super) fn close(&mut self) -> u64 {
        self.open.take().map_or(0, |(file, _)| file.close())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::vehicle::disk::Folder;

    fn names(folder: &Folder) -> Vec<String> {
        let mut names = folder.names().unwrap();
        names.sort();
        names
    }

    #[test]
    fn table_with_a_bound_never_takes_more_than_twice_of_it() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path());
        let naming = Naming::Fixed { bytes_max: 100 };
        let mut table = TableFile::new("can_data", "header\n", naming);
        for number in 0..50 {
            let form = |line: &mut Vec<u8>| writeln!(line, "{number:09}");
            table
                .line(&folder, UtcTime::from_millis(number), form)
                .unwrap();
        }
        assert_eq!(table.close(), 0);
        assert_eq!(names(&folder), ["can_data.1.csv", "can_data.csv"]);
        let text = |name: &str| std::fs::read_to_string(place.path().join(name)).unwrap();
        let aside = text("can_data.1.csv");
        assert!(
            aside.starts_with("header\n") && aside.len() <= 110,
            "{}",
            aside.len()
        );
        assert!(text("can_data.csv").ends_with("000000049\n"));
    }

    #[test]
    fn table_named_after_its_beginning_begins_anew_each_day_of_utc() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path());
        let mut table = TableFile::new("merged", "header\n", Naming::ByDay);
        // 2026-11-24T23:59:00Z, a minute later, and a day back: a clock that was set.
        for at_ms in [1_795_564_740_000, 1_795_564_800_000, 1_795_478_340_000] {
            let form = |line: &mut Vec<u8>| line.write_all(b"row\n");
            table
                .line(&folder, UtcTime::from_millis(at_ms), form)
                .unwrap();
        }
        table.close();
        assert_eq!(
            names(&folder),
            [
                "merged_20261123_2359.csv",
                "merged_20261124_2359.csv",
                "merged_20261125_0000.csv"
            ]
        );
    }
}
