//! What the numbers of a frame say about the frames that are missing before it.
//!
//! Not the bytes ([`super::frame`]) and not what is told about it ([`super::decoder`]).
//!
//! A sequence number has 32 bits. Two numbers are told apart as ahead or behind by half of their
//! range, and a full bus makes about 210 frames a second, so a gap is counted exactly as long as
//! it is shorter than 118 days. With 16 bits a cable pulled for three minutes would be misjudged.

use v2x_units::BootId;

use super::frame::Header;
use super::limits::REPEAT_WINDOW;

/// Where a frame stands in the run of all frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It is the first one heard.
    First,
    /// It follows the one before, after so many that are missing.
    After(u32),
    /// It was here before.
    Repeated,
    /// It comes from another boot, in which so many are missing before it.
    Restarted {
        /// The boot that was heard until now.
        old: BootId,
        /// Frames of the new boot before this one.
        missing: u32,
    },
}

/// The newest frame of one boot.
#[derive(Debug, Clone, Copy)]
struct Newest {
    boot: BootId,
    sequence: u32,
}

impl Newest {
    /// Whether a frame is this one again, or one from shortly before it.
    fn is_repeated_by(self, header: &Header) -> bool {
        let behind = self.sequence.wrapping_sub(header.sequence);
        self.boot == header.boot && behind <= REPEAT_WINDOW
    }
}

/// Remembers the newest frame of this boot and of the one before.
#[derive(Debug, Clone, Default)]
pub(super) struct SequenceTracker {
    newest: Option<Newest>,
    before_restart: Option<Newest>,
}

impl SequenceTracker {
    /// Finds the place of a frame and remembers it as the newest, unless it is a repeated one.
    pub(super) fn place(&mut self, header: &Header) -> Place {
        let this = Newest {
            boot: header.boot,
            sequence: header.sequence,
        };
        let Some(newest) = self.newest.replace(this) else {
            return Place::First;
        };
        let last_of_old_boot = self.before_restart;
        if newest.is_repeated_by(header)
            || last_of_old_boot.is_some_and(|last| last.is_repeated_by(header))
        {
            self.newest = Some(newest);
            return Place::Repeated;
        }
        let step = header.sequence.wrapping_sub(newest.sequence);
        if newest.boot == header.boot && step < u32::MAX / 2 {
            return Place::After(step - 1);
        }
        // Under the same boot id the numbers of the old run come again and are no repeats.
        self.before_restart = Some(newest).filter(|last| last.boot != header.boot);
        Place::Restarted {
            old: newest.boot,
            missing: header.sequence,
        }
    }
}

/// Counts the CAN frames that are missing between batches.
#[derive(Debug, Clone, Default)]
pub(super) struct CanNumbers {
    /// The number of the next frame; `None` until one was heard.
    next: Option<u32>,
}

impl CanNumbers {
    /// A boot was heard from its first frame on.
    pub(super) fn begin(&mut self) {
        self.next = Some(0);
    }

    /// Takes note of `count` frames from `number` on and returns how many are missing before.
    pub(super) fn take(&mut self, number: u32, count: u32) -> u32 {
        let expected = self
            .next
            .replace(number.wrapping_add(count))
            .unwrap_or(number);
        let missing = number.wrapping_sub(expected);
        // A board that counts backwards is wrong about its numbers, not missing 2^31 frames.
        if missing < u32::MAX / 2 { missing } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use v2x_units::Instant;

    use super::*;

    fn header(boot: u32, sequence: u32) -> Header {
        Header {
            frame_type: 2,
            sequence,
            boot: BootId::new(boot),
            at: Instant::BOOT,
        }
    }

    fn tracker_at(boot: u32, sequence: u32) -> SequenceTracker {
        let mut tracker = SequenceTracker::default();
        assert_eq!(tracker.place(&header(boot, sequence)), Place::First);
        tracker
    }

    #[test]
    fn gap_across_the_wrap_is_counted_exactly() {
        let mut tracker = tracker_at(1, u32::MAX - 1);
        assert_eq!(tracker.place(&header(1, 3)), Place::After(4));
    }

    #[test]
    fn frame_that_was_here_before_is_repeated_even_after_newer_ones() {
        let mut tracker = tracker_at(1, 100);
        assert_eq!(tracker.place(&header(1, 101)), Place::After(0));
        assert_eq!(tracker.place(&header(1, 100)), Place::Repeated);
        assert_eq!(tracker.place(&header(1, 101)), Place::Repeated);
        assert_eq!(tracker.place(&header(1, 102)), Place::After(0));
    }

    #[test]
    fn restart_counts_what_is_missing_in_the_new_boot_only() {
        let mut tracker = tracker_at(1, 5_000);
        let (old, missing) = (BootId::new(1), 3);
        assert_eq!(
            tracker.place(&header(2, 3)),
            Place::Restarted { old, missing }
        );
        assert_eq!(tracker.place(&header(1, 5_000)), Place::Repeated);
        assert_eq!(tracker.place(&header(2, 4)), Place::After(0));
    }

    #[test]
    fn board_that_draws_its_old_boot_id_again_is_still_heard() {
        let mut tracker = tracker_at(1, 5_000);
        let (old, missing) = (BootId::new(1), 0);
        assert_eq!(
            tracker.place(&header(1, 0)),
            Place::Restarted { old, missing }
        );
        for sequence in 1..=5_001 {
            assert_eq!(tracker.place(&header(1, sequence)), Place::After(0));
        }
    }

    #[test]
    fn board_that_comes_back_without_a_restart_is_heard_after_another_one() {
        let mut tracker = tracker_at(1, 100);
        assert!(matches!(
            tracker.place(&header(2, 0)),
            Place::Restarted { .. }
        ));
        assert!(matches!(
            tracker.place(&header(1, 101)),
            Place::Restarted { .. }
        ));
    }

    #[test]
    fn can_numbers_count_across_their_wrap_and_ignore_steps_back() {
        let mut numbers = CanNumbers::default();
        assert_eq!(numbers.take(u32::MAX - 3, 2), 0);
        assert_eq!(numbers.take(1, 5), 3);
        assert_eq!(numbers.take(0, 1), 0);
    }
}
