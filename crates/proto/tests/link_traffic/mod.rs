//! Random frames of the link and a small seeded generator for the tests of the link.

#![allow(dead_code, reason = "each test of the link uses a part of it")]

use v2x_proto::link::message::{
    BoardStatus, BootReason, BusState, CanStatus, FirmwareVersion, LogLevel, LogLine, QueueStatus,
    RadioReceived,
};
use v2x_proto::link::{LinkEncoder, Message};
use v2x_units::{BootId, CanFrame, CanId, Instant, MacAddress};

/// Steele, Lea and Flood's SplitMix64: one number to seed it, any failure can be run again.
#[derive(Debug, Clone)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// The next number.
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap();
        usize::try_from(self.roll() % end).unwrap()
    }

    /// A byte; zero and 0xFF come more often than chance has them.
    pub(crate) fn byte(&mut self) -> u8 {
        match self.below(8) {
            0 => 0,
            1 => 0xFF,
            _ => self.roll().to_le_bytes()[0],
        }
    }

    /// A CAN frame of any kind.
    pub(crate) fn can_frame(&mut self) -> CanFrame {
        let bits = u32::try_from(self.roll() >> 32).unwrap();
        let id = if self.below(4) == 0 {
            CanId::extended(bits & 0x1FFF_FFFF).unwrap()
        } else {
            CanId::standard(bits & 0x7FF).unwrap()
        };
        let dlc = self.below(9);
        if self.below(16) == 0 {
            return CanFrame::remote(id, u8::try_from(dlc).unwrap()).unwrap();
        }
        let mut data = [0; 8];
        data.fill_with(|| self.byte());
        CanFrame::new(id, &data[..dlc]).unwrap()
    }
}

/// A board that has something to say.
#[derive(Debug)]
pub(crate) struct Board {
    /// The encoder under test.
    pub(crate) encoder: LinkEncoder,
    /// Its clock.
    pub(crate) now: u64,
    /// CAN frames given to the encoder or dropped before it.
    pub(crate) can_frames: u64,
}

impl Board {
    /// Starts anew under a boot id.
    pub(crate) fn start(boot: u32) -> Self {
        Self {
            encoder: LinkEncoder::new(BootId::new(boot)),
            now: 0,
            can_frames: 0,
        }
    }

    /// Sends one frame: most are batches, some are payloads and log lines.
    pub(crate) fn send_any(&mut self, dice: &mut Dice) -> Vec<u8> {
        self.now += 200;
        match dice.below(10) {
            0 => {
                let mut payload = [0; 200];
                payload.fill_with(|| dice.byte());
                let message = RadioReceived {
                    from: MacAddress::new([2, 0, 0, 0, 0, dice.byte()]),
                    to: MacAddress::BROADCAST,
                    rssi_dbm: -60,
                    channel: 1,
                    payload: &payload[..dice.below(201)],
                };
                self.send(message)
            }
            1 => self.send(LogLine {
                level: LogLevel::Info,
                text: "bus is silent",
            }),
            _ => {
                for _ in 0..=dice.below(8) {
                    self.now += u64::try_from(dice.below(300)).unwrap();
                    let captured = Instant::from_micros(self.now);
                    assert!(self.encoder.push_can(captured, &dice.can_frame()).is_none());
                    self.can_frames += 1;
                }
                if dice.below(50) == 0 {
                    self.can_frames += 3;
                    return self.encoder.skip_can(3).unwrap().to_vec();
                }
                self.encoder.flush().unwrap().to_vec()
            }
        }
    }

    /// Sends a status, which closes the account of all CAN frames before it.
    pub(crate) fn send_status(&mut self) -> Vec<u8> {
        let nothing = QueueStatus::default();
        let next_number = self.encoder.next_can_number();
        self.send(BoardStatus {
            boot_reason: BootReason::PowerOn,
            firmware: FirmwareVersion {
                major: 1,
                minor: 0,
                patch: 0,
            },
            heap_left: 0,
            link_queue: nothing,
            radio_queue: nothing,
            can: Some(CanStatus {
                bus: BusState::Active,
                transmit_errors: 0,
                receive_errors: 0,
                bus_errors: 0,
                receive_overflows: 0,
                dropped: 0,
                next_number,
                queue: nothing,
            }),
        })
    }

    /// Sends one message.
    pub(crate) fn send<'a>(&mut self, message: impl Into<Message<'a>>) -> Vec<u8> {
        let at = Instant::from_micros(self.now);
        self.encoder.send(at, message).unwrap().to_vec()
    }
}
