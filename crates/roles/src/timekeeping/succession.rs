//! Dated rows keep the order in which they were measured, and no two share a millisecond.
//!
//! A date may be corrected backwards from one row to the next: by the error it was stated with, or
//! by years after a clock was wrong. A small step is waited out, a millisecond per row; a large one
//! is taken, because to wait for years would date rows into the future. That rows of different runs
//! do not collide is the store's question.

use std::time::Duration;

use v2x_units::UtcTime;

/// The resolution of ThingsBoard's `ts`.
const MILLISECOND: Duration = Duration::from_millis(1);
/// Steps back of at most a minute, the error of a poor clock, are waited out.
const WAITED_OUT: Duration = Duration::from_secs(60);

/// The dates given so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Succession {
    last: Option<UtcTime>,
}

impl Succession {
    /// The date of the next row, in whole milliseconds: the given one, or a little after that of
    /// the row before.
    pub fn next(&mut self, at: UtcTime) -> UtcTime {
        let at = UtcTime::from_millis(at.as_millis());
        let next = match self.last {
            Some(last) if at <= last && at >= last - WAITED_OUT => last + MILLISECOND,
            _ => at,
        };
        self.last = Some(next);
        next
    }

    /// The row was moved on to a later date, because its own was taken.
    pub fn moved(&mut self, to: UtcTime) {
        self.last = Some(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(given: &[i64]) -> Vec<i64> {
        let mut succession = Succession::default();
        let next = |ms: &i64| succession.next(UtcTime::from_millis(*ms)).as_millis();
        given.iter().map(next).collect()
    }

    #[test]
    fn small_step_backwards_is_waited_out_in_order() {
        assert_eq!(
            dates(&[10_000, 11_000, 10_500, 11_500]),
            [10_000, 11_000, 11_001, 11_500]
        );
        assert_eq!(dates(&[7, 7, 7]), [7, 8, 9]);
    }

    #[test]
    fn step_backwards_by_years_does_not_date_rows_ahead() {
        let year = 31_557_600_000;
        assert_eq!(
            dates(&[20 * year, year, year + 1000]),
            [20 * year, year, year + 1000]
        );
    }
}
