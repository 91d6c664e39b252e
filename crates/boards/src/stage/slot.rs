//! A slot controller with its meter, and a car that comes after 3 s, charges while the relay lets
//! it, and leaves after 25 s; or, with a radio, a car that has to prove who it is.
//!
//! The radio's payloads travel on the board's one line (`shim.rs`).

use core::time::Duration;

use v2x_proto::link::message::{BoardKind, BootReason, RadioRate};
use v2x_units::{BootId, Instant};

use super::Stage;
use super::pzem::Pzem;
use super::shim::{Heard, LineShim};
use crate::Chassis;
use crate::chassis::{Identity, Settings};
use crate::memory::{FlashMemory, Memory, RamFlash};
use crate::slot_controller::{self, Input, Output, SlotController};

const TICK: Duration = Duration::from_millis(100);
const COMES_AFTER: Duration = Duration::from_secs(3);
const LEAVES_AFTER: Duration = Duration::from_secs(25);
/// With a radio: how long the car stays after the relay has closed for it.
const CHARGES_FOR: Duration = Duration::from_secs(20);
/// Keys and a revocation list have room beside the settings.
const FLASH_BYTES: usize = 32 * 1024;
/// What a Twizy draws for most of its charge.
const CHARGING: u32 = 9_400;

/// A slot controller on its stage.
#[derive(Debug)]
pub struct SlotStage {
    board: SlotController,
    memory: FlashMemory<RamFlash<FLASH_BYTES>>,
    meter: Pzem,
    relay: bool,
    shim: Option<LineShim>,
    /// When the relay closed for the first time.
    closed_at: Option<Instant>,
    began: Instant,
    /// The time before the board last started anew.
    before: Duration,
    leaves_after: Duration,
    tick_at: Instant,
    wants_restart: bool,
}

impl SlotStage {
    /// A board that starts with an empty flash, but for a relay with feedback and a plug input.
    #[must_use]
    pub fn new(boot: BootId, now: Instant) -> Self {
        Self::with(&[("relay", "feedback"), ("plug", "on")], None, boot, now)
    }

    /// The same for cars that prove who they are, over a radio.
    #[must_use]
    pub fn with_radio(boot: BootId, now: Instant) -> Self {
        let settings = &[("relay", "feedback"), ("plug", "on"), ("policy", "known")];
        Self::with(settings, Some(LineShim::new()), boot, now)
    }

    /// The first one, with a car that leaves after so long.
    #[must_use]
    pub fn that_leaves_after(stays: Duration, boot: BootId, now: Instant) -> Self {
        Self {
            leaves_after: stays,
            ..Self::new(boot, now)
        }
    }

    /// What the meter has counted, in milliwatt hours.
    #[must_use]
    pub const fn milliwatt_hours(&self) -> u64 {
        self.meter.milliwatt_hours
    }

    fn with(settings: &[(&str, &str)], shim: Option<LineShim>, boot: BootId, now: Instant) -> Self {
        let mut memory = FlashMemory::new(RamFlash::default());
        for (key, value) in settings {
            let rows = slot_controller::SETTINGS.iter();
            if let Some(row) = rows.into_iter().find(|row| row.key == *key) {
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
            shim,
            closed_at: None,
            began: now,
            before: Duration::ZERO,
            leaves_after: LEAVES_AFTER,
            tick_at: now + TICK,
            wants_restart: false,
        }
    }

    /// Whether the car is plugged in.
    fn is_there(&self, now: Instant) -> bool {
        let since = self.before + now.since(self.began);
        let has_left = match (&self.shim, self.closed_at) {
            (None, _) => since >= self.leaves_after,
            (Some(_), Some(closed)) => now.since(closed) >= CHARGES_FOR,
            (Some(_), None) => false,
        };
        let has_come = since >= COMES_AFTER;
        has_come && !has_left
    }

    fn tick(&mut self, now: Instant) {
        let is_there = self.is_there(now);
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
    let mut seed = [0; 32];
    for (place, byte) in seed.iter_mut().zip(boot.get().to_le_bytes()) {
        *place = byte;
    }
    let identity = identity.of_boot(boot, reason);
    SlotController::new(identity, settings, None, seed, now, memory)
}

impl Stage for SlotStage {
    fn hear(&mut self, now: Instant, bytes: &[u8]) {
        let (board, memory) = (&mut self.board, &mut self.memory);
        let Some(shim) = &mut self.shim else {
            return board.handle(now, Input::HostBytes(bytes), memory);
        };
        shim.hear(bytes, &mut |heard| {
            let input = match heard {
                Heard::Board(bytes) => Input::HostBytes(bytes),
                Heard::Air(heard) => Input::Air(heard.from, heard.payload),
                Heard::Bus(_) => return,
            };
            board.handle(now, input, memory);
        });
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
                Output::Relay(closed) => {
                    self.relay = closed;
                    if closed {
                        self.closed_at.get_or_insert(now);
                    }
                }
                Output::Air(to, payload) => {
                    if let Some(shim) = &mut self.shim {
                        let chassis = self.board.chassis_mut();
                        shim.send(now, to, RadioRate::Preset, &payload, chassis);
                    }
                }
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
        self.before += self.tick_at.since(self.began);
        (self.relay, self.began, self.tick_at) = (false, now, now + TICK);
        self.wants_restart = false;
    }
}
