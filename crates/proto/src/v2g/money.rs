//! Amounts of money as they travel: a whole number of decimal parts, and a currency.
//!
//! Not how an amount comes about (the tariffs' crate). Currency codes: ISO 4217.

use core::cmp::Ordering;
use core::fmt;

use crate::link::body::{BodyError, Problem, Reader, Writer};

/// The most decimals of an amount; prices per kilowatt hour have up to four.
const DECIMALS_MAX: u8 = 6;

/// A currency of ISO 4217: three capital letters. Whether the list has it is not asked here.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CurrencyCode([u8; 3]);

impl CurrencyCode {
    /// Takes three capital letters, as `MAD`; `None` for anything else.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let letters = <[u8; 3]>::try_from(text.as_bytes()).ok()?;
        letters
            .iter()
            .all(u8::is_ascii_uppercase)
            .then_some(Self(letters))
    }

    /// The three letters.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "three capital letters are text")]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).expect("three capital letters are text")
    }
}

impl fmt::Debug for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount: `units` / 10^`decimals` of the currency; 1050 with 2 decimals is 10.50.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    units: i64,
    decimals: u8,
    currency: CurrencyCode,
}

impl Money {
    /// Bytes on the wire.
    pub(super) const LENGTH: usize = 12;

    /// Takes an amount; `None` with more than 6 decimals.
    #[must_use]
    pub fn new(units: i64, decimals: u8, currency: CurrencyCode) -> Option<Self> {
        (decimals <= DECIMALS_MAX).then_some(Self {
            units,
            decimals,
            currency,
        })
    }

    /// The whole number that stands for the amount.
    #[must_use]
    pub const fn units(&self) -> i64 {
        self.units
    }

    /// How many decimals of it are behind the point.
    #[must_use]
    pub const fn decimals(&self) -> u8 {
        self.decimals
    }

    /// The currency.
    #[must_use]
    pub const fn currency(&self) -> CurrencyCode {
        self.currency
    }

    /// Whether this is less than or equal to another amount or more; `None` in another currency.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        let scaled = |money: &Self| {
            i128::from(money.units) * 10_i128.pow(u32::from(DECIMALS_MAX - money.decimals))
        };
        (self.currency == other.currency).then(|| scaled(self).cmp(&scaled(other)))
    }

    pub(super) fn parse(
        from: &mut Reader<'_>,
        field: &'static str,
    ) -> Result<Option<Self>, BodyError> {
        let bytes: [u8; Self::LENGTH] = from.array(field)?;
        if bytes == [0xFF; Self::LENGTH] {
            return Ok(None);
        }
        let [units @ .., decimals, a, b, c] = bytes;
        let money = core::str::from_utf8(&[a, b, c])
            .ok()
            .and_then(CurrencyCode::new)
            .and_then(|currency| Self::new(i64::from_le_bytes(units), decimals, currency));
        money.map(Some).ok_or_else(|| {
            let seen = i64::from(decimals);
            let right = "an amount has at most 6 decimals and three capital letters as currency";
            from.error(field, Problem::Value { seen, right })
        })
    }

    pub(super) fn emit(
        amount: Option<&Self>,
        to: &mut Writer<'_>,
        field: &'static str,
    ) -> Result<(), BodyError> {
        let Some(money) = amount else {
            return to.bytes(field, &[0xFF; Self::LENGTH]);
        };
        to.bytes(field, &money.units.to_le_bytes())?;
        to.u8(field, money.decimals)?;
        to.bytes(field, &money.currency.0)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = 10_u64.pow(u32::from(self.decimals));
        let (whole, rest) = (
            self.units.unsigned_abs() / parts,
            self.units.unsigned_abs() % parts,
        );
        let sign = if self.units < 0 { "-" } else { "" };
        write!(f, "{sign}{whole}")?;
        if self.decimals > 0 {
            write!(f, ".{rest:0width$}", width = usize::from(self.decimals))?;
        }
        write!(f, " {}", self.currency.as_str())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::*;

    fn dirham(units: i64, decimals: u8) -> Money {
        Money::new(units, decimals, CurrencyCode::new("MAD").unwrap()).unwrap()
    }

    #[test]
    fn amounts_compare_whatever_their_decimals() {
        assert_eq!(
            dirham(1050, 2).compare(&dirham(10_500, 3)),
            Some(Ordering::Equal)
        );
        assert_eq!(
            dirham(1, 0).compare(&dirham(99, 2)),
            Some(Ordering::Greater)
        );
        assert_eq!(
            dirham(i64::MAX, 0).compare(&dirham(0, 6)),
            Some(Ordering::Greater)
        );
        let euro = Money::new(1, 0, CurrencyCode::new("EUR").unwrap()).unwrap();
        assert_eq!(euro.compare(&dirham(1, 0)), None);
    }

    #[test]
    fn amount_prints_its_decimals_and_currency() {
        assert_eq!(dirham(-5, 2).to_string(), "-0.05 MAD");
        assert_eq!(dirham(15_000, 4).to_string(), "1.5000 MAD");
        assert_eq!(dirham(7, 0).to_string(), "7 MAD");
    }
}
