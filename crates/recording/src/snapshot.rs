//! The content of `can_data_snapshot.csv`: the newest frames.
//!
//! Replacing the file atomically is the daemon's work.

use std::collections::VecDeque;
use std::io::{self, Write};

use v2x_units::{CanFrame, GnssFix, UtcTime};

use crate::can_data;

/// The frames of a snapshot: as many as the prototype keeps, about two seconds of a busy bus.
pub const SNAPSHOT_FRAMES: usize = 1000;

/// The newest frames, each with the fix that was current when it was received.
///
/// When full, the oldest frame leaves: it stands in the continuous log.
#[derive(Debug, Clone)]
pub struct SnapshotRing {
    rows: VecDeque<(UtcTime, CanFrame, Option<GnssFix>)>,
}

impl SnapshotRing {
    /// An empty ring that will not allocate again.
    #[must_use]
    pub fn new() -> Self {
        Self {
            rows: VecDeque::with_capacity(SNAPSHOT_FRAMES),
        }
    }

    /// Takes the newest frame.
    pub fn push(&mut self, at: UtcTime, frame: CanFrame, fix: Option<GnssFix>) {
        if self.rows.len() == SNAPSHOT_FRAMES {
            self.rows.pop_front();
        }
        self.rows.push_back((at, frame, fix));
    }

    /// Writes header and rows, oldest first.
    ///
    /// # Errors
    /// When a time is before 1970 or the writer fails.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(can_data::HEADER.as_bytes())?;
        for (at, frame, fix) in &self.rows {
            can_data::write_row(out, *at, frame, fix.as_ref())?;
        }
        Ok(())
    }
}

impl Default for SnapshotRing {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use v2x_units::CanId;

    #[test]
    fn snapshot_holds_the_newest_thousand_frames_in_order() {
        let frame = CanFrame::new(CanId::standard(0x155).unwrap(), &[7]).unwrap();
        let mut ring = SnapshotRing::new();
        for second in 0..1002 {
            ring.push(UtcTime::from_micros(second * 1_000_000), frame, None);
        }
        let mut table = Vec::new();
        ring.write_to(&mut table).unwrap();
        let lines: Vec<&str> = std::str::from_utf8(&table).unwrap().lines().collect();
        assert_eq!(lines.len(), 1 + SNAPSHOT_FRAMES);
        assert!(lines[1].starts_with("0000000002.000000000,155,1,07,07,"));
        assert!(lines[1000].starts_with("0000001001.000000000,155,"));
    }
}
