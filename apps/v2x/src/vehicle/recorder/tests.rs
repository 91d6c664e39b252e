//! The recorder on disks that are full, read-only, and small.

use std::fs;
use std::path::Path;
use std::process::Command;

use crossbeam_channel::unbounded;
use v2x_units::{CanId, UtcTime};

use super::*;
use crate::vehicle::disk::Folder;
use crate::vehicle::disk::faulty::Faulty;

const CONFIG: RecordingConfig = RecordingConfig {
    rotate_bytes: 1_000_000,
    rotate_after: Duration::from_secs(3600),
    compress: false,
    budget_bytes: u64::MAX,
    tables_bytes: u64::MAX,
    reserve_bytes: 100_000,
    can_data_bytes: 1_000_000,
};
/// No queue.
const NONE: (usize, usize) = (0, 100);

/// A recorder in virtual time.
struct Bench<D> {
    recorder: Recorder<D>,
    chores: Chores,
    now: Instant,
    sent: u64,
    kept: Receiver<ToKeep>,
    health: Arc<Health>,
}

impl<D: Disk> Bench<D> {
    fn new(disk: D) -> Self {
        let (to_keep, kept) = unbounded();
        let health = Arc::<Health>::default();
        let listeners = Listeners {
            closed: crossbeam_channel::bounded(1).0,
            to_keep,
            health: Arc::clone(&health),
        };
        Self {
            recorder: Recorder::new(disk, &CONFIG, listeners).unwrap(),
            chores: Chores {
                flush: Instant::BOOT,
                sync: Instant::BOOT,
                snapshot: Instant::BOOT,
            },
            now: Instant::BOOT,
            sent: 0,
            kept,
            health,
        }
    }

    /// A second of the bus: 100 frames and a merged row.
    fn second(&mut self) {
        let mut batch = Vec::new();
        for _ in 0..100 {
            let data = self.sent.to_be_bytes();
            let frame = CanFrame::new(CanId::standard(0x155).unwrap(), &data).unwrap();
            let at = self.stamp();
            batch.push(ToRecord::Frame {
                at,
                frame,
                fix: None,
            });
            self.sent += 1;
            self.now = self.now + Duration::from_millis(10);
        }
        let row = MergedRow::unknown(self.stamp().utc);
        batch.push(ToRecord::Row(Box::new(row)));
        self.recorder.write(batch);
        self.recorder.do_chores(&mut self.chores, self.now, NONE);
    }

    fn stamp(&self) -> Stamp {
        Stamp {
            instant: self.now,
            utc: UtcTime::from_millis(1_900_000_000_000) + self.now.since(Instant::BOOT),
        }
    }

    /// What was said of the level, in order.
    fn said(&self) -> Vec<String> {
        let events = self.kept.try_iter().map(|told| match told {
            ToKeep::Event { kind, detail } => {
                assert_eq!(kind, "recording_level");
                let detail: serde_json::Value = serde_json::from_str(&detail).unwrap();
                detail["not_written"].as_str().unwrap().to_owned()
            }
            other => panic!("{other:?}"),
        });
        events.collect()
    }
}

fn lines(folder: &Path, begin: &str) -> u64 {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let ours = entries.filter(|path| {
        path.file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with(begin)
    });
    let count = |path| {
        fs::read(path)
            .unwrap()
            .iter()
            .filter(|byte| **byte == b'\n')
            .count() as u64
    };
    ours.map(count).sum()
}

#[test]
fn filling_disk_takes_the_tables_in_order_and_the_raw_log_last() {
    let place = tempfile::tempdir().unwrap();
    let disk = Faulty::new(place.path());
    let fault = Arc::clone(&disk.fault);
    fault.room.store(150_000, Ordering::Relaxed);
    let mut bench = Bench::new(disk);
    let mut frames_in_table = 0;
    for _ in 0..60 {
        bench.second();
        if bench.recorder.degradation.level() == Level::NoFrameTable {
            frames_in_table = lines(place.path(), "can_data.csv");
        }
    }
    assert_eq!(
        bench.said(),
        [
            Level::NoFrameTable.given_up(),
            Level::NoSnapshot.given_up(),
            Level::RawLogAlone.given_up()
        ]
    );
    // What was given up has not grown since, and the raw log took the rest of the disk.
    assert_eq!(lines(place.path(), "can_data.csv"), frames_in_table);
    assert_eq!(fault.room.load(Ordering::Relaxed), 0);
    let logged = lines(place.path(), "candump_");
    assert!(
        logged > 2 * frames_in_table,
        "{logged} frames logged, {frames_in_table} in the table"
    );
    // Room again: what waited in memory is written, everything else is counted.
    fault.room.store(10_000_000, Ordering::Relaxed);
    for _ in 0..120 {
        bench.second();
    }
    assert_eq!(bench.recorder.degradation.level(), Level::Everything);
    assert_eq!(bench.said().len(), 3, "and came back one by one");
    bench.recorder.end();
    let lost = bench.health.frames_unrecorded.load(Ordering::Relaxed);
    assert_eq!(lines(place.path(), "candump_") + lost, bench.sent);
}

#[test]
fn read_only_disk_is_said_once_and_the_recorder_lives_on() {
    let place = tempfile::tempdir().unwrap();
    let disk = Faulty::new(place.path());
    let fault = Arc::clone(&disk.fault);
    let mut bench = Bench::new(disk);
    bench.second();
    fault.is_read_only.store(true, Ordering::Relaxed);
    for _ in 0..300 {
        bench.second();
    }
    assert_eq!(bench.said().len(), 3);
    fault.is_read_only.store(false, Ordering::Relaxed);
    for _ in 0..100 {
        bench.second();
    }
    bench.recorder.end();
    let lost = bench.health.frames_unrecorded.load(Ordering::Relaxed);
    let logged = lines(place.path(), "candump_");
    assert!(
        lost > 0 && logged + lost >= bench.sent,
        "{logged} + {lost} of {}",
        bench.sent
    );
    assert!(
        logged + lost <= bench.sent + 1,
        "a line that the fault cut counts twice at most"
    );
}

#[test]
fn small_real_disk_fills_up_and_keeps_whole_lines() {
    let place = tempfile::tempdir().unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"])
        .arg(place.path())
        .output();
    if !mounted.is_ok_and(|mounted| mounted.status.success()) {
        println!("skipped: a tmpfs cannot be mounted here");
        return;
    }
    let mut bench = Bench::new(Folder::new(place.path()));
    for _ in 0..120 {
        bench.second();
    }
    let said = bench.said();
    bench.recorder.end();
    let lost = bench.health.frames_unrecorded.load(Ordering::Relaxed);
    let logged = lines(place.path(), "candump_");
    let unmounted = Command::new("umount").arg(place.path()).status().unwrap();
    assert!(unmounted.success());
    assert_eq!(
        said.last().map(String::as_str),
        Some(Level::RawLogAlone.given_up())
    );
    assert!(logged > 0 && lost > 0);
    assert_eq!(logged + lost, bench.sent);
}
