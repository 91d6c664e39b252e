//! The GNSS receiver: found at its baud rate, set up where it obeys, its sentences made fixes.
//!
//! Not here: the UART. Sentences are the `nmea` library's; facts about receivers: NMEA 0183, and
//! u-blox 6 receiver description (UBX protocol).
//!
//! | file | what it holds |
//! |---|---|
//! | [`sentence`] | bytes to whole sentences |
//! | [`epoch`] | the sentences of one moment to one fix |
//! | [`set_up`] | what a u-blox receiver is told |

pub mod epoch;
pub mod sentence;
pub mod set_up;

use core::time::Duration;

use v2x_proto::link::message::GnssReport;
use v2x_units::Instant;

use epoch::Epoch;
use sentence::SentenceCutter;
use set_up::SetUp;

/// The baud rates that receivers come with, the most frequent first.
const BAUDS: [u32; 5] = [9600, 38_400, 115_200, 57_600, 4800];
/// Without a whole sentence for so long the next rate is tried: receivers speak every second.
const TRY_FOR: Duration = Duration::from_millis(2500);

/// What the receiver's UART is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GnssOutput {
    Baud(u32),
    Write(&'static [u8]),
}

/// What happened at the receiver since boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GnssCounters {
    /// Sentences that were whole and understood.
    pub sentences: u32,
    /// Sentences with a wrong checksum, cut, or not as their type promises.
    pub damaged: u32,
    /// Fixes that were passed on.
    pub fixes: u32,
}

/// The receiver.
#[derive(Debug)]
pub struct Receiver {
    place: usize,
    baud_is_due: bool,
    heard_at: Instant,
    found: bool,
    cutter: SentenceCutter,
    epoch: Epoch,
    set_up: SetUp,
    counters: GnssCounters,
}

impl Receiver {
    /// A receiver that nothing is known of, wanted so many times a second.
    pub(super) fn new(rate: u8, now: Instant) -> Self {
        Self {
            place: 0,
            baud_is_due: true,
            heard_at: now,
            found: false,
            cutter: SentenceCutter::default(),
            epoch: Epoch::default(),
            set_up: SetUp::new(rate),
            counters: GnssCounters::default(),
        }
    }

    /// The baud rate it is listened to at, once it is known to be right.
    #[must_use]
    pub fn baud(&self) -> Option<u32> {
        self.found.then(|| self.listening_at())
    }

    /// What happened.
    #[must_use]
    pub const fn counters(&self) -> GnssCounters {
        self.counters
    }

    fn listening_at(&self) -> u32 {
        BAUDS.get(self.place).copied().unwrap_or(9600)
    }

    pub(super) fn pulse(&mut self, at: Instant) {
        self.epoch.pulse(at);
    }

    /// Takes bytes; calls `tell` for each fix with the time of its first byte.
    pub(super) fn bytes(
        &mut self,
        now: Instant,
        bytes: &[u8],
        mut tell: impl FnMut(Instant, &GnssReport),
    ) {
        for byte in bytes {
            let Some((began, text)) = self.cutter.push(now, *byte) else {
                continue;
            };
            match nmea::parse_bytes(text) {
                Ok(sentence) => {
                    self.counters.sentences = self.counters.sentences.wrapping_add(1);
                    self.heard_at = now;
                    if !self.found {
                        self.found = true;
                        self.set_up.found(now);
                    }
                    if let Some((at, report)) = self.epoch.take(began, sentence) {
                        self.counters.fixes = self.counters.fixes.wrapping_add(1);
                        tell(at, &report);
                    }
                }
                // A sentence that nobody needs proves the baud rate all the same.
                Err(nmea::Error::DisabledSentence | nmea::Error::Unsupported(_)) => {
                    self.heard_at = now;
                }
                Err(_) => self.counters.damaged = self.counters.damaged.wrapping_add(1),
            }
        }
    }

    pub(super) fn poll(&mut self, now: Instant) -> Option<GnssOutput> {
        if core::mem::take(&mut self.baud_is_due) {
            return Some(GnssOutput::Baud(self.listening_at()));
        }
        if now.since(self.heard_at) >= TRY_FOR {
            self.found = false;
            self.set_up.lost();
            self.place = (self.place + 1) % BAUDS.len();
            self.heard_at = now;
            self.cutter = SentenceCutter::default();
            return Some(GnssOutput::Baud(self.listening_at()));
        }
        match self.set_up.poll(now, self.listening_at())? {
            set_up::Step::Write(bytes) => Some(GnssOutput::Write(bytes)),
            set_up::Step::Baud(baud) => {
                self.place = BAUDS.iter().position(|known| *known == baud)?;
                self.found = false;
                self.heard_at = now;
                Some(GnssOutput::Baud(baud))
            }
        }
    }

    pub(super) fn deadline(&self) -> Instant {
        let silent_at = self.heard_at + TRY_FOR;
        self.set_up
            .deadline()
            .map_or(silent_at, |at| at.min(silent_at))
    }
}
