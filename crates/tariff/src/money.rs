//! Amounts of money: decimal, with a currency, rounded only where a rule says so.
//!
//! Not here: how an amount comes about ([`crate::pricing`]). Currency codes and their minor units:
//! ISO 4217, list one.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};

/// Currencies without a minor unit.
const WITHOUT_MINOR_UNIT: &str =
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";

/// Currencies with a thousandth as their minor unit.
const WITH_THOUSANDTHS: &str = "BHD IQD JOD KWD LYD OMR TND";

/// Currencies with a hundredth as their minor unit (the ariary and the ouguiya are divided by
/// five, and written with two digits nevertheless).
const WITH_HUNDREDTHS: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND \
    BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR \
    FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD \
    KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO \
    NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD \
    SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR \
    ZMW ZWG";

/// A currency of ISO 4217 with the number of decimals of its minor unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency {
    code: &'static str,
    decimals: u32,
}

impl Currency {
    /// Takes a code as `MAD`; `None` when ISO 4217 has no such currency.
    #[must_use]
    pub fn from_code(text: &str) -> Option<Self> {
        let lists = [
            (WITHOUT_MINOR_UNIT, 0),
            (WITH_HUNDREDTHS, 2),
            (WITH_THOUSANDTHS, 3),
        ];
        lists.into_iter().find_map(|(list, decimals)| {
            let code = list
                .split_ascii_whitespace()
                .find(|listed| *listed == text)?;
            Some(Self { code, decimals })
        })
    }

    /// The code, three capital letters.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.code
    }

    /// How many decimals its minor unit has: 2 for most.
    #[must_use]
    pub const fn decimals(self) -> u32 {
        self.decimals
    }

    /// An amount or a price with all digits of the currency: 1.5 MAD as 1.50. One that has more
    /// stays as it is.
    #[must_use]
    pub fn in_full(self, amount: Decimal) -> Decimal {
        let mut amount = amount.normalize();
        amount.rescale(amount.scale().max(self.decimals));
        amount
    }

    /// The minor unit: 0.01 for most.
    #[must_use]
    pub fn minor_unit(self) -> Decimal {
        Decimal::new(1, self.decimals)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// An amount of money that somebody pays: whole minor units of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

impl Money {
    /// Takes an amount that is already rounded; `None` when it has a part of a minor unit.
    #[must_use]
    pub fn new(amount: Decimal, currency: Currency) -> Option<Self> {
        let mut amount = amount.normalize();
        if amount.scale() > currency.decimals {
            return None;
        }
        amount.rescale(currency.decimals);
        Some(Self { amount, currency })
    }

    /// The amount in the currency's main unit.
    #[must_use]
    pub const fn amount(&self) -> Decimal {
        self.amount
    }

    /// The currency.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }
}

/// Prints as `12.50 MAD`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

/// Which way an amount between two steps goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundingMode {
    /// To the nearest step; a half goes up.
    HalfUp,
    /// To the nearest step; a half goes to the even one.
    HalfEven,
    /// To the step below.
    Down,
    /// To the step above.
    Up,
}

impl RoundingMode {
    const fn strategy(self) -> RoundingStrategy {
        match self {
            Self::HalfUp => RoundingStrategy::MidpointAwayFromZero,
            Self::HalfEven => RoundingStrategy::MidpointNearestEven,
            Self::Down => RoundingStrategy::ToZero,
            Self::Up => RoundingStrategy::AwayFromZero,
        }
    }
}

/// How the total of a bill is rounded: once, at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounding {
    /// The total is a multiple of this: the minor unit, or the smallest coin.
    pub step: Decimal,
    /// Which way an amount between two steps goes.
    pub mode: RoundingMode,
}

impl Rounding {
    /// To the minor unit, a half goes up.
    #[must_use]
    pub fn to_minor_unit(currency: Currency) -> Self {
        Self {
            step: currency.minor_unit(),
            mode: RoundingMode::HalfUp,
        }
    }

    /// Rounds `numerator / denominator` to whole steps of `step`.
    ///
    /// Exact, although the quotient may have no end: a quotient with at most 15 decimals on top
    /// and 60 below that is not a tie stays further from it than the 28 digits of a decimal.
    pub(crate) fn steps(self, step: Decimal, numerator: Decimal, denominator: Decimal) -> Decimal {
        let quotient = numerator / (denominator * step);
        quotient.round_dp_with_strategy(0, self.mode.strategy())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_have_the_minor_units_of_iso_4217() {
        for (code, decimals) in [("MAD", 2), ("EUR", 2), ("JPY", 0), ("TND", 3)] {
            let currency = Currency::from_code(code).unwrap();
            assert_eq!((currency.code(), currency.decimals()), (code, decimals));
        }
        for unknown in ["", "mad", "EURO", "ZZZ", "E R", "€"] {
            assert_eq!(Currency::from_code(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn price_is_shown_with_all_digits_of_its_currency_and_no_other_is_lost() {
        let shown = |code: &str, amount: &str| {
            let currency = Currency::from_code(code).unwrap();
            currency.in_full(amount.parse().unwrap()).to_string()
        };
        assert_eq!(shown("MAD", "1.5"), "1.50");
        assert_eq!(shown("MAD", "2"), "2.00");
        assert_eq!(shown("MAD", "0.1234"), "0.1234");
        assert_eq!(shown("MAD", "1.5000"), "1.50");
        assert_eq!(shown("TND", "1.5"), "1.500");
        assert_eq!(shown("JPY", "30"), "30");
    }

    #[test]
    fn money_holds_whole_minor_units_only() {
        let euro = Currency::from_code("EUR").unwrap();
        assert_eq!(
            Money::new(Decimal::new(1250, 3), euro).unwrap().to_string(),
            "1.25 EUR"
        );
        assert_eq!(Money::new(Decimal::new(1251, 3), euro), None);
        let yen = Currency::from_code("JPY").unwrap();
        assert_eq!(
            Money::new(Decimal::new(500, 0), yen).unwrap().to_string(),
            "500 JPY"
        );
    }

    #[test]
    fn rounding_modes_differ_where_they_should() {
        let to_cents = |mode, numerator, denominator| {
            let step = Decimal::new(1, 2);
            let rounding = Rounding { step, mode };
            let steps = rounding.steps(step, Decimal::from(numerator), Decimal::from(denominator));
            i64::try_from(steps).unwrap()
        };
        // A thirtieth has no end; 25 thousandths are a tie; 45 thousandths are another.
        for (mode, wanted) in [
            (RoundingMode::HalfUp, [3, 3, 5]),
            (RoundingMode::HalfEven, [3, 2, 4]),
            (RoundingMode::Down, [3, 2, 4]),
            (RoundingMode::Up, [4, 3, 5]),
        ] {
            let seen = [
                to_cents(mode, 1, 30),
                to_cents(mode, 25, 1000),
                to_cents(mode, 45, 1000),
            ];
            assert_eq!(seen, wanted, "{mode:?}");
        }
    }
}
