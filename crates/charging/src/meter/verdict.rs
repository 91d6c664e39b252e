//! The five verdicts on a sample, each with its reason and the numbers behind it.
//!
//! Not here: how a verdict is reached ([`super::plausibility`]).

use core::fmt;
use core::time::Duration;

use v2x_units::Watts;

use crate::Energy;

/// Whether to believe a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Fits the meter and the sample before; its energy counts.
    Good,
    /// No new measurement: old, repeated, or of a sensor that stands still.
    Stale,
    /// The counter fell; what it shows counts once a second sample agrees.
    Reset,
    /// The counter rose by more than the power explains; the rise is doubtful.
    Jump,
    /// No working meter shows this; nothing in the sample is used.
    Impossible,
}

impl Verdict {
    /// All verdicts, in the order of [`Verdict::index`].
    pub const ALL: [Self; 5] = [
        Self::Good,
        Self::Stale,
        Self::Reset,
        Self::Jump,
        Self::Impossible,
    ];

    /// Its place in [`Verdict::ALL`], for tables of counts.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Good => 0,
            Self::Stale => 1,
            Self::Reset => 2,
            Self::Jump => 3,
            Self::Impossible => 4,
        }
    }

    /// Whether voltage, current and power of the sample are a measurement.
    ///
    /// A counter that fell or jumped says nothing against the current measured beside it.
    #[must_use]
    pub const fn is_measurement(self) -> bool {
        matches!(self, Self::Good | Self::Reset | Self::Jump)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Good => "good",
            Self::Stale => "stale",
            Self::Reset => "reset",
            Self::Jump => "jump",
            Self::Impossible => "impossible",
        })
    }
}

/// A quantity that a meter shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// RMS voltage, in volts.
    Voltage,
    /// RMS current, in amperes.
    Current,
    /// Active power, in watts.
    Power,
    /// Energy counter, in watt hours.
    Energy,
    /// Mains frequency, in hertz.
    Frequency,
    /// Power factor, without a unit.
    PowerFactor,
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Voltage => "voltage",
            Self::Current => "current",
            Self::Power => "power",
            Self::Energy => "energy counter",
            Self::Frequency => "frequency",
            Self::PowerFactor => "power factor",
        })
    }
}

/// Why a sample is not simply good; prints as a sentence with its numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reason {
    /// NaN or infinite, as a library returns after a read that failed.
    NotANumber {
        /// Which quantity it is.
        quantity: Quantity,
    },
    /// Outside what the meter can measure.
    OutOfRange {
        /// Which quantity it is.
        quantity: Quantity,
        /// What the sample shows, in the quantity's unit.
        seen: f64,
        /// The smallest possible value.
        low: f64,
        /// The largest possible value.
        high: f64,
    },
    /// 0 V: the meter is fed by the mains it measures, so this is a read that timed out.
    NoVoltage,
    /// More active power than voltage and current carry.
    PowerAboveApparent {
        /// The active power shown.
        power: Watts,
        /// Volts times amperes.
        apparent: Watts,
    },
    /// Not newer than a sample already seen.
    NotNewer,
    /// Read too long ago.
    TooOld {
        /// Its age when it arrived.
        age: Duration,
    },
    /// Carries a time that is still to come.
    FromTheFuture {
        /// How far ahead.
        ahead: Duration,
    },
    /// Power flows but the counter stands still.
    Frozen {
        /// What the counter should have gained meanwhile.
        expected: Energy,
    },
    /// The counter fell.
    CounterFell {
        /// The counter before.
        from: Energy,
        /// The counter now.
        to: Energy,
    },
    /// The counter rose by more than the power explains.
    CounterJumped {
        /// By how much it rose.
        rise: Energy,
        /// The most that the measured power explains.
        explained: Energy,
    },
    /// The counter passed its end and began again; the sample is good.
    CounterWrapped,
    /// A second sample agrees with a counter that fell or jumped; the sample is good.
    CounterRebased {
        /// What rose unexplained and may have flowed: kept apart, not billed.
        doubtful: Energy,
    },
    /// The counter came back after one odd sample; nothing was lost, the sample is good.
    CounterRecovered,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber { quantity } => write!(f, "{quantity} is not a number"),
            Self::OutOfRange {
                quantity,
                seen,
                low,
                high,
            } => write!(
                f,
                "{quantity} is {seen}, the meter measures {low} to {high}"
            ),
            Self::NoVoltage => f.write_str("0 V is what a read that timed out leaves behind"),
            Self::PowerAboveApparent { power, apparent } => write!(
                f,
                "power is {:.1} W, but voltage and current carry only {:.1} VA",
                power.get(),
                apparent.get()
            ),
            Self::NotNewer => f.write_str("not newer than the sample before"),
            Self::TooOld { age } => write!(f, "read {} s ago", age.as_secs()),
            Self::FromTheFuture { ahead } => {
                write!(f, "its time lies {} s in the future", ahead.as_secs())
            }
            Self::Frozen { expected } => {
                write!(
                    f,
                    "the counter stands still where {expected} should have come"
                )
            }
            Self::CounterFell { from, to } => write!(f, "the counter fell from {from} to {to}"),
            Self::CounterJumped { rise, explained } => write!(
                f,
                "the counter rose by {rise}, the power explains at most {explained}"
            ),
            Self::CounterWrapped => f.write_str("the counter passed its end and began again"),
            Self::CounterRebased { doubtful } => write!(
                f,
                "the counter goes on from its new place; {doubtful} before it are doubtful"
            ),
            Self::CounterRecovered => f.write_str("the counter came back after an odd sample"),
        }
    }
}

/// What the judge says about one sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// Whether to believe it.
    pub verdict: Verdict,
    /// Why, when there is more to say than "good".
    pub reason: Option<Reason>,
    /// The plausible energy since the last sample that counted.
    pub gained: Energy,
    /// Energy that may have flowed but is not explained: to be shown, never billed.
    pub doubtful: Energy,
}

impl Judgement {
    /// A good sample that brings energy.
    pub(super) const fn good(gained: Energy, reason: Option<Reason>) -> Self {
        Self {
            verdict: Verdict::Good,
            reason,
            gained,
            doubtful: Energy::ZERO,
        }
    }

    /// A sample that brings none, and why.
    pub(super) const fn without_energy(verdict: Verdict, reason: Reason) -> Self {
        Self {
            verdict,
            reason: Some(reason),
            gained: Energy::ZERO,
            doubtful: Energy::ZERO,
        }
    }
}
