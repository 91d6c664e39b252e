//! What becomes of tables of earlier days: the oldest removed when they are too many.
//!
//! They repeat the store and the raw logs, so they make room before a raw log does. Of each table
//! the last by name and the last that was written to are left alone: one of them is open. Tables
//! of charging sessions always stay.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;
use std::{fs, io};

use crossbeam_channel::Sender;
use tracing::warn;

use super::disk::{Disk as _, Folder};
use super::health::Health;
use super::keeper::ToKeep;

/// The table of rows, a file per run and day.
pub(super) const MERGED: &str = "merged_can_data";
/// The table of what the radio heard, a file per run and day.
pub(super) const RADIO: &str = "ESP_now_data";

/// Keeps the tables of earlier days in a folder within their budget.
pub(super) struct DayTables {
    pub(super) folder: PathBuf,
    /// Bytes of all of them together.
    pub(super) bytes: u64,
    /// Bytes that stay free on the disk.
    pub(super) free: u64,
    pub(super) to_keep: Sender<ToKeep>,
    pub(super) health: Arc<Health>,
}

/// A table in the folder.
struct Table {
    /// The date and time in its name.
    day: String,
    name: String,
    bytes: u64,
    written: SystemTime,
}

impl DayTables {
    /// Removes the oldest until budget and room hold.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn keep_within_budget(&self) -> io::Result<()> {
        let (mut closed, mut bytes) = (Vec::new(), 0);
        for stem in [MERGED, RADIO] {
            let mut tables = self.tables(stem)?;
            bytes += tables.iter().map(|table| table.bytes).sum::<u64>();
            let last_written = tables.iter().map(|table| table.written).max();
            tables.pop();
            tables.retain(|table| Some(table.written) != last_written);
            closed.extend(tables);
        }
        closed.sort_by(|a, b| a.day.cmp(&b.day));
        let mut refused = Ok(());
        for table in closed {
            let free = Folder::new(&self.folder).free().unwrap_or(u64::MAX);
            if bytes <= self.bytes && free >= self.free {
                break;
            }
            match fs::remove_file(self.folder.join(&table.name)) {
                Ok(()) => {
                    bytes -= table.bytes;
                    self.report(&table, free);
                }
                // The next one may go.
                Err(error) => refused = Err(error),
            }
        }
        refused
    }

    /// The files of a table, in the order of their names.
    fn tables(&self, stem: &str) -> io::Result<Vec<Table>> {
        let mut tables = Vec::new();
        for name in Folder::new(&self.folder).names()? {
            if let Some(day) = day(stem, &name) {
                // Somebody else may have taken it away, or it is a link to nothing.
                let Ok(about) = fs::metadata(self.folder.join(&name)) else {
                    continue;
                };
                tables.push(Table {
                    day: day.to_owned(),
                    bytes: about.len(),
                    written: about.modified()?,
                    name,
                });
            }
        }
        tables.sort_by(|a, b| a.day.cmp(&b.day));
        Ok(tables)
    }

    fn report(&self, table: &Table, free: u64) {
        Health::count(&self.health.tables_removed);
        let (name, bytes) = (&table.name, table.bytes);
        warn!(
            table = name,
            bytes, free, "oldest table removed to make room"
        );
        let event = ToKeep::Event {
            kind: "table_removed",
            detail: format!(r#"{{"table":"{name}","bytes":{bytes},"free":{free}}}"#),
        };
        if self.to_keep.try_send(event).is_err() {
            Health::count(&self.health.rows_lost);
        }
    }
}

/// `YYYYMMDD_HHMM` of the name of a table; `None` for any other name.
fn day<'a>(stem: &str, name: &'a str) -> Option<&'a str> {
    let day = name
        .strip_prefix(stem)?
        .strip_prefix('_')?
        .strip_suffix(".csv")?;
    let (date, time) = day.split_once('_')?;
    let are = |text: &str, digits| text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    (are(date, 8) && are(time, 4)).then_some(day)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;
    use std::time::Duration;

    use crossbeam_channel::{Receiver, unbounded};

    use super::*;

    /// Tables of 100 bytes, the way a run leaves them, and what is not for this room.
    const NAMES: [&str; 7] = [
        "merged_can_data_20261121_1200.csv",
        "ESP_now_data_20261122_0000.csv",
        "merged_can_data_20261122_0000.csv",
        "ESP_now_data_20261123_0000.csv",
        "merged_can_data_20261123_0000.csv",
        "v2g_sessions_20261101_0000.csv",
        "merged_can_data_mine.csv",
    ];

    fn tables(bytes: u64, free: u64) -> (tempfile::TempDir, DayTables, Receiver<ToKeep>) {
        let place = tempfile::tempdir().unwrap();
        for (number, name) in (0..).zip(NAMES) {
            let file = fs::File::create(place.path().join(name)).unwrap();
            file.set_len(100).unwrap();
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000 + number);
            file.set_modified(at).unwrap();
        }
        let (to_keep, kept) = unbounded();
        let tables = DayTables {
            folder: place.path().to_owned(),
            bytes,
            free,
            to_keep,
            health: Arc::default(),
        };
        (place, tables, kept)
    }

    fn left(place: &tempfile::TempDir) -> Vec<&'static str> {
        let is_left = |name: &&str| place.path().join(name).exists();
        NAMES.into_iter().filter(is_left).collect()
    }

    #[test]
    fn oldest_days_are_removed_counted_and_reported_beyond_the_budget() {
        let (place, tables, kept) = tables(400, 0);
        tables.keep_within_budget().unwrap();
        assert_eq!(left(&place), NAMES[1..]);
        assert_eq!(tables.health.tables_removed.load(Ordering::Relaxed), 1);
        let told: Vec<_> = kept.try_iter().collect();
        assert!(matches!(
            &told[..],
            [ToKeep::Event { kind: "table_removed", detail }]
                if detail == &format!(r#"{{"table":"{}","bytes":100,"free":{}}}"#,
                    NAMES[0], free(detail))
        ));
        tables.keep_within_budget().unwrap();
        assert_eq!(left(&place), NAMES[1..], "that was enough");
    }

    fn free(detail: &str) -> &str {
        let (_, free) = detail.rsplit_once(':').unwrap();
        free.trim_end_matches('}')
    }

    #[test]
    fn table_that_cannot_be_removed_or_looked_at_keeps_none_of_the_others() {
        let (place, tables, _kept) = tables(0, 0);
        fs::remove_file(place.path().join(NAMES[0])).unwrap();
        fs::create_dir(place.path().join(NAMES[0])).unwrap();
        std::os::unix::fs::symlink(
            "nowhere",
            place.path().join("ESP_now_data_20260101_0000.csv"),
        )
        .unwrap();
        let newest = fs::File::options()
            .append(true)
            .open(place.path().join(NAMES[4]));
        let later = SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000);
        newest.unwrap().set_modified(later).unwrap();
        assert!(tables.keep_within_budget().is_err());
        assert!(place.path().join(NAMES[0]).exists());
        assert!(!place.path().join(NAMES[1]).exists());
    }

    #[test]
    fn open_tables_sessions_and_files_of_others_stay_without_any_room() {
        let (place, tables, _kept) = tables(u64::MAX, u64::MAX);
        tables.keep_within_budget().unwrap();
        assert_eq!(left(&place), NAMES[3..]);
    }

    #[test]
    fn table_that_is_written_after_the_clock_was_set_back_stays() {
        let (place, tables, _kept) = tables(0, 0);
        let open = fs::File::options()
            .append(true)
            .open(place.path().join(NAMES[0]))
            .unwrap();
        let later = SystemTime::UNIX_EPOCH + Duration::from_secs(1_796_000_000);
        open.set_modified(later).unwrap();
        tables.keep_within_budget().unwrap();
        let expected: Vec<_> = [0, 3, 4, 5, 6].map(|place| NAMES[place]).to_vec();
        assert_eq!(left(&place), expected);
    }
}
