//! What was counted in the last minute, of counters that only know the time since the start.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use v2x_units::Instant;

/// What "recently" means.
const WINDOW: Duration = Duration::from_secs(60);
/// More notes than fit into the window when one is taken every [`super::server::LOOK_EVERY`].
const NOTES_MAX: usize = 32;

/// The values of one counter, noted now and then.
#[derive(Debug, Default)]
pub(crate) struct Recently(Mutex<VecDeque<(Instant, u64)>>);

impl Recently {
    /// Notes a value.
    pub(crate) fn note(&self, now: Instant, value: u64) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while notes.len() >= NOTES_MAX
            // The last note before the window stays: it is where the window begins.
            || notes.get(1).is_some_and(|(at, _)| now.since(*at) >= WINDOW)
        {
            notes.pop_front();
        }
        notes.push_back((now, value));
    }

    /// By how much the counter has grown to `value` in the last minute, or since the first note.
    pub(crate) fn gained(&self, value: u64) -> u64 {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = notes.front().map_or(0, |(_, value)| *value);
        value.saturating_sub(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_more_than_a_minute_ago_is_forgotten() {
        let recently = Recently::default();
        assert_eq!(recently.gained(7), 7, "all of it before the first note");
        let note = |second: u64, value| {
            recently.note(Instant::from_micros(second * 1_000_000), value);
        };
        note(0, 0);
        note(10, 7);
        assert_eq!(recently.gained(9), 9);
        note(60, 9);
        assert_eq!(recently.gained(9), 9, "the window begins at 0 s");
        note(70, 9);
        assert_eq!(recently.gained(9), 2, "the window begins at 10 s");
        note(130, 9);
        assert_eq!(recently.gained(9), 0);
    }

    #[test]
    fn full_list_of_notes_forgets_the_oldest() {
        let recently = Recently::default();
        for second in 0..100 {
            recently.note(Instant::from_micros(second), second);
        }
        assert_eq!(recently.gained(99), 31);
    }
}
