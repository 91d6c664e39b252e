//! A computer's end of the line to its radio board: the product's link in both directions.
//!
//! As the daemon does it (`apps/v2x/src/air/board.rs`), without a port: payloads and the order for
//! an address go down, what the air brings comes up. A board that starts anew is told its address
//! again.

use v2x_proto::link::message::{Command, Order, RadioRate, RadioSend};
use v2x_proto::link::{Event, LinkDecoder, LinkEncoder, Message, Notice};
use v2x_units::{BootId, Instant, MacAddress};

/// What the air brought.
#[derive(Debug, Clone)]
pub(super) struct HeardOnAir {
    pub(super) from: MacAddress,
    pub(super) rssi_dbm: i8,
    pub(super) payload: Vec<u8>,
}

/// The line.
#[derive(Debug)]
pub(super) struct RadioLine {
    decoder: LinkDecoder,
    encoder: LinkEncoder,
    tickets: u16,
    commands: u16,
    /// The address that was ordered.
    wanted: Option<MacAddress>,
    /// The address that the board said when it started.
    own: Option<MacAddress>,
    to_board: Vec<u8>,
    /// Payloads that the link did not take.
    pub(super) too_long: u64,
}

impl RadioLine {
    pub(super) fn new(boot: BootId) -> Self {
        Self {
            decoder: LinkDecoder::new(),
            encoder: LinkEncoder::new(boot),
            tickets: 0,
            commands: 0,
            wanted: None,
            own: None,
            to_board: Vec::new(),
            too_long: 0,
        }
    }

    /// The address that the board speaks under, as far as it is known.
    pub(super) const fn address(&self) -> Option<MacAddress> {
        match self.wanted {
            Some(address) => Some(address),
            None => self.own,
        }
    }

    /// What is to be written to the board.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.to_board)
    }

    pub(super) fn send(&mut self, now: Instant, to: MacAddress, payload: &[u8]) {
        self.tickets = self.tickets.wrapping_add(1);
        let message = RadioSend {
            ticket: self.tickets,
            to,
            rate: RadioRate::Preset,
            payload,
        };
        match self.encoder.send(now, message) {
            Ok(wire) => self.to_board.extend_from_slice(wire),
            Err(_) => self.too_long += 1,
        }
    }

    pub(super) fn set_address(&mut self, now: Instant, address: MacAddress) {
        self.wanted = Some(address);
        self.order_address(now);
    }

    fn order_address(&mut self, now: Instant) {
        let Some(address) = self.wanted else { return };
        self.commands = self.commands.wrapping_add(1);
        let (id, order) = (self.commands, Order::RadioAddress(address));
        match self.encoder.send(now, Command { id, order }) {
            Ok(wire) => self.to_board.extend_from_slice(wire),
            Err(_) => self.too_long += 1,
        }
    }

    /// Takes what the board said; gives what of it the air brought.
    pub(super) fn hear(&mut self, now: Instant, mut bytes: &[u8]) -> Vec<HeardOnAir> {
        let mut heard = Vec::new();
        let mut has_restarted = false;
        while let Some(event) = self.decoder.next(&mut bytes) {
            match event {
                Event::Frame(frame) => match frame.message {
                    Message::RadioReceived(received) => heard.push(HeardOnAir {
                        from: received.from,
                        rssi_dbm: received.rssi_dbm,
                        payload: received.payload.to_vec(),
                    }),
                    Message::Hello(hello) => self.own = Some(hello.board),
                    _ => {}
                },
                Event::Notice(Notice::Rebooted { .. }) => has_restarted = true,
                Event::Notice(_) => {}
            }
        }
        if has_restarted {
            self.order_address(now);
        }
        heard
    }
}
