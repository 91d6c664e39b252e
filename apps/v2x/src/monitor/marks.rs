//! What a daemon's threads leave for whoever asks how they do: moments and words.
//!
//! Counters are plain atomics beside these. Leaving something never waits for a reader longer than
//! a copy takes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use v2x_units::Instant;

/// When something last happened; never, until it did.
#[derive(Debug, Default)]
pub(crate) struct Mark(AtomicU64);

impl Mark {
    /// It happened at this moment.
    pub(crate) fn set(&self, at: Instant) {
        // Zero stands for never: the first microsecond after the boot is told as the second.
        self.0.store(at.as_micros().max(1), Ordering::Relaxed);
    }

    /// How long ago it happened; `None` when it never did.
    pub(crate) fn age(&self, now: Instant) -> Option<Duration> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            at => Some(now.since(Instant::from_micros(at))),
        }
    }
}

/// A few words, or none.
#[derive(Debug, Default)]
pub(crate) struct Note(Mutex<String>);

impl Note {
    /// Puts these words in the place of those before.
    pub(crate) fn set(&self, words: impl Into<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = words.into();
    }

    /// There is nothing to be said any more.
    pub(crate) fn clear(&self) {
        self.set(String::new());
    }

    /// The words; `None` when there are none.
    pub(crate) fn get(&self) -> Option<String> {
        let words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (!words.is_empty()).then(|| words.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_happened_has_no_age() {
        let mark = Mark::default();
        let now = Instant::from_micros(5_000_000);
        assert_eq!(mark.age(now), None);
        mark.set(Instant::from_micros(2_000_000));
        assert_eq!(mark.age(now), Some(Duration::from_secs(3)));
    }
}
