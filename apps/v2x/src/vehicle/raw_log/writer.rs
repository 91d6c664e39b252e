//! The raw log that is being written, and when the next one begins.
//!
//! A log ends by size, by age, and when the date moves by more than a second against the monotonic
//! clock: within one file stamps never run backwards and all have the same clock behind them.
//! A disk that refused is tried again with a new file, since the old one may be gone with it. A log
//! that ended while the disk refused is set aside with the lines that wait for room in it.

use std::collections::VecDeque;
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
/// What may wait in logs that have ended: a minute and a half of the Twizy's bus, in
/// bytes.
const WAITING_MAX: usize = 2 * 1024 * 1024;
/// How long an ended log is tried while the disk takes the current one.
const PASSED_OVER_MAX: Duration = Duration::from_secs(60);
/// How many ended logs may wait for room.
const ENDED_MAX: usize = 16;

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
    /// Logs that have ended and wait for room, oldest first.
    ended: VecDeque<Ended>,
    current: Option<Current>,
    retry_at: Option<Instant>,
    lines_lost: u64,
}

/// A log to which nothing is added, but which the disk did not take whole.
struct Ended {
    number: u32,
    file: LineFile,
    /// Since when the disk takes other logs, but not this one: its file may be gone.
    passed_over: Option<Instant>,
}

struct Current {
    number: u32,
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
            ended: VecDeque::new(),
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
        let is_closed = is_over && self.end();
        self.add(disk, at, frame)
            .inspect_err(|_| self.lines_lost += 1)?;
        Ok(is_closed)
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
        let number = self.next_number;
        let opened = disk.create(&name::name(number, at.utc))?;
        self.next_number = number.saturating_add(1);
        Ok(Current {
            number,
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

    /// Hands what is gathered to the system, the oldest first.
    ///
    /// # Errors
    /// The disk's. What it refused is tried again, after a while with a new file.
    pub(in crate::vehicle) fn flush(&mut self, now: Instant) -> io::Result<()> {
        let ended = self.finish_ended();
        let Some(current) = &mut self.current else {
            return ended;
        };
        let outcome = current.file.flush();
        if outcome.is_ok() {
            self.retry_at = None;
            self.pass_over_ended(now);
        } else if now >= *self.retry_at.get_or_insert(now + RETRY_AFTER) {
            self.retry_at = None;
            self.end();
        }
        ended.and(outcome)
    }

    /// Writes what waits in logs that have ended.
    fn finish_ended(&mut self) -> io::Result<()> {
        while let Some(oldest) = self.ended.front_mut() {
            oldest.file.finish()?;
            self.ended.pop_front();
        }
        Ok(())
    }

    /// Gives up an ended log that the disk refuses while it takes the current one: a disk that
    /// was taken out and put back does not know the file any more.
    fn pass_over_ended(&mut self, now: Instant) {
        let Some(oldest) = self.ended.front_mut() else {
            return;
        };
        if now >= *oldest.passed_over.get_or_insert(now) + PASSED_OVER_MAX {
            self.give_up_oldest();
        }
    }

    fn give_up_oldest(&mut self) {
        if let Some(oldest) = self.ended.pop_front() {
            self.lines_lost += oldest.file.close();
        }
    }

    /// Ends the current log; `true` when all of it is on the disk. Otherwise it is set aside, and
    /// the oldest of those that wait are given up where they are too many.
    fn end(&mut self) -> bool {
        let Some(Current {
            number, mut file, ..
        }) = self.current.take()
        else {
            return false;
        };
        // An older log comes first: the room that is left is not taken from it.
        if self.ended.is_empty() && file.finish().is_ok() {
            return true;
        }
        self.ended.push_back(Ended {
            number,
            file,
            passed_over: None,
        });
        while self.ended.len() > ENDED_MAX || self.bytes_waiting() > WAITING_MAX {
            self.give_up_oldest();
        }
        false
    }

    fn bytes_waiting(&self) -> usize {
        self.ended.iter().map(|log| log.file.waiting()).sum()
    }

    /// The lowest number of a log that something may still be written to.
    pub(in crate::vehicle) fn oldest_open(&self) -> u32 {
        let ended = self.ended.front().map(|log| log.number);
        let current = self.current.as_ref().map(|current| current.number);
        ended.or(current).unwrap_or(self.next_number)
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

    /// Ends all files; what the disk does not take now is lost.
    pub(in crate::vehicle) fn close(&mut self) {
        while !self.ended.is_empty() {
            self.give_up_oldest();
        }
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
