//! A tariff as a schedule for a slot controller: its steps of the next days, and what it offers.
//!
//! Not here: the bill, which has everything (`v2x_tariff`). Prices by the minute and fees for
//! staying have no room on a board: then the schedule is called incomplete, and cars are told no
//! cost.

use rust_decimal::Decimal;
use v2x_proto::link::message::PriceSchedule;
use v2x_proto::v2g::message::Response;
use v2x_roles::station::v2g::offer;
use v2x_roles::station::{SlotSetup, StationSetup};
use v2x_tariff::Tariff;
use v2x_units::UtcTime;

/// Prices travel in 10^-6 of the currency.
const DECIMALS: u32 = 6;

/// What a controller is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schedule {
    offer: Vec<u8>,
    currency: [u8; 3],
    decimals: u8,
    complete: bool,
    session_fee: i64,
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
        let prices = tariff.periods.iter().map(|period| period.prices);
        let mut prices = prices.chain([tariff.base]);
        let by_the_minute = prices.any(|prices| !prices.per_minute.is_zero());
        Some(Self {
            offer: Response::from(offer).emit().ok()?.to_vec(),
            currency: tariff.currency.code().as_bytes().try_into().ok()?,
            decimals: u8::try_from(tariff.currency.decimals()).ok()?,
            complete: !by_the_minute && tariff.idle.is_none(),
            session_fee: millionths(tariff.session_fee)?,
            steps: steps(tariff, now)?,
        })
    }

    /// As a message of the link.
    pub(super) fn message(&self) -> PriceSchedule<'_> {
        PriceSchedule {
            offer: &self.offer,
            currency: self.currency,
            decimals: self.decimals,
            complete: self.complete,
            session_fee: self.session_fee,
            steps: &self.steps,
        }
    }
}

/// The price that holds now, since always, and those that follow.
fn steps(tariff: &Tariff, now: Option<UtcTime>) -> Option<Vec<u8>> {
    if tariff.periods.is_empty() {
        return Some(PriceSchedule::step(0, millionths(tariff.base.per_kwh)?).to_vec());
    }
    let (mut from, mut at) = (0, now?);
    let mut steps = Vec::new();
    for _ in 0..PriceSchedule::STEPS_MAX {
        let (period, until) = tariff.week.at(at);
        let period = period.and_then(|period| tariff.periods.get(period));
        let price = period.map_or(tariff.base, |period| period.prices).per_kwh;
        steps.extend(PriceSchedule::step(from, millionths(price)?));
        let second = until.as_micros().div_euclid(1_000_000);
        let Ok(second) = u32::try_from(second) else {
            break;
        };
        (from, at) = (second, until);
    }
    Some(steps)
}

fn millionths(amount: Decimal) -> Option<i64> {
    let scaled = amount
        .round_dp(DECIMALS)
        .checked_mul(Decimal::new(1_000_000, 0))?;
    i64::try_from(scaled.trunc()).ok()
}

#[cfg(test)]
mod tests {
    use v2x_charging::{MeterLimits, SlotConfig};
    use v2x_roles::station::{PortId, Sessions, SlotNumber};
    use v2x_tariff::parse_tariffs;

    use super::*;

    fn schedule(tariff: &str, now: Option<UtcTime>) -> Option<Schedule> {
        let slot = SlotSetup {
            number: SlotNumber::new(1).unwrap(),
            name: "Yard 1".to_owned(),
            port: PortId(0),
            sessions: Sessions::Controller,
            energy_limit: None,
            config: SlotConfig::ev(),
            limits: MeterLimits::pzem_004t_100a(),
            tariff: "day".to_owned(),
            plug: String::new(),
        };
        let setup = StationSetup {
            name: "Yard".to_owned(),
            position: None,
            time_zone: "UTC".to_owned(),
            fast_charge: false,
            slots: vec![slot.clone()],
        };
        let head = "[[tariff]]\nid = \"day\"\nversion = \"1\"\ncurrency = \"MAD\"\n";
        let tariffs = parse_tariffs("tariffs.toml", &format!("{head}{tariff}")).unwrap();
        Schedule::of(&setup, &slot, &tariffs[0], now)
    }

    #[test]
    fn flat_price_is_one_step_that_holds_always() {
        let schedule = schedule("per_kwh = 1.50\n", None).unwrap();
        let message = schedule.message();
        let steps: Vec<_> = message.steps().collect();
        assert_eq!(steps, [(0, 1_500_000)]);
        assert!(message.complete);
        assert_eq!((&message.currency, message.decimals), (b"MAD", 2));
    }

    #[test]
    fn price_by_the_minute_makes_the_schedule_incomplete() {
        let schedule = schedule("per_kwh = 1.50\nper_minute = 0.1\n", None).unwrap();
        assert!(!schedule.message().complete);
    }
}
