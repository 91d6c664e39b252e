//! Tells seldom what a stranger can bring about as often as he likes.
//!
//! Not the counting: each time is counted where it happens (`secure::AirCounters`). What is told
//! goes into a store or into flash, and there a flood must displace nothing.

use v2x_units::Instant;

use crate::deadlines::TOLD_AGAIN;
use crate::limits::TOLD_SELDOM_MAX;

/// Kinds of things that were told a short while ago.
#[derive(Debug)]
pub(super) struct Seldom<K> {
    told: heapless::Vec<(K, Instant), TOLD_SELDOM_MAX>,
}

impl<K: PartialEq> Seldom<K> {
    pub(super) const fn new() -> Self {
        Self {
            told: heapless::Vec::new(),
        }
    }

    /// Whether this kind is to be told now; then it counts as told. More kinds at once than there
    /// is room for are not told.
    pub(super) fn is_due(&mut self, now: Instant, kind: K) -> bool {
        self.told.retain(|(_, at)| now.since(*at) < TOLD_AGAIN);
        let is_new = self.told.iter().all(|(known, _)| *known != kind);
        is_new && self.told.push((kind, now)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    #[test]
    fn each_kind_is_told_once_a_minute() {
        let mut seldom = Seldom::new();
        let at = |second| Instant::BOOT + Duration::from_secs(second);
        assert!(seldom.is_due(at(0), 'a'));
        assert!(!seldom.is_due(at(59), 'a'));
        assert!(seldom.is_due(at(59), 'b'), "another kind is another thing");
        assert!(seldom.is_due(at(60), 'a'));
        assert!(!seldom.is_due(at(61), 'b'));
    }

    #[test]
    fn more_kinds_than_there_is_room_for_are_not_told_when_it_is_full() {
        let mut seldom = Seldom::new();
        let mut told = 0;
        for kind in 0..TOLD_SELDOM_MAX * 3 {
            told += usize::from(seldom.is_due(Instant::BOOT, kind));
        }
        assert_eq!(told, TOLD_SELDOM_MAX);
    }
}
