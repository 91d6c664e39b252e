//! Cells of the tables that are written: a value with its decimals, or nothing.

use std::fmt;

/// A number with a fixed count of decimals; an unknown one is an empty cell.
pub(crate) struct Number {
    value: Option<f64>,
    decimals: usize,
}

/// Takes a value to be written with `decimals` digits after the point.
///
/// What is not a finite number is unknown. Values that would show as `-0.0` are plain zeros.
pub(crate) fn number(value: Option<f64>, decimals: usize) -> Number {
    let half_step = (0..decimals).fold(0.5, |step, _| step / 10.0);
    let value = value.filter(|value| value.is_finite());
    Number {
        value: value.map(|value| if value.abs() < half_step { 0.0 } else { value }),
        decimals,
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value {
            Some(value) => write!(f, "{value:.*}", self.decimals),
            None => Ok(()),
        }
    }
}

/// A value in its own form; an unknown one is an empty cell.
pub(crate) struct Cell<T>(pub(crate) Option<T>);

impl<T: fmt::Display> fmt::Display for Cell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_and_infinite_numbers_are_empty_cells() {
        assert_eq!(number(None, 2).to_string(), "");
        assert_eq!(number(Some(f64::NAN), 2).to_string(), "");
        assert_eq!(number(Some(f64::INFINITY), 2).to_string(), "");
    }

    #[test]
    fn number_that_rounds_to_zero_has_no_sign() {
        assert_eq!(number(Some(-0.04), 1).to_string(), "0.0");
        assert_eq!(number(Some(-0.06), 1).to_string(), "-0.1");
        assert_eq!(number(Some(-0.0), 0).to_string(), "0");
        assert_eq!(number(Some(56.5), 2).to_string(), "56.50");
    }
}
