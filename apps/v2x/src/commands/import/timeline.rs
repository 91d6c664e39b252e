//! Stamps of recorded rows on one line of time that never runs backwards.
//!
//! The lines of a file are in the order of happening, their stamps not always: the prototype
//! stamped a row by the oldest frame in it, and its clock was set while it ran. So the order of
//! lines is kept, and the stamps give the time between them where they can.

use std::collections::HashSet;
use std::time::Duration;

use v2x_units::{Instant, Stamp, UtcTime};

/// A stamp so far behind is of the same setting of the clock, in a row of older frames.
const JITTER_US: i64 = 10_000_000;
/// The time between two rows of the prototype, taken where the clock was set between them.
const USUAL_INTERVAL: Duration = Duration::from_secs(5);
/// The time between two files whose stamps contradict each other: long enough that nothing goes
/// on from one to the other.
const UNKNOWN_TIME: Duration = Duration::from_secs(3600);

/// What a stamp turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placed {
    /// It follows the row above.
    InOrder(Stamp),
    /// It is behind the row above, with which the row is taken as simultaneous.
    Behind(Stamp),
    /// The clock was set back by so many seconds; the usual time is taken to have passed.
    ClockSetBack(Stamp, i64),
    /// An earlier file had a row of this stamp: the same row.
    Repeated,
}

/// Places the rows of one file after another.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    now: Instant,
    newest: Option<UtcTime>,
    is_new_file: bool,
    of_earlier_files: HashSet<i64>,
    of_this_file: HashSet<i64>,
}

impl Timeline {
    /// The rows of another file follow.
    pub(super) fn begin_file(&mut self) {
        self.is_new_file = true;
        self.of_earlier_files.extend(self.of_this_file.drain());
    }

    /// Places one row; `next` is the stamp of the row after it in the same file. The next row's
    /// stamp tells an old one, behind which time goes on as before, from a clock that was set.
    pub(super) fn place(&mut self, at: UtcTime, next: Option<UtcTime>) -> Placed {
        if self.of_earlier_files.contains(&at.as_micros()) {
            return Placed::Repeated;
        }
        let is_seen = !self.of_this_file.insert(at.as_micros());
        let is_first = std::mem::take(&mut self.is_new_file);
        let newest = *self.newest.get_or_insert(at);
        let goes_on = next.is_some_and(|next| next >= newest);
        let is_old = !is_first && (goes_on || is_seen && next.is_none());
        let passed = at.micros_since(newest);
        if passed < -JITTER_US && !is_old {
            self.newest = Some(at);
            self.now = self.now
                + if is_first {
                    UNKNOWN_TIME
                } else {
                    USUAL_INTERVAL
                };
            let stamp = self.stamp(at);
            return if is_first {
                Placed::InOrder(stamp)
            } else {
                Placed::ClockSetBack(stamp, -passed / 1_000_000)
            };
        }
        match u64::try_from(passed) {
            Ok(passed) => {
                self.newest = Some(at);
                self.now = self.now + Duration::from_micros(passed);
                Placed::InOrder(self.stamp(at))
            }
            Err(_) => Placed::Behind(self.stamp(newest)),
        }
    }

    fn stamp(&self, utc: UtcTime) -> Stamp {
        Stamp {
            instant: self.now,
            utc,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(second: i64) -> UtcTime {
        UtcTime::from_millis(second * 1000)
    }

    fn seconds(placed: Placed) -> (u64, i64) {
        match placed {
            Placed::InOrder(it) | Placed::Behind(it) | Placed::ClockSetBack(it, _) => (
                it.instant.as_micros() / 1_000_000,
                it.utc.as_millis() / 1000,
            ),
            Placed::Repeated => panic!("a repeated row has no place"),
        }
    }

    #[test]
    fn row_a_little_behind_is_taken_as_simultaneous_with_the_row_above() {
        let mut timeline = Timeline::default();
        timeline.begin_file();
        assert_eq!(seconds(timeline.place(utc(100), None)), (0, 100));
        let behind = timeline.place(utc(95), None);
        assert!(matches!(behind, Placed::Behind(_)));
        assert_eq!(seconds(behind), (0, 100));
        assert_eq!(seconds(timeline.place(utc(111), None)), (11, 111));
    }

    #[test]
    fn clock_set_back_within_a_file_keeps_the_rows_together() {
        let mut timeline = Timeline::default();
        timeline.begin_file();
        timeline.place(utc(1000), None);
        let set_back = timeline.place(utc(769), None);
        assert!(
            matches!(set_back, Placed::ClockSetBack(_, 231)),
            "{set_back:?}"
        );
        assert_eq!(seconds(set_back), (5, 769));
        assert_eq!(seconds(timeline.place(utc(775), None)), (11, 775));
    }

    #[test]
    fn old_stamp_among_newer_ones_is_no_clock_that_was_set() {
        let mut timeline = Timeline::default();
        timeline.begin_file();
        timeline.place(utc(1000), None);
        let old = timeline.place(utc(976), Some(utc(1007)));
        assert!(matches!(old, Placed::Behind(_)), "{old:?}");
        assert_eq!(seconds(timeline.place(utc(1007), None)), (7, 1007));
        let repeated_at_the_end = timeline.place(utc(976), None);
        assert!(matches!(repeated_at_the_end, Placed::Behind(_)));
    }

    #[test]
    fn next_file_goes_on_where_its_stamps_allow_and_an_hour_later_otherwise() {
        let mut timeline = Timeline::default();
        timeline.begin_file();
        timeline.place(utc(1000), None);
        timeline.begin_file();
        assert_eq!(seconds(timeline.place(utc(1030), None)), (30, 1030));
        timeline.begin_file();
        assert_eq!(seconds(timeline.place(utc(900), None)), (3630, 900));
    }

    #[test]
    fn stamp_of_an_earlier_file_is_the_same_row_and_of_the_same_file_is_not() {
        let mut timeline = Timeline::default();
        timeline.begin_file();
        timeline.place(utc(1000), None);
        assert!(matches!(
            timeline.place(utc(1000), None),
            Placed::InOrder(_)
        ));
        timeline.begin_file();
        assert_eq!(timeline.place(utc(1000), None), Placed::Repeated);
    }
}
