//! From the intervals of a session to its bill.
//!
//! Not here: prices and when they hold ([`crate::tariff`], [`crate::week`]), and how the amounts
//! become lines ([`crate::bill`]).
//!
//! Quantities are added up as whole numbers, milliwatt hours and microseconds, per price. So it
//! makes no difference where an interval is cut: the parts add up to the same numbers, and money
//! comes in only at the end, where it is rounded once. Energy is spread evenly over its interval,
//! and each whole milliwatt hour counts at the moment it is complete.

use std::borrow::Borrow;
use std::time::Duration;

use v2x_charging::{Energy, SessionRecord, SlotState};
use v2x_units::UtcTime;

use crate::bill::{self, Bill, Quantities};
use crate::tariff::Tariff;

/// The longest interval and session: 1000 days, which keeps every amount within 28 digits.
pub const LONGEST: Duration = Duration::from_secs(1000 * 24 * 3600);

/// The most energy of a session: 1 GWh, for the same reason.
pub const LARGEST: Energy = Energy::from_watt_hours(1_000_000_000);

/// How the slot is used in an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// The vehicle charges: energy and time are charged for.
    Charging,
    /// The vehicle stays plugged in and draws nothing: the idle fee holds after its grace.
    Idle,
    /// The station has interrupted the session or cannot see it: time costs nothing.
    Interrupted,
}

impl Usage {
    /// The use of a slot from a record of its session on.
    ///
    /// Without a plug detector nobody knows whether a vehicle that draws nothing is still there,
    /// so that time is not charged for.
    #[must_use]
    pub fn after(record: &SessionRecord) -> Self {
        match (record.state, record.plugged) {
            (SlotState::Charging, _) => Self::Charging,
            (SlotState::SuspendedEv, Some(true)) => Self::Idle,
            _ => Self::Interrupted,
        }
    }
}

/// A part of a session with one use: when, how much, what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// The whole interval that was measured.
    measured: (UtcTime, UtcTime),
    energy: Energy,
    usage: Usage,
    /// The part of it that this is.
    part: (UtcTime, UtcTime),
}

/// An interval that ends before it begins, or is longer than 1000 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an interval from {from} to {to}; it must end after it begins and within 1000 days")]
pub struct IntervalError {
    /// Where it begins.
    pub from: UtcTime,
    /// Where it ends.
    pub to: UtcTime,
}

impl Interval {
    /// An interval in which an energy flowed evenly.
    ///
    /// # Errors
    /// Refuses an interval that ends before it begins or is longer than [`LONGEST`].
    pub fn new(
        from: UtcTime,
        to: UtcTime,
        energy: Energy,
        usage: Usage,
    ) -> Result<Self, IntervalError> {
        if to < from || u128::from(micros(from, to)) > LONGEST.as_micros() {
            return Err(IntervalError { from, to });
        }
        Ok(Self {
            measured: (from, to),
            energy,
            usage,
            part: (from, to),
        })
    }

    /// Where it begins.
    #[must_use]
    pub const fn from(&self) -> UtcTime {
        self.part.0
    }

    /// Where it ends.
    #[must_use]
    pub const fn to(&self) -> UtcTime {
        self.part.1
    }

    /// Cuts it at a moment; each part keeps the energy that had flowed by then.
    ///
    /// `None` in place of a part that would be empty.
    #[must_use]
    pub fn split_at(self, moment: UtcTime) -> (Option<Self>, Option<Self>) {
        let (from, to) = self.part;
        if moment <= from && moment < to {
            return (None, Some(self));
        }
        if moment >= to {
            return (Some(self), None);
        }
        let part = |part| Some(Self { part, ..self });
        (part((from, moment)), part((moment, to)))
    }

    /// Milliwatt hours complete by a moment of the interval.
    fn complete_by(&self, moment: UtcTime) -> u128 {
        let energy = u128::from(self.energy.milliwatt_hours());
        let (from, to) = self.measured;
        match micros(from, to) {
            // A reading without a length brings all its energy at once.
            0 => energy,
            length => energy * u128::from(micros(from, moment)) / u128::from(length),
        }
    }

    /// Milliwatt hours that become complete between two moments of the part.
    fn energy_between(&self, from: UtcTime, to: UtcTime) -> u128 {
        if self.measured.0 == self.measured.1 {
            return self.complete_by(to);
        }
        self.complete_by(to) - self.complete_by(from)
    }
}

/// Microseconds from one moment to a later one, 0 when it is earlier.
fn micros(from: UtcTime, to: UtcTime) -> u64 {
    u64::try_from(to.micros_since(from)).unwrap_or(0)
}

/// Why a session cannot be priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PricingError {
    /// More than any slot delivers.
    #[error("the session has more than {LARGEST} or 1000 days; look at its records")]
    TooLarge,
}

/// The bill of a session, from its records in the order of their `seq`.
///
/// Lengths are those of the clock that cannot jump; `started` says where they lie in UTC. What
/// flowed before the first record, while it was not yet certain that a session starts, counts at
/// the start. While the session is open, this is its bill so far.
///
/// # Errors
/// Refuses a session that no slot can have delivered.
pub fn price(
    tariff: &Tariff,
    started: UtcTime,
    records: &[SessionRecord],
) -> Result<Bill, PricingError> {
    let mut pricing = Pricing::new(tariff);
    let mut add = |from, to, energy, usage| {
        let interval = Interval::new(from, to, energy, usage);
        interval
            .map(|interval| pricing.add(&interval))
            .map_err(|_| PricingError::TooLarge)
    };
    if let Some(first) = records.first() {
        add(started, started, first.energy.plausible, Usage::Charging)?;
    }
    for (before, after) in records.iter().zip(records.iter().skip(1)) {
        let (from, to) = (started + before.elapsed, started + after.elapsed);
        let energy = after
            .energy
            .plausible
            .saturating_sub(before.energy.plausible);
        add(from, to, energy, Usage::after(before))?;
    }
    pricing.bill()
}

/// Adds up a session under a tariff, borrowed or shared.
#[derive(Debug, Clone)]
pub struct Pricing<T> {
    tariff: T,
    quantities: Quantities,
    /// How long the vehicle has drawn nothing, in this stretch.
    idle_run: u128,
    /// The price found last, and the moments between which it holds.
    holds: Option<(UtcTime, UtcTime, usize)>,
}

impl<T: Borrow<Tariff>> Pricing<T> {
    /// A session that has just started.
    #[must_use]
    pub fn new(tariff: T) -> Self {
        let prices = tariff.borrow().periods.len() + 1;
        Self {
            tariff,
            quantities: Quantities::new(prices),
            idle_run: 0,
            holds: None,
        }
    }

    /// Adds the next interval of the session, in the order in which they came.
    pub fn add(&mut self, interval: &Interval) {
        let (mut from, end) = interval.part;
        loop {
            let (price, until) = self.price_at(from);
            let to = until.min(end);
            let of_price = &mut self.quantities.of_price[price];
            of_price.milliwatt_hours += interval.energy_between(from, to);
            if interval.usage == Usage::Charging {
                of_price.charging_micros += u128::from(micros(from, to));
            }
            if to >= end {
                break;
            }
            from = to;
        }
        match interval.usage {
            Usage::Charging => self.idle_run = 0,
            Usage::Idle => self.add_idle(u128::from(micros(interval.part.0, end))),
            Usage::Interrupted => {}
        }
    }

    /// The bill of what has been added so far; final when the session has ended.
    ///
    /// # Errors
    /// Refuses a session that no slot can have delivered.
    pub fn bill(&self) -> Result<Bill, PricingError> {
        let quantities = &self.quantities;
        let of_price = || quantities.of_price.iter();
        let energy: u128 = of_price().map(|of| of.milliwatt_hours).sum();
        let charging: u128 = of_price().map(|of| of.charging_micros).sum();
        if energy > u128::from(LARGEST.milliwatt_hours())
            || charging + quantities.idle_micros > LONGEST.as_micros()
        {
            return Err(PricingError::TooLarge);
        }
        Ok(bill::make(self.tariff.borrow(), quantities))
    }

    /// Adds idle time: what of this stretch lies beyond the grace.
    fn add_idle(&mut self, time: u128) {
        let grace = self
            .tariff
            .borrow()
            .idle
            .map_or(0, |idle| idle.grace.as_micros());
        let before = self.idle_run.saturating_sub(grace);
        self.idle_run += time;
        self.quantities.idle_micros += self.idle_run.saturating_sub(grace) - before;
    }

    /// The place of the price that holds, 0 for the base, and until when at least.
    fn price_at(&mut self, moment: UtcTime) -> (usize, UtcTime) {
        if let Some((from, until, price)) = self.holds
            && (from..until).contains(&moment)
        {
            return (price, until);
        }
        let (period, until) = self.tariff.borrow().week.at(moment);
        let price = period.map_or(0, |period| period + 1);
        self.holds = Some((moment, until, price));
        (price, until)
    }
}
