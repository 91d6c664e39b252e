//! What becomes of closed raw logs: compressed, and the oldest removed when they are too many.
//!
//! Compressing reads and writes a whole file, so it has a thread of its own that the recorder
//! never waits for. The log with the highest number is being written and is left alone, and so are
//! those that wait for room (`Health::oldest_open_log`). A removal is counted and reported. Tables
//! of earlier days make room before the first log does ([`super::super::day_tables`]).

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use tracing::{info, warn};

use super::name;
use crate::vehicle::day_tables::DayTables;
use crate::vehicle::disk::{Disk as _, Folder};
use crate::vehicle::health::Health;
use crate::vehicle::keeper::ToKeep;

/// How often the room on the disk is looked at when no log was closed.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// zstd's own default: candump shrinks to a seventh; higher levels take the processor for little.
const LEVEL: i32 = 3;
/// The end of a name while it is being compressed.
const UNFINISHED: &str = ".log.zst.new";

/// What closed logs may take.
#[derive(Debug, Clone, Copy)]
pub(in crate::vehicle) struct Budget {
    /// Bytes of all raw logs together.
    pub(in crate::vehicle) bytes: u64,
    /// Bytes that stay free on the disk.
    pub(in crate::vehicle) free: u64,
}

/// A raw log in the folder.
#[derive(Debug)]
struct Log {
    number: u32,
    name: String,
    bytes: u64,
}

/// Keeps the closed logs of a folder within their budget.
pub(in crate::vehicle) struct Archive {
    pub(in crate::vehicle) folder: PathBuf,
    pub(in crate::vehicle) compress: bool,
    pub(in crate::vehicle) tables: DayTables,
    pub(in crate::vehicle) budget: Budget,
    pub(in crate::vehicle) to_keep: Sender<ToKeep>,
    pub(in crate::vehicle) health: Arc<Health>,
}

impl Archive {
    /// Works each time a log was closed, and once in a while; ends with the recorder.
    pub(in crate::vehicle) fn run(self, closed: &Receiver<()>) {
        loop {
            if let Err(error) = self.tidy() {
                warn!(%error, "closed raw logs stay as they are");
            }
            match closed.recv_timeout(LOOK_EVERY) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn tidy(&self) -> io::Result<()> {
        for name in Folder::new(&self.folder).names()? {
            if name.starts_with("candump_") && name.ends_with(UNFINISHED) {
                fs::remove_file(self.folder.join(name))?;
            }
        }
        if let Err(error) = self.tables.keep_within_budget() {
            warn!(%error, "tables of earlier days stay as they are");
        }
        self.keep_within_budget()?;
        if self.compress {
            for log in self.closed()? {
                if log.name.ends_with(name::PLAIN) {
                    compress(&self.folder, &log.name)?;
                }
            }
        }
        Ok(())
    }

    /// Removes the oldest closed logs until budget and room hold.
    fn keep_within_budget(&self) -> io::Result<()> {
        let closed = self.closed()?;
        let mut bytes: u64 = closed.iter().map(|log| log.bytes).sum();
        for log in closed {
            let free = Folder::new(&self.folder).free().unwrap_or(u64::MAX);
            if bytes <= self.budget.bytes && free >= self.budget.free {
                break;
            }
            fs::remove_file(self.folder.join(&log.name))?;
            bytes -= log.bytes;
            self.report(&log, free);
        }
        Ok(())
    }

    fn report(&self, log: &Log, free: u64) {
        Health::count(&self.health.logs_removed);
        warn!(
            log = log.name,
            bytes = log.bytes,
            free,
            "oldest raw log removed to make room"
        );
        let event = ToKeep::Event {
            kind: "raw_log_removed",
            detail: format!(
                r#"{{"log":"{}","bytes":{},"free":{free}}}"#,
                log.name, log.bytes
            ),
        };
        if self.to_keep.try_send(event).is_err() {
            self.health.rows_lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The logs that nobody writes any more, oldest first.
    fn closed(&self) -> io::Result<Vec<Log>> {
        let mut logs = Vec::new();
        for name in Folder::new(&self.folder).names()? {
            if let Some(number) = name::number(&name) {
                let bytes = fs::metadata(self.folder.join(&name))?.len();
                logs.push(Log {
                    number,
                    name,
                    bytes,
                });
            }
        }
        logs.sort_by_key(|log| log.number);
        let newest = logs.last().map(|log| log.number);
        let oldest_open = self.health.oldest_open_log.load(Ordering::Relaxed);
        logs.retain(|log| Some(log.number) != newest && log.number < oldest_open);
        Ok(logs)
    }
}

/// Puts a compressed log in the place of a plain one. At every moment one of the two is whole and
/// on the disk.
fn compress(folder: &Path, plain: &str) -> io::Result<()> {
    let stem = plain.strip_suffix(name::PLAIN).unwrap_or(plain);
    let unfinished = folder.join(format!("{stem}{UNFINISHED}"));
    let source = File::open(folder.join(plain))?;
    let before = source.metadata()?.len();
    let mut encoder = zstd::Encoder::new(File::create(&unfinished)?, LEVEL)?;
    encoder.include_checksum(true)?;
    encoder.set_pledged_src_size(Some(before))?;
    let written = io::copy(&mut BufReader::new(source), &mut encoder)
        .and_then(|_| encoder.finish())
        .and_then(|file| file.sync_all());
    if let Err(error) = written {
        fs::remove_file(&unfinished)?;
        return Err(error);
    }
    fs::rename(
        &unfinished,
        folder.join(format!("{stem}{}", name::COMPRESSED)),
    )?;
    File::open(folder)?.sync_all()?;
    fs::remove_file(folder.join(plain))?;
    info!(log = plain, bytes = before, "raw log compressed");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use crossbeam_channel::unbounded;

    use super::*;

    const NAMES: [&str; 4] = [
        "candump_000007_undated.log",
        "candump_000008_20261124T101500Z.log",
        "candump_000009_20261124T104500Z.log",
        "candump_000010_20261124T111500Z.log",
    ];

    fn line(number: usize) -> String {
        format!("(1795515300.{number:06}) can0 155#0596E7546D58006F\n")
    }

    /// An archive of four logs of 1,000 lines, and what it tells the keeper.
    fn archive(budget: Budget) -> (tempfile::TempDir, Archive, Receiver<ToKeep>) {
        let place = tempfile::tempdir().unwrap();
        let text: String = (0..1000).map(line).collect();
        for name in NAMES {
            fs::write(place.path().join(name), &text).unwrap();
        }
        let (to_keep, kept) = unbounded();
        let health = Arc::<Health>::default();
        health.oldest_open_log.store(10, Ordering::Relaxed);
        let tables = DayTables {
            folder: place.path().to_owned(),
            bytes: u64::MAX,
            free: budget.free,
            to_keep: to_keep.clone(),
            health: Arc::clone(&health),
        };
        let archive = Archive {
            folder: place.path().to_owned(),
            compress: true,
            tables,
            budget,
            to_keep,
            health,
        };
        (place, archive, kept)
    }

    fn names(place: &tempfile::TempDir) -> Vec<String> {
        let mut names = Folder::new(place.path()).names().unwrap();
        names.sort();
        names
    }

    const ROOMY: Budget = Budget {
        bytes: u64::MAX,
        free: 0,
    };

    #[test]
    fn closed_logs_are_compressed_so_that_zstdcat_reads_them() {
        let (place, archive, _kept) = archive(ROOMY);
        fs::write(
            place.path().join("candump_000006_undated.log.zst.new"),
            "cut",
        )
        .unwrap();
        archive.tidy().unwrap();
        let names = names(&place);
        let compressed = NAMES.map(|name| format!("{name}.zst"));
        assert_eq!(names[..3], compressed[..3]);
        assert_eq!(names[3], NAMES[3], "the one that is being written");
        assert_eq!(names.len(), 4);
        let text: String = (0..1000).map(line).collect();
        let path = place.path().join(&names[0]);
        assert_eq!(
            zstd::decode_all(File::open(&path).unwrap()).unwrap(),
            text.as_bytes()
        );
        match Command::new("zstdcat").arg(&path).output() {
            Ok(output) => assert_eq!(output.stdout, text.as_bytes()),
            Err(error) => println!("skipped: zstdcat ({error})"),
        }
    }

    #[test]
    fn oldest_logs_are_removed_and_reported_when_the_budget_is_full() {
        let bytes = line(0).len() as u64 * 1000;
        let (place, archive, kept) = archive(Budget {
            bytes: bytes + 1,
            free: 0,
        });
        archive.tidy().unwrap();
        let names = names(&place);
        assert_eq!(names, [format!("{}.zst", NAMES[2]), NAMES[3].to_owned()]);
        assert_eq!(archive.health.logs_removed.load(Ordering::Relaxed), 2);
        let told: Vec<_> = kept.try_iter().collect();
        assert!(matches!(
            &told[..],
            [ToKeep::Event { detail, .. }, _] if detail.contains(NAMES[0])
        ));
    }

    #[test]
    fn tables_of_earlier_days_make_room_before_any_log_does() {
        let (place, mut archive, _kept) = archive(ROOMY);
        let table = |day: u32| format!("merged_can_data_202611{day}_0000.csv");
        for day in 21..=23 {
            let file = File::create(place.path().join(table(day))).unwrap();
            file.set_len(100).unwrap();
            let at = std::time::UNIX_EPOCH + Duration::from_secs(86_400 * u64::from(day));
            file.set_modified(at).unwrap();
        }
        archive.tables.bytes = 0;
        archive.tidy().unwrap();
        let names = names(&place);
        assert_eq!(names.len(), NAMES.len() + 1, "{names:?}");
        assert!(names.contains(&table(23)));
    }

    #[test]
    fn log_that_waits_for_room_is_neither_compressed_nor_removed() {
        let (place, archive, _kept) = archive(Budget {
            bytes: u64::MAX,
            free: u64::MAX,
        });
        archive.health.oldest_open_log.store(9, Ordering::Relaxed);
        archive.tidy().unwrap();
        assert_eq!(names(&place), NAMES[2..]);
    }

    #[test]
    fn log_that_is_being_written_stays_when_the_disk_is_full() {
        let (place, archive, _kept) = archive(Budget {
            bytes: u64::MAX,
            free: u64::MAX,
        });
        archive.tidy().unwrap();
        assert_eq!(names(&place), [NAMES[3]]);
    }
}
