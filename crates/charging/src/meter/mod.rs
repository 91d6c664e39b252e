//! What an AC meter shows, what it can show, and whether to believe it.
//!
//! Not here: how samples are read from a wire (the roles do that) and what is done with the
//! energy ([`crate::ledger`]). Facts: PZEM-004T V3.0 User Manual; field faults reported against
//! `mandulaj/PZEM-004T-v30` (issue 47) and Tasmota (issues 9311, 10541).
//!
//! | file | what it holds |
//! |---|---|
//! | [`limits`] | what a meter model on a given slot can show at all |
//! | [`verdict`] | the five verdicts and the reason with its numbers |
//! | [`plausibility`] | the judge: one sample in, one verdict and the energy gained out |

pub mod limits;
pub mod plausibility;
pub mod verdict;

use v2x_units::{Amps, Hertz, Instant, Volts, WattHours, Watts};

pub use limits::MeterLimits;
pub use plausibility::{Baseline, Plausibility};
pub use verdict::{Judgement, Quantity, Reason, Verdict};

/// One reading of a meter, as it came: the numbers may be impossible, a missing one is `None`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeterSample {
    /// When the meter was read.
    pub at: Instant,
    /// RMS voltage.
    pub voltage: Option<Volts>,
    /// RMS current.
    pub current: Option<Amps>,
    /// Active power.
    pub power: Option<Watts>,
    /// The energy counter: all energy since the meter was last reset.
    pub energy: Option<WattHours>,
    /// Mains frequency.
    pub frequency: Option<Hertz>,
    /// Power factor, 0 to 1; it has no sign, for the meter does not know a direction.
    pub power_factor: Option<f64>,
}

impl MeterSample {
    /// The power measured, or else volts times amperes; `None` when neither is known.
    #[must_use]
    pub fn power_or_apparent(&self) -> Option<Watts> {
        self.power.or(Some(self.voltage? * self.current?))
    }
}
