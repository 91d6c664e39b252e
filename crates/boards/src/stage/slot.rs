//! A slot controller with its meter, and a car that comes after 3 s, charges while the relay lets
//! it, and leaves after 25 s.

use core::time::Duration;

use v2x_proto::link::message::{BoardKind, BootReason};
use v2x_units::{BootId, Instant};

use super::Stage;
use super::pzem::Pzem;
use crate::Chassis;
use crate::chassis::{Identity, Settings};
use crate::memory::{FlashMemory, Memory, RamFlash};
use crate::slot_controller::{self, Input, Output, SlotController};

const TICK: Duration = Duration::from_millis(100);
const COMES_AFTER: Duration = Duration::from_secs(3);
const LEAVES_AFTER: Duration = Duration::from_secs(25);
/// What a Twizy draws for most of its charge.
const CHARGING: u32 = 9_400;

/// A slot controller on its stage.
#[derive(Debug)]
pub struct SlotStage {
    board: SlotController,
    memory: FlashMemory<RamFlash>,
    meter: Pzem,
    relay: bool,
    began: Instant,
    tick_at: Instant,
    wants_restart: bool,
}

impl SlotStage {
    /// A board that starts with an empty flash, but for a relay with feedback and a plug input.
    #[must_use]
    pub fn new(boot: BootId, now: Instant) -> Self {
        let mut memory = FlashMemory::new(RamFlash::default());
        for (key, value) in [("relay", "feedback"), ("plug", "on")] {
            let rows = slot_controller::SETTINGS.iter();
            if let Some(row) = rows.into_iter().find(|row| row.key == key) {
                // A flash in RAM that is empty has room.
                let _kept = memory.store(row.number, value.as_bytes());
            }
        }
        Self {
            board: start(boot, BootReason::PowerOn, now, &mut memory),
            memory,
            meter: Pzem {
                milliwatt_hours: 12_345_000,
                ..Pzem::default()
            },
            relay: false,
            began: now,
            tick_at: now + TICK,
            wants_restart: false,
        }
    }

    fn tick(&mut self, now: Instant) {
        let since = now.since(self.began);
        let is_there = (COMES_AFTER..LEAVES_AFTER).contains(&since);
        let flows = is_there && self.relay;
        self.meter.milliamps = if flows { CHARGING } else { 0 };
        self.meter.run();
        let memory = &mut self.memory;
        self.board.handle(now, Input::Plug(is_there), memory);
        self.board.handle(now, Input::Feedback(self.relay), memory);
    }
}

fn start(
    boot: BootId,
    reason: BootReason,
    now: Instant,
    memory: &mut dyn Memory,
) -> SlotController {
    let identity = Identity {
        kind: BoardKind::SlotController,
        ..Identity::of_nobody()
    };
    let settings = Settings::load(slot_controller::SETTINGS, memory);
    let drawn = u64::from(boot.get());
    let identity = identity.of_boot(boot, reason);
    SlotController::new(identity, settings, None, drawn, now, memory)
}

impl Stage for SlotStage {
    fn hear(&mut self, now: Instant, bytes: &[u8]) {
        self.board
            .handle(now, Input::HostBytes(bytes), &mut self.memory);
    }

    fn step(&mut self, now: Instant) {
        while self.tick_at <= now {
            self.tick_at = self.tick_at + TICK;
            self.tick(now);
        }
        loop {
            match self.board.poll(now, &mut self.memory) {
                Output::MeterWrite(_) => {
                    let answer = self.meter.answer();
                    self.board
                        .handle(now, Input::MeterBytes(&answer), &mut self.memory);
                }
                Output::Relay(closed) => self.relay = closed,
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
        (self.relay, self.began, self.tick_at) = (false, now, now + TICK);
        self.wants_restart = false;
    }
}
