//! Names of raw logs: a number that only grows, and the time of the first frame.

use v2x_units::UtcTime;

/// How every name begins.
const PREFIX: &str = "candump_";
/// Digits of the number: a million files of half an hour are 57 years.
const DIGITS: usize = 6;
/// The end of a name as it is written.
pub(super) const PLAIN: &str = ".log";
/// The end of a name once it is compressed.
pub(super) const COMPRESSED: &str = ".log.zst";
/// A date below this counts from boot, because no clock was known: 2000-01-01.
const KNOWN_FROM: UtcTime = UtcTime::from_millis(946_684_800_000);

/// The name of a log that begins at a time.
pub(super) fn name(number: u32, begin: UtcTime) -> String {
    if begin < KNOWN_FROM {
        return format!("{PREFIX}{number:06}_undated{PLAIN}");
    }
    let c = begin.civil();
    format!(
        "{PREFIX}{number:06}_{:04}{:02}{:02}T{:02}{:02}{:02}Z{PLAIN}",
        c.year, c.month, c.day, c.hour, c.minute, c.second
    )
}

/// The number in the name of a raw log, compressed or not; `None` for any other name.
pub(super) fn number(name: &str) -> Option<u32> {
    let stem = name
        .strip_suffix(COMPRESSED)
        .or_else(|| name.strip_suffix(PLAIN))?;
    let (digits, _) = stem.strip_prefix(PREFIX)?.split_once('_')?;
    let is_number = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

/// The number after all those in a folder.
pub(super) fn next_number(names: &[String]) -> u32 {
    let newest = names.iter().filter_map(|name| number(name)).max();
    newest.map_or(1, |newest| newest.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_in_the_order_of_writing_when_the_clock_goes_back() {
        let at = |seconds: i64| UtcTime::from_millis(seconds * 1000);
        let names = [
            name(9, at(1_780_000_000)),
            name(10, at(17)),
            name(11, at(1_770_000_000)),
        ];
        assert!(names.is_sorted());
        assert_eq!(names[0], "candump_000009_20260528T202640Z.log");
        assert_eq!(names[1], "candump_000010_undated.log");
    }

    #[test]
    fn number_is_read_from_our_names_alone() {
        assert_eq!(number("candump_000042_undated.log"), Some(42));
        assert_eq!(number("candump_000042_20260528T202640Z.log.zst"), Some(42));
        for other in [
            "candump_20261124_101500.log",
            "candump_000042_undated.log.zst.new",
            "candump-2026-11-24_101500.log",
            "can_data.csv",
        ] {
            assert_eq!(number(other), None, "{other}");
        }
    }

    #[test]
    fn next_number_follows_the_highest_in_the_folder() {
        let names = ["candump_000007_undated.log.zst", "candump_000003_x.log"].map(str::to_owned);
        assert_eq!(next_number(&names), 8);
        assert_eq!(next_number(&[]), 1);
    }
}
