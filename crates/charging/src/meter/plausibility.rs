//! The judge of a meter: one sample in, one verdict and the energy gained out.
//!
//! Not here: limits that need no sample before ([`super::limits`]) and the sums
//! ([`crate::ledger`]).
//!
//! A rise of the counter is believed as far as the power measured around it explains it. Each
//! measurement earns *credit*: the larger power of it and the one before, over the time between.
//! A counter of whole watt hours lags behind, and one that stood still catches up; so credit
//! stays until the counter moves. Each rise draws on it and leaves at most [`SLACK`], so an error
//! cannot hide behind a long honest session, and all that is ever believed is at most what the
//! power explains and one slack.
//!
//! A counter that fell or jumped is not followed at once. One more sample decides: either the
//! counter is back where it was and nothing was lost, or it goes on from the new place. After a
//! fall the little it shows has flowed since; after a jump the rise is doubtful.

use core::time::Duration;

use v2x_units::{Instant, Watts};

use super::verdict::{Judgement, Reason, Verdict};
use super::{MeterLimits, MeterSample};
use crate::Energy;

/// What a counter may show beyond the power's explanation: its step of 1 Wh on either side and
/// the second by which the meter's power and counter are refreshed apart (1 Wh at 3.6 kW).
pub const SLACK: Energy = Energy::from_watt_hours(3);

/// Power that must flow without a rise before the counter counts as frozen: with a step of 1 Wh
/// and half a percent of error, 5 Wh cannot pass unseen.
pub const FROZEN_AFTER: Energy = Energy::from_watt_hours(5);

/// Below this power the meter may rightly count nothing (it starts at 0.4 W).
const COUNTING_FROM: Watts = Watts::new(1.0);

/// Between samples further apart, power may have been off: it says nothing about freezing.
const STEADY_WITHIN: Duration = Duration::from_secs(10);

/// An older sample is no measurement of now.
pub const OLDEST: Duration = Duration::from_secs(10);

/// How far the clocks of a board and its reader may be apart.
const AHEAD: Duration = Duration::from_secs(1);

/// How long energy may have flowed unseen when nobody knows how long the outage was.
const UNKNOWN_OUTAGE: Duration = Duration::from_secs(24 * 3600);

/// Where the counter stood at the last sample that counted: what a restart needs to go on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Baseline {
    /// The counter.
    pub energy: Energy,
    /// The power measured with it; `None` when it was not.
    pub power: Option<Watts>,
}

/// A sample's counter and power, with its time.
#[derive(Debug, Clone, Copy)]
struct Point {
    energy: Energy,
    load: Load,
}

/// A power at an instant; `None` when it was not measured.
#[derive(Debug, Clone, Copy)]
struct Load {
    at: Instant,
    power: Option<Watts>,
}

/// Time without samples before the first one after a restart.
#[derive(Debug, Clone, Copy)]
struct Outage {
    /// How long power can be taken to have flowed as measured around it.
    explained: Duration,
    /// How long it can have flowed unseen at most.
    at_most: Duration,
}

impl Outage {
    const NONE: Self = Self {
        explained: Duration::ZERO,
        at_most: Duration::ZERO,
    };
}

/// The judge of one meter's samples.
#[derive(Debug, Clone)]
pub struct Plausibility {
    limits: MeterLimits,
    newest: Option<Instant>,
    /// The sample whose counter was last believed.
    last: Option<Point>,
    /// The last measurement, whether its counter was believed or not.
    measured: Option<Load>,
    outage: Outage,
    credit: Energy,
    unmoved: Energy,
    unconfirmed: Option<Odd>,
}

impl Plausibility {
    /// A judge that has seen nothing yet.
    #[must_use]
    pub const fn new(limits: MeterLimits) -> Self {
        Self {
            limits,
            newest: None,
            last: None,
            measured: None,
            outage: Outage::NONE,
            credit: SLACK,
            unmoved: Energy::ZERO,
            unconfirmed: None,
        }
    }

    /// A judge that goes on after a restart at `now` from where the counter stood before.
    ///
    /// With an outage of unknown length nothing that flowed in it is explained, so all of it is
    /// doubtful.
    #[must_use]
    pub const fn resume(
        limits: MeterLimits,
        now: Instant,
        baseline: Baseline,
        outage: Option<Duration>,
    ) -> Self {
        let outage = match outage {
            Some(length) => Outage {
                explained: length,
                at_most: length,
            },
            None => Outage {
                explained: Duration::ZERO,
                at_most: UNKNOWN_OUTAGE,
            },
        };
        let mut judge = Self::new(limits);
        let load = Load {
            at: now,
            power: baseline.power,
        };
        judge.measured = Some(load);
        judge.last = Some(Point {
            energy: baseline.energy,
            load,
        });
        judge.outage = outage;
        judge
    }

    /// Where the counter stands; `None` before the first sample that counted.
    #[must_use]
    pub fn baseline(&self) -> Option<Baseline> {
        self.last.map(|last| Baseline {
            energy: last.energy,
            power: last.load.power,
        })
    }

    /// Judges the next sample, which arrived at `now`.
    pub fn judge(&mut self, now: Instant, sample: &MeterSample) -> Judgement {
        if let Err(reason) = self.newer(now, sample.at) {
            return Judgement::without_energy(Verdict::Stale, reason);
        }
        self.newest = Some(sample.at);
        if let Err(reason) = self.limits.check(sample) {
            return Judgement::without_energy(Verdict::Impossible, reason);
        }
        let load = Load {
            at: sample.at,
            power: sample.power_or_apparent(),
        };
        if let Some(before) = self.measured.replace(load) {
            self.credit += self.explained(before, load, self.outage.explained);
            self.unmoved = self.flowed_unseen(before, load);
            self.outage.explained = Duration::ZERO;
        }
        let Some(energy) = sample.energy.and_then(Energy::measured) else {
            return Judgement::good(Energy::ZERO, None);
        };
        let point = Point { energy, load };
        let Some(last) = self.last else {
            self.last = Some(point);
            self.credit = SLACK;
            return Judgement::good(Energy::ZERO, None);
        };
        match self.rise(last.energy, point.energy) {
            Some(rise) if rise.amount <= self.credit => self.follow(point, rise),
            rise => self.doubt(last, point, rise.map(|rise| rise.amount)),
        }
    }

    /// Refuses a sample whose time has been seen, is too old, or is still to come.
    fn newer(&self, now: Instant, at: Instant) -> Result<(), Reason> {
        let ahead = at.since(now);
        if ahead > AHEAD {
            return Err(Reason::FromTheFuture { ahead });
        }
        if self.newest.is_some_and(|newest| at <= newest) {
            return Err(Reason::NotNewer);
        }
        let age = now.since(at);
        if age > OLDEST {
            return Err(Reason::TooOld { age });
        }
        Ok(())
    }

    /// The most that the power measured at both ends explains, with a tenth for its errors.
    fn explained(&self, from: Load, to: Load, outage: Duration) -> Energy {
        let slot = self.limits.slot_power_max;
        let (before, after) = (from.power.unwrap_or(slot), to.power.unwrap_or(slot));
        let power = if before > after { before } else { after };
        let time = to.at.since(from.at) + outage;
        Energy::of_power(power, time)
            .unwrap_or_default()
            .with_a_tenth()
    }

    /// By how much the counter rose, over its end when it can have been there; `None` if it fell.
    fn rise(&self, from: Energy, to: Energy) -> Option<Rise> {
        if let Some(amount) = to.checked_sub(from) {
            return Some(Rise {
                amount,
                wrapped: false,
            });
        }
        let to_end = self.limits.counter_end.saturating_sub(from);
        (to_end + to <= self.credit).then_some(Rise {
            amount: to_end + to,
            wrapped: true,
        })
    }

    /// Takes a plausible sample as the new baseline.
    fn follow(&mut self, to: Point, rise: Rise) -> Judgement {
        let recovered = self.unconfirmed.is_some();
        self.settle(to, rise.amount);
        if self.unmoved > FROZEN_AFTER {
            let expected = self.unmoved;
            return Judgement::without_energy(Verdict::Stale, Reason::Frozen { expected });
        }
        let reason = match (rise.wrapped, recovered) {
            (true, _) => Some(Reason::CounterWrapped),
            (false, true) => Some(Reason::CounterRecovered),
            (false, false) => None,
        };
        Judgement::good(rise.amount, reason)
    }

    /// What surely flowed since the counter last rose; starts anew when the power goes off.
    fn flowed_unseen(&self, from: Load, to: Load) -> Energy {
        let (Some(before), Some(after)) = (from.power, to.power) else {
            return self.unmoved;
        };
        let power = if before < after { before } else { after };
        if power < COUNTING_FROM {
            return Energy::ZERO;
        }
        let time = to.at.since(from.at);
        if time > STEADY_WITHIN {
            return self.unmoved;
        }
        self.unmoved + Energy::of_power(power, time).unwrap_or_default()
    }

    /// Makes a sample the baseline and draws what it brings from the credit.
    fn settle(&mut self, to: Point, gained: Energy) {
        if self.last.is_none_or(|last| last.energy != to.energy) {
            self.credit = self.credit.saturating_sub(gained).min(SLACK);
            self.unmoved = Energy::ZERO;
        }
        self.last = Some(to);
        self.unconfirmed = None;
        self.outage = Outage::NONE;
    }

    /// Handles a counter that fell (`rise` is `None`) or rose by more than is explained.
    fn doubt(&mut self, last: Point, to: Point, rise: Option<Energy>) -> Judgement {
        if let Some(odd) = self.unconfirmed
            && let Some(since) = to.energy.checked_sub(odd.point.energy)
            && since <= SLACK + self.explained(odd.point.load, to.load, Duration::ZERO)
        {
            return self.rebase(last, to, odd, since);
        }
        let (verdict, reason) = match rise {
            None => {
                let (from, to) = (last.energy, to.energy);
                (Verdict::Reset, Reason::CounterFell { from, to })
            }
            Some(rise) => {
                let explained = self.credit;
                (Verdict::Jump, Reason::CounterJumped { rise, explained })
            }
        };
        self.unconfirmed = Some(Odd { verdict, point: to });
        Judgement::without_energy(verdict, reason)
    }

    /// Goes on from the place that two samples agree on.
    ///
    /// The credit is not renewed: a counter that jumps again and again earns nothing by it.
    fn rebase(&mut self, last: Point, to: Point, odd: Odd, since: Energy) -> Judgement {
        // All that a counter shows after a reset has flowed since, if the power explains it.
        let after_reset = odd.verdict == Verdict::Reset && to.energy <= self.credit;
        let rise = if after_reset { to.energy } else { since };
        let gained = if rise <= self.credit {
            rise
        } else {
            Energy::ZERO
        };
        let unseen = odd.point.load.at.since(last.load.at) + self.outage.at_most;
        let possible = Energy::of_power(self.limits.slot_power_max, unseen).unwrap_or_default();
        let jumped = odd.point.energy.saturating_sub(last.energy);
        let doubtful = jumped.min(possible) + rise.saturating_sub(gained);
        self.settle(to, gained);
        Judgement {
            doubtful,
            ..Judgement::good(gained, Some(Reason::CounterRebased { doubtful }))
        }
    }
}

/// A counter that fell or jumped and waits for a second sample to agree.
#[derive(Debug, Clone, Copy)]
struct Odd {
    verdict: Verdict,
    point: Point,
}

/// A rise of the counter.
#[derive(Debug, Clone, Copy)]
struct Rise {
    amount: Energy,
    wrapped: bool,
}
