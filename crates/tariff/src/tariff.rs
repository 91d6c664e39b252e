//! What a tariff is: prices, when they hold, and how the total is rounded.
//!
//! Not here: the file they come from ([`crate::tariffs_toml`]) and their use
//! ([`crate::pricing`]).

use std::time::Duration;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::money::{Currency, Rounding};
use crate::week::Week;

/// The most decimals a price may have: keeps every product exact in 28 digits.
pub const PRICE_DECIMALS: u32 = 6;

/// A price must be below this, for the same reason.
pub const PRICE_BELOW: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

/// Prices of energy and of the time in which it flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prices {
    /// Per kilowatt hour.
    pub per_kwh: Decimal,
    /// Per minute of charging.
    pub per_minute: Decimal,
}

/// Prices that hold in a part of the week, in place of the base prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// What the bill calls it.
    pub name: String,
    /// Its prices.
    pub prices: Prices,
}

/// The fee for a vehicle that stays plugged in without charging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Idle {
    /// Per minute, after the grace time.
    pub per_minute: Decimal,
    /// Each stretch without current is free for so long.
    pub grace: Duration,
}

/// A tariff in one version; the version is kept with every bill.
#[derive(Debug, Clone, PartialEq)]
pub struct Tariff {
    /// What configuration calls it.
    pub id: String,
    /// Which version of it: changes whenever a price does.
    pub version: String,
    /// The currency of all its prices.
    pub currency: Currency,
    /// Paid once per session.
    pub session_fee: Decimal,
    /// What holds outside the periods.
    pub base: Prices,
    /// The periods that [`Week`] points at.
    pub periods: Vec<Period>,
    /// When each period holds, in the station's time zone.
    pub week: Week,
    /// The fee for staying plugged in, if there is one.
    pub idle: Option<Idle>,
    /// How the total is rounded.
    pub rounding: Rounding,
}

impl Tariff {
    /// The simplest tariff, a price per kilowatt hour: the prototype's `cost_per_kwh`.
    ///
    /// `None` when the price is negative, too large, or has more than six decimals.
    #[must_use]
    pub fn flat(per_kwh: Decimal, currency: Currency) -> Option<Self> {
        is_price(per_kwh).then(|| Self {
            id: "cost_per_kwh".to_owned(),
            version: per_kwh.normalize().to_string(),
            currency,
            session_fee: Decimal::ZERO,
            base: Prices {
                per_kwh,
                per_minute: Decimal::ZERO,
            },
            periods: Vec::new(),
            week: Week::flat(TimeZone::UTC),
            idle: None,
            rounding: Rounding::to_minor_unit(currency),
        })
    }
}

/// Whether a number can be a price: not negative, below a million, six decimals at most.
#[must_use]
pub fn is_price(price: Decimal) -> bool {
    let in_range = !price.is_sign_negative() && price < PRICE_BELOW;
    in_range && price.normalize().scale() <= PRICE_DECIMALS
}
