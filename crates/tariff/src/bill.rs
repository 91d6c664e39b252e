//! A bill: lines that add up to the total, to the last minor unit.
//!
//! Not here: how much of what is charged for ([`crate::pricing`]) and how it looks
//! ([`crate::receipt`]).
//!
//! The total is the exact sum, rounded once by the tariff's rule. Each line is its exact amount
//! cut to minor units; the units that are missing to the total go one each to the lines from
//! which most was cut (largest remainder, the earlier line first). A total rounded to coins larger
//! than a minor unit shows the difference as a line of its own.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use v2x_charging::Energy;

use crate::money::{Money, Rounding};
use crate::tariff::Tariff;

/// Amounts are kept times sixty: a price per minute over microseconds has an exact decimal only
/// so.
const SIXTY: Decimal = Decimal::from_parts(60, 0, 0, false, 0);

/// Decimals between milliwatt hours and kilowatt hours, and between microseconds and seconds.
const MICRO: u32 = 6;

/// What is charged for at one price.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OfPrice {
    pub(crate) milliwatt_hours: u128,
    pub(crate) charging_micros: u128,
}

/// What is charged for, in whole numbers.
#[derive(Debug, Clone)]
pub(crate) struct Quantities {
    /// The base price, then each period.
    pub(crate) of_price: Vec<OfPrice>,
    pub(crate) idle_micros: u128,
}

impl Quantities {
    pub(crate) fn new(prices: usize) -> Self {
        Self {
            of_price: vec![OfPrice::default(); prices],
            idle_micros: 0,
        }
    }
}

/// What a line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// The fee per session.
    SessionFee,
    /// Energy, in kilowatt hours.
    Energy,
    /// Time of charging, in minutes.
    ChargingTime,
    /// Time plugged in without charging, beyond the grace, in minutes.
    IdleTime,
    /// The difference to the smallest coin.
    Rounding,
}

impl LineKind {
    /// The unit of the line's quantity; empty for what is counted once.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Energy => "kWh",
            Self::ChargingTime | Self::IdleTime => "min",
            Self::SessionFee | Self::Rounding => "",
        }
    }

    /// What the bill calls it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::SessionFee => "Session fee",
            Self::Energy => "Energy",
            Self::ChargingTime => "Charging time",
            Self::IdleTime => "Idle time",
            Self::Rounding => "Rounding",
        }
    }
}

/// One line of a bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillLine {
    /// What it is for.
    pub kind: LineKind,
    /// The period of the week it belongs to; `None` for the base price.
    pub period: Option<String>,
    /// How much, in the kind's unit; minutes to six decimals.
    pub quantity: Decimal,
    /// The price of one.
    pub price: Decimal,
    /// Quantity times price before rounding, to twelve decimals.
    pub exact: Decimal,
    /// What is paid.
    pub amount: Money,
}

/// The bill of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// Which tariff.
    pub tariff: String,
    /// Which version of it.
    pub tariff_version: String,
    /// The energy charged for.
    pub energy: Energy,
    /// The lines; their amounts add up to the total.
    pub lines: Vec<BillLine>,
    /// What is paid.
    pub total: Money,
}

/// A line before rounding.
struct Exact {
    kind: LineKind,
    period: Option<String>,
    quantity: Decimal,
    price: Decimal,
    /// Quantity times price times sixty, without any rounding.
    sixtyfold: Decimal,
}

/// Makes the bill of what was added up.
pub(crate) fn make(tariff: &Tariff, quantities: &Quantities) -> Bill {
    let lines = exact_lines(tariff, quantities);
    let currency = tariff.currency;
    let minor = currency.minor_unit();
    let sum: Decimal = lines.iter().map(|line| line.sixtyfold).sum();
    let to_minor = tariff.rounding.steps(minor, sum, SIXTY);
    let units = distribute(&lines, minor, to_minor);
    let money = |amount| Money::new(amount, currency).expect("a multiple of the minor unit");
    let mut lines: Vec<_> = lines
        .into_iter()
        .zip(units)
        .map(|(line, units)| BillLine {
            kind: line.kind,
            period: line.period,
            quantity: line.quantity.normalize(),
            price: line.price.normalize(),
            exact: (line.sixtyfold / SIXTY).round_dp(12).normalize(),
            amount: money(units * minor),
        })
        .collect();
    let Rounding { step, .. } = tariff.rounding;
    let total = tariff.rounding.steps(step, sum, SIXTY) * step;
    let difference = total - to_minor * minor;
    if !difference.is_zero() {
        lines.push(BillLine {
            kind: LineKind::Rounding,
            period: None,
            quantity: Decimal::ONE,
            price: difference,
            exact: difference,
            amount: money(difference),
        });
    }
    let energy = quantities
        .of_price
        .iter()
        .map(|of| of.milliwatt_hours)
        .sum::<u128>();
    Bill {
        tariff: tariff.id.clone(),
        tariff_version: tariff.version.clone(),
        energy: Energy::from_milliwatt_hours(u64::try_from(energy).unwrap_or(u64::MAX)),
        lines,
        total: money(total),
    }
}

/// The lines before rounding, without those that cost nothing and count nothing.
fn exact_lines(tariff: &Tariff, quantities: &Quantities) -> Vec<Exact> {
    let mut lines = Vec::new();
    let mut push = |kind, period: Option<String>, quantity, price: Decimal, sixtyfold| {
        if !price.is_zero() && !Decimal::is_zero(&quantity) {
            lines.push(Exact {
                kind,
                period,
                quantity,
                price,
                sixtyfold,
            });
        }
    };
    let fee = tariff.session_fee;
    push(LineKind::SessionFee, None, Decimal::ONE, fee, fee * SIXTY);
    let periods = tariff
        .periods
        .iter()
        .map(|period| (Some(period.name.clone()), period.prices));
    let prices = std::iter::once((None, tariff.base)).chain(periods);
    for ((period, prices), of_price) in prices.zip(&quantities.of_price) {
        let energy = micro(of_price.milliwatt_hours);
        let sixtyfold = prices.per_kwh * energy * SIXTY;
        push(
            LineKind::Energy,
            period.clone(),
            energy,
            prices.per_kwh,
            sixtyfold,
        );
        let (minutes, seconds) = time(of_price.charging_micros);
        let sixtyfold = prices.per_minute * seconds;
        push(
            LineKind::ChargingTime,
            period,
            minutes,
            prices.per_minute,
            sixtyfold,
        );
    }
    if let Some(idle) = tariff.idle {
        let (minutes, seconds) = time(quantities.idle_micros);
        let sixtyfold = idle.per_minute * seconds;
        push(
            LineKind::IdleTime,
            None,
            minutes,
            idle.per_minute,
            sixtyfold,
        );
    }
    lines
}

/// A whole number of millionths as a decimal.
fn micro(millionths: u128) -> Decimal {
    i128::try_from(millionths)
        .ok()
        .and_then(|count| Decimal::try_from_i128_with_scale(count, MICRO).ok())
        .expect("quantities are checked to be below the limits of pricing")
}

/// A time in minutes, to six decimals for people, and in exact seconds.
fn time(micros: u128) -> (Decimal, Decimal) {
    let seconds = micro(micros);
    ((seconds / SIXTY).round_dp(MICRO), seconds)
}

/// Whole minor units for each line, which add up to `total`.
fn distribute(lines: &[Exact], minor: Decimal, total: Decimal) -> Vec<Decimal> {
    let unit = minor * SIXTY;
    let mut units: Vec<_> = lines
        .iter()
        .map(|line| (line.sixtyfold / unit).floor())
        .collect();
    let cut = |index: usize| lines[index].sixtyfold - units[index] * unit;
    let mut order: Vec<_> = (0..lines.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(cut(index)));
    let missing = (total - units.iter().sum::<Decimal>())
        .to_usize()
        .unwrap_or(0);
    for &index in order.iter().take(missing) {
        units[index] += Decimal::ONE;
    }
    units
}
