//! Bytes that wait for the UART, in whole frames: one that does not fit is dropped and counted.
//!
//! Not here: what the frames hold. A frame is never cut, for the rest of it would damage the next.

use heapless::Deque;
use v2x_proto::link::message::QueueStatus;

/// Room for so many bytes and so many frames.
#[derive(Debug)]
pub struct LineQueue<const BYTES: usize, const FRAMES: usize> {
    ring: [u8; BYTES],
    start: usize,
    filled: usize,
    /// Bytes left of each frame.
    frames: Deque<usize, FRAMES>,
    high_water: u16,
    dropped: u32,
}

impl<const BYTES: usize, const FRAMES: usize> Default for LineQueue<BYTES, FRAMES> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const BYTES: usize, const FRAMES: usize> LineQueue<BYTES, FRAMES> {
    /// Nothing waits.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            ring: [0; BYTES],
            start: 0,
            filled: 0,
            frames: Deque::new(),
            high_water: 0,
            dropped: 0,
        }
    }

    /// Adds a frame; `false` when it had to be dropped.
    pub fn push(&mut self, frame: &[u8]) -> bool {
        if frame.is_empty() {
            return true;
        }
        if frame.len() > self.room() || self.frames.push_back(frame.len()).is_err() {
            self.dropped = self.dropped.saturating_add(1);
            return false;
        }
        let end = (self.start + self.filled) % BYTES;
        let (first, second) = frame.split_at(frame.len().min(BYTES - end));
        for (at, part) in [(end, first), (0, second)] {
            if let Some(room) = self.ring.get_mut(at..at + part.len()) {
                room.copy_from_slice(part);
            }
        }
        self.filled += frame.len();
        let waiting = u16::try_from(self.frames.len()).unwrap_or(u16::MAX);
        self.high_water = self.high_water.max(waiting);
        true
    }

    /// Bytes that still find room; 0 while as many frames wait as are counted.
    #[must_use]
    pub fn room(&self) -> usize {
        if self.frames.is_full() {
            0
        } else {
            BYTES - self.filled
        }
    }

    /// The bytes to be written next, as far as they lie in one piece.
    #[must_use]
    pub fn pending(&self) -> &[u8] {
        let end = (self.start + self.filled).min(BYTES);
        self.ring.get(self.start..end).unwrap_or_default()
    }

    /// So many of the pending bytes are written.
    pub fn written(&mut self, count: usize) {
        let mut count = count.min(self.filled);
        self.start = (self.start + count) % BYTES;
        self.filled -= count;
        while let Some(left) = self.frames.front_mut() {
            if *left > count {
                *left -= count;
                break;
            }
            count -= *left;
            self.frames.pop_front();
        }
    }

    /// How full it was, and what it dropped.
    #[must_use]
    pub fn status(&self) -> QueueStatus {
        QueueStatus {
            high_water: self.high_water,
            capacity: u16::try_from(FRAMES).unwrap_or(u16::MAX),
            dropped: self.dropped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_queue_drops_the_new_frame_whole_and_counts_it() {
        let mut queue = LineQueue::<8, 4>::new();
        assert!(queue.push(&[1, 2, 3]));
        assert!(queue.push(&[4, 5, 6]));
        assert!(!queue.push(&[7, 8, 9]));
        assert_eq!(queue.pending(), &[1, 2, 3, 4, 5, 6]);
        assert_eq!(queue.status().dropped, 1);
        queue.written(2);
        assert!(queue.push(&[7, 8, 9]));
        assert_eq!(queue.pending(), &[3, 4, 5, 6, 7, 8]);
        queue.written(6);
        assert_eq!(queue.pending(), &[9]);
        queue.written(1);
        assert!(queue.pending().is_empty());
        assert_eq!(queue.status().high_water, 3);
    }

    #[test]
    fn full_count_of_frames_also_drops() {
        let mut queue = LineQueue::<64, 2>::new();
        assert!(queue.push(&[1]) && queue.push(&[2]));
        assert_eq!(queue.room(), 0);
        assert!(!queue.push(&[3]));
        queue.written(1);
        assert!(queue.push(&[3]));
        assert_eq!(queue.pending(), &[2, 3]);
    }
}
