//! A collector with traffic on its bus and a receiver that has a fix every second; or with a bus
//! that is played by others, on its line.
//!
//! The identifiers of the script are invented; no car has this bus. A receiver beside a bus that
//! others play does not know the date, which is theirs too.

use core::fmt::Write as _;
use core::time::Duration;

use heapless::String;
use v2x_proto::link::message::{BoardKind, BootReason};
use v2x_units::{BootId, CanFrame, CanId, Instant};

use super::Stage;
use super::shim::{Heard, LineShim};
use crate::Chassis;
use crate::chassis::{Identity, Settings};
use crate::collector::{self, CanQueue, Collector, Input, Output};
use crate::memory::{FlashMemory, Memory, RamFlash};

/// Between two frames: 200 a second, what an emulated UART carries with ease.
const FRAME_EVERY: Duration = Duration::from_millis(5);
const FIX_EVERY: Duration = Duration::from_secs(1);

/// A collector on its stage.
#[derive(Debug)]
pub struct CollectorStage {
    board: Collector,
    memory: FlashMemory<RamFlash>,
    queue: CanQueue<512>,
    shim: Option<LineShim>,
    frames: u32,
    frame_at: Instant,
    fixes: u32,
    fix_at: Instant,
    wants_restart: bool,
}

impl CollectorStage {
    /// A board that starts with an empty flash.
    #[must_use]
    pub fn new(boot: BootId, now: Instant) -> Self {
        Self::with(None, boot, now)
    }

    /// The same on a bus that is on its line.
    #[must_use]
    pub fn on_bus(boot: BootId, now: Instant) -> Self {
        Self::with(Some(LineShim::new()), boot, now)
    }

    fn with(shim: Option<LineShim>, boot: BootId, now: Instant) -> Self {
        let mut memory = FlashMemory::new(RamFlash::default());
        Self {
            board: start(boot, BootReason::PowerOn, now, &mut memory),
            memory,
            queue: CanQueue::new(),
            shim,
            frames: 0,
            frame_at: now + FRAME_EVERY,
            fixes: 0,
            fix_at: now + FIX_EVERY,
            wants_restart: false,
        }
    }

    /// The frame of this number: its data are the number, so that a lost one is seen.
    fn frame(number: u32) -> Option<CanFrame> {
        let id = CanId::standard(0x100 + number % 16).ok()?;
        let [a, b, c, d] = number.to_be_bytes();
        let length = usize::try_from(4 + number % 5).ok()?;
        let data = [a, b, c, d, 0x11, 0x13, 0x00, 0xFF];
        CanFrame::new(id, data.get(..length)?)
    }

    fn speak(&mut self, now: Instant) {
        let (minute, second) = (self.fixes / 60 % 60, self.fixes % 60);
        let time = format_args!("12{minute:02}{second:02}.00");
        let date = if self.shim.is_some() { "" } else { "010125" };
        let mut text: String<400> = String::new();
        let written = sentence(
            &mut text,
            format_args!("GPRMC,{time},A,5230.0000,N,01320.0000,E,0.0,,{date},,,A"),
        )
        .and_then(|()| {
            sentence(
                &mut text,
                format_args!("GPGGA,{time},5230.0000,N,01320.0000,E,1,08,1.10,35.0,M,44.0,M,,"),
            )
        })
        .and_then(|()| {
            sentence(
                &mut text,
                format_args!("GPGSA,A,3,02,05,07,09,13,16,20,30,,,,,2.10,1.10,1.77"),
            )
        });
        if written.is_ok() {
            let input = Input::GnssBytes(text.as_bytes());
            self.board.handle(now, input, &mut self.memory);
        }
        self.fixes += 1;
    }
}

fn start(boot: BootId, reason: BootReason, now: Instant, memory: &mut dyn Memory) -> Collector {
    let identity = Identity {
        kind: BoardKind::Collector,
        ..Identity::of_nobody()
    };
    let settings = Settings::load(collector::SETTINGS, memory);
    Collector::new(identity.of_boot(boot, reason), settings, None, now)
}

/// Writes a sentence with its checksum.
fn sentence(to: &mut String<400>, body: core::fmt::Arguments<'_>) -> core::fmt::Result {
    let start = to.len() + 1;
    write!(to, "${body}")?;
    let sum = to.bytes().skip(start).fold(0, |sum, byte| sum ^ byte);
    write!(to, "*{sum:02X}\r\n")
}

impl Stage for CollectorStage {
    fn hear(&mut self, now: Instant, bytes: &[u8]) {
        let (board, memory) = (&mut self.board, &mut self.memory);
        let Some(shim) = &mut self.shim else {
            return board.handle(now, Input::HostBytes(bytes), memory);
        };
        let queue = &mut self.queue;
        shim.hear(bytes, &mut |heard| match heard {
            Heard::Board(bytes) => board.handle(now, Input::HostBytes(bytes), memory),
            Heard::Bus(batch) => {
                // The bus is the emulated board's own: a frame is there when it is heard.
                for (_, frame) in batch.frames(now) {
                    queue.push(now, frame);
                }
            }
            Heard::Air(_) => {}
        });
    }

    fn step(&mut self, now: Instant) {
        while self.shim.is_none() && self.frame_at <= now {
            if let Some(frame) = Self::frame(self.frames) {
                self.queue.push(self.frame_at, frame);
            }
            self.frames += 1;
            self.frame_at = self.frame_at + FRAME_EVERY;
        }
        if self.fix_at <= now {
            self.fix_at = self.fix_at + FIX_EVERY;
            self.speak(now);
        }
        loop {
            match self.board.poll(now, &mut self.queue) {
                Output::WakeAt(_) => break,
                Output::Restart => {
                    self.wants_restart = true;
                    break;
                }
                Output::GnssBaud(_) | Output::GnssWrite(_) | Output::BitRate(_) => {}
            }
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
        self.queue = CanQueue::new();
        (self.frame_at, self.fix_at) = (now + FRAME_EVERY, now + FIX_EVERY);
        self.wants_restart = false;
    }
}
