//! When a frame was captured, on this computer's clock, from the time that its board gave it.
//!
//! How far the two clocks are apart, and by how much that may be wrong, is told by
//! [`BoardClock`]; UTC is what [`crate::clock::Clock`] makes of this computer's. Frames of a batch
//! keep their true spacing instead of all getting the moment at which their bytes were read, and
//! stamps never run backwards: where an early arrival shows that the stamps before it were late,
//! those after it are moved on for a while, and where that is not enough the last stamp is
//! repeated. A board without a clock, or of the prototype, is dated by arrival.

use std::time::Duration;

use v2x_roles::timekeeping::BoardClock;
use v2x_units::{BootId, Instant, Stamp};

/// A moment on the clock of a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BoardTime {
    /// The boot during which the clock counts.
    pub(crate) boot: BootId,
    /// Since that boot.
    pub(crate) at: Instant,
    /// By how much its place on this computer's clock may be wrong.
    pub(crate) error: Duration,
}

/// The most by which stamps are shifted to keep them in order: what a busy computer delays a read.
const SHIFT_MAX: i64 = 100_000;

/// Maps the clock of one board to this computer's, arrival by arrival.
#[derive(Debug, Default)]
pub(super) struct ArrivalClock {
    board: BoardClock,
    /// Of the last arrival: microseconds from the board's clock to this computer's, and by how much
    /// they may be wrong. One for all of it, so that the spacing within it is the board's.
    distance: Option<(i64, Duration)>,
    /// The newest stamp that was given.
    last: Instant,
}

impl ArrivalClock {
    /// Takes note of bytes that arrived together: `newest` is the latest time of the board in them,
    /// `first` that of the first frame, if there is one, whose stamp must keep the order.
    pub(super) fn arrived(
        &mut self,
        at: Stamp,
        boot: BootId,
        first: Option<Instant>,
        newest: Instant,
    ) {
        self.board.arrived(boot, newest, at.instant);
        self.distance = self.board.distance(boot, newest).map(|(distance, error)| {
            let behind = first.map(|first| signed(self.last) - (signed(first) + distance));
            let shift = behind.filter(|behind| (0..=SHIFT_MAX).contains(behind));
            let shift = shift.unwrap_or_default();
            let shifted = Duration::from_micros(shift.unsigned_abs());
            (distance + shift, error + shifted)
        });
    }

    /// When something was captured that arrived last, at `arrival`, and by how much that may be
    /// wrong.
    pub(super) fn captured(&self, arrival: Stamp, at: Instant) -> (Stamp, Duration) {
        let Some((distance, error)) = self.distance else {
            return (arrival, BoardClock::ERROR_MAX);
        };
        let micros = u64::try_from(signed(at) + distance).unwrap_or(0);
        (moved_to(arrival, Instant::from_micros(micros)), error)
    }

    /// The stamp of the next frame: the given one, or the last where that is newer.
    pub(super) fn in_order(&mut self, stamp: Stamp) -> Stamp {
        self.last = self.last.max(stamp.instant);
        moved_to(stamp, self.last)
    }
}

/// The stamp of a moment so long ago.
pub(super) fn earlier(stamp: Stamp, by: Duration) -> Stamp {
    let by = u64::try_from(by.as_micros()).unwrap_or(u64::MAX);
    let micros = stamp.instant.as_micros().saturating_sub(by);
    moved_to(stamp, Instant::from_micros(micros))
}

/// The stamp of another instant, on the same two clocks.
fn moved_to(stamp: Stamp, instant: Instant) -> Stamp {
    let ahead = instant.since(stamp.instant);
    let behind = stamp.instant.since(instant);
    let utc = stamp.utc + ahead - behind;
    Stamp { instant, utc }
}

/// Microseconds since boot, with a sign to subtract. A board that claims more than 36,000 years is
/// taken at that, so that sums of three fit.
fn signed(instant: Instant) -> i64 {
    const LIMIT: i64 = 1 << 60;
    i64::try_from(instant.as_micros()).map_or(LIMIT, |micros| micros.min(LIMIT))
}

#[cfg(test)]
mod tests {
    use v2x_units::UtcTime;

    use super::*;

    const BOOT: BootId = BootId::new(1);

    fn host(micros: u64) -> Stamp {
        Stamp {
            instant: Instant::from_micros(micros),
            utc: UtcTime::from_millis(1_756_396_582_000) + Duration::from_micros(micros),
        }
    }

    /// Lets captures arrive together and gives their stamps in microseconds.
    fn arrive(clock: &mut ArrivalClock, at: u64, boot: BootId, captures: &[u64]) -> Vec<u64> {
        let instants = captures.iter().copied().map(Instant::from_micros);
        let first = instants.clone().min().unwrap();
        let newest = instants.clone().max().unwrap();
        clock.arrived(host(at), boot, Some(first), newest);
        instants
            .map(|captured| {
                let (stamp, error) = clock.captured(host(at), captured);
                assert!(error <= Duration::from_millis(201), "{error:?}");
                let stamp = clock.in_order(stamp);
                assert_eq!(stamp, host(stamp.instant.as_micros()), "both clocks agree");
                stamp.instant.as_micros()
            })
            .collect()
    }

    #[test]
    fn frames_of_one_arrival_keep_the_spacing_of_the_board() {
        let mut clock = ArrivalClock::default();
        let stamps = arrive(&mut clock, 50_000, BOOT, &[1_000, 1_222, 5_000]);
        assert_eq!(stamps, [46_000, 46_222, 50_000]);
    }

    #[test]
    fn late_arrival_does_not_move_frames_that_were_captured_on_time() {
        let mut clock = ArrivalClock::default();
        assert_eq!(arrive(&mut clock, 50_000, BOOT, &[1_000]), [50_000]);
        // Read 30 ms late: 100 ppm of the time between is all that the distance may grow.
        assert_eq!(arrive(&mut clock, 90_000, BOOT, &[11_000]), [60_001]);
    }

    #[test]
    fn early_arrival_after_late_one_keeps_order_and_spacing() {
        let mut clock = ArrivalClock::default();
        assert_eq!(
            arrive(&mut clock, 50_000, BOOT, &[1_000, 2_000]),
            [49_000, 50_000]
        );
        // 3 ms less late: alone it would begin before the frames above.
        let stamps = arrive(&mut clock, 50_500, BOOT, &[2_200, 5_500]);
        assert_eq!(stamps, [50_000, 53_300]);
        // The shift is taken back as fast as the order allows.
        assert_eq!(arrive(&mut clock, 56_000, BOOT, &[11_000]), [56_000]);
    }

    #[test]
    fn other_boot_begins_anew_and_never_runs_backwards() {
        let mut clock = ArrivalClock::default();
        assert_eq!(arrive(&mut clock, 50_000, BOOT, &[900_000]), [50_000]);
        let stamps = arrive(&mut clock, 60_000, BootId::new(2), &[100, 400]);
        assert_eq!(stamps, [59_700, 60_000]);
        let stamps = arrive(&mut clock, 60_100, BootId::new(3), &[0, 9_000_000]);
        assert!(stamps.is_sorted() && stamps[0] >= 60_000, "{stamps:?}");
    }

    #[test]
    fn clock_of_the_board_that_jumps_back_does_not_date_frames_ahead() {
        let mut clock = ArrivalClock::default();
        assert_eq!(arrive(&mut clock, 50_000, BOOT, &[90_000_000]), [50_000]);
        assert_eq!(arrive(&mut clock, 60_000, BOOT, &[1_000]), [60_000]);
    }

    #[test]
    fn moment_before_this_computer_started_is_its_start() {
        assert_eq!(
            earlier(host(5), Duration::from_secs(1)).instant,
            Instant::BOOT
        );
        assert_eq!(earlier(host(5_000), Duration::from_millis(2)), host(3_000));
    }
}
