//! Which samples are kept, so that each start, stop and kilowatt hour can be explained.
//!
//! A step of a session keeps the samples that led to it. Between steps one sample in ten seconds
//! is kept, and each whose verdict or reason differs from the one before: 16 slots at 10 samples/s
//! would otherwise write a gigabyte a week.

use std::collections::VecDeque;
use std::mem::discriminant;
use std::time::Duration;

use v2x_charging::{Judgement, MeterSample};
use v2x_units::{Instant, UtcTime};

/// Samples that led to a step: eight seconds and more at the prototype's pace of one in two
/// seconds, and enough to see the current rise or fall at any pace.
const LEADING: usize = 16;

/// Between steps a sample is kept at least so often.
const EVERY: Duration = Duration::from_secs(10);

/// Samples that wait to be kept. A step or a row of telemetry takes them within seconds; when a
/// disk refuses for long, the oldest go and are counted.
const WAITING_MAX: usize = 512;

/// A sample with the verdict on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// When it was taken in UTC, as far as known.
    pub utc: Option<UtcTime>,
    /// What the meter showed.
    pub sample: MeterSample,
    /// What it is worth.
    pub judgement: Judgement,
}

/// The last samples of a slot.
#[derive(Debug, Clone, Default)]
pub struct Recent {
    leading: VecDeque<Judged>,
    waiting: VecDeque<Judged>,
    kept_at: Option<Instant>,
    dropped: u64,
}

impl Recent {
    /// Takes a sample; `in_session` says whether it belongs to one.
    pub fn push(&mut self, judged: Judged, in_session: bool) {
        if in_session && self.is_worth_keeping(&judged) {
            self.kept_at = Some(judged.sample.at);
            if self.waiting.len() >= WAITING_MAX {
                self.waiting.pop_front();
                self.dropped += 1;
            }
            self.waiting.push_back(judged.clone());
        }
        if self.leading.len() >= LEADING {
            self.leading.pop_front();
        }
        self.leading.push_back(judged);
    }

    fn is_worth_keeping(&self, judged: &Judged) -> bool {
        let is_due = self
            .kept_at
            .is_none_or(|kept| judged.sample.at.since(kept) >= EVERY);
        let seen = |judged: &Judged| {
            let reason = judged.judgement.reason.as_ref().map(discriminant);
            (judged.judgement.verdict, reason)
        };
        is_due || self.leading.back().map(seen) != Some(seen(judged))
    }

    /// The newest sample.
    #[must_use]
    pub fn newest(&self) -> Option<&Judged> {
        self.leading.back()
    }

    /// Takes what waits, and with it what led to a step; in the order of time, each once.
    pub fn take(&mut self, step: bool) -> Vec<Judged> {
        let mut taken: Vec<_> = self.waiting.drain(..).collect();
        if step {
            taken.extend(self.leading.iter().cloned());
            taken.sort_by_key(|judged| judged.sample.at);
            taken.dedup_by_key(|judged| judged.sample.at);
        }
        taken
    }

    /// How many samples could not be kept because the disk refused for long.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use v2x_charging::{MeterLimits, Plausibility};
    use v2x_units::{Amps, Volts, WattHours};

    use super::*;

    fn judged(second: u64, volts: f64) -> Judged {
        let at = Instant::from_micros(second * 1_000_000);
        let sample = MeterSample {
            at,
            voltage: Some(Volts::new(volts)),
            current: Some(Amps::new(9.0)),
            power: None,
            energy: Some(WattHours::new(5.0)),
            frequency: None,
            power_factor: None,
        };
        let mut judge = Plausibility::new(MeterLimits::pzem_004t_100a());
        Judged {
            utc: None,
            sample,
            judgement: judge.judge(at, &sample),
        }
    }

    fn seconds(taken: &[Judged]) -> Vec<u64> {
        let seconds = taken.iter().map(|judged| judged.sample.at.as_micros());
        seconds.map(|micros| micros / 1_000_000).collect()
    }

    #[test]
    fn one_sample_in_ten_seconds_and_each_change_of_verdict_is_kept() {
        let mut recent = Recent::default();
        for second in 0..30 {
            let volts = if second == 14 { 0.0 } else { 230.0 };
            recent.push(judged(second, volts), true);
        }
        assert_eq!(seconds(&recent.take(false)), [0, 10, 14, 15, 25]);
        assert!(recent.take(false).is_empty());
    }

    #[test]
    fn step_keeps_the_samples_that_led_to_it_each_once() {
        let mut recent = Recent::default();
        for second in 0..20 {
            recent.push(judged(second, 230.0), second >= 10);
        }
        assert_eq!(seconds(&recent.take(true)), (4..20).collect::<Vec<_>>());
    }

    #[test]
    fn oldest_waiting_samples_are_dropped_and_counted_when_full() {
        let mut recent = Recent::default();
        for second in 0..600 {
            recent.push(judged(second * 10, 230.0), true);
        }
        assert_eq!(recent.take(false).len(), WAITING_MAX);
        assert_eq!(recent.dropped(), 600 - WAITING_MAX as u64);
    }
}
