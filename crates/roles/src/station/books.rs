//! The books of a station: its tariffs, what a session costs so far, and its bill at the end.
//!
//! Prices are `tariff`'s. The cost so far is for eyes; the bill is made once, at the end, from all
//! records of the session.

use std::sync::Arc;

use v2x_charging::{EnergyLedger, SessionRecord};
use v2x_tariff::{Bill, Interval, Money, Pricing, PricingError, Tariff, Usage, price};
use v2x_units::{Instant, UtcTime};

/// The tariffs that a station offers; each id stands once.
#[derive(Debug, Clone, Default)]
pub struct Tariffs(Vec<Arc<Tariff>>);

impl Tariffs {
    /// Takes tariffs; of two with the same id the later one holds.
    #[must_use]
    pub fn new(tariffs: impl IntoIterator<Item = Tariff>) -> Self {
        let mut kept: Vec<Arc<Tariff>> = Vec::new();
        for tariff in tariffs {
            kept.retain(|other| other.id != tariff.id);
            kept.push(Arc::new(tariff));
        }
        Self(kept)
    }

    /// The tariff with an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<Tariff>> {
        self.0.iter().find(|tariff| tariff.id == id)
    }

    /// All ids, for a person to choose from.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|tariff| tariff.id.as_str())
    }
}

/// Why a session has no bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unbilled {
    /// Prices change with the time of day, and no clock was right while the session lasted.
    #[error(
        "the tariff has times of day and the clock was not known during the session; \
         price it by hand from its records"
    )]
    ClockUnknown,
    /// No slot can have delivered it.
    #[error(transparent)]
    Pricing(#[from] PricingError),
}

/// The bill of a session from all its records, in the order of their `seq`.
///
/// # Errors
/// Says why there is none; the session's records stay, and a person can price it.
pub fn settle(tariff: &Tariff, records: &[SessionRecord]) -> Result<Bill, Unbilled> {
    let started = records.iter().rev().find_map(|record| record.started);
    let started = start_for(tariff, started).ok_or(Unbilled::ClockUnknown)?;
    Ok(price(tariff, started, records)?)
}

/// The moment from which prices are looked up; any will do where they never change.
fn start_for(tariff: &Tariff, started: Option<UtcTime>) -> Option<UtcTime> {
    let any = tariff.periods.is_empty().then_some(UtcTime::from_micros(0));
    started.or(any)
}

/// What an open session costs so far.
#[derive(Debug, Clone)]
pub struct RunningCost {
    pricing: Pricing<Arc<Tariff>>,
    last: Option<(SessionRecord, Instant)>,
    /// Something could not be priced: then no cost is shown rather than a wrong one.
    is_unknown: bool,
}

impl RunningCost {
    /// The cost of a session that has just started.
    #[must_use]
    pub fn new(tariff: Arc<Tariff>) -> Self {
        Self {
            pricing: Pricing::new(tariff),
            last: None,
            is_unknown: false,
        }
    }

    /// Adds the next record of the session, taken up at `now`.
    pub fn record(&mut self, tariff: &Tariff, now: Instant, record: &SessionRecord) {
        let interval = start_for(tariff, record.started).and_then(|started| {
            let (from, energy, usage) = match &self.last {
                None => (started, record.energy.plausible, Usage::Charging),
                Some((last, _)) => (
                    started + last.elapsed,
                    (record.energy.plausible).saturating_sub(last.energy.plausible),
                    Usage::after(last),
                ),
            };
            let to = if self.last.is_none() {
                started
            } else {
                started + record.elapsed
            };
            Interval::new(from, to, energy, usage).ok()
        });
        match interval {
            Some(interval) => self.pricing.add(&interval),
            None => self.is_unknown = true,
        }
        self.last = Some((*record, now));
    }

    /// The cost at `now`, with the energy that has flowed by then; `None` when it is not known.
    #[must_use]
    pub fn so_far(&self, tariff: &Tariff, now: Instant, energy: &EnergyLedger) -> Option<Money> {
        let (last, taken_up) = self.last.as_ref().filter(|_| !self.is_unknown)?;
        let started = start_for(tariff, last.started)? + last.elapsed;
        let gained = energy.plausible.saturating_sub(last.energy.plausible);
        let end = started + now.since(*taken_up);
        let mut pricing = self.pricing.clone();
        pricing.add(&Interval::new(started, end, gained, Usage::after(last)).ok()?);
        Some(pricing.bill().ok()?.total)
    }
}
