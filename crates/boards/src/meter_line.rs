//! Asking a PZEM-004T on its serial line: one question, one answer or the reason why there is none.
//!
//! Not here: what question and answer look like (`v2x_proto::pzem`) and whether the values are
//! plausible (`v2x_charging::meter`).
//!
//! The question takes 8.3 ms at 9,600 baud and the answer 26 ms; the meter measures anew about
//! once a second, so twice a second misses nothing. What comes when nothing was asked is noise.

use core::time::Duration;

use heapless::Vec;
use v2x_proto::link::message::{MeterFault, MeterReading};
use v2x_proto::pzem;
use v2x_units::Instant;

/// How often the meter is asked.
pub const ASK_EVERY: Duration = Duration::from_millis(500);
/// A whole answer takes 35 ms and the meter's own time; the maker's library waits 100 ms.
const ANSWER_WITHIN: Duration = Duration::from_millis(150);
/// Silence in an answer that means its end.
const GAP: Duration = Duration::from_millis(30);

/// What the line is to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MeterStep {
    /// Throw away what was received, and send these bytes.
    Ask([u8; pzem::QUESTION_BYTES]),
    /// A reading, taken at this time; one that failed says why.
    Reading(Instant, MeterReading),
    /// Nothing before this time or the next bytes.
    WakeAt(Instant),
}

/// What happened on the line since boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MeterCounters {
    /// Answers with values.
    pub good: u32,
    /// Questions without an answer.
    pub silent: u32,
    /// Answers with a wrong checksum.
    pub checksum: u32,
    /// Answers of a wrong length or to another question.
    pub malformed: u32,
    /// Answers that name an exception.
    pub exception: u32,
    /// Bytes that nobody had asked for.
    pub unasked: u32,
}

/// A question that is out.
#[derive(Debug)]
struct Question {
    at: Instant,
    heard_at: Option<Instant>,
    answer: Vec<u8, { pzem::ANSWER_BYTES }>,
    overlong: bool,
}

/// One meter on one line.
#[derive(Debug)]
pub struct MeterLine {
    address: u8,
    ask_at: Instant,
    question: Option<Question>,
    counters: MeterCounters,
}

impl MeterLine {
    /// A meter with this Modbus address, 1 to 247, or the general one.
    #[must_use]
    pub fn new(address: u8, now: Instant) -> Self {
        Self {
            address,
            ask_at: now,
            question: None,
            counters: MeterCounters::default(),
        }
    }

    /// What happened on the line.
    #[must_use]
    pub const fn counters(&self) -> MeterCounters {
        self.counters
    }

    /// Takes bytes from the meter.
    pub fn bytes(&mut self, now: Instant, bytes: &[u8]) {
        let count = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let Some(question) = &mut self.question else {
            self.counters.unasked = self.counters.unasked.saturating_add(count);
            return;
        };
        question.heard_at = Some(now);
        question.overlong |= question.answer.extend_from_slice(bytes).is_err();
    }

    /// What is to be done now.
    pub fn poll(&mut self, now: Instant) -> MeterStep {
        if let Some(question) = &self.question {
            let until = question.until();
            if !question.is_whole() && now < until {
                return MeterStep::WakeAt(until);
            }
            let (at, values) = (question.heard_at.unwrap_or(question.at), self.read());
            self.question = None;
            let address = self.address;
            return MeterStep::Reading(at, MeterReading { address, values });
        }
        if now < self.ask_at {
            return MeterStep::WakeAt(self.ask_at);
        }
        // A loop that was held up asks once, not for every question that it missed.
        self.ask_at = (self.ask_at + ASK_EVERY).max(now);
        self.question = Some(Question {
            at: now,
            heard_at: None,
            answer: Vec::new(),
            overlong: false,
        });
        MeterStep::Ask(pzem::question(self.address))
    }

    fn read(&mut self) -> Result<v2x_proto::link::message::MeterValues, MeterFault> {
        let question = self.question.as_ref();
        let answer = question.map_or(&[][..], |question| &question.answer);
        let overlong = question.is_some_and(|question| question.overlong);
        let values = if overlong {
            Err(MeterFault::Malformed)
        } else {
            pzem::read_answer(self.address, answer)
        };
        let counters = &mut self.counters;
        let count = match values {
            Ok(_) => &mut counters.good,
            Err(MeterFault::Silent) => &mut counters.silent,
            Err(MeterFault::Checksum) => &mut counters.checksum,
            Err(MeterFault::Malformed) => &mut counters.malformed,
            Err(MeterFault::Exception) => &mut counters.exception,
        };
        *count = count.saturating_add(1);
        values
    }
}

impl Question {
    fn is_whole(&self) -> bool {
        self.overlong || self.answer.len() >= pzem::answer_bytes(&self.answer)
    }

    fn until(&self) -> Instant {
        let latest = self.at + ANSWER_WITHIN;
        self.heard_at.map_or(latest, |at| (at + GAP).min(latest))
    }
}
