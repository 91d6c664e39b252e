//! The thread that writes files: the raw log and the tables of the prototype.
//!
//! What it loses by a kill: at most the second that stands in its buffers. By a power cut: at most
//! five seconds, the time between two syncs of the raw log. A file that cannot be written is tried
//! again with every line; what did not fit is counted, never written by halves.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use tracing::warn;
use v2x_recording::{MergedRow, SnapshotRing, can_data, candump, gps_data, merged};
use v2x_roles::vehicle::FixQuality;
use v2x_units::{CanFrame, GnssFix, Instant, Stamp, UtcTime};

use super::health::Health;
use super::ingest::ToRecord;
use super::line_file::LineFile;
use crate::clock::Clock;

/// The name under which the car's only bus stands in the raw log.
const INTERFACE: &str = "can0";
/// Buffers reach the system once per second; a kill loses no more.
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// The raw log reaches the disk every five seconds; a power cut loses no more.
const SYNC_EVERY: Duration = Duration::from_secs(5);
/// The prototype rewrote its snapshot every four seconds.
const SNAPSHOT_EVERY: Duration = Duration::from_secs(4);

/// The open files of one run.
pub(super) struct Recorder {
    raw: LineFile,
    can_data: LineFile,
    gps_data: LineFile,
    merged: LineFile,
    snapshot: SnapshotRing,
    snapshot_path: PathBuf,
    snapshot_is_new: bool,
    health: Arc<Health>,
}

/// When each chore is due next.
struct Chores {
    flush: Instant,
    sync: Instant,
    snapshot: Instant,
}

impl Recorder {
    /// Opens the files of a run that starts now, in an existing folder.
    pub(super) fn open(folder: &Path, started: UtcTime, health: Arc<Health>) -> io::Result<Self> {
        let c = started.civil();
        let day = format!("{:04}{:02}{:02}", c.year, c.month, c.day);
        let minute = format!("{day}_{:02}{:02}", c.hour, c.minute);
        let raw = folder.join(format!("candump_{minute}{:02}.log", c.second));
        let merged_path = folder.join(format!("merged_can_data_{minute}.csv"));
        Ok(Self {
            raw: LineFile::append(&raw, "")?,
            can_data: LineFile::append(&folder.join("can_data.csv"), can_data::HEADER)?,
            gps_data: LineFile::append(&folder.join("gps_data.csv"), gps_data::HEADER)?,
            merged: LineFile::append(&merged_path, merged::HEADER)?,
            snapshot: SnapshotRing::new(),
            snapshot_path: folder.join("can_data_snapshot.csv"),
            snapshot_is_new: false,
            health,
        })
    }

    /// Writes until the other end is done, then brings everything to the disk.
    pub(super) fn run(mut self, batches: &Receiver<Vec<ToRecord>>, clock: &Clock) {
        let start = clock.now().instant;
        let mut chores = Chores {
            flush: start + FLUSH_EVERY,
            sync: start + SYNC_EVERY,
            snapshot: start + SNAPSHOT_EVERY,
        };
        loop {
            match batches.recv_timeout(chores.flush.since(clock.now().instant)) {
                Ok(batch) => batch.into_iter().for_each(|what| self.write(what)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.do_chores(&mut chores, clock.now().instant);
        }
        self.flush();
        self.sync();
        self.write_snapshot();
    }

    fn write(&mut self, what: ToRecord) {
        match what {
            ToRecord::Frame { at, frame, fix, .. } => self.frame(at, &frame, fix),
            ToRecord::Fix { at, fix, quality } => self.fix(at, fix, quality),
            ToRecord::Row(row) => self.row(&row),
        }
    }

    fn frame(&mut self, at: Stamp, frame: &CanFrame, fix: Option<GnssFix>) {
        let recorded = self
            .raw
            .line(|line| candump::write_frame(line, at.utc, INTERFACE, frame));
        if !recorded {
            Health::count(&self.health.frames_unrecorded);
        }
        self.can_data
            .line(|line| can_data::write_row(line, at.utc, frame, fix.as_ref()));
        self.snapshot.push(at.utc, *frame, fix);
        self.snapshot_is_new = true;
    }

    fn fix(&mut self, at: Stamp, fix: GnssFix, quality: FixQuality) {
        let fix = GnssFix {
            valid: quality == FixQuality::Good,
            ..fix
        };
        self.gps_data
            .line(|line| gps_data::write_row(line, at.utc, &fix));
    }

    fn row(&mut self, row: &MergedRow) {
        self.merged.line(|line| merged::write_row(line, row));
    }

    fn do_chores(&mut self, chores: &mut Chores, now: Instant) {
        if now >= chores.flush {
            self.flush();
            chores.flush = now + FLUSH_EVERY;
        }
        if now >= chores.sync {
            self.sync();
            chores.sync = now + SYNC_EVERY;
        }
        if now >= chores.snapshot {
            self.write_snapshot();
            chores.snapshot = now + SNAPSHOT_EVERY;
        }
    }

    fn flush(&mut self) {
        for file in [
            &mut self.raw,
            &mut self.can_data,
            &mut self.gps_data,
            &mut self.merged,
        ] {
            file.flush();
        }
    }

    fn sync(&mut self) {
        self.raw.sync();
        self.merged.sync();
    }

    /// Replaces the snapshot as a whole: a reader sees the old one or the new one.
    fn write_snapshot(&mut self) {
        if !std::mem::take(&mut self.snapshot_is_new) {
            return;
        }
        if let Err(error) = self.replace_snapshot() {
            warn!(%error, path = %self.snapshot_path.display(), "snapshot not written");
        }
    }

    fn replace_snapshot(&self) -> io::Result<()> {
        let unfinished = self.snapshot_path.with_extension("csv.new");
        let mut file = io::BufWriter::new(File::create(&unfinished)?);
        self.snapshot.write_to(&mut file)?;
        file.flush()?;
        drop(file);
        fs::rename(&unfinished, &self.snapshot_path)
    }
}
