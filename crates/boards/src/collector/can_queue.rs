//! Frames between the interrupt that stamps them and the link, with what did not fit counted in
//! its place.
//!
//! Not here: the interrupt. It calls [`CanQueue::push`] in a critical section, and the main loop
//! takes frames out one by one, so that no section is longer than a copy.

use heapless::Deque;
use v2x_proto::link::message::QueueStatus;
use v2x_units::{CanFrame, Instant};

/// A frame with the time of its capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// When the interrupt saw it.
    pub at: Instant,
    /// The frame.
    pub frame: CanFrame,
    /// Frames that came before it and found no room.
    pub dropped_before: u32,
}

/// Where the collector takes its frames from.
pub trait Arrivals {
    /// The oldest frame.
    fn take(&mut self) -> Option<Arrival>;

    /// Frames that found no room since the last one that did; they are told once.
    fn take_trailing_drops(&mut self) -> u32;

    /// How full the queue was, and what it dropped.
    fn status(&self) -> QueueStatus;
}

/// A queue of so many frames. A new frame that finds no room is dropped: those that wait are
/// older, and the gap keeps its place.
#[derive(Debug, Default)]
pub struct CanQueue<const FRAMES: usize> {
    waiting: Deque<Arrival, FRAMES>,
    trailing: u32,
    high_water: u16,
    dropped: u32,
}

impl<const FRAMES: usize> CanQueue<FRAMES> {
    /// Nothing waits.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            waiting: Deque::new(),
            trailing: 0,
            high_water: 0,
            dropped: 0,
        }
    }

    /// Adds a frame that was captured at `at`.
    pub fn push(&mut self, at: Instant, frame: CanFrame) {
        let dropped_before = self.trailing;
        let arrival = Arrival {
            at,
            frame,
            dropped_before,
        };
        if self.waiting.push_back(arrival).is_err() {
            self.trailing = self.trailing.saturating_add(1);
            self.dropped = self.dropped.saturating_add(1);
            return;
        }
        self.trailing = 0;
        let waiting = u16::try_from(self.waiting.len()).unwrap_or(u16::MAX);
        self.high_water = self.high_water.max(waiting);
    }
}

impl<const FRAMES: usize> Arrivals for CanQueue<FRAMES> {
    fn take(&mut self) -> Option<Arrival> {
        self.waiting.pop_front()
    }

    fn take_trailing_drops(&mut self) -> u32 {
        if self.waiting.is_empty() {
            core::mem::take(&mut self.trailing)
        } else {
            0
        }
    }

    fn status(&self) -> QueueStatus {
        QueueStatus {
            high_water: self.high_water,
            capacity: u16::try_from(FRAMES).unwrap_or(u16::MAX),
            dropped: self.dropped,
        }
    }
}

#[cfg(test)]
mod tests {
    use v2x_units::CanId;

    use super::*;

    #[test]
    fn full_queue_drops_new_frames_and_keeps_the_place_of_the_gap() {
        let frame = |id| CanFrame::new(CanId::standard(id).unwrap(), &[]).unwrap();
        let mut queue = CanQueue::<2>::new();
        for id in 0..5 {
            queue.push(Instant::from_micros(u64::from(id)), frame(id));
        }
        assert_eq!(queue.take_trailing_drops(), 0, "frames wait before the gap");
        assert_eq!(queue.take().unwrap().frame, frame(0));
        queue.push(Instant::from_micros(9), frame(9));
        assert_eq!(queue.take().unwrap().dropped_before, 0);
        let after = queue.take().unwrap();
        assert_eq!((after.frame, after.dropped_before), (frame(9), 3));
        let status = queue.status();
        assert_eq!((status.dropped, status.high_water), (3, 2));
        assert_eq!(queue.take_trailing_drops(), 0);
    }
}
