//! What is known of a signal besides its bits: names, unit, range, words, sureness.
//!
//! Where its bits lie is `layout`; when its value counts is `validity`.

use std::time::Duration;

use v2x_units::CanId;

/// The place of a signal in [`crate::Decoder::signals`], the same for the decoder's whole life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SignalId(pub(crate) u16);

impl SignalId {
    /// The index into [`crate::Decoder::signals`].
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// How sure the meaning of a signal is; the DBC's attribute `Confidence`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Inferred, or a hypothesis.
    Low,
    /// Sources agree, or one good source fits the recordings.
    Medium,
    /// In no published source, but fits every recorded frame.
    HighNew,
    /// Independent sources agree and recorded frames confirm it.
    High,
}

/// What a DBC says of one signal.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalInfo {
    /// The name of its message, as `BMS_Power`.
    pub message: String,
    /// Its name, unique in its message, as `StateOfCharge`.
    pub name: String,
    /// Both names joined by a dot: `BMS_Power.StateOfCharge`.
    pub qualified: String,
    /// The identifier of its message.
    pub id: CanId,
    /// The unit of its value; empty when the DBC names none.
    pub unit: String,
    /// The smallest value that the DBC expects; never a reason to withhold one.
    pub minimum: f64,
    /// The largest value that the DBC expects; never a reason to withhold one.
    pub maximum: f64,
    /// Whether its numbers are names: it has labels, or the unit `enum`.
    pub is_enum: bool,
    /// Whether it identifies a person or the car: not shown, stored or sent unless asked for.
    pub personal: bool,
    /// The labels of its raw numbers, in ascending order.
    pub labels: Vec<(i64, String)>,
    /// What it means, in a sentence; empty when the DBC says nothing.
    pub comment: String,
    /// How many decimals show all that its value holds, 0 to 6.
    pub decimals: u8,
    /// How sure its meaning is; `None` when the DBC does not say.
    pub confidence: Option<Confidence>,
    /// Who published its meaning; empty when the DBC does not say.
    pub source: String,
    /// How often its message comes; `None` when it comes on events only.
    pub cycle: Option<Duration>,
}

impl SignalInfo {
    /// The label of a value, when the DBC has one for exactly this number.
    #[must_use]
    pub fn label(&self, value: f64) -> Option<&str> {
        self.labels
            .iter()
            .find(|(raw, _)| to_f64(*raw) == value)
            .map(|(_, label)| label.as_str())
    }
}

/// Labels name raw numbers of enumerations, all of which an `f64` holds exactly.
#[expect(
    clippy::cast_precision_loss,
    reason = "codes of enumerations are small"
)]
fn to_f64(raw: i64) -> f64 {
    raw as f64
}

/// Decimals that a raw step of `factor` and an `offset` imply.
///
/// A factor written with up to four decimals shows them all; a longer one is the rounding of a
/// ratio, and one decimal more than tells two neighbouring numbers apart is enough.
pub(crate) fn decimals(factor: f64, offset: f64) -> u8 {
    const WRITTEN_OUT: u8 = 4;
    const MOST: u8 = 6;
    let is_whole = |value: f64| (value - value.round()).abs() < 1e-9 * value.abs().max(1.0);
    let exact = (0..=WRITTEN_OUT).find(|&digits| {
        let scale = 10f64.powi(i32::from(digits));
        is_whole(factor * scale) && is_whole(offset * scale) && factor * scale != 0.0
    });
    exact.unwrap_or_else(|| {
        let telling = (0..MOST).find(|&digits| factor.abs() * 10f64.powi(i32::from(digits)) >= 1.0);
        telling.map_or(MOST, |digits| digits + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_show_what_the_factor_can_tell() {
        assert_eq!(decimals(1.0, -40.0), 0);
        assert_eq!(decimals(10.0, -20_000.0), 0);
        assert_eq!(decimals(0.25, -500.0), 2);
        assert_eq!(decimals(0.0025, 0.0), 4);
        assert_eq!(decimals(0.005, 0.0), 3);
        assert_eq!(decimals(1.0, 0.5), 1);
    }

    #[test]
    fn decimals_of_a_rounded_ratio_stay_readable() {
        assert_eq!(decimals(0.395_256_9, 0.0), 2);
        assert_eq!(decimals(0.000_000_1, 0.0), 6);
    }
}
