//! What slot boards say: the prototype's text lines, or frames of our link.
//!
//! Where it is not configured which of them a board speaks, the first whole reading decides; until
//! then neither is called damaged. A board that is opened anew may speak the other.

mod controller;

use std::cell::RefCell;
use std::time::Duration;

use tracing::{debug, info, warn};
use v2x_proto::legacy::LineSplitter;
use v2x_proto::legacy::collector_line::LineError;
use v2x_proto::legacy::evcs_line::{self, StationLine};
use v2x_proto::link::message::{
    Acknowledgement, Command, CommandResult, MeterReading, Order, Plug, SlotState,
};
use v2x_proto::link::{Event, Frame, LinkDecoder, LinkEncoder, Message, Notice};
use v2x_roles::station::{RelayControl, RelayDo, samples};
use v2x_roles::timekeeping::BoardClock;
use v2x_units::{BootId, Instant};

use super::controllers::FIRST_TICKET;
use super::health::Health;
use super::line::{Line, What};
use crate::clock;
use crate::config::station::Dialect;
use crate::serial::{Arrival, Port, PortError};

/// How long to wait for the rest of a line after its first byte: 58 bytes at 115,200 baud.
const COALESCE: Duration = Duration::from_millis(5);
/// How often a silent line looks whether there is something else to do: how late a relay opens.
const GLANCE: Duration = Duration::from_millis(100);
/// The most bytes read at once: a kernel hands out 4,095.
const CHUNK_BYTES: usize = 4096;
/// A driver that takes no byte of a command for so long is broken.
const WRITE_WITHIN: Duration = Duration::from_secs(1);

/// A board on a line.
pub(super) struct Board {
    pub(super) line: Line,
    pub(super) configured: Dialect,
    /// The boot of this program, for the frames that it sends.
    pub(super) boot: BootId,
    /// Outlives the line: a board that is plugged in again has forgotten its order.
    pub(super) relay: RefCell<RelayControl>,
}

/// What has been understood of an open line.
struct Ear {
    dialect: Dialect,
    splitter: LineSplitter,
    decoder: LinkDecoder,
    encoder: LinkEncoder,
    timeline: Timeline,
    /// A frame has come since the line was opened.
    is_heard: bool,
}

/// The board's clock on this computer's, and the newest moment that it told.
#[derive(Default)]
struct Timeline {
    clock: BoardClock,
    newest: Instant,
}

impl Timeline {
    /// When a frame was made that has arrived now; never before the frames before it.
    fn moment(&mut self, frame: &Frame<'_>, now: Instant) -> Instant {
        self.clock.arrived(frame.boot, frame.at, now);
        let known = self.clock.on_host(frame.boot, frame.at);
        let made = known.map_or(now, |(made, _)| made.min(now));
        self.newest = self.newest.max(made);
        self.newest
    }
}

impl Board {
    /// Listens until the station stops.
    pub(super) fn run(&self) {
        self.line.run(|port| {
            let used = self.listen(port);
            self.relay.borrow_mut().line_lost();
            used
        });
    }

    fn listen(&self, port: &mut Port) -> Result<(), PortError> {
        let mut ear = Ear {
            dialect: self.configured,
            splitter: LineSplitter::new(),
            decoder: LinkDecoder::new(),
            encoder: LinkEncoder::new(self.boot),
            timeline: Timeline::default(),
            is_heard: false,
        };
        self.relay.borrow_mut().line_opened(self.now());
        let mut buffer = vec![0; CHUNK_BYTES];
        while !self.line.shutdown.is_requested() {
            self.drive_relay(port, &mut ear)?;
            self.say_all(port, &mut ear)?;
            match port.wait(GLANCE)? {
                Arrival::Silence => continue,
                Arrival::HungUp => return Err(PortError::HungUp(self.line.path.clone())),
                Arrival::Bytes => clock::sleep(COALESCE),
            }
            let count = port.read(&mut buffer)?;
            if count == 0 {
                return Err(PortError::HungUp(self.line.path.clone()));
            }
            self.understand(&mut ear, buffer.get(..count).unwrap_or(&[]));
        }
        Ok(())
    }

    fn understand(&self, ear: &mut Ear, bytes: &[u8]) {
        let before = ear.dialect;
        if before != Dialect::Framed {
            self.understand_text(ear, bytes);
        }
        if before != Dialect::Text {
            self.understand_frames(ear, bytes);
        }
        if before != ear.dialect {
            let line = self.line.path.display();
            match ear.dialect {
                Dialect::Framed => info!(%line, "the board speaks the framed link"),
                _ => info!(%line, "the board speaks the prototype's text lines"),
            }
        }
    }

    fn understand_text(&self, ear: &mut Ear, bytes: &[u8]) {
        let health = &self.line.health;
        let dropped = ear.splitter.dropped_lines();
        let mut is_text = ear.dialect == Dialect::Text;
        let at = self.now();
        ear.splitter
            .push(bytes, |line| match evcs_line::parse(line) {
                Ok(StationLine::Meter(reading)) => {
                    is_text = true;
                    self.line.tell(What::Reading {
                        slot: samples::slot_of_line(&reading),
                        sample: samples::of_line(at, &reading),
                        vehicle_connected: Some(reading.vehicle_connected),
                    });
                }
                Ok(StationLine::MeterFailed) => Health::add(&health.meter_failed, 1),
                Ok(StationLine::Debug | StationLine::Banner | StationLine::TextForPeople) => {
                    Health::add(&health.other_text, 1);
                }
                Err(_) if !is_text => {}
                Err(LineError::NotARecord { .. }) => Health::add(&health.other_text, 1),
                Err(_) => Health::add(&health.damaged, 1),
            });
        if is_text {
            Health::add(&health.damaged, ear.splitter.dropped_lines() - dropped);
            ear.dialect = Dialect::Text;
        }
    }

    fn understand_frames(&self, ear: &mut Ear, mut bytes: &[u8]) {
        while let Some(event) = ear.decoder.next(&mut bytes) {
            match event {
                Event::Frame(frame) => {
                    ear.dialect = Dialect::Framed;
                    ear.is_heard = true;
                    let at = ear.timeline.moment(&frame, self.now());
                    let said = (frame.boot, frame.at);
                    if self.understand_controller(said, &frame.message) {
                        continue;
                    }
                    match frame.message {
                        Message::MeterReading(reading) => self.meter(at, &reading),
                        Message::SlotState(state) => self.slot_state(&state),
                        Message::Acknowledgement(answer) => self.acknowledged(&answer),
                        _ => {}
                    }
                }
                Event::Notice(Notice::Corrupt(_) | Notice::Malformed(_))
                    if ear.dialect == Dialect::Framed =>
                {
                    Health::add(&self.line.health.damaged, 1);
                }
                Event::Notice(Notice::Lost { frames }) => {
                    Health::add(&self.line.health.readings_lost, u64::from(frames));
                }
                Event::Notice(Notice::Rebooted { .. }) => {
                    self.relay.borrow_mut().board_restarted(self.now());
                    self.line.tell(What::Started);
                }
                Event::Notice(Notice::Joined { .. }) => self.line.tell(What::Started),
                Event::Notice(_) => {}
            }
        }
    }

    fn meter(&self, at: Instant, reading: &MeterReading) {
        match &reading.values {
            Ok(values) => self.line.tell(What::Reading {
                slot: None,
                sample: samples::of_values(at, values),
                vehicle_connected: None,
            }),
            Err(_) => Health::add(&self.line.health.meter_failed, 1),
        }
    }

    fn slot_state(&self, state: &SlotState) {
        match state.plug {
            Plug::Unknown => {}
            Plug::Out => self.line.tell(What::Plug(false)),
            Plug::In => self.line.tell(What::Plug(true)),
        }
        self.relay.borrow_mut().slot_state(self.now(), state);
    }

    fn acknowledged(&self, answer: &Acknowledgement<'_>) {
        let (id, detail) = (answer.id, answer.detail);
        match answer.result {
            CommandResult::Done => debug!(id, "the board has done as it was told"),
            // What a controller refuses is told where it was asked for, once.
            result if id >= FIRST_TICKET => debug!(id, ?result, detail, "refused by the board"),
            result => warn!(id, ?result, detail, line = %self.line.path.display(),
                            "the board has not done as it was told"),
        }
        self.answered(answer);
        let mut relay = self.relay.borrow_mut();
        relay.acknowledged(self.now(), id, answer.result);
    }

    /// Passes the slot's wish to the relay, and what becomes of it to the slot.
    fn drive_relay(&self, port: &mut Port, ear: &mut Ear) -> Result<(), PortError> {
        let mut relay = self.relay.borrow_mut();
        if let Some(closed) = self.line.relay.get() {
            relay.want(self.now(), closed);
        }
        while let Some(next) = relay.poll(self.now()) {
            match next {
                RelayDo::Report(report) => self.line.tell(What::Relay(report)),
                RelayDo::Send { id, closed } => {
                    let order = Order::Relay { closed };
                    match ear.encoder.send(self.now(), Command { id, order }) {
                        Ok(wire) => port.write_all(wire, WRITE_WITHIN)?,
                        Err(error) => warn!(%error, "relay not moved"),
                    }
                }
            }
        }
        Ok(())
    }

    fn now(&self) -> Instant {
        self.line.clock.now().instant
    }
}

#[cfg(test)]
mod tests;
