//! The thread that writes files: the raw log and the tables of the prototype.
//!
//! What it loses by a kill: at most the second that stands in its buffers. By a power cut: at most
//! five seconds, the time between two syncs of the raw log; the tables are synced when they are
//! closed, since the store and the raw log hold what is in them. What a full, read-only or slow
//! disk takes is decided in [`super::degradation`]; what becomes of closed raw logs, in
//! [`super::raw_log::archive`].

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use tracing::{info, warn};
use v2x_recording::snapshot::SNAPSHOT_FRAMES;
use v2x_recording::{MergedRow, RadioRow, SnapshotRing, can_data, gps_data, merged, radio_table};
use v2x_roles::vehicle::FixQuality;
use v2x_units::{CanFrame, GnssFix, Instant, Stamp};

use super::day_tables;
use super::degradation::{Degradation, Level, Pressure};
use super::disk::Disk;
use super::health::Health;
use super::ingest::ToRecord;
use super::keeper::ToKeep;
use super::raw_log::writer::{Limits, RawLog};
use super::table_file::{Naming, TableFile};
use crate::clock::{self, Clock};
use crate::config::RecordingConfig;
use crate::daemon::heartbeat::Heart;

/// How long batches gather before they are written together: the thread wakes ten times a second
/// instead of once per read of the port.
const STROKE: Duration = Duration::from_millis(100);
/// Buffers reach the system once per second; a kill loses no more.
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// The raw log reaches the disk every five seconds; a power cut loses no more.
const SYNC_EVERY: Duration = Duration::from_secs(5);
/// The prototype rewrote its snapshot every four seconds. So do we while all of it is new by then.
const SNAPSHOT_EVERY: Duration = Duration::from_secs(4);
/// A snapshot that is new in part waits so long: 130 kB every four seconds are 3 GB a day, which a
/// car that hardly says anything is not worth.
const SNAPSHOT_AT_LATEST: Duration = Duration::from_secs(600);
/// The prototype's table of fixes held the last thousand; this is half a year at one per 3 s.
const GPS_DATA_MAX: u64 = 256 * 1024 * 1024;
/// The file that always holds the newest frames.
const SNAPSHOT: &str = "can_data_snapshot.csv";

/// Whom the recorder tells what it does.
pub(super) struct Listeners {
    /// The archive hears of each raw log that was closed.
    pub(super) closed: Sender<()>,
    /// The keeper writes events.
    pub(super) to_keep: Sender<ToKeep>,
    pub(super) health: Arc<Health>,
}

/// The files of one run.
pub(super) struct Recorder<D> {
    disk: D,
    raw: RawLog,
    can_data: Option<TableFile>,
    gps_data: TableFile,
    merged: TableFile,
    radio: TableFile,
    snapshot: SnapshotRing,
    /// Frames that came since it was written.
    snapshot_new: usize,
    /// Those of them that were there at the last look.
    snapshot_seen: usize,
    snapshot_due: Instant,
    degradation: Degradation,
    /// The first refusal since the last look at the disk.
    refusal: Option<io::Error>,
    listeners: Listeners,
}

/// When each chore is due next.
struct Chores {
    flush: Instant,
    sync: Instant,
    snapshot: Instant,
}

impl<D: Disk> Recorder<D> {
    /// A recorder into a folder; its files are made when there is something to write.
    pub(super) fn new(disk: D, config: &RecordingConfig, listeners: Listeners) -> io::Result<Self> {
        let limits = Limits {
            size: config.rotate_bytes,
            age: config.rotate_after,
        };
        let table =
            |stem, header, bytes_max| TableFile::new(stem, header, Naming::Fixed { bytes_max });
        let can_data = (config.can_data_bytes > 0)
            .then(|| table("can_data", can_data::HEADER, config.can_data_bytes));
        let mut recorder = Self {
            raw: RawLog::new(&disk, limits)?,
            can_data,
            gps_data: table("gps_data", gps_data::HEADER, GPS_DATA_MAX),
            merged: TableFile::new(day_tables::MERGED, merged::HEADER, Naming::ByDay),
            radio: TableFile::new(day_tables::RADIO, radio_table::HEADER, Naming::ByDay),
            snapshot: SnapshotRing::new(),
            snapshot_new: 0,
            snapshot_seen: 0,
            snapshot_due: Instant::BOOT,
            degradation: Degradation::new(config.reserve_bytes),
            refusal: None,
            disk,
            listeners,
        };
        recorder.report_raw_log();
        Ok(recorder)
    }

    /// Writes until the other end is done, then brings everything to the disk.
    pub(super) fn run(mut self, batches: &Receiver<Vec<ToRecord>>, clock: &Clock, heart: &Heart) {
        let start = clock.now().instant;
        let mut chores = Chores {
            flush: start + FLUSH_EVERY,
            sync: start + SYNC_EVERY,
            snapshot: start + SNAPSHOT_EVERY,
        };
        loop {
            let now = clock.now().instant;
            heart.beat(now);
            match batches.recv_timeout(chores.flush.since(now)) {
                Ok(batch) => {
                    self.write(batch);
                    clock::sleep(STROKE);
                    batches.try_iter().for_each(|batch| self.write(batch));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let waiting = (batches.len(), batches.capacity().unwrap_or(usize::MAX));
            self.do_chores(&mut chores, clock.now().instant, waiting);
        }
        self.end();
    }

    fn write(&mut self, batch: Vec<ToRecord>) {
        for what in batch {
            let outcome = match what {
                ToRecord::Frame { at, frame, fix, .. } => self.frame(at, &frame, fix),
                ToRecord::Fix { at, fix, quality } => self.fix(at, fix, quality),
                ToRecord::Row(row) => self.row(&row),
                ToRecord::Radio(row) => self.radio(&row),
            };
            self.note(outcome);
        }
    }

    fn frame(&mut self, at: Stamp, frame: &CanFrame, fix: Option<GnssFix>) -> io::Result<()> {
        let level = self.degradation.level();
        if level < Level::NoSnapshot {
            self.snapshot.push(at.utc, *frame, fix);
            self.snapshot_new += 1;
        }
        let raw = self.raw.frame(&self.disk, at, frame);
        if let Ok(true) = raw {
            self.report_raw_log();
            // When the archive is at work already it will find this log too.
            self.listeners.closed.try_send(()).unwrap_or_default();
        }
        if level < Level::NoFrameTable
            && let Some(table) = &mut self.can_data
        {
            let form = |line: &mut Vec<u8>| can_data::write_row(line, at.utc, frame, fix.as_ref());
            let written = table.line(&self.disk, at.utc, form);
            self.note(written);
        }
        raw.map(|_| ())
    }

    fn fix(&mut self, at: Stamp, fix: GnssFix, quality: FixQuality) -> io::Result<()> {
        if self.degradation.level() == Level::RawLogAlone {
            return Ok(());
        }
        let fix = GnssFix {
            valid: quality == FixQuality::Good,
            ..fix
        };
        let form = |line: &mut Vec<u8>| gps_data::write_row(line, at.utc, &fix);
        self.gps_data.line(&self.disk, at.utc, form)
    }

    fn row(&mut self, row: &MergedRow) -> io::Result<()> {
        if self.degradation.level() == Level::RawLogAlone {
            return Ok(());
        }
        let form = |line: &mut Vec<u8>| merged::write_row(line, row);
        self.merged.line(&self.disk, row.at, form)
    }

    fn radio(&mut self, row: &RadioRow) -> io::Result<()> {
        if self.degradation.level() == Level::RawLogAlone {
            return Ok(());
        }
        let form = |line: &mut Vec<u8>| radio_table::write_row(line, row);
        self.radio.line(&self.disk, row.at, form)
    }

    /// Keeps the first refusal until the next look at the disk.
    fn note(&mut self, outcome: io::Result<()>) {
        if let Err(error) = outcome {
            self.refusal.get_or_insert(error);
        }
    }

    fn do_chores(&mut self, chores: &mut Chores, now: Instant, waiting: (usize, usize)) {
        if now >= chores.snapshot {
            let came = self.snapshot_new.saturating_sub(self.snapshot_seen);
            if came >= SNAPSHOT_FRAMES || (self.snapshot_new > 0 && now >= self.snapshot_due) {
                self.write_snapshot();
                self.snapshot_due = now + SNAPSHOT_AT_LATEST;
            }
            self.snapshot_seen = self.snapshot_new;
            chores.snapshot = now + SNAPSHOT_EVERY;
        }
        if now >= chores.sync {
            let synced = self.raw.sync();
            self.note(synced);
            chores.sync = now + SYNC_EVERY;
        }
        if now >= chores.flush {
            self.flush(now);
            self.look_at_disk(now, waiting);
            chores.flush = now + FLUSH_EVERY;
        }
    }

    fn flush(&mut self, now: Instant) {
        // The raw log first: it gets the last of the room.
        let raw = self.raw.flush(now);
        self.note(raw);
        for table in
            self.can_data
                .iter_mut()
                .chain([&mut self.gps_data, &mut self.merged, &mut self.radio])
        {
            if let Err(error) = table.flush() {
                self.refusal.get_or_insert(error);
            }
        }
        self.report_raw_log();
    }

    fn report_raw_log(&mut self) {
        let health = &self.listeners.health;
        let lost = self.raw.take_lost();
        health.frames_unrecorded.fetch_add(lost, Ordering::Relaxed);
        let oldest_open = self.raw.oldest_open();
        health.oldest_open_log.store(oldest_open, Ordering::Relaxed);
    }

    fn look_at_disk(&mut self, now: Instant, waiting: (usize, usize)) {
        let refusal = self.refusal.take();
        let pressure = Pressure {
            free: self.disk.free(),
            waiting,
            refused: refusal.is_some(),
        };
        let health = &self.listeners.health;
        health
            .recorder_waiting
            .store(exact(waiting.0), Ordering::Relaxed);
        let before = self.degradation.level();
        let Some(level) = self.degradation.look(now, &pressure) else {
            return;
        };
        health.recorder_level.store(level as u64, Ordering::Relaxed);
        let why = refusal.map_or_else(|| describe(&pressure), |error| error.to_string());
        let given_up = level.given_up();
        if level > before {
            warn!(why, "recording less: not written is {given_up}");
        } else {
            info!("recording more again: not written is {given_up}");
        }
        self.close_given_up(level);
        let event = ToKeep::Event {
            kind: "recording_level",
            detail: serde_json::json!({ "not_written": given_up, "why": why }).to_string(),
        };
        if self.listeners.to_keep.try_send(event).is_err() {
            Health::count(&self.listeners.health.rows_lost);
        }
    }

    fn close_given_up(&mut self, level: Level) {
        if level >= Level::NoFrameTable
            && let Some(table) = &mut self.can_data
        {
            table.close();
        }
        if level >= Level::RawLogAlone {
            self.gps_data.close();
            self.merged.close();
            self.radio.close();
        }
    }

    /// Replaces the snapshot as a whole: a reader sees the old one or the new one.
    fn write_snapshot(&mut self) {
        let is_given_up = self.degradation.level() >= Level::NoSnapshot;
        if is_given_up || std::mem::take(&mut self.snapshot_new) == 0 {
            return;
        }
        let mut content = Vec::new();
        let written = self
            .snapshot
            .write_to(&mut content)
            .and_then(|()| self.disk.replace(SNAPSHOT, &content));
        self.note(written);
    }

    fn end(&mut self) {
        self.write_snapshot();
        self.raw.close();
        self.report_raw_log();
        for table in
            self.can_data
                .iter_mut()
                .chain([&mut self.gps_data, &mut self.merged, &mut self.radio])
        {
            table.close();
        }
        if let Some(error) = self.refusal.take() {
            warn!(%error, "the last of the recording was refused");
        }
    }
}

fn exact(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Why less is written although nothing was refused.
fn describe(pressure: &Pressure) -> String {
    let (waiting, most) = pressure.waiting;
    let free = pressure
        .free
        .map_or_else(|| "unknown".to_owned(), |free| free.to_string());
    format!("{free} bytes are free and {waiting} of {most} batches wait")
}

#[cfg(test)]
mod tests;
