//! A slot meter with a load that comes after 5 s, and a meter that is silent for a while.

use core::time::Duration;

use v2x_proto::link::message::{BoardKind, BootReason};
use v2x_units::{BootId, Instant};

use super::Stage;
use super::pzem::Pzem;
use crate::Chassis;
use crate::chassis::{Identity, Settings};
use crate::memory::{FlashMemory, Memory, RamFlash};
use crate::slot_meter::{self, Input, Output, SlotMeter};

const TICK: Duration = Duration::from_millis(100);
const LOAD_AFTER: Duration = Duration::from_secs(5);
const SILENT_FROM: Duration = Duration::from_secs(12);
const SILENT_UNTIL: Duration = Duration::from_secs(15);
/// A small device.
const DRAWS: u32 = 1_300;

/// A slot meter on its stage.
#[derive(Debug)]
pub struct MeterStage {
    board: SlotMeter,
    memory: FlashMemory<RamFlash>,
    meter: Pzem,
    began: Instant,
    tick_at: Instant,
    wants_restart: bool,
}

impl MeterStage {
    /// A board that starts with an empty flash.
    #[must_use]
    pub fn new(boot: BootId, now: Instant) -> Self {
        let mut memory = FlashMemory::new(RamFlash::default());
        Self {
            board: start(boot, BootReason::PowerOn, now, &mut memory),
            memory,
            meter: Pzem {
                milliwatt_hours: 1_234_000,
                ..Pzem::default()
            },
            began: now,
            tick_at: now + TICK,
            wants_restart: false,
        }
    }
}

fn start(boot: BootId, reason: BootReason, now: Instant, memory: &mut dyn Memory) -> SlotMeter {
    let identity = Identity {
        kind: BoardKind::SlotMeter,
        ..Identity::of_nobody()
    };
    let settings = Settings::load(slot_meter::SETTINGS, memory);
    SlotMeter::new(identity.of_boot(boot, reason), settings, None, now)
}

impl Stage for MeterStage {
    fn hear(&mut self, now: Instant, bytes: &[u8]) {
        self.board
            .handle(now, Input::HostBytes(bytes), &mut self.memory);
    }

    fn step(&mut self, now: Instant) {
        let since = now.since(self.began);
        while self.tick_at <= now {
            self.tick_at = self.tick_at + TICK;
            self.meter.milliamps = if since >= LOAD_AFTER { DRAWS } else { 0 };
            self.meter.run();
        }
        let answers = since < SILENT_FROM || since >= SILENT_UNTIL;
        loop {
            match self.board.poll(now) {
                Output::MeterWrite(_) if answers => {
                    let answer = self.meter.answer();
                    self.board
                        .handle(now, Input::MeterBytes(&answer), &mut self.memory);
                }
                Output::MeterWrite(_) => {}
                Output::Restart => {
                    self.wants_restart = true;
                    break;
                }
                Output::WakeAt(_) => break,
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
        (self.began, self.tick_at) = (now, now + TICK);
        self.wants_restart = false;
    }
}
