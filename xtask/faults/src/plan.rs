//! What is done to a daemon in one run, drawn from its seed.

use std::time::Duration;

use crate::board::Line;
use crate::chance::Chance;

/// A year, in seconds.
const YEAR_S: u64 = 31_557_600;

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// SIGKILL, and a new start after a while.
    Kill { away: Duration },
    /// SIGKILL, and SIGKILL again so soon after the new start.
    KillAtStart { after: Duration },
    /// SIGTERM, and a new start.
    Restart,
    /// Every connection breaks, and new ones do so for a while.
    CutBroker { mend_after: Duration },
    /// The connection breaks after so many bytes.
    CutInMessage { bytes: u64, mend_after: Duration },
    /// The server closes the connection on every message for a while.
    Refuse { mend_after: Duration },
    /// The disk has no room for a while.
    FillDisk { mend_after: Duration },
    /// The port goes away for a while; the board may start anew with it.
    Unplug { mend_after: Duration, reboots: bool },
    /// The system clock is set.
    SetClock { shift_s: i64 },
    /// The bus is silent for a while.
    Silence { mend_after: Duration },
}

/// What holds for a whole run.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) line: Line,
    /// Whether the broker is a ThingsBoard that refuses.
    pub(crate) thingsboard: bool,
    /// Whether nobody vouches for the clock until the end, and it is set back and forth.
    pub(crate) wrong_clock: bool,
    /// The first setting of the clock.
    pub(crate) shift_s: i64,
    /// Each fault and how long after the one before it.
    pub(crate) faults: Vec<(Duration, Fault)>,
}

impl Plan {
    /// Draws a run.
    pub(crate) fn draw(chance: &mut Chance, can_fill: bool) -> Self {
        let line = chance.one_of(&[Line::Noisy, Line::Noisy, Line::Framed, Line::Text]);
        let thingsboard = chance.percent(40);
        let wrong_clock = chance.percent(30);
        let shift_s = if wrong_clock { shift(chance) } else { 0 };
        let count = chance.within(3..7);
        let faults = (0..count).map(|_| {
            let after = chance.millis(50..900);
            let fault = match chance.within(0..100) {
                0..20 if thingsboard => Fault::Refuse {
                    mend_after: chance.millis(100..1_500),
                },
                20..40 if wrong_clock => Fault::SetClock {
                    shift_s: shift(chance),
                },
                40..52 if can_fill => Fault::FillDisk {
                    mend_after: chance.millis(100..1_500),
                },
                _ => fault(chance),
            };
            (after, fault)
        });
        let faults = faults.collect();
        Self {
            line,
            thingsboard,
            wrong_clock,
            shift_s,
            faults,
        }
    }
}

/// Years back or forth.
fn shift(chance: &mut Chance) -> i64 {
    let years = i64::try_from(chance.within(1..15) * YEAR_S).unwrap_or(0);
    if chance.percent(50) { years } else { -years }
}

/// What can happen to every daemon.
fn fault(chance: &mut Chance) -> Fault {
    let mend_after = chance.millis(100..1_500);
    match chance.within(0..11) {
        0..=3 => Fault::Kill {
            away: chance.millis(0..300),
        },
        4 => Fault::KillAtStart {
            after: chance.millis(0..400),
        },
        5 => Fault::Restart,
        6 => Fault::CutBroker { mend_after },
        7 => Fault::CutInMessage {
            bytes: chance.within(50..4_000),
            mend_after,
        },
        8 | 9 => Fault::Unplug {
            mend_after,
            reboots: chance.percent(50),
        },
        _ => Fault::Silence { mend_after },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_draws_the_same_run_and_another_seed_another() {
        let draw = |seed| Plan::draw(&mut Chance::new(seed), true).faults;
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }
}
