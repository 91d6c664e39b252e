//! Blank-separated fields of a text line, each with its name and place for the error message.
//!
//! Numbers are read in the one form a record prints them: a number with a digit too few after its
//! point is the mark of a lost character and is refused, not read as another number.

use core::ops::RangeInclusive;

use v2x_units::{Degrees, Position, PositionError};

use super::line_error::{EmitError, Excerpt, LineError};

/// The most digits before a decimal point; the largest number of any record has five.
const MAX_WHOLE_DIGITS: usize = 9;

/// The first number with more whole digits than that.
const TOO_LARGE: f64 = 1e9;

/// 10 to the power of the index.
const POWERS_OF_TEN: [f64; 7] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6];

/// Whether a byte separates fields.
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// The place of the first byte at or after `at` that is no blank; the line's end if there is none.
pub(super) fn skip_blanks(line: &[u8], at: usize) -> usize {
    let rest = line.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|&&byte| is_blank(byte)).count()
}

/// Takes the fields of one record in their order.
#[derive(Debug, Clone)]
pub(super) struct Fields<'a> {
    record: &'static str,
    line: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    /// Reads the fields of `line` that come at or after byte `at`.
    pub(super) const fn new(record: &'static str, line: &'a [u8], at: usize) -> Self {
        Self { record, line, at }
    }

    /// Takes the next field; an empty one at the end of the line.
    pub(super) fn take(&mut self, name: &'static str) -> Field<'a> {
        let at = skip_blanks(self.line, self.at);
        let rest = self.line.get(at..).unwrap_or_default();
        let len = rest.iter().take_while(|&&byte| !is_blank(byte)).count();
        self.at = at + len;
        Field {
            record: self.record,
            name,
            at,
            text: rest.get(..len).unwrap_or_default(),
        }
    }

    /// Whether the next field is `0` or `1`.
    pub(super) fn next_is_flag(&self) -> bool {
        matches!(self.clone().take("flag").text, b"0" | b"1")
    }

    /// Checks that no field is left.
    pub(super) fn end(mut self) -> Result<(), LineError> {
        let rest = self.take("end");
        if rest.text.is_empty() {
            Ok(())
        } else {
            Err(rest.refuse("the end of the line"))
        }
    }
}

/// One field of a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    record: &'static str,
    name: &'static str,
    at: usize,
    pub(super) text: &'a [u8],
}

impl<'a> Field<'a> {
    /// The error that this field is not as it must be.
    pub(super) fn refuse(&self, expected: &'static str) -> LineError {
        LineError::Damaged {
            record: self.record,
            field: self.name,
            at: self.at,
            seen: Excerpt::of(self.text),
            expected,
        }
    }

    /// The field without the label it must begin with.
    pub(super) fn after(
        self,
        label: &'static [u8],
        expected: &'static str,
    ) -> Result<Self, LineError> {
        match self.text.strip_prefix(label) {
            Some(text) => Ok(Self {
                at: self.at + label.len(),
                text,
                ..self
            }),
            None => Err(self.refuse(expected)),
        }
    }

    /// The field without the unit it must end with.
    pub(super) fn before(
        self,
        unit: &'static [u8],
        expected: &'static str,
    ) -> Result<Self, LineError> {
        match self.text.strip_suffix(unit) {
            Some(text) => Ok(Self { text, ..self }),
            None => Err(self.refuse(expected)),
        }
    }

    /// The parts before and after the first `separator`; `None` when there is no such byte.
    pub(super) fn split(self, separator: u8, names: [&'static str; 2]) -> Option<[Self; 2]> {
        let place = self.text.iter().position(|&byte| byte == separator)?;
        let (first, rest) = self.text.split_at(place);
        let second = rest.get(1..)?;
        Some([
            Self {
                name: names[0],
                text: first,
                ..self
            },
            Self {
                name: names[1],
                at: self.at + place + 1,
                text: second,
                ..self
            },
        ])
    }

    /// A whole number from `range`, with at most `digits` decimal digits.
    pub(super) fn whole(
        &self,
        digits: usize,
        range: RangeInclusive<u32>,
        expected: &'static str,
    ) -> Result<u32, LineError> {
        (self.text.len() <= digits)
            .then(|| digits_to_number(self.text))
            .flatten()
            .filter(|number| range.contains(number))
            .ok_or_else(|| self.refuse(expected))
    }

    /// A flag printed as `0` or `1`.
    pub(super) fn flag(&self, expected: &'static str) -> Result<bool, LineError> {
        match self.text {
            b"0" => Ok(false),
            b"1" => Ok(true),
            _ => Err(self.refuse(expected)),
        }
    }

    /// A decimal number with as many digits after its point as `places` allows (at most six).
    pub(super) fn decimal(
        &self,
        places: RangeInclusive<usize>,
        expected: &'static str,
    ) -> Result<f64, LineError> {
        Decimal::parse(self.text, places)
            .map(|decimal| decimal.value())
            .ok_or_else(|| self.refuse(expected))
    }

    /// A decimal number without a sign.
    pub(super) fn unsigned_decimal(
        &self,
        places: usize,
        expected: &'static str,
    ) -> Result<f64, LineError> {
        self.unsigned(places, expected)
            .map(|decimal| decimal.value())
    }

    /// The thousandths of a decimal number without a sign and with three decimals.
    pub(super) fn thousandths(&self, expected: &'static str) -> Result<f64, LineError> {
        self.unsigned(3, expected).map(|decimal| decimal.parts)
    }

    fn unsigned(&self, places: usize, expected: &'static str) -> Result<Decimal, LineError> {
        (!self.text.starts_with(b"-"))
            .then(|| Decimal::parse(self.text, places..=places))
            .flatten()
            .ok_or_else(|| self.refuse(expected))
    }
}

/// One to nine decimal digits as a number.
fn digits_to_number(text: &[u8]) -> Option<u32> {
    if text.is_empty() || text.len() > MAX_WHOLE_DIGITS {
        return None;
    }
    text.iter().try_fold(0, |number, &byte| {
        byte.is_ascii_digit()
            .then(|| number * 10 + u32::from(byte - b'0'))
    })
}

/// A decimal number as text says it: a whole number of parts, and how many parts make one.
///
/// Both are exact in an `f64`, so that their quotient is the number nearest to the text.
struct Decimal {
    parts: f64,
    per_one: f64,
}

impl Decimal {
    fn parse(text: &[u8], places: RangeInclusive<usize>) -> Option<Self> {
        let (negative, text) = match text.strip_prefix(b"-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let point = text.iter().position(|&byte| byte == b'.')?;
        let (whole, fraction) = (text.get(..point)?, text.get(point + 1..)?);
        if !places.contains(&fraction.len()) {
            return None;
        }
        let per_one = *POWERS_OF_TEN.get(fraction.len())?;
        let (whole, fraction) = (digits_to_number(whole)?, digits_to_number(fraction)?);
        let parts = f64::from(whole) * per_one + f64::from(fraction);
        Some(Self {
            parts: if negative { -parts } else { parts },
            per_one,
        })
    }

    fn value(&self) -> f64 {
        self.parts / self.per_one
    }
}

/// Reads two coordinates; 0/0 is passed on, for what it means is not this file's to say.
pub(super) fn parse_position(
    latitude: Field<'_>,
    longitude: Field<'_>,
    places: RangeInclusive<usize>,
) -> Result<Position, LineError> {
    const LATITUDE: &str = "-90 to 90 degrees with six decimals";
    const LONGITUDE: &str = "-180 to 180 degrees with six decimals";
    let north = Degrees::new(latitude.decimal(places.clone(), LATITUDE)?);
    let east = Degrees::new(longitude.decimal(places, LONGITUDE)?);
    Position::new(north, east).map_err(|error| match error {
        PositionError::Latitude(_) => latitude.refuse(LATITUDE),
        PositionError::Longitude(_) => longitude.refuse(LONGITUDE),
    })
}

/// The number, when there is one and a line can hold it.
pub(super) fn sayable(field: &'static str, value: Option<f64>) -> Result<f64, EmitError> {
    value
        .filter(|value| value.abs() < TOO_LARGE)
        .ok_or(EmitError::CannotSay {
            field,
            expected: "known and below a thousand million",
        })
}

/// As [`sayable`], for a number that cannot be below zero; a zero loses its sign.
pub(super) fn sayable_positive(field: &'static str, value: Option<f64>) -> Result<f64, EmitError> {
    let value = sayable(field, value)?;
    if value < 0.0 {
        return Err(EmitError::CannotSay {
            field,
            expected: "0 or more",
        });
    }
    Ok(value.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_equals_what_the_standard_library_reads() {
        for text in ["0.0", "-0.0", "33.986115", "-6.724864", "999999999.999999"] {
            let places = 1..=6;
            let ours = Decimal::parse(text.as_bytes(), places).unwrap();
            assert_eq!(
                ours.value().to_bits(),
                text.parse::<f64>().unwrap().to_bits(),
                "{text}"
            );
        }
    }

    #[test]
    fn decimal_with_a_lost_digit_or_sign_of_damage_is_refused() {
        for text in [
            "33.98611",
            "33.9861155",
            "33.",
            ".986115",
            "33",
            "3-3.986115",
            "",
            "nan",
        ] {
            assert!(Decimal::parse(text.as_bytes(), 6..=6).is_none(), "{text}");
        }
    }
}
