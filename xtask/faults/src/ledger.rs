//! What was sent when, and what was done to it on the way: what the files are held against.

use std::time::Duration;

/// What became of one numbered frame on its way to the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It stands wholly in the port that somebody has open, since this time.
    Sent(Duration),
    /// It was damaged or dropped on the line on purpose.
    Spoilt,
    /// Nobody had the port open.
    Unheard,
    /// It is made and not yet on the line.
    Made,
}

/// Every frame that the board made; a frame's number is its place.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    fates: Vec<Fate>,
    /// The first frames of each boot of the board.
    boots: Vec<usize>,
}

impl Ledger {
    pub(crate) fn boot(&mut self) {
        self.boots.push(self.fates.len());
    }

    /// The number of the next frame.
    pub(crate) fn make(&mut self) -> usize {
        self.fates.push(Fate::Made);
        self.fates.len() - 1
    }

    pub(crate) fn settle(&mut self, frames: std::ops::Range<usize>, fate: Fate) {
        if let Some(fates) = self.fates.get_mut(frames) {
            fates.fill(fate);
        }
    }

    pub(crate) fn fates(&self) -> &[Fate] {
        &self.fates
    }

    /// The first frame of the boot of the board that made this frame.
    pub(crate) fn first_of_boot(&self, frame: usize) -> usize {
        let boots = self.boots.partition_point(|first| *first <= frame);
        self.boots.get(boots.wrapping_sub(1)).copied().unwrap_or(0)
    }
}
