//! A collector listened to for a while, for `v2x doctor`: with the daemon's own search and ears,
//! but without recording anything.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use v2x_proto::link::message::BusState;
use v2x_proto::link::{Detector, Verdict};
use v2x_units::Instant;

use super::health::Health;
pub(crate) use super::source::InterfaceReport;
use super::source::{Capture, Chunk, Delivery, Language, Listener, SearchStep, SpeedSearch};
use crate::clock::Clock;
use crate::serial::{Arrival, Port, PortError};

/// The speed of a port until the search sets one.
const FIRST_BAUD: u32 = 115_200;
/// How long one wait for bytes takes at most.
const GLANCE: Duration = Duration::from_millis(100);
/// How long a collector is listened to once it is understood: the prototype's reports every 5 s.
const COUNT_FOR: Duration = Duration::from_secs(6);
/// Frames in that many seconds are enough to tell a rate.
const COUNT_AT_LEAST: Duration = Duration::from_secs(2);
/// The most bytes read at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// What was heard of a collector.
#[derive(Debug)]
pub(crate) struct Examined {
    /// What it sounds like.
    pub(crate) verdict: Verdict,
    /// At which speed, where the port has one.
    pub(crate) baud: Option<u32>,
    /// Whether every usual speed was tried.
    pub(crate) searched: bool,
    /// What was counted, if it is a collector.
    pub(crate) counted: Option<Counted>,
}

/// What a collector said.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) seconds: f64,
    pub(crate) frames: u64,
    /// Fixes, good or not.
    pub(crate) fixes: u64,
    pub(crate) good_fixes: u64,
    /// Lines or stretches that were damaged.
    pub(crate) damaged: u64,
    /// What the board says of the bus.
    pub(crate) bus: Option<BusState>,
}

/// Listens to a serial port; without a speed the usual ones are tried.
pub(crate) fn serial(
    path: &std::path::Path,
    baud: Option<u32>,
    clock: Clock,
    at_most: Duration,
) -> Result<Examined, PortError> {
    let mut line = Line {
        port: Port::open(path, baud.unwrap_or(FIRST_BAUD))?,
        path,
        clock,
        buffer: vec![0; CHUNK_BYTES],
    };
    let has_speed = !line.port.is_pseudo_terminal();
    let searched = has_speed && baud.is_none();
    let found = if searched {
        line.search()?
    } else {
        line.listen(at_most)?
    };
    let counted = match found.language {
        Some(language) => Some(line.count(language, found.chunks)?),
        None => None,
    };
    Ok(Examined {
        verdict: found.verdict,
        baud: found.baud.or(baud).filter(|_| has_speed),
        searched,
        counted,
    })
}

/// Listens to a CAN interface.
pub(crate) fn interface(
    name: &str,
    clock: Clock,
) -> Result<InterfaceReport, (String, &'static str)> {
    super::source::examine_interface(name, clock, COUNT_FOR)
        .map_err(|error| (error.to_string(), error.hint()))
}

/// An open port that is listened to.
struct Line<'a> {
    port: Port,
    path: &'a std::path::Path,
    clock: Clock,
    buffer: Vec<u8>,
}

/// What a line turned out to be.
struct Found {
    verdict: Verdict,
    baud: Option<u32>,
    language: Option<Language>,
    chunks: Vec<Chunk>,
}

impl Line<'_> {
    fn now(&self) -> Instant {
        self.clock.now().instant
    }

    /// Tries every usual speed once.
    fn search(&mut self) -> Result<Found, PortError> {
        let mut search = SpeedSearch::new();
        loop {
            let now = self.now();
            match search.poll(now) {
                SearchStep::Set(baud) => match self.port.set_baud(baud) {
                    // A driver that cannot be that fast: nothing will be heard.
                    Err(PortError::Speed { .. }) => continue,
                    outcome => outcome?,
                },
                SearchStep::Listen(until) => {
                    if let Some(chunk) = self.receive(until.since(now).min(GLANCE))? {
                        search.hear(chunk);
                    }
                }
                SearchStep::Nothing(verdict, baud) => {
                    return Ok(Found {
                        verdict,
                        baud,
                        language: None,
                        chunks: Vec::new(),
                    });
                }
                SearchStep::Found(baud, language, chunks) => {
                    return Ok(Found {
                        verdict: Verdict::Speaks(language.dialect()),
                        baud: Some(baud),
                        language: Some(language),
                        chunks,
                    });
                }
            }
        }
    }

    /// Listens at the speed that is set.
    fn listen(&mut self, at_most: Duration) -> Result<Found, PortError> {
        let until = self.now() + at_most;
        let mut detector = Detector::new();
        let mut chunks = Vec::new();
        loop {
            let left = until.since(self.now());
            if let Some(chunk) = self.receive(left.min(GLANCE))? {
                detector.feed(&chunk.bytes);
                chunks.push(chunk);
            }
            let verdict = detector.verdict();
            let language = match verdict {
                Verdict::Speaks(dialect) => Language::of(dialect),
                _ => None,
            };
            if language.is_some() || left.is_zero() {
                return Ok(Found {
                    verdict,
                    baud: None,
                    language,
                    chunks,
                });
            }
        }
    }

    /// Counts what a collector says.
    fn count(&mut self, language: Language, heard: Vec<Chunk>) -> Result<Counted, PortError> {
        let health = Arc::new(Health::default());
        let mut listener = Listener::new(Arc::clone(&health));
        let mut counted = Counted::default();
        let began = heard
            .first()
            .map_or_else(|| self.now(), |chunk| chunk.at.instant);
        let mut waiting = heard.into_iter();
        loop {
            let lasted = self.now().since(began);
            let is_enough = counted.frames > 0 && lasted >= COUNT_AT_LEAST;
            if lasted >= COUNT_FOR || (is_enough && counted.fixes > 0) {
                counted.seconds = lasted.as_secs_f64();
                break;
            }
            let chunk = match waiting.next() {
                Some(chunk) => Some(chunk),
                None => self.receive(GLANCE)?,
            };
            let Some(chunk) = chunk else {
                continue;
            };
            listener.hear(Delivery::Bytes(language, chunk), |heard| match heard.what {
                Capture::Frame(_) => counted.frames += 1,
                Capture::Fix(fix, _) => {
                    counted.fixes += 1;
                    counted.good_fixes += u64::from(fix.valid);
                }
            });
        }
        let load = |counter: &std::sync::atomic::AtomicU64| {
            counter.load(std::sync::atomic::Ordering::Relaxed)
        };
        counted.damaged = load(&health.lines_damaged) + load(&health.link_damaged);
        let board = *health.board.lock().unwrap_or_else(PoisonError::into_inner);
        counted.bus = board.and_then(|board| Some(board.can?.bus));
        Ok(counted)
    }

    /// Waits for bytes; `None` when none came.
    fn receive(&mut self, at_most: Duration) -> Result<Option<Chunk>, PortError> {
        match self.port.wait(at_most)? {
            Arrival::Silence => return Ok(None),
            Arrival::HungUp => return Err(PortError::HungUp(self.path.to_owned())),
            Arrival::Bytes => {}
        }
        let at = self.clock.now();
        let count = self.port.read(&mut self.buffer)?;
        let bytes = self.buffer.get(..count).unwrap_or_default().to_vec();
        Ok((count > 0).then_some(Chunk { at, bytes }))
    }
}
