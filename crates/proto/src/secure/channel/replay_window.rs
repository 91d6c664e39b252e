//! Which numbers of datagrams were here before: a sliding window, as in RFC 4303 section 3.4.3.
//!
//! Numbers enter only after their datagram proved authentic (`tunnel.rs`); otherwise a stranger
//! could push the window ahead of honest ones.

use crate::limits::REPLAY_WINDOW;

/// The newest number and those shortly before it.
#[derive(Debug, Clone, Default)]
pub(super) struct ReplayWindow {
    newest: Option<u64>,
    /// Bit `n` stands for the number `newest - n`.
    seen: u64,
}

impl ReplayWindow {
    /// Whether a number is new and not too far behind.
    pub(super) fn is_new(&self, number: u64) -> bool {
        match self.newest {
            Some(newest) if number <= newest => {
                let behind = newest - number;
                behind < REPLAY_WINDOW && self.seen >> behind & 1 == 0
            }
            _ => true,
        }
    }

    /// Marks a number as seen.
    pub(super) fn enter(&mut self, number: u64) {
        match self.newest {
            Some(newest) if number <= newest => {
                let behind = newest - number;
                if behind < REPLAY_WINDOW {
                    self.seen |= 1 << behind;
                }
            }
            before => {
                let ahead = before.map_or(REPLAY_WINDOW, |newest| number - newest);
                let kept = if ahead < REPLAY_WINDOW {
                    self.seen << ahead
                } else {
                    0
                };
                self.seen = kept | 1;
                self.newest = Some(number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;

    /// Numbers of a run that the window lets through, each entered at once.
    fn let_through(numbers: &[u64]) -> Vec<u64> {
        let mut window = ReplayWindow::default();
        let mut taken = Vec::new();
        for number in numbers {
            if window.is_new(*number) {
                window.enter(*number);
                taken.push(*number);
            }
        }
        taken
    }

    #[test]
    fn each_number_goes_through_once_in_any_order() {
        assert_eq!(let_through(&[3, 1, 3, 2, 1, 0, 0, 4]), [3, 1, 2, 0, 4]);
    }

    #[test]
    fn number_behind_the_window_is_refused_and_the_last_inside_is_taken() {
        assert_eq!(let_through(&[100, 36, 37, 37]), [100, 37]);
    }

    #[test]
    fn jump_beyond_the_window_forgets_nothing_that_could_come_again() {
        assert_eq!(let_through(&[5, 5_000, 5, 4_999, 4_999]), [5, 5_000, 4_999]);
        assert_eq!(let_through(&[0, 63, 0, 64, 0]), [0, 63, 64]);
    }

    #[test]
    fn window_agrees_with_a_set_of_everything_seen() {
        let mut window = ReplayWindow::default();
        let mut seen = std::collections::BTreeSet::new();
        let mut state = 1_u64;
        for _ in 0..20_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(99);
            let newest = seen.last().copied().unwrap_or(0);
            let number = (newest + (state >> 33) % 70).saturating_sub(35);
            let expected = !seen.contains(&number) && newest.saturating_sub(number) < REPLAY_WINDOW;
            assert_eq!(window.is_new(number), expected, "{number} after {newest}");
            if expected {
                window.enter(number);
                seen.insert(number);
            }
        }
    }
}
