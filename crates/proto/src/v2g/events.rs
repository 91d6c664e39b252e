//! What an end wants done, and the queue in which events wait for it.

use heapless::Deque;
use v2x_units::{Instant, MacAddress};

use crate::limits::EVENTS_MAX;
use crate::secure::Datagram;

/// What an end wants done, one thing per poll.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "without a heap a value lives where it is used"
)]
pub enum Output<E> {
    /// Give these bytes to the radio. Nobody waits for them to arrive.
    Send {
        /// Who is to receive them; broadcast while no station has answered.
        to: MacAddress,
        /// At most 250 bytes.
        datagram: Datagram,
    },
    /// Something has happened.
    Event(E),
    /// Nothing more now. Poll again at this time; with `None` only an input changes anything.
    WakeAt(Option<Instant>),
}

/// Events that wait; when full, the oldest is dropped and counted.
#[derive(Debug)]
pub(crate) struct Events<E> {
    waiting: Deque<E, EVENTS_MAX>,
    dropped: u32,
}

impl<E> Events<E> {
    pub(crate) const fn new() -> Self {
        Self {
            waiting: Deque::new(),
            dropped: 0,
        }
    }

    pub(crate) fn push(&mut self, event: E) {
        if self.waiting.is_full() {
            self.waiting.pop_front();
            self.dropped = self.dropped.saturating_add(1);
        }
        self.waiting
            .push_back(event)
            .unwrap_or_else(|_| unreachable!("room was just made"));
    }

    pub(crate) fn pop(&mut self) -> Option<E> {
        self.waiting.pop_front()
    }

    pub(crate) const fn dropped(&self) -> u32 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oldest_event_is_dropped_and_counted_when_full() {
        let mut events = Events::new();
        for number in 0..=EVENTS_MAX {
            events.push(number);
        }
        assert_eq!(events.pop(), Some(1));
        assert_eq!(events.dropped(), 1);
    }
}
