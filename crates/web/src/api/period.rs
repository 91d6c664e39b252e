//! Stretches of time and lists of keys, made whole and checked.

use crate::refusal::{Answer, Refusal};
use crate::site::{HistoryAsked, Period};
use crate::types::{HistoryQuery, Span};

/// The end of all time: the year 10000.
const END: i64 = 253_402_300_800_000;
const DAY_MS: i64 = 86_400_000;
/// Keys of one question: as many lines as a plot can show.
const KEYS: usize = 32;
/// The longest key, in bytes.
const KEY_BYTES: usize = 120;
const POINTS: u32 = 2000;

/// All of time where nothing is said.
pub(super) fn whole(span: Span) -> Answer<Period> {
    checked(span.from.unwrap_or(0), span.to.unwrap_or(END))
}

/// The last day where nothing is said.
pub(super) fn of_late(from: Option<i64>, to: Option<i64>, now: i64) -> Answer<Period> {
    let to = to.unwrap_or(now);
    checked(from.unwrap_or(to.saturating_sub(DAY_MS)), to)
}

fn checked(from: i64, to: i64) -> Answer<Period> {
    let in_range = |at: i64| (-END..=END).contains(&at);
    if !in_range(from) || !in_range(to) {
        let what = format!("from {from} to {to}: times are ms since 1970, up to the year 10000");
        return Err(Refusal::Invalid(what));
    }
    if from > to {
        let what = format!("from {from} is after to {to}; exchange them");
        return Err(Refusal::Invalid(what));
    }
    Ok(Period { from, to })
}

/// Keys between commas, each once.
pub(super) fn keys(text: &str) -> Answer<Vec<String>> {
    let mut keys: Vec<String> = Vec::new();
    for key in text.split(',').map(str::trim).filter(|key| !key.is_empty()) {
        if key.len() > KEY_BYTES || key.chars().any(char::is_control) {
            let seen: String = key.chars().take(40).collect();
            return Err(Refusal::Invalid(format!(
                "{seen:?} is no key; it has 1 to {KEY_BYTES} bytes and no control characters"
            )));
        }
        if !keys.iter().any(|known| known == key) {
            keys.push(key.to_owned());
        }
    }
    match keys.len() {
        0 => Err(Refusal::Invalid(
            "`keys` is empty; name at least one".to_owned(),
        )),
        1..=KEYS => Ok(keys),
        many => Err(Refusal::Invalid(format!(
            "{many} keys; at most {KEYS} at once"
        ))),
    }
}

/// A history as it is asked for.
pub(super) fn history(query: &HistoryQuery, now: i64) -> Answer<HistoryAsked> {
    let points = query.points.unwrap_or(POINTS);
    if !(2..=10_000).contains(&points) {
        return Err(Refusal::Invalid(format!(
            "{points} points; 2 to 10000 can be asked for"
        )));
    }
    Ok(HistoryAsked {
        keys: keys(&query.keys)?,
        period: of_late(query.from, query.to, now)?,
        points: usize::try_from(points).unwrap_or(usize::MAX),
    })
}

/// How many, 1 to 1000.
pub(super) fn limit(asked: Option<u32>) -> Answer<usize> {
    match asked.unwrap_or(100) {
        limit @ 1..=1000 => Ok(usize::try_from(limit).unwrap_or(usize::MAX)),
        limit => Err(Refusal::Invalid(format!(
            "limit {limit}; 1 to 1000 can be asked for"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn period_without_an_end_is_whole_and_one_backwards_is_refused() {
        assert_eq!(whole(Span::default()), Ok(Period { from: 0, to: END }));
        let day = of_late(None, None, 10 * DAY_MS);
        assert_eq!(
            day,
            Ok(Period {
                from: 9 * DAY_MS,
                to: 10 * DAY_MS
            })
        );
        assert!(of_late(Some(2), Some(1), 5).is_err());
        assert!(of_late(None, Some(i64::MIN), 5).is_err());
        assert!(of_late(Some(i64::MAX), None, 5).is_err());
    }

    #[test]
    fn keys_are_named_once_few_and_plain() {
        assert_eq!(keys("a, b,,a"), Ok(vec!["a".to_owned(), "b".to_owned()]));
        let many: Vec<_> = (0..33).map(|n| n.to_string()).collect();
        for text in ["", " , ", "a\u{0}b", &many.join(","), &"x".repeat(121)] {
            assert!(keys(text).is_err(), "{text}");
        }
    }
}
