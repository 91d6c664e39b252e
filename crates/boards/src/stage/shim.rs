//! What is around a board, on the board's one line: frames of the link that the board itself
//! neither sends nor hears. Whoever plays the surroundings takes them off the line and puts them
//! on it; everything else there is the board's and its computer's.
//!
//! | frame | sent by | meaning |
//! |---|---|---|
//! | radio payload up | the surroundings | the board's radio hears it |
//! | CAN batch | the surroundings | these frames are on the board's bus now |
//! | radio payload down | the board's radio | it is on the air |
//! | command: radio address | the board's radio | it speaks under this address from now on |

use heapless::Vec;
use v2x_proto::link::limits::WIRE_MAX;
use v2x_proto::link::message::{CanBatch, Command, Order, RadioRate, RadioReceived, RadioSend};
use v2x_proto::link::{Event, LinkDecoder, LinkEncoder, Message};
use v2x_units::{BootId, Instant, MacAddress};

use crate::Chassis;

/// The boot of these frames differs from that of any board.
const BOOT: BootId = BootId::new(0x5A5A_5A5A);

/// Something that came in on the line.
pub(super) enum Heard<'a> {
    /// The radio hears this.
    Air(RadioReceived<'a>),
    /// Frames on the bus.
    Bus(CanBatch<'a>),
    /// Bytes for the board.
    Board(&'a [u8]),
}

/// The surroundings' end of the line.
#[derive(Debug)]
pub(super) struct LineShim {
    /// The frame that is arriving, without its delimiters.
    segment: Vec<u8, WIRE_MAX>,
    decoder: LinkDecoder,
    encoder: LinkEncoder,
    tickets: u16,
}

impl LineShim {
    pub(super) fn new() -> Self {
        Self {
            segment: Vec::new(),
            decoder: LinkDecoder::new(),
            encoder: LinkEncoder::new(BOOT),
            tickets: 0,
        }
    }

    /// Sorts what arrives.
    pub(super) fn hear(&mut self, bytes: &[u8], tell: &mut dyn FnMut(Heard<'_>)) {
        for byte in bytes {
            if *byte != 0 {
                if self.segment.push(*byte).is_err() {
                    self.segment.clear();
                }
                continue;
            }
            let segment = core::mem::take(&mut self.segment);
            if segment.is_empty() {
                continue;
            }
            let mut is_around = false;
            for mut part in [&[0][..], &segment, &[0]] {
                while let Some(event) = self.decoder.next(&mut part) {
                    let Event::Frame(frame) = event else { continue };
                    match frame.message {
                        Message::RadioReceived(heard) => tell(Heard::Air(heard)),
                        Message::CanBatch(batch) => tell(Heard::Bus(batch)),
                        _ => continue,
                    }
                    is_around = true;
                }
            }
            if !is_around {
                for part in [&[0][..], &segment, &[0]] {
                    tell(Heard::Board(part));
                }
            }
        }
    }

    /// The board's radio sends.
    pub(super) fn send(
        &mut self,
        now: Instant,
        to: MacAddress,
        rate: RadioRate,
        payload: &[u8],
        chassis: &mut Chassis,
    ) {
        self.tickets = self.tickets.wrapping_add(1);
        let ticket = self.tickets;
        let message = RadioSend {
            ticket,
            to,
            rate,
            payload,
        };
        self.say(now, message.into(), chassis);
    }

    /// The board's radio has another address.
    pub(super) fn say_address(&mut self, now: Instant, to: MacAddress, chassis: &mut Chassis) {
        let order = Order::RadioAddress(to);
        self.say(now, Command { id: 0, order }.into(), chassis);
    }

    fn say(&mut self, now: Instant, message: Message<'_>, chassis: &mut Chassis) {
        if let Ok(wire) = self.encoder.send(now, message) {
            // A line without room is an air on which something is lost.
            let _said = chassis.send_raw(wire);
        }
    }
}
