//! What is given up first when the disk is full, read-only or slow.
//!
//! | level | no longer written | when the room left is below |
//! |---|---|---|
//! | everything | | |
//! | no frame table | `can_data.csv`: it repeats the raw log | the reserve |
//! | no snapshot | and `can_data_snapshot.csv`: it repeats the end of the raw log | half of it |
//! | raw log alone | and `gps_data.csv`, `merged_can_data_*.csv`: the store has them | a quarter |
//!
//! A queue to the recorder that fills by a quarter, a half, three quarters says the same of a slow
//! disk, and each refusal of a disk takes one more level. The raw log itself is never given up.
//! The store has its own thread and its own ways; it does not come under this.

use std::time::Duration;

use v2x_units::Instant;

/// How long all must be well before one thing more is written again.
const CALM: Duration = Duration::from_secs(30);

/// How much is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Everything,
    NoFrameTable,
    NoSnapshot,
    RawLogAlone,
}

impl Level {
    /// What is not written at this level, in words.
    pub(super) const fn given_up(self) -> &'static str {
        match self {
            Self::Everything => "nothing",
            Self::NoFrameTable => "can_data.csv",
            Self::NoSnapshot => "can_data.csv and its snapshot",
            Self::RawLogAlone => "all tables; the raw log alone is still tried",
        }
    }

    const fn more(self) -> Self {
        match self {
            Self::Everything => Self::NoFrameTable,
            Self::NoFrameTable => Self::NoSnapshot,
            Self::NoSnapshot | Self::RawLogAlone => Self::RawLogAlone,
        }
    }

    const fn less(self) -> Self {
        match self {
            Self::RawLogAlone => Self::NoSnapshot,
            Self::NoSnapshot => Self::NoFrameTable,
            Self::NoFrameTable | Self::Everything => Self::Everything,
        }
    }
}

/// How the disk does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pressure {
    /// Bytes that are free; `None` when the system does not say.
    pub(super) free: Option<u64>,
    /// Batches that wait for the recorder, of so many that may.
    pub(super) waiting: (usize, usize),
    /// Whether the disk refused something since the last look.
    pub(super) refused: bool,
}

/// Decides how much is written.
#[derive(Debug)]
pub(super) struct Degradation {
    reserve: u64,
    level: Level,
    calm_since: Option<Instant>,
}

impl Degradation {
    /// Writes everything until it is told otherwise; `reserve` is in bytes.
    pub(super) const fn new(reserve: u64) -> Self {
        Self {
            reserve,
            level: Level::Everything,
            calm_since: None,
        }
    }

    /// How much is written now.
    pub(super) const fn level(&self) -> Level {
        self.level
    }

    /// Takes a look at the disk; gives the new level if it changed.
    pub(super) fn look(&mut self, now: Instant, pressure: &Pressure) -> Option<Level> {
        let before = self.level;
        let wanted = self.wanted(pressure);
        if pressure.refused {
            self.level = self.level.more();
        }
        self.level = self.level.max(wanted);
        if pressure.refused || wanted >= before {
            // At the best level there is nothing to wait for.
            self.calm_since = None;
        } else if now.since(*self.calm_since.get_or_insert(now)) >= CALM {
            self.level = self.level.less();
            self.calm_since = None;
        }
        (self.level != before).then_some(self.level)
    }

    fn wanted(&self, pressure: &Pressure) -> Level {
        let level = |is_worst: bool, is_bad: bool, is_poor: bool| match (is_worst, is_bad, is_poor)
        {
            (true, _, _) => Level::RawLogAlone,
            (_, true, _) => Level::NoSnapshot,
            (_, _, true) => Level::NoFrameTable,
            _ => Level::Everything,
        };
        let by_room = pressure.free.map_or(Level::Everything, |free| {
            level(
                free < self.reserve / 4,
                free < self.reserve / 2,
                free < self.reserve,
            )
        });
        let (waiting, most) = pressure.waiting;
        let by_queue = level(
            waiting > most / 4 * 3,
            waiting > most / 2,
            waiting > most / 4,
        );
        by_room.max(by_queue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: Pressure = Pressure {
        free: Some(10_000),
        waiting: (0, 100),
        refused: false,
    };

    fn at(seconds: u64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn tables_are_given_up_in_order_as_room_shrinks_and_come_back_one_by_one() {
        let mut degradation = Degradation::new(1000);
        let mut look = |second, free| {
            let free = Some(free);
            degradation.look(at(second), &Pressure { free, ..FINE })
        };
        assert_eq!(look(0, 1000), None);
        assert_eq!(look(1, 999), Some(Level::NoFrameTable));
        assert_eq!(look(2, 499), Some(Level::NoSnapshot));
        assert_eq!(look(3, 249), Some(Level::RawLogAlone));
        assert_eq!(look(4, 0), None, "said once");
        assert_eq!(look(5, 5000), None);
        assert_eq!(look(34, 5000), None);
        assert_eq!(look(35, 5000), Some(Level::NoSnapshot));
        assert_eq!(look(36, 5000), None);
        assert_eq!(look(66, 5000), Some(Level::NoFrameTable));
    }

    #[test]
    fn each_refusal_gives_up_one_more_and_the_raw_log_stays() {
        let mut degradation = Degradation::new(1000);
        let refused = Pressure {
            refused: true,
            ..FINE
        };
        let levels: Vec<_> = (0..5)
            .map(|second| degradation.look(at(second), &refused))
            .collect();
        assert_eq!(levels[0], Some(Level::NoFrameTable));
        assert_eq!(levels[2], Some(Level::RawLogAlone));
        assert_eq!(levels[4], None);
    }

    #[test]
    fn queue_that_fills_speaks_for_a_slow_disk() {
        let mut degradation = Degradation::new(1000);
        let slow = |waiting| Pressure {
            waiting: (waiting, 100),
            ..FINE
        };
        assert_eq!(degradation.look(at(0), &slow(25)), None);
        assert_eq!(
            degradation.look(at(1), &slow(26)),
            Some(Level::NoFrameTable)
        );
        assert_eq!(degradation.look(at(2), &slow(76)), Some(Level::RawLogAlone));
    }

    #[test]
    fn short_calm_does_not_bring_a_table_back() {
        let mut degradation = Degradation::new(1000);
        for second in 0..10 {
            let free = Some(if second % 2 == 0 { 900 } else { 1100 });
            degradation.look(at(second * 20), &Pressure { free, ..FINE });
            assert_eq!(degradation.level(), Level::NoFrameTable);
        }
    }
}
