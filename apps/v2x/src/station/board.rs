//! What slot boards say: the prototype's text lines, or frames of our link.
//!
//! Where it is not configured which of them a board speaks, the first whole reading decides; until
//! then neither is called damaged. A board that is opened anew may speak the other.

use std::cell::Cell;
use std::time::Duration;

use crossbeam_channel::TryRecvError;
use tracing::{info, warn};
use v2x_proto::legacy::LineSplitter;
use v2x_proto::legacy::collector_line::LineError;
use v2x_proto::legacy::evcs_line::{self, StationLine};
use v2x_proto::link::message::{Command, MeterReading, Order, Plug, SlotState};
use v2x_proto::link::{Event, LinkDecoder, LinkEncoder, Message, Notice};
use v2x_roles::station::samples;
use v2x_units::BootId;

use super::health::Health;
use super::line::{Line, What};
use crate::clock;
use crate::config::station::Dialect;
use crate::serial::{Arrival, Port, PortError};

/// How long to wait for the rest of a line after its first byte: 58 bytes at 115,200 baud.
const COALESCE: Duration = Duration::from_millis(5);
/// How often a silent line looks whether there is something else to do.
const GLANCE: Duration = Duration::from_millis(200);
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
    /// The last order to the relay: a board that starts anew has forgotten it.
    pub(super) ordered: Cell<Option<bool>>,
}

/// What has been understood of an open line.
struct Ear {
    dialect: Dialect,
    splitter: LineSplitter,
    decoder: LinkDecoder,
    encoder: LinkEncoder,
    commands_sent: u16,
    /// The board has to be told its relay's place.
    relay_is_due: bool,
}

impl Board {
    /// Listens until the station stops.
    pub(super) fn run(&self) {
        self.line.run(|port| self.listen(port));
    }

    fn listen(&self, port: &mut Port) -> Result<(), PortError> {
        let mut ear = Ear {
            dialect: self.configured,
            splitter: LineSplitter::new(),
            decoder: LinkDecoder::new(),
            encoder: LinkEncoder::new(self.boot),
            commands_sent: 0,
            relay_is_due: true,
        };
        let mut buffer = vec![0; CHUNK_BYTES];
        while !self.line.shutdown.is_requested() {
            match self.line.relay.try_recv() {
                Ok(closed) => {
                    self.ordered.set(Some(closed));
                    ear.relay_is_due = true;
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => {}
            }
            if std::mem::take(&mut ear.relay_is_due) {
                self.move_relay(port, &mut ear)?;
            }
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
        let at = self.line.clock.now().instant;
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
                    match frame.message {
                        Message::MeterReading(reading) => self.meter(&reading),
                        Message::SlotState(state) => self.slot_state(&state),
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
                Event::Notice(Notice::Rebooted { .. }) => ear.relay_is_due = true,
                Event::Notice(_) => {}
            }
        }
    }

    fn meter(&self, reading: &MeterReading) {
        match &reading.values {
            Ok(values) => self.line.tell(What::Reading {
                slot: None,
                sample: samples::of_values(self.line.clock.now().instant, values),
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
    }

    /// Tells the board where its relay was last wanted; a board without one was never told.
    fn move_relay(&self, port: &mut Port, ear: &mut Ear) -> Result<(), PortError> {
        let Some(closed) = self.ordered.get() else {
            return Ok(());
        };
        ear.commands_sent = ear.commands_sent.wrapping_add(1);
        let command = Command {
            id: ear.commands_sent,
            order: Order::Relay { closed },
        };
        match ear.encoder.send(self.line.clock.now().instant, command) {
            Ok(wire) => port.write_all(wire, WRITE_WITHIN),
            Err(error) => {
                warn!(%error, "relay not moved");
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;
