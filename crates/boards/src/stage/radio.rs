//! A radio board that hears somebody 25 times a second; or, with its surroundings on its line,
//! whoever is there.

use core::time::Duration;

use v2x_proto::link::message::{BoardKind, BootReason};
use v2x_units::{BootId, Instant, MacAddress};

use super::Stage;
use super::shim::{Heard, LineShim};
use crate::Chassis;
use crate::chassis::{Identity, Settings};
use crate::memory::{FlashMemory, Memory, RamFlash};
use crate::radio::{self, Input, Output, Radio, SendEnd};

const HEARS_EVERY: Duration = Duration::from_millis(40);
/// The lengths that are heard: from here on, so many more.
const SHORTEST: u32 = 12;
const LENGTHS: u32 = 200;
/// Of so many transmissions one is confirmed by nobody.
const UNCONFIRMED: u32 = 5;
const CHANNEL: u8 = 6;
/// The address that the board was made with: of nobody's maker.
const MADE_WITH: MacAddress = MacAddress::new([0x02, 0, 0, 0, 0, 0x77]);

/// A radio board on its stage.
#[derive(Debug)]
pub struct RadioStage {
    board: Radio,
    memory: FlashMemory<RamFlash>,
    shim: Option<LineShim>,
    heard: u32,
    sent: u32,
    hear_at: Instant,
    wants_restart: bool,
}

impl RadioStage {
    /// A board that starts with an empty flash, among others who speak by a script.
    #[must_use]
    pub fn new(boot: BootId, now: Instant) -> Self {
        Self::with(None, boot, now)
    }

    /// The same on an air that is on its line.
    #[must_use]
    pub fn on_air(boot: BootId, now: Instant) -> Self {
        Self::with(Some(LineShim::new()), boot, now)
    }

    fn with(shim: Option<LineShim>, boot: BootId, now: Instant) -> Self {
        let mut memory = FlashMemory::new(RamFlash::default());
        Self {
            board: start(boot, BootReason::PowerOn, now, &mut memory),
            memory,
            shim,
            heard: 0,
            sent: 0,
            hear_at: now + HEARS_EVERY,
            wants_restart: false,
        }
    }

    /// Hears the next one of the script.
    fn hear_script(&mut self, now: Instant) {
        let number = self.heard;
        self.heard += 1;
        let [a, b, c, d] = number.to_be_bytes();
        let mut payload = [0xA5; 256];
        let length = usize::try_from(SHORTEST + number % LENGTHS).unwrap_or(0);
        for (place, byte) in payload.iter_mut().zip([a, b, c, d]) {
            *place = byte;
        }
        let heard = radio::Heard {
            at: now,
            from: MacAddress::new([0x02, 0, 0, 0, 1, d % 7]),
            to: MacAddress::BROADCAST,
            rssi_dbm: -40 - i8::try_from(number % 50).unwrap_or(0),
            channel: CHANNEL,
            payload: payload.get(..length).unwrap_or_default(),
        };
        self.board
            .handle(now, Input::Heard(heard), &mut self.memory);
    }

    /// How the transmission ends that is on the air.
    fn end(&mut self) -> SendEnd {
        self.sent += 1;
        let is_confirmed = self.shim.is_some() || !self.sent.is_multiple_of(UNCONFIRMED);
        if is_confirmed {
            SendEnd::Sent
        } else {
            SendEnd::Unconfirmed
        }
    }
}

fn start(boot: BootId, reason: BootReason, now: Instant, memory: &mut dyn Memory) -> Radio {
    let identity = Identity {
        kind: BoardKind::Radio,
        board: MADE_WITH,
        ..Identity::of_nobody()
    };
    let settings = Settings::load(radio::SETTINGS, memory);
    Radio::new(identity.of_boot(boot, reason), settings, None, now)
}

impl Stage for RadioStage {
    fn hear(&mut self, now: Instant, bytes: &[u8]) {
        let (board, memory) = (&mut self.board, &mut self.memory);
        let Some(shim) = &mut self.shim else {
            return board.handle(now, Input::HostBytes(bytes), memory);
        };
        shim.hear(bytes, &mut |heard| match heard {
            Heard::Board(bytes) => board.handle(now, Input::HostBytes(bytes), memory),
            Heard::Air(air) => {
                let heard = radio::Heard {
                    at: now,
                    from: air.from,
                    to: air.to,
                    rssi_dbm: air.rssi_dbm,
                    channel: air.channel,
                    payload: air.payload,
                };
                board.handle(now, Input::Heard(heard), memory);
            }
            Heard::Bus(_) => {}
        });
    }

    fn step(&mut self, now: Instant) {
        while self.shim.is_none() && self.hear_at <= now {
            self.hear_at = self.hear_at + HEARS_EVERY;
            self.hear_script(now);
        }
        loop {
            let input = match self.board.poll(now) {
                Output::WakeAt(_) => break,
                Output::Restart => {
                    self.wants_restart = true;
                    break;
                }
                Output::Send { to, rate, payload } => {
                    if let Some(shim) = &mut self.shim {
                        shim.send(now, to, rate, &payload, self.board.chassis_mut());
                    }
                    Input::SendEnded(self.end())
                }
                Output::Address(address) => {
                    if let Some(shim) = &mut self.shim {
                        shim.say_address(now, address, self.board.chassis_mut());
                    }
                    Input::AddressSet(true)
                }
                Output::Channel(_) | Output::Power(_) | Output::PrimaryKey(_) | Output::Peer(_) => {
                    continue;
                }
            };
            self.board.handle(now, input, &mut self.memory);
        }
    }

    fn chassis(&mut self) -> &mut Chassis {
        self.board.chassis_mut()
    }

    fn wants_restart(&self) -> bool {
        self.wants_restart
    }

    fn restart(&mut self, boot: BootId, now: Instant) {
        self.board = start(boot, BootReason::Software, now, &mut self.memory);
        self.hear_at = now + HEARS_EVERY;
        self.wants_restart = false;
    }
}
