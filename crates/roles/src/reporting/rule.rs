//! How much a value may change unreported, and for how long.

use std::collections::HashMap;
use std::time::Duration;

/// The longest interval that a rule may have: a day.
const INTERVAL_MAX_S: f64 = 86_400.0;

/// What counts as a change of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// Any other value, which is reported at once: a gear, a door, whether it charges.
    Any,
    /// A number that is off by more than so much, in the unit of its key. What is no number
    /// changes with any other value.
    By(f64),
}

/// When a value is reported.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What counts as a change.
    pub change: Change,
    /// A change by [`Change::By`] is reported no sooner than so long after the report before.
    pub shortest: Duration,
    /// A value is reported again after so long, changed or not.
    pub longest: Duration,
    /// Keys with the same word here are reported together: a latitude and its longitude.
    pub together: Option<&'static str>,
}

impl Default for Rule {
    /// Any change, once in ten seconds at most; the value again after five minutes.
    fn default() -> Self {
        Self {
            change: Change::By(0.0),
            shortest: Duration::from_secs(10),
            longest: Duration::from_secs(300),
            together: None,
        }
    }
}

/// The rule of each key.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    by_key: HashMap<String, Rule>,
    other: Rule,
}

impl Rules {
    /// Sets the rule of a key.
    pub fn set(&mut self, key: &str, rule: Rule) {
        self.by_key.insert(key.to_owned(), rule);
    }

    /// The rule of a key; a key without one has the usual rule.
    #[must_use]
    pub fn get(&self, key: &str) -> &Rule {
        self.by_key.get(key).unwrap_or(&self.other)
    }

    /// Whether a key has a rule of its own.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.by_key.contains_key(key)
    }

    /// Puts a rule of a person's in the place of a key's; with whom it is reported stays.
    pub fn replace(&mut self, key: &str, rule: Rule) {
        let together = self.get(key).together;
        self.set(key, Rule { together, ..rule });
    }
}

/// A rule that cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RuleError {
    /// Not of the form.
    #[error(
        "`{0}` is no rule; it must be a key, what counts as a change, and the shortest and the \
         longest interval in seconds, as soc:0.5:10:300, or gear:any:0:300"
    )]
    Form(String),
    /// A number out of its range.
    #[error("`{rule}`: {what} must be a number from {low} to {high}")]
    Number {
        /// The rule as it was written.
        rule: String,
        /// Which of its numbers.
        what: &'static str,
        /// The smallest that is taken.
        low: f64,
        /// The largest that is taken.
        high: f64,
    },
    /// The intervals contradict each other.
    #[error("`{0}`: the shortest interval is longer than the longest one")]
    Intervals(String),
    /// A key that stands there twice.
    #[error("`{0}` has two rules; keep one")]
    Twice(String),
}

/// Reads rules as a person writes them, separated by commas: `soc:0.5:10:300,gear:any:0:300`.
///
/// # Errors
/// Says which rule is wrong, and what is right.
pub fn parse_overrides(text: &str) -> Result<Vec<(String, Rule)>, RuleError> {
    let mut rules: Vec<(String, Rule)> = Vec::new();
    for one in text.split(',').map(str::trim).filter(|one| !one.is_empty()) {
        let (key, rule) = parse(one)?;
        if rules.iter().any(|(known, _)| *known == key) {
            return Err(RuleError::Twice(key));
        }
        rules.push((key, rule));
    }
    Ok(rules)
}

fn parse(text: &str) -> Result<(String, Rule), RuleError> {
    let parts: Vec<_> = text.split(':').map(str::trim).collect();
    let [key, change, shortest, longest] = parts[..] else {
        return Err(RuleError::Form(text.to_owned()));
    };
    if key.is_empty() {
        return Err(RuleError::Form(text.to_owned()));
    }
    let number = |what: &'static str, seen: &str, low: f64, high: f64| {
        let number = seen.parse().ok().filter(|it| (low..=high).contains(it));
        number.ok_or_else(|| RuleError::Number {
            rule: text.to_owned(),
            what,
            low,
            high,
        })
    };
    let change = match change {
        "any" => Change::Any,
        seen => Change::By(number("the change", seen, 0.0, 1e9)?),
    };
    let shortest = number("the shortest interval", shortest, 0.0, INTERVAL_MAX_S)?;
    let longest = number("the longest interval", longest, 1.0, INTERVAL_MAX_S)?;
    if shortest > longest {
        return Err(RuleError::Intervals(text.to_owned()));
    }
    let rule = Rule {
        change,
        shortest: Duration::from_secs_f64(shortest),
        longest: Duration::from_secs_f64(longest),
        together: None,
    };
    Ok((key.to_owned(), rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_as_a_person_writes_them() {
        let rules = parse_overrides(" soc:0.5:10:300, gear:any:0:60 ,").unwrap();
        let soc = Rule {
            change: Change::By(0.5),
            shortest: Duration::from_secs(10),
            longest: Duration::from_secs(300),
            together: None,
        };
        assert_eq!(rules[0], ("soc".to_owned(), soc));
        assert_eq!(rules[1].1.change, Change::Any);
        assert_eq!(parse_overrides(""), Ok(Vec::new()));
    }

    #[test]
    fn rule_that_is_wrong_says_what_is_right() {
        for (text, says) in [
            ("soc", "as soc:0.5:10:300"),
            (":1:1:1", "as soc:0.5:10:300"),
            ("soc:much:10:300", "the change must be"),
            ("soc:-1:10:300", "the change must be"),
            ("soc:NaN:10:300", "the change must be"),
            ("soc:1:10:0", "the longest interval must be"),
            ("soc:1:1e9:300", "the shortest interval must be"),
            ("soc:1:400:300", "longer than the longest"),
            ("soc:1:1:300,soc:2:1:300", "two rules"),
        ] {
            let said = parse_overrides(text).unwrap_err().to_string();
            assert!(said.contains(says), "{text}: {said}");
        }
    }

    #[test]
    fn replaced_rule_keeps_its_company() {
        let mut rules = Rules::default();
        let position = Rule {
            together: Some("position"),
            ..Rule::default()
        };
        rules.set("latitude", position);
        rules.replace("latitude", Rule::default());
        rules.replace("soc", Rule::default());
        assert_eq!(rules.get("latitude").together, Some("position"));
        assert_eq!(rules.get("soc").together, None);
    }
}
