//! The raw log that is being written, and when the next one begins.
//!
//! A log ends by size, by age, and when the date moves by more than a second against the monotonic
//! clock: within one file stamps never run backwards and all have the same clock behind them.
//! A disk that refused is tried again with a new file, since the old one may be gone with it.

use std::io;
use std::time::Duration;

use v2x_recording::candump;
use v2x_units::{CanFrame, Instant, Stamp, UtcTime};

use super::name;
use crate::vehicle::disk::Disk;
use crate::vehicle::line_file::LineFile;

/// The name under which the car's only bus stands in the raw log.
const INTERFACE: &str = "can0";
/// A date that moves by more than this against the monotonic clock begins a file, in microseconds.
const STEP_US: u64 = 1_000_000;
/// How long after a refusal a new file is tried.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// When a log is long enough.
#[derive(Debug, Clone, Copy)]
pub(in crate::vehicle) struct Limits {
    /// Bytes.
    pub(in crate::vehicle) size: u64,
    /// Time since its first frame.
    pub(in crate::vehicle) age: Duration,
}

/// Writes frames into one log after another.
pub(in crate::vehicle) struct RawLog {
    limits: Limits,
    next_number: u32,
    current: Option<Current>,
    retry_at: Option<Instant>,
    lines_lost: u64,
}

struct Current {
    file: LineFile,
    begin: Stamp,
    /// The newest stamp that was written.
    last: UtcTime,
}

impl RawLog {
    /// Begins after the logs that are in the folder; the first file is made with the first frame.
    pub(in crate::vehicle) fn new(disk: &impl Disk, limits: Limits) -> io::Result<Self> {
        Ok(Self {
            limits,
            next_number: name::next_number(&disk.names()?),
            current: None,
            retry_at: None,
            lines_lost: 0,
        })
    }

    /// Adds a frame; `Ok(true)` when a file was closed before it.
    ///
    /// # Errors
    /// Why the disk does not take it; the frame is then counted as lost.
    pub(in crate::vehicle) fn frame(
        &mut self,
        disk: &impl Disk,
        at: Stamp,
        frame: &CanFrame,
    ) -> io::Result<bool> {
        let is_over = self
            .current
            .as_ref()
            .is_some_and(|current| self.is_over(current, at));
        if is_over {
            self.close();
        }
        self.add(disk, at, frame)
            .inspect_err(|_| self.lines_lost += 1)?;
        Ok(is_over)
    }

    fn add(&mut self, disk: &impl Disk, at: Stamp, frame: &CanFrame) -> io::Result<()> {
        let mut current = match self.current.take() {
            Some(current) => current,
            None => self.begin(disk, at)?,
        };
        current.last = current.last.max(at.utc);
        let utc = current.last;
        let outcome = current
            .file
            .line(|line| candump::write_frame(line, utc, INTERFACE, frame));
        self.current = Some(current);
        outcome
    }

    fn begin(&mut self, disk: &impl Disk, at: Stamp) -> io::Result<Current> {
        let opened = disk.create(&name::name(self.next_number, at.utc))?;
        self.next_number = self.next_number.saturating_add(1);
        Ok(Current {
            file: LineFile::new(opened, ""),
            begin: at,
            last: at.utc,
        })
    }

    fn is_over(&self, current: &Current, at: Stamp) -> bool {
        let passed = at
            .instant
            .as_micros()
            .saturating_sub(current.begin.instant.as_micros());
        let dated = at.utc.micros_since(current.begin.utc);
        let step = i64::try_from(passed).map_or(u64::MAX, |passed| dated.abs_diff(passed));
        current.file.size() >= self.limits.size
            || at.instant.since(current.begin.instant) >= self.limits.age
            || step > STEP_US
    }

    /// Hands what is gathered to the system.
    ///
    /// # Errors
    /// The disk's. What it refused is tried again, after a while with a new file.
    pub(in crate::vehicle) fn flush(&mut self, now: Instant) -> io::Result<()> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        let outcome = current.file.flush();
        if outcome.is_ok() {
            self.retry_at = None;
        } else if now >= *self.retry_at.get_or_insert(now + RETRY_AFTER) {
            self.retry_at = None;
            self.close();
        }
        outcome
    }

    /// Brings what the system has to the disk.
    ///
    /// # Errors
    /// The disk's.
    pub(in crate::vehicle) fn sync(&mut self) -> io::Result<()> {
        self.current
            .as_mut()
            .map_or(Ok(()), |current| current.file.sync())
    }

    /// Ends the current file.
    pub(in crate::vehicle) fn close(&mut self) {
        if let Some(current) = self.current.take() {
            self.lines_lost += current.file.close();
        }
    }

    /// Frames that were lost since this was last asked.
    pub(in crate::vehicle) fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lines_lost)
    }
}

#[cfg(test)]
mod tests;
