//! A tariff as a schedule for a slot controller: its steps of the next days, and what it offers.
//!
//! Not here: the bill, which is what is paid (`v2x_tariff`). A board has no coins: a bill that is
//! rounded to some differs from what it tells by that rounding.

use rust_decimal::Decimal;
use v2x_proto::link::message::{PriceSchedule, PriceStep};
use v2x_proto::v2g::message::Response;
use v2x_roles::station::{SlotSetup, StationSetup};
use v2x_tariff::{Prices, Tariff};
use v2x_units::UtcTime;

use super::v2g::offer;

/// Prices travel in 10^-6 of the currency.
const DECIMALS: u32 = 6;

/// What a controller is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schedule {
    offer: Vec<u8>,
    currency: [u8; 3],
    decimals: u8,
    session_fee: i64,
    idle_per_minute: i64,
    idle_grace: u32,
    steps: Vec<u8>,
}

impl Schedule {
    /// The schedule of a slot; `None` while a tariff with times of day waits for the clock, or has
    /// amounts that no field can hold.
    pub(super) fn of(
        setup: &StationSetup,
        slot: &SlotSetup,
        tariff: &Tariff,
        now: Option<UtcTime>,
    ) -> Option<Self> {
        let settings = offer::settings(setup, slot, tariff, slot.energy_limit);
        let mut offer = settings.offer;
        // It changes with the hour; the steps have it.
        offer.price_per_kwh = None;
        let idle = tariff.idle;
        Some(Self {
            offer: Response::from(offer).emit().ok()?.to_vec(),
            currency: tariff.currency.code().as_bytes().try_into().ok()?,
            decimals: u8::try_from(tariff.currency.decimals()).ok()?,
            session_fee: millionths(tariff.session_fee)?,
            idle_per_minute: idle.map_or(Some(0), |idle| millionths(idle.per_minute))?,
            idle_grace: match idle {
                Some(idle) => u32::try_from(idle.grace.as_secs()).ok()?,
                None => 0,
            },
            steps: steps(tariff, now)?,
        })
    }

    /// As a message of the link.
    pub(super) fn message(&self) -> PriceSchedule<'_> {
        PriceSchedule {
            offer: &self.offer,
            currency: self.currency,
            decimals: self.decimals,
            complete: true,
            session_fee: self.session_fee,
            idle_per_minute: self.idle_per_minute,
            idle_grace: self.idle_grace,
            steps: &self.steps,
        }
    }
}

/// The price that holds now, since always, and those that follow.
fn steps(tariff: &Tariff, now: Option<UtcTime>) -> Option<Vec<u8>> {
    if tariff.periods.is_empty() {
        return Some(step(0, tariff.base)?.bytes().to_vec());
    }
    let (mut from, mut at) = (0, now?);
    let mut steps = Vec::new();
    for _ in 0..PriceSchedule::STEPS_MAX {
        let (period, until) = tariff.week.at(at);
        let period = period.and_then(|period| tariff.periods.get(period));
        let prices = period.map_or(tariff.base, |period| period.prices);
        steps.extend(step(from, prices)?.bytes());
        let second = until.as_micros().div_euclid(1_000_000);
        let Ok(second) = u32::try_from(second) else {
            break;
        };
        (from, at) = (second, until);
    }
    Some(steps)
}

fn step(from: u32, prices: Prices) -> Option<PriceStep> {
    Some(PriceStep {
        from,
        per_kwh: millionths(prices.per_kwh)?,
        per_minute: millionths(prices.per_minute)?,
    })
}

fn millionths(amount: Decimal) -> Option<i64> {
    let scaled = amount
        .round_dp(DECIMALS)
        .checked_mul(Decimal::new(1_000_000, 0))?;
    i64::try_from(scaled.trunc()).ok()
}

#[cfg(test)]
mod tests;
