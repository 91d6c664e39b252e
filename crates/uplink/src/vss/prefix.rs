//! The levels that stand before every topic.

use std::fmt;
use std::str::FromStr;

/// The longest prefix, in bytes: the largest entry, its frame and its topic fit one message.
pub const PREFIX_MAX_BYTES: usize = 200;

/// The beginning of every topic, without a slash at its end, as `fleet/car-7`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicPrefix(String);

/// Why a text is no prefix; MQTT 3.1.1, section 4.7.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TopicPrefixError {
    /// Nothing, or nothing between two slashes.
    #[error(
        "{0:?} has an empty level; it must be words with a slash between them, none at either end, \
         as fleet/car-7"
    )]
    EmptyLevel(String),
    /// `+` and `#` are for those who subscribe.
    #[error("{0:?} has a wildcard; + and # are for subscriptions, nothing can be published there")]
    Wildcard(String),
    /// Brokers keep such topics for themselves.
    #[error("{0:?} begins with $; such topics are the broker's own")]
    Dollar(String),
    /// NUL is forbidden, and brokers may close the connection on the others.
    #[error("{0:?} has a control character; it must be printable")]
    Control(String),
    /// More than [`PREFIX_MAX_BYTES`].
    #[error("it has {0} bytes; at most {PREFIX_MAX_BYTES} are taken")]
    TooLong(usize),
}

impl FromStr for TopicPrefix {
    type Err = TopicPrefixError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > PREFIX_MAX_BYTES {
            return Err(TopicPrefixError::TooLong(text.len()));
        }
        let seen = || text.to_owned();
        if text.chars().any(char::is_control) {
            return Err(TopicPrefixError::Control(seen()));
        }
        if text.contains(['+', '#']) {
            return Err(TopicPrefixError::Wildcard(seen()));
        }
        if text.starts_with('$') {
            return Err(TopicPrefixError::Dollar(seen()));
        }
        if text.split('/').any(|level| level.trim().is_empty()) {
            return Err(TopicPrefixError::EmptyLevel(seen()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for TopicPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefix_that_no_topic_can_begin_with_is_refused_in_words() {
        for (text, said) in [
            ("", "empty level"),
            ("/v2x", "empty level"),
            ("v2x/", "empty level"),
            ("v2x//car", "empty level"),
            ("v2x/ /car", "empty level"),
            ("v2x/+", "wildcard"),
            ("v2x/#", "wildcard"),
            ("v#2x", "wildcard"),
            ("$SYS/car", "begins with $"),
            ("v2x/\0", "control character"),
            ("v2x\n", "control character"),
        ] {
            let error = text.parse::<TopicPrefix>().unwrap_err().to_string();
            assert!(error.contains(said), "{text:?}: {error}");
        }
        let long = "a".repeat(PREFIX_MAX_BYTES + 1);
        assert_eq!(
            long.parse::<TopicPrefix>(),
            Err(TopicPrefixError::TooLong(201))
        );
    }

    #[test]
    fn prefix_of_one_or_more_words_is_taken_as_it_is() {
        for text in [
            "v2x",
            "v2x/vehicle",
            "flotte/Citroën 7",
            "a/$b",
            &"a".repeat(200),
        ] {
            assert_eq!(text.parse::<TopicPrefix>().unwrap().to_string(), text);
        }
    }
}
