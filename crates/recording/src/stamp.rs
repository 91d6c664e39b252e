//! Times as these files write them: whole seconds since 1970, a point, and a decimal fraction.
//!
//! Read without floating point, so that no microsecond is lost to rounding.

use std::io::{self, Write};

use v2x_units::UtcTime;

use crate::damaged::Fault;

/// Digits of seconds beyond which a stamp is no time: 999,999,999,999 s is the year 33658.
const SECOND_DIGITS: usize = 12;
/// Digits of the finest fraction: nanoseconds.
const FRACTION_DIGITS: usize = 9;
/// Digits of the fraction that is kept: microseconds.
const KEPT_DIGITS: usize = 6;

/// Reads `1753260346.401033199`; a fraction is optional and cut, not rounded, to microseconds.
///
/// # Errors
/// When it is anything else.
pub(crate) fn parse(text: &[u8]) -> Result<UtcTime, Fault> {
    micros(text).map(UtcTime::from_micros).ok_or_else(|| {
        Fault::cell(
            "timestamp",
            text,
            "seconds since 1970, as 1753260346.401033",
        )
    })
}

fn micros(text: &[u8]) -> Option<i64> {
    let point = text.iter().position(|&byte| byte == b'.');
    let (seconds, fraction) = match point {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        None => (text, &b"0"[..]),
    };
    if seconds.len() > SECOND_DIGITS || fraction.len() > FRACTION_DIGITS {
        return None;
    }
    let mut micros = decimal(fraction.get(..KEPT_DIGITS).unwrap_or(fraction))?;
    for _ in fraction.len()..KEPT_DIGITS {
        micros *= 10;
    }
    let finer = fraction.get(KEPT_DIGITS..).unwrap_or(&[]);
    (finer.iter().all(u8::is_ascii_digit)).then_some(decimal(seconds)? * 1_000_000 + micros)
}

/// The number that decimal digits name; at most [`SECOND_DIGITS`] of them, so it cannot overflow.
fn decimal(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0, |number: i64, &digit| {
        let value = digit.is_ascii_digit().then(|| digit - b'0')?;
        Some(number * 10 + i64::from(value))
    })
}

/// Writes `1753260346.401033`, as candump does.
///
/// # Errors
/// When the time is before 1970, which these files cannot say, or the writer fails.
pub(crate) fn write_micros(out: &mut impl Write, at: UtcTime) -> io::Result<()> {
    let (seconds, micros) = at.split();
    if seconds < 0 {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("the time is {at}; these files begin in 1970"),
        ));
    }
    write!(out, "{seconds:010}.{micros:06}")
}

/// Writes `1753260346.401033000`, as the prototype's tables do.
///
/// # Errors
/// As [`write_micros`].
pub(crate) fn write_nanos(out: &mut impl Write, at: UtcTime) -> io::Result<()> {
    write_micros(out, at)?;
    out.write_all(b"000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fraction_of_any_length_is_a_decimal_fraction_cut_to_microseconds() {
        let micros = |text: &[u8]| parse(text).unwrap().as_micros();
        assert_eq!(micros(b"1753260346.401033199"), 1_753_260_346_401_033);
        assert_eq!(micros(b"1753260346.999999999"), 1_753_260_346_999_999);
        assert_eq!(micros(b"1754410775.24277"), 1_754_410_775_242_770);
        assert_eq!(micros(b"1754435052.000"), 1_754_435_052_000_000);
        assert_eq!(micros(b"7"), 7_000_000);
    }

    #[test]
    fn stamp_that_is_no_plain_number_of_seconds_is_refused() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1.5",
            "1.5e3",
            "1 .5",
            "1.1234567x",
            "1.1234567890",
            "0x10",
            "1234567890123.0",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn time_before_1970_is_refused_rather_than_bent() {
        let error = write_micros(&mut Vec::new(), UtcTime::from_micros(-1)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
}
