//! How far a station, or what it says, is believed: 0 to 100 %.
//!
//! Not a probability that was measured: a figure that rises with every message that fits the ones
//! before and falls with every one that does not, so that a person and a rule can go by it.

/// A confidence in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Confidence(u8);

impl Confidence {
    /// Not believed at all.
    pub const NONE: Self = Self(0);
    /// Where a signed but unknown station begins.
    pub const UNKNOWN: Self = Self(50);
    /// Fully believed.
    pub const FULL: Self = Self(100);
    /// Below this nothing is concluded from it.
    pub const USABLE: Self = Self(30);

    /// Takes a percentage; what is above 100 is 100.
    #[must_use]
    pub const fn percent(value: u8) -> Self {
        Self(if value > 100 { 100 } else { value })
    }

    /// The percentage, 0 to 100.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// After a message that fits.
    #[must_use]
    pub(super) fn raised(self) -> Self {
        Self::percent(self.0.saturating_add(5))
    }

    /// After a message that is doubtful, but taken.
    #[must_use]
    pub(super) const fn doubted(self) -> Self {
        Self(self.0.saturating_sub(15))
    }

    /// After a message that was refused.
    #[must_use]
    pub(super) const fn refuted(self) -> Self {
        Self(self.0 / 2)
    }

    /// A part of it.
    #[must_use]
    pub(super) fn times(self, factor: f64) -> Self {
        let part = f64::from(self.0) * factor.clamp(0.0, 1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 100 times 0 to 1"
        )]
        let whole = libm::round(part) as u8;
        Self::percent(whole)
    }
}
