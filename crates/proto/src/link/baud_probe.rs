//! Finds the baud rate at which a device makes sense, by trying one after the other.
//!
//! Not the serial port: [`BaudProbe::poll`] says which rate to set and when to come back, and
//! [`BaudProbe::feed`] takes what was read. It reads no clock. The first round is short, for a
//! board with the framed link reports every second; the second is long, for a collector of the
//! prototype on a bus at rest speaks every five seconds.

use core::time::Duration;

use v2x_units::Instant;

use super::detect::{Detector, Dialect, Verdict};

/// The rates that our boards and the prototype's use, likely ones first.
pub const USUAL_RATES: &[u32] = &[921_600, 115_200, 460_800, 230_400, 57_600, 9_600];

/// How long a rate is listened to in each round.
const ROUNDS: [Duration; 2] = [Duration::from_millis(1_500), Duration::from_millis(6_000)];

/// What arrives so soon after a change was sent at the rate before and sits in the port's buffer.
const SETTLING: Duration = Duration::from_millis(50);

/// So much garbage without one frame or line is enough; the longest frame has 1,533 bytes.
const GARBAGE_ENOUGH: u64 = 4_096;

/// What the owner of the port is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeStep {
    /// Set the port to this rate, throw away what it has buffered, and go on.
    Try {
        /// Bits per second.
        baud: u32,
    },
    /// Nothing to do until then, or until bytes come.
    Wait {
        /// When to call [`BaudProbe::poll`] again.
        until: Instant,
    },
    /// The device is known.
    Found {
        /// Bits per second.
        baud: u32,
        /// How it speaks.
        dialect: Dialect,
    },
    /// Every rate was tried; the best that was heard.
    Nothing {
        /// What it looks like, at the rate that made most sense.
        verdict: Verdict,
        /// That rate, where anything was heard at all.
        baud: Option<u32>,
    },
}

/// One search over all rates; make a new one to search again.
#[derive(Debug, Clone)]
pub struct BaudProbe {
    rates: &'static [u32],
    detector: Detector,
    /// Which of the rates, and which of the rounds, is being tried.
    rate: usize,
    round: usize,
    /// When the rate was set; `None` until it is.
    set_at: Option<Instant>,
    best: Option<(Verdict, u32)>,
    result: Option<ProbeStep>,
}

impl BaudProbe {
    /// Prepares a search over these rates, in this order; [`USUAL_RATES`] unless one is known.
    #[must_use]
    pub fn new(rates: &'static [u32]) -> Self {
        Self {
            rates,
            detector: Detector::new(),
            rate: 0,
            round: 0,
            set_at: None,
            best: None,
            result: None,
        }
    }

    /// Takes what was read from the port.
    pub fn feed(&mut self, now: Instant, bytes: &[u8]) {
        if self.set_at.is_some_and(|set| now >= set + SETTLING) {
            self.detector.feed(bytes);
        }
    }

    /// Says what to do; the same again once the search is over.
    pub fn poll(&mut self, now: Instant) -> ProbeStep {
        if let Some(result) = self.result {
            return result;
        }
        let (Some(&baud), Some(&listen)) = (self.rates.get(self.rate), ROUNDS.get(self.round))
        else {
            return self.finish(self.nothing());
        };
        let Some(set_at) = self.set_at else {
            self.set_at = Some(now);
            return ProbeStep::Try { baud };
        };
        let verdict = self.detector.verdict();
        if let Verdict::Speaks(dialect) = verdict {
            return self.finish(ProbeStep::Found { baud, dialect });
        }
        let until = set_at + listen;
        let hopeless = verdict == Verdict::Garbage && self.detector.bytes() >= GARBAGE_ENOUGH;
        if now < until && !hopeless {
            return ProbeStep::Wait { until };
        }
        self.leave(verdict, baud);
        self.poll(now)
    }

    /// Goes to the next rate, or to the first rate of the next round.
    fn leave(&mut self, verdict: Verdict, baud: u32) {
        let best_rank = self.best.map_or(0, |(best, _)| rank(best));
        if rank(verdict) > best_rank {
            self.best = Some((verdict, baud));
        }
        self.detector = Detector::new();
        self.set_at = None;
        self.rate += 1;
        if self.rate >= self.rates.len() {
            self.rate = 0;
            self.round += 1;
        }
    }

    fn nothing(&self) -> ProbeStep {
        match self.best {
            Some((verdict, baud)) => {
                let baud = Some(baud);
                ProbeStep::Nothing { verdict, baud }
            }
            None => ProbeStep::Nothing {
                verdict: Verdict::Silence,
                baud: None,
            },
        }
    }

    fn finish(&mut self, result: ProbeStep) -> ProbeStep {
        self.result = Some(result);
        result
    }
}

/// How much a verdict says: text that made sense beats garbage heard at another rate.
const fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Silence => 0,
        Verdict::TooFew => 1,
        Verdict::Garbage => 2,
        Verdict::OtherText => 3,
        Verdict::GnssReceiver => 4,
        Verdict::LogConsole => 5,
        Verdict::Speaks(_) => 6,
    }
}
