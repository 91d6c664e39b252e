//! What trips and charges have in common: something that begins, goes on and ends, and whose
//! record is on disk at every step.
//!
//! Not here: what begins or ends one ([`super::trip`], [`super::charge`]).

use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use v2x_units::{Stamp, UtcTime};

/// What names one trip or charge for ever: drawn at random by whoever has randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EpisodeId(u64);

impl EpisodeId {
    /// Takes the number that was drawn.
    #[must_use]
    pub const fn new(drawn: u64) -> Self {
        Self(drawn)
    }
}

/// Prints as 16 hex digits.
impl fmt::Display for EpisodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A text that is no id: anything but 16 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpisodeIdError;

impl fmt::Display for EpisodeIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the id of a trip or charge; it must be 16 hex digits")
    }
}

impl core::error::Error for EpisodeIdError {}

impl FromStr for EpisodeId {
    type Err = EpisodeIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = (text.len() == 16 && is_hex).then(|| u64::from_str_radix(text, 16));
        number
            .ok_or(EpisodeIdError)?
            .map(Self)
            .map_err(|_| EpisodeIdError)
    }
}

impl Serialize for EpisodeId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EpisodeId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What became of a trip or charge; each is to be persisted before the next input.
///
/// Whether a few metres become a trip, or a short current a charge, shows later. Until then the
/// record is a [`Change::Candidate`], kept only so that a restart loses nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Change<T> {
    /// It may become one: keep the record, tell nobody.
    Candidate(T),
    /// It became nothing: forget the record.
    Dismissed(EpisodeId),
    /// It is one, and began when its record says.
    Started(T),
    /// It goes on.
    Progressed(T),
    /// It is over, with a cause; this record is final.
    Ended(T),
}

/// Both clocks of a running record: the monotonic one measures while the program runs, the dates
/// in the record bridge a restart.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clock {
    last: Option<Stamp>,
}

impl Clock {
    /// The time since the last input; after a restart since the record's date. `None` when the
    /// dates contradict each other, so that nobody knows.
    pub(super) fn since_last(&self, record: UtcTime, now: Stamp) -> Option<Duration> {
        match self.last {
            Some(last) => Some(now.instant.since(last.instant)),
            None => {
                let micros = now.utc.micros_since(record);
                u64::try_from(micros).ok().map(Duration::from_micros)
            }
        }
    }

    /// An input came.
    pub(super) fn hear(&mut self, now: Stamp) {
        self.last = Some(now);
    }
}

/// A number that is known or not, from its first value to its last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Course {
    pub(super) first: Option<f64>,
    pub(super) last: Option<f64>,
}

impl Course {
    pub(super) fn see(&mut self, value: Option<f64>) {
        self.first = self.first.or(value);
        self.last = value.or(self.last);
    }
}

/// The larger of two numbers of which either may be unknown.
pub(super) fn larger(held: Option<f64>, seen: Option<f64>) -> Option<f64> {
    match (held, seen) {
        (Some(held), Some(seen)) => Some(held.max(seen)),
        (held, seen) => held.or(seen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_reads_what_it_prints_and_nothing_else() {
        let id = EpisodeId::new(0xBEEF);
        assert_eq!(id.to_string(), "000000000000beef");
        assert_eq!("000000000000beef".parse(), Ok(id));
        for text in ["", "beef", "+00000000000beef", "00000000000000beef"] {
            assert_eq!(text.parse::<EpisodeId>(), Err(EpisodeIdError), "{text}");
        }
    }
}
