//! A queue that drops its oldest entry when it is full, and counts that.

use heapless::Deque;
use v2x_proto::link::message::QueueStatus;

/// Room for so many entries.
#[derive(Debug)]
pub struct DropOldest<T, const ROOM: usize> {
    entries: Deque<T, ROOM>,
    high_water: u16,
    dropped: u32,
}

impl<T, const ROOM: usize> Default for DropOldest<T, ROOM> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const ROOM: usize> DropOldest<T, ROOM> {
    /// Nothing waits.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: Deque::new(),
            high_water: 0,
            dropped: 0,
        }
    }

    /// Adds an entry; the oldest one when it had to go.
    pub fn push(&mut self, entry: T) -> Option<T> {
        let oldest = if self.entries.is_full() {
            self.dropped = self.dropped.saturating_add(1);
            self.entries.pop_front()
        } else {
            None
        };
        // There is room now.
        let _refused = self.entries.push_back(entry);
        let waiting = u16::try_from(self.entries.len()).unwrap_or(u16::MAX);
        self.high_water = self.high_water.max(waiting);
        oldest
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The oldest entry.
    #[must_use]
    pub fn front(&self) -> Option<&T> {
        self.entries.front()
    }

    /// Takes the oldest entry out.
    pub fn pop(&mut self) -> Option<T> {
        self.entries.pop_front()
    }

    /// How full it was, and what it dropped.
    #[must_use]
    pub fn status(&self) -> QueueStatus {
        QueueStatus {
            high_water: self.high_water,
            capacity: u16::try_from(ROOM).unwrap_or(u16::MAX),
            dropped: self.dropped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_queue_drops_its_oldest_and_counts_it() {
        let mut queue = DropOldest::<u8, 2>::new();
        assert_eq!(
            [1, 2, 3].map(|entry| queue.push(entry)),
            [None, None, Some(1)]
        );
        assert_eq!(queue.front(), Some(&2));
        assert_eq!(
            [queue.pop(), queue.pop(), queue.pop()],
            [Some(2), Some(3), None]
        );
        assert_eq!((queue.status().high_water, queue.status().dropped), (2, 1));
    }
}
