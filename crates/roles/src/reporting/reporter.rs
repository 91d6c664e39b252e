//! Which values of a row are reported: those that changed, and those that nobody heard of for long.
//!
//! What is left out has not changed by more than it may, or changed so shortly ago that it has to
//! wait: at most the shortest interval of its rule, stretched, and the time to the next row. A
//! state that changes waits for nothing. What was known and is not any more is not told: whoever
//! has not heard of a key for longer than its longest interval, stretched, knows nothing of it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use v2x_units::Instant;

use super::rule::{Change, Rule, Rules};

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number, in the unit of its key.
    Number(f64),
    /// Anything else, as text.
    Word(String),
}

/// What was last reported of a key.
#[derive(Debug, Clone, PartialEq)]
struct Report {
    at: Instant,
    value: Value,
}

/// Remembers what was reported, and picks what is to be.
#[derive(Debug, Clone, Default)]
pub struct Reporter {
    rules: Rules,
    reported: HashMap<String, Report>,
}

impl Reporter {
    /// A reporter that has reported nothing: its first row goes whole.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            reported: HashMap::new(),
        }
    }

    /// Forgets what was reported: the next row goes whole. For moments that no longer compare.
    pub fn forget(&mut self) {
        self.reported.clear();
    }

    /// The keys of a row, measured at `at`, that are to be reported; from then on they count as
    /// reported. `stretch` says how many times as long the intervals are, at least 1.
    pub fn pick<'a>(
        &mut self,
        at: Instant,
        row: &'a [(String, Value)],
        stretch: f64,
    ) -> HashSet<&'a str> {
        let is_due = |(key, value): &&(String, Value)| self.is_due(at, key, value, stretch);
        let mut picked: HashSet<&str> = row.iter().filter(is_due).map(key).collect();
        let company: HashSet<&str> = picked
            .iter()
            .filter_map(|key| self.rules.get(key).together)
            .collect();
        let comes_along = |(key, _): &&(String, Value)| {
            let together = self.rules.get(key).together;
            together.is_some_and(|word| company.contains(word))
        };
        picked.extend(row.iter().filter(comes_along).map(key));
        for (key, value) in row.iter().filter(|(key, _)| picked.contains(key.as_str())) {
            let value = value.clone();
            self.reported.insert(key.clone(), Report { at, value });
        }
        picked
    }

    fn is_due(&self, at: Instant, key: &str, value: &Value, stretch: f64) -> bool {
        let Some(last) = self.reported.get(key) else {
            return true;
        };
        let rule = self.rules.get(key);
        let since = at.since(last.at);
        if since >= stretched(rule.longest, stretch) {
            return true;
        }
        match rule.change {
            Change::Any => *value != last.value,
            Change::By(most) => {
                since >= stretched(rule.shortest, stretch) && is_off(value, &last.value, most)
            }
        }
    }

    /// The longest time for which a rule leaves a change unreported, without the time to the next
    /// row.
    #[must_use]
    pub fn unreported_at_most(rule: &Rule, stretch: f64) -> Duration {
        match rule.change {
            Change::Any => Duration::ZERO,
            Change::By(_) => {
                stretched(rule.shortest, stretch).min(stretched(rule.longest, stretch))
            }
        }
    }
}

fn key((key, _): &(String, Value)) -> &str {
    key
}

fn is_off(value: &Value, last: &Value, most: f64) -> bool {
    match (value, last) {
        (Value::Number(value), Value::Number(last)) => (value - last).abs() > most,
        _ => value != last,
    }
}

fn stretched(interval: Duration, stretch: f64) -> Duration {
    let seconds = interval.as_secs_f64() * stretch.max(1.0);
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(change: Change, shortest: u64, longest: u64) -> Rule {
        Rule {
            change,
            shortest: Duration::from_secs(shortest),
            longest: Duration::from_secs(longest),
            together: None,
        }
    }

    fn reporter(rules: &[(&str, Rule)]) -> Reporter {
        let mut table = Rules::default();
        for (key, rule) in rules {
            table.set(key, rule.clone());
        }
        Reporter::new(table)
    }

    fn at(seconds: u64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    fn row(values: &[(&str, f64)]) -> Vec<(String, Value)> {
        let value = |(key, number): &(&str, f64)| ((*key).to_owned(), Value::Number(*number));
        values.iter().map(value).collect()
    }

    /// The keys reported of a row, in order.
    fn told(reporter: &mut Reporter, seconds: u64, values: &[(&str, f64)]) -> Vec<String> {
        let row = row(values);
        let picked = reporter.pick(at(seconds), &row, 1.0);
        let mut keys: Vec<_> = picked.into_iter().map(str::to_owned).collect();
        keys.sort();
        keys
    }

    #[test]
    fn first_row_goes_whole_and_the_same_row_again_goes_not_at_all() {
        let mut reporter = reporter(&[]);
        let row = [("soc", 64.4), ("range", 50.0)];
        assert_eq!(told(&mut reporter, 0, &row), ["range", "soc"]);
        assert!(told(&mut reporter, 20, &row).is_empty());
    }

    #[test]
    fn number_is_reported_when_it_is_off_by_more_than_it_may() {
        let mut reporter = reporter(&[("soc", rule(Change::By(0.5), 0, 1000))]);
        assert_eq!(told(&mut reporter, 0, &[("soc", 60.0)]), ["soc"]);
        assert!(told(&mut reporter, 1, &[("soc", 60.5)]).is_empty());
        assert_eq!(told(&mut reporter, 2, &[("soc", 60.6)]), ["soc"]);
        // From what was reported, not from the value before: a slow drift is seen.
        assert!(told(&mut reporter, 3, &[("soc", 60.2)]).is_empty());
        assert_eq!(told(&mut reporter, 4, &[("soc", 60.0)]), ["soc"]);
    }

    #[test]
    fn change_waits_for_the_shortest_interval_and_a_state_does_not() {
        let mut reporter = reporter(&[
            ("speed", rule(Change::By(1.0), 5, 1000)),
            ("gear", rule(Change::Any, 5, 1000)),
        ]);
        told(&mut reporter, 0, &[("speed", 0.0), ("gear", 0.0)]);
        let moving = [("speed", 30.0), ("gear", 1.0)];
        assert_eq!(told(&mut reporter, 1, &moving), ["gear"]);
        assert_eq!(told(&mut reporter, 5, &moving), ["speed"]);
    }

    #[test]
    fn value_that_stays_is_reported_again_after_the_longest_interval() {
        let mut reporter = reporter(&[("soc", rule(Change::By(0.5), 10, 300))]);
        told(&mut reporter, 0, &[("soc", 60.0)]);
        assert!(told(&mut reporter, 299, &[("soc", 60.0)]).is_empty());
        assert_eq!(told(&mut reporter, 300, &[("soc", 60.0)]), ["soc"]);
    }

    #[test]
    fn keys_that_belong_together_are_reported_together() {
        let place = Rule {
            together: Some("position"),
            ..rule(Change::By(0.1), 0, 1000)
        };
        let mut reporter = reporter(&[
            ("latitude", place.clone()),
            ("longitude", place),
            ("soc", rule(Change::By(0.1), 0, 1000)),
        ]);
        let first = [("latitude", 48.0), ("longitude", 11.0), ("soc", 60.0)];
        told(&mut reporter, 0, &first);
        let second = [("latitude", 48.2), ("longitude", 11.01), ("soc", 60.0)];
        assert_eq!(told(&mut reporter, 1, &second), ["latitude", "longitude"]);
    }

    #[test]
    fn stretched_intervals_hold_up_numbers_and_never_a_state() {
        let mut reporter = reporter(&[
            ("speed", rule(Change::By(1.0), 5, 60)),
            ("gear", rule(Change::Any, 0, 60)),
        ]);
        let standing = row(&[("speed", 0.0), ("gear", 0.0)]);
        reporter.pick(at(0), &standing, 4.0);
        let moving = row(&[("speed", 30.0), ("gear", 1.0)]);
        assert_eq!(reporter.pick(at(19), &moving, 4.0), HashSet::from(["gear"]));
        assert_eq!(
            reporter.pick(at(20), &moving, 4.0),
            HashSet::from(["speed"])
        );
        assert!(reporter.pick(at(258), &moving, 4.0).is_empty());
        assert_eq!(
            reporter.pick(at(259), &moving, 4.0),
            HashSet::from(["gear"])
        );
    }

    #[test]
    fn what_was_forgotten_is_reported_whole() {
        let mut reporter = reporter(&[]);
        told(&mut reporter, 100, &[("soc", 60.0)]);
        reporter.forget();
        // Another boot: its moments begin again at zero.
        assert_eq!(told(&mut reporter, 1, &[("soc", 60.0)]), ["soc"]);
    }

    /// A walk of one value, row by row, and how far it may be off.
    fn walks() -> impl Strategy<Value = (Vec<(u64, f64)>, Rule, f64)> {
        let steps = prop::collection::vec((1_u64..20, -3.0..3.0), 1..200);
        let rule = (0.0..5.0, 0_u64..30, 0_u64..300, any::<bool>());
        (steps, rule, 1.0..20.0).prop_map(|(steps, (most, shortest, more, is_state), stretch)| {
            let change = if is_state {
                Change::Any
            } else {
                Change::By(most)
            };
            let rule = self::rule(change, shortest, (shortest + more).max(1));
            let (mut moment, mut value) = (0, 0.0);
            let walk = steps.into_iter().map(|(seconds, step)| {
                moment += seconds;
                // Some steps are none.
                value += if step > 0.0 { step } else { 0.0 };
                (moment, value)
            });
            (walk.collect(), rule, stretch)
        })
    }

    proptest! {
        #[test]
        fn no_change_stays_unreported_for_longer_than_stated((walk, rule, stretch) in walks()) {
            let mut reporter = reporter(&[("key", rule.clone())]);
            let within = Reporter::unreported_at_most(&rule, stretch);
            let most = match rule.change {
                Change::Any => 0.0,
                Change::By(most) => most,
            };
            let (mut heard, mut heard_at): (Option<f64>, Instant) = (None, at(0));
            for (seconds, value) in walk {
                let now = at(seconds);
                let row = row(&[("key", value)]);
                let is_told = !reporter.pick(now, &row, stretch).is_empty();
                if is_told {
                    (heard, heard_at) = (Some(value), now);
                }
                let silent = now.since(heard_at);
                let is_right = heard.is_some_and(|heard| (heard - value).abs() <= most);
                // The reader has the value, or the last report is too young for the next one.
                prop_assert!(is_right || silent < within, "{silent:?} {within:?}");
                prop_assert!(silent < stretched(rule.longest, stretch));
            }
        }
    }
}
