//! Whether a message was accepted before, for as long as it could still pass as fresh.

use alloc::collections::BTreeSet;

use crate::wire::certificate::HashedId8;
use crate::wire::its_time::GenerationTime;

/// How many messages are remembered: 500 a second over a window of 4 s, twice.
pub const MAX_REMEMBERED: usize = 4096;

/// The messages accepted lately, by signer and generation time.
///
/// Everything up to the time of the newest that was forgotten counts as accepted before, so that
/// neither a clock that is set back nor a flood lets a replay in. When full, the oldest is
/// forgotten before its time, which costs late messages; [`Self::forgotten`] counts them.
#[derive(Debug, Clone, Default)]
pub struct ReplayWindow {
    accepted: BTreeSet<(GenerationTime, HashedId8)>,
    floor: Option<GenerationTime>,
    forgotten: u64,
}

impl ReplayWindow {
    /// Whether a message was accepted before, or may have been.
    #[must_use]
    pub fn contains(&self, signer: HashedId8, generation: GenerationTime) -> bool {
        self.floor.is_some_and(|floor| generation <= floor)
            || self.accepted.contains(&(generation, signer))
    }

    /// Remembers an accepted message, and forgets those that are not fresh any more.
    pub fn accept(
        &mut self,
        signer: HashedId8,
        generation: GenerationTime,
        oldest_fresh: GenerationTime,
    ) {
        while let Some((oldest, _)) = self.accepted.first().copied()
            && oldest < oldest_fresh
        {
            self.accepted.pop_first();
            self.floor = self.floor.max(Some(oldest));
        }
        if self.accepted.len() >= MAX_REMEMBERED
            && let Some((oldest, _)) = self.accepted.pop_first()
        {
            self.floor = self.floor.max(Some(oldest));
            self.forgotten += 1;
        }
        self.accepted.insert((generation, signer));
    }

    /// How many messages were forgotten before their time because the window was full.
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// How many messages are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.accepted.len()
    }

    /// Whether none is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.accepted.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: u64) -> GenerationTime {
        GenerationTime::from_micros(micros)
    }

    const SIGNER: HashedId8 = HashedId8([7; 8]);

    #[test]
    fn accepted_message_is_known_until_it_is_not_fresh_any_more() {
        let mut window = ReplayWindow::default();
        window.accept(SIGNER, at(1000), at(0));
        assert!(window.contains(SIGNER, at(1000)));
        assert!(!window.contains(SIGNER, at(1001)));
        assert!(!window.contains(HashedId8([8; 8]), at(1000)));
        window.accept(SIGNER, at(5000), at(1001));
        assert_eq!(window.len(), 1);
    }

    #[test]
    fn forgotten_message_stays_refused_when_the_clock_is_set_back() {
        let mut window = ReplayWindow::default();
        window.accept(SIGNER, at(1000), at(0));
        window.accept(SIGNER, at(9000), at(8000));
        assert_eq!(window.len(), 1, "the first is forgotten");
        assert!(window.contains(SIGNER, at(1000)));
        assert!(!window.contains(SIGNER, at(1001)), "later ones pass");
    }

    #[test]
    fn window_when_full_forgets_the_oldest_and_lets_nothing_older_in() {
        let mut window = ReplayWindow::default();
        for micros in 0..=MAX_REMEMBERED as u64 {
            window.accept(SIGNER, at(10 + micros), at(0));
        }
        assert_eq!(window.len(), MAX_REMEMBERED);
        assert_eq!(window.forgotten(), 1);
        assert!(window.contains(SIGNER, at(10)), "forgotten, so refused");
        assert!(
            window.contains(SIGNER, at(3)),
            "older than what was forgotten"
        );
        assert!(!window.contains(HashedId8([8; 8]), at(11)));
    }
}
