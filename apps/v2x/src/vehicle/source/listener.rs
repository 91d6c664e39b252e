//! What the collector says: bytes to frames and fixes, each with its times.
//!
//! Not what they mean for the car: that is `ingest.rs`. What a board says of itself goes to
//! [`super::board_report`]. Every byte that cannot be understood is counted where it was lost:
//! frames lost on the link and CAN frames lost before it exactly, from their numbers; damaged
//! stretches and lines apart from those.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use v2x_proto::legacy::LineSplitter;
use v2x_proto::legacy::collector_line::{CollectorLine, LineError, records};
use v2x_proto::link::{Event, Frame, LinkDecoder, Message};
use v2x_units::{BootId, CanFrame, GnssFix, Instant, Meters, Stamp};

use super::arrival_clock::{ArrivalClock, BoardTime};
use super::board_report::BoardReport;
use super::chunk::{Chunk, Delivery, Language};
use crate::vehicle::health::Health;

/// A frame or a fix that the collector passed on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::vehicle) struct Heard {
    /// When it was captured, on this computer's clocks; never earlier than what came before it.
    pub(in crate::vehicle) at: Stamp,
    /// When it was captured, on the clock of the board, if that has one.
    pub(in crate::vehicle) board: Option<BoardTime>,
    /// What it is.
    pub(in crate::vehicle) what: Capture,
}

/// What a collector observes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::vehicle) enum Capture {
    /// A frame of the bus.
    Frame(CanFrame),
    /// A fix as the receiver reported it, and how far the sea lies above the ellipsoid there, where
    /// it says so.
    Fix(GnssFix, Option<Meters>),
}

/// Understands one collector, whichever language it speaks.
pub(in crate::vehicle) struct Listener {
    lines: LineSplitter,
    link: Box<LinkDecoder>,
    report: BoardReport,
    clock: ArrivalClock,
    last_fix: Option<Stamp>,
    /// Lines dropped as a whole that are counted already.
    lines_dropped: u64,
    health: Arc<Health>,
}

/// What arrived at once from one boot of a board, by the times of the board.
#[derive(Default)]
struct Arrived {
    boot: Option<BootId>,
    frames: Vec<(Instant, CanFrame)>,
    fixes: Vec<(Instant, GnssFix, Option<Meters>)>,
    newest: Instant,
}

impl Listener {
    /// Starts with nothing heard.
    pub(in crate::vehicle) fn new(health: Arc<Health>) -> Self {
        Self {
            lines: LineSplitter::new(),
            link: Box::new(LinkDecoder::new()),
            report: BoardReport::new(Arc::clone(&health)),
            clock: ArrivalClock::default(),
            last_fix: None,
            lines_dropped: 0,
            health,
        }
    }

    /// Hands every frame and fix in a delivery to `sink`; each kind in the order of its capture.
    pub(in crate::vehicle) fn hear(&mut self, delivery: Delivery, mut sink: impl FnMut(Heard)) {
        match delivery {
            Delivery::Bytes(Language::Text, chunk) => self.hear_text(&chunk, &mut sink),
            Delivery::Bytes(Language::Framed, chunk) => self.hear_link(&chunk, &mut sink),
            Delivery::Frames(frames) => {
                for (at, frame) in frames {
                    sink(Heard {
                        at: self.clock.in_order(at),
                        board: None,
                        what: Capture::Frame(frame),
                    });
                }
            }
            Delivery::Interrupted => self.interrupt(),
        }
    }

    /// Ends what was begun: the bytes before an interruption do not belong to those after it.
    fn interrupt(&mut self) {
        self.lines.restart();
        self.count_lines();
        // One delimiter ends the frame in the decoder. Its numbers go on, so that what was lost
        // meanwhile is counted. A decoder that heard nothing yet waits for its first delimiter.
        if self.link.counters().received > 0 {
            while self.link.next(&mut [0].as_slice()).is_some() {}
        }
    }

    fn hear_text(&mut self, chunk: &Chunk, sink: &mut impl FnMut(Heard)) {
        let at = self.clock.in_order(chunk.at);
        let health = &self.health;
        self.lines.push(&chunk.bytes, |line| {
            for record in records(line) {
                let what = match record {
                    Ok(CollectorLine::Can(frame)) => Capture::Frame(frame),
                    Ok(CollectorLine::Gnss(fix)) => Capture::Fix(fix, None),
                    Ok(CollectorLine::Status(_) | CollectorLine::Banner) => continue,
                    Err(LineError::NotARecord { .. }) => {
                        Health::count(&health.other_text);
                        continue;
                    }
                    Err(_) => {
                        Health::count(&health.lines_damaged);
                        continue;
                    }
                };
                let board = None;
                sink(Heard { at, board, what });
            }
        });
        self.count_lines();
    }

    /// Counts the lines that were dropped as a whole.
    fn count_lines(&mut self) {
        let dropped = self.lines.dropped_lines();
        let new = dropped - std::mem::replace(&mut self.lines_dropped, dropped);
        self.health.lines_damaged.fetch_add(new, Ordering::Relaxed);
    }

    fn hear_link(&mut self, chunk: &Chunk, sink: &mut impl FnMut(Heard)) {
        let mut bytes = chunk.bytes.as_slice();
        let mut arrived = Arrived::default();
        while let Some(event) = self.link.next(&mut bytes) {
            match event {
                Event::Notice(notice) => self.report.notice(notice),
                Event::Frame(frame) => {
                    self.report.message(&frame.message);
                    if arrived.boot.is_some_and(|boot| boot != frame.boot) {
                        let of_old_boot = std::mem::take(&mut arrived);
                        of_old_boot.pass_on(chunk.at, &mut self.clock, &mut self.last_fix, sink);
                    }
                    arrived.take(&frame);
                }
            }
        }
        arrived.pass_on(chunk.at, &mut self.clock, &mut self.last_fix, sink);
        self.report.losses(chunk.at.instant, self.link.counters());
    }
}

impl Arrived {
    /// Adds what one frame of the link brought.
    fn take(&mut self, frame: &Frame<'_>) {
        self.boot = Some(frame.boot);
        self.newest = self.newest.max(frame.at);
        match frame.message {
            Message::CanBatch(batch) => {
                self.frames.extend(batch.frames(frame.at));
                let last = self.frames.last().map(|(at, _)| *at);
                self.newest = self.newest.max(last.unwrap_or_default());
            }
            Message::GnssReport(report) => {
                let age = u64::try_from(report.age.as_micros()).unwrap_or(u64::MAX);
                let at = frame.at.as_micros().saturating_sub(age);
                let at = Instant::from_micros(at);
                self.fixes.push((at, report.fix, report.geoid_separation));
            }
            _ => {}
        }
    }

    /// Gives everything its stamp and hands it to `sink`.
    fn pass_on(
        self,
        arrival: Stamp,
        clock: &mut ArrivalClock,
        last_fix: &mut Option<Stamp>,
        sink: &mut impl FnMut(Heard),
    ) {
        let Some(boot) = self.boot else {
            return;
        };
        let first = self.frames.first().map(|(at, _)| *at);
        clock.arrived(arrival, boot, first, self.newest);
        for (at, fix, separation) in self.fixes {
            let captured = clock.captured(arrival, at);
            let stamp = last_fix
                .filter(|last| last.instant > captured.instant)
                .unwrap_or(captured);
            *last_fix = Some(stamp);
            sink(Heard {
                at: stamp,
                board: Some(BoardTime { boot, at }),
                what: Capture::Fix(fix, separation),
            });
        }
        for (at, frame) in self.frames {
            let captured = clock.captured(arrival, at);
            sink(Heard {
                at: clock.in_order(captured),
                board: Some(BoardTime { boot, at }),
                what: Capture::Frame(frame),
            });
        }
    }
}

#[cfg(test)]
mod tests;
