//! One quantity, its sources, and how to read it from the latest values of a bus.

use std::time::Duration;

use v2x_units::Instant;

use crate::signal::SignalId;

/// The type that VSS gives a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Datatype {
    /// A number with a fraction.
    Float,
    /// A whole number from 0 to 255.
    Uint8,
    /// A whole number from 0 to 65 535.
    Uint16,
    /// A whole number from 0 to 4 294 967 295.
    Uint32,
    /// A whole number from -128 to 127.
    Int8,
    /// True (1) or false (0).
    Boolean,
    /// One of the quantity's words.
    String,
}

/// How the values of several signals become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combination {
    /// Their mean; of one signal, its value.
    Mean,
    /// Their sum.
    Sum,
    /// The smallest.
    Min,
    /// The largest.
    Max,
}

/// A state of the bus in which a source means nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Unless {
    /// The signal that tells.
    pub signal: SignalId,
    /// The value at which the source means nothing.
    pub value: f64,
    /// How long the signal's last value counts; one that is older or unknown tells nothing.
    pub fresh_for: Duration,
}

/// One place on the bus where a quantity stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The signals it takes, all of which must be fresh; at least one.
    pub signals: Vec<SignalId>,
    /// How several signals become one value.
    pub combination: Combination,
    /// The factor from the combined signals to the quantity's unit.
    pub scale: f64,
    /// What is added after the factor, in the quantity's unit.
    pub offset: f64,
    /// Whether the sign is dropped, where other sources of the quantity have none.
    pub magnitude: bool,
    /// Codes of the signal and the values they mean; when there are any, other codes mean nothing.
    pub values: Vec<(f64, f64)>,
    /// The states in which it means nothing.
    pub unless: Vec<Unless>,
    /// How long its signals stay fresh.
    pub fresh_for: Duration,
}

/// When a quantity is published, where not every row is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    /// By how much it changes unreported, in the unit of its key; `None`: not at all, and a change
    /// goes at once.
    pub change: Option<f64>,
    /// A change is reported no sooner than so long after the report before.
    pub shortest: Duration,
    /// It is reported again after so long, changed or not.
    pub longest: Duration,
}

/// A quantity of the vehicle under its VSS path.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    /// The full path, as `Vehicle.Speed`; under `Vehicle.Private.` where VSS has none.
    pub path: String,
    /// The type of the path.
    pub datatype: Datatype,
    /// The unit of the path, in VSS's spelling; empty where VSS has none.
    pub unit: String,
    /// The key under which it is uploaded, as `soc`.
    pub key: Option<String>,
    /// The unit of the uploaded value; that of the path unless the file says otherwise.
    pub key_unit: String,
    /// The factor from the path's unit to the key's.
    pub key_scale: f64,
    /// VSS's words for its numbers, for [`Datatype::String`].
    pub words: Vec<(i64, String)>,
    /// When it is published, where not every row is; `None`: the file does not say it.
    pub report: Option<Report>,
    /// Where it comes from; the first source that is fresh and valid wins.
    pub sources: Vec<Source>,
}

/// A quantity as it was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// The value in the quantity's unit, not yet rounded for VSS.
    pub value: f64,
    /// When it was measured: the oldest of the signals it was made of.
    pub at: Instant,
    /// Which of [`Quantity::sources`] gave it.
    pub source: usize,
}

impl Quantity {
    /// Reads the quantity from the first source that is fresh and valid at `now`.
    ///
    /// `latest` gives the last valid value of a signal and when it was on the bus.
    pub fn read(
        &self,
        now: Instant,
        latest: impl Fn(SignalId) -> Option<(Instant, f64)>,
    ) -> Option<Reading> {
        let tried = self.sources.iter().enumerate();
        tried.into_iter().find_map(|(index, source)| {
            let (at, value) = source.read(now, &latest)?;
            Some(Reading {
                value,
                at,
                source: index,
            })
        })
    }

    /// A value as VSS wants it: whole numbers are rounded to the nearest.
    ///
    /// `None` when the path's type cannot hold it; a value is never bent to fit.
    #[must_use]
    pub fn to_vss(&self, value: f64) -> Option<f64> {
        let range = match self.datatype {
            Datatype::Float => return Some(value),
            Datatype::Uint8 => 0.0..=255.0,
            Datatype::Uint16 => 0.0..=65_535.0,
            Datatype::Uint32 => 0.0..=4_294_967_295.0,
            Datatype::Int8 => -128.0..=127.0,
            Datatype::Boolean => 0.0..=1.0,
            Datatype::String => {
                return self
                    .words
                    .iter()
                    .any(|(code, _)| is(*code, value))
                    .then_some(value);
            }
        };
        Some(value.round()).filter(|whole| range.contains(whole))
    }

    /// A value in the unit of its telemetry key.
    #[must_use]
    pub fn to_key(&self, value: f64) -> f64 {
        value * self.key_scale
    }

    /// VSS's word for a value, where it has one.
    #[must_use]
    pub fn word(&self, value: f64) -> Option<&str> {
        let found = self.words.iter().find(|(code, _)| is(*code, value));
        found.map(|(_, word)| word.as_str())
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "codes of enumerations are small"
)]
fn is(code: i64, value: f64) -> bool {
    code as f64 == value
}

impl Source {
    fn read(
        &self,
        now: Instant,
        latest: impl Fn(SignalId) -> Option<(Instant, f64)>,
    ) -> Option<(Instant, f64)> {
        let fresh =
            |signal, fresh_for| latest(signal).filter(|(at, _)| now.since(*at) <= fresh_for);
        let rests = self.unless.iter().any(|unless| {
            fresh(unless.signal, unless.fresh_for).is_some_and(|(_, value)| value == unless.value)
        });
        if rests {
            return None;
        }
        let mut taken = self
            .signals
            .iter()
            .map(|signal| fresh(*signal, self.fresh_for));
        let (mut at, mut combined) = taken.next()??;
        for value in taken {
            let (measured, value) = value?;
            at = at.min(measured);
            combined = match self.combination {
                Combination::Mean | Combination::Sum => combined + value,
                Combination::Min => combined.min(value),
                Combination::Max => combined.max(value),
            };
        }
        if self.combination == Combination::Mean {
            combined /= count(&self.signals);
        }
        self.to_quantity(combined).map(|value| (at, value))
    }

    /// From the combined signals to the quantity's unit; `None` for a code that means nothing.
    fn to_quantity(&self, combined: f64) -> Option<f64> {
        if !self.values.is_empty() {
            let known = self.values.iter().find(|(code, _)| *code == combined);
            return known.map(|(_, value)| *value);
        }
        let value = combined * self.scale + self.offset;
        Some(if self.magnitude { value.abs() } else { value })
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a source names a handful of signals"
)]
fn count(signals: &[SignalId]) -> f64 {
    signals.len() as f64
}
