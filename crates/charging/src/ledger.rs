//! The energy ledger: sums of what the judge of the meter let through.
//!
//! Not here: the judging ([`crate::meter::plausibility`]). Energy is the sum of plausible gains,
//! never the counter's end minus its start: a counter that falls, jumps or wraps between them
//! would make that difference negative or absurd.

use crate::Energy;
use crate::meter::{Judgement, Verdict};

/// Energy and verdicts added up over some samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EnergyLedger {
    /// Plausible energy: what is billed.
    pub plausible: Energy,
    /// Energy that may have flowed but is not explained: shown, never billed.
    pub doubtful: Energy,
    /// How many samples had each verdict, in the order of [`Verdict::ALL`].
    pub samples: [u32; Verdict::ALL.len()],
}

impl EnergyLedger {
    /// Enters one judged sample.
    pub fn post(&mut self, judgement: &Judgement) {
        self.plausible += judgement.gained;
        self.doubtful += judgement.doubtful;
        let count = &mut self.samples[judgement.verdict.index()];
        *count = count.saturating_add(1);
    }

    /// Enters all that another ledger holds.
    pub fn append(&mut self, other: &Self) {
        self.plausible += other.plausible;
        self.doubtful += other.doubtful;
        for (count, more) in self.samples.iter_mut().zip(other.samples) {
            *count = count.saturating_add(more);
        }
    }

    /// How many samples had a verdict.
    #[must_use]
    pub const fn count(&self, verdict: Verdict) -> u32 {
        self.samples[verdict.index()]
    }
}
