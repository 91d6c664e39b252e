//! The boards of the world: the product's own programs, with clocks, flashes and lines around them.

use core::time::Duration;

use v2x_boards::chassis::{Identity, Setting, Settings};
use v2x_boards::collector::{self, CanQueue, Collector};
use v2x_boards::memory::{FlashMemory, Memory as _, RamFlash};
use v2x_boards::radio::{self, Radio, air_time};
use v2x_boards::slot_controller::{self, SlotController};
use v2x_proto::link::message::{BoardKind, BootReason};
use v2x_units::{BootId, CanFrame, Instant, MacAddress};

use super::line::{BOOT_TAKES, BoardClock, Uart};
use crate::air::{Air, RadioId};
use crate::chance::Chance;
use crate::gnss::GnssReceiver;
use crate::meter::Meter;

/// Between one plug out and the next one in.
const SWAP: Duration = Duration::from_secs(20);

/// How far radios are out of step with each other, s.
const OUT_OF_STEP: f64 = 0.01;

/// What boards have in common.
#[derive(Debug)]
struct Body {
    identity: Identity,
    memory: FlashMemory<RamFlash>,
    clock: BoardClock,
    uart: Uart,
    /// It is away until then.
    away_until: Instant,
    /// When its program wants to run again, by its own clock, if nothing happens before.
    wakes_at: Instant,
    chance: Chance,
}

impl Body {
    fn new(kind: BoardKind, board: MacAddress, now: Instant, mut chance: Chance) -> Self {
        // Crystals of such boards: 10 ppm.
        let clock = BoardClock::new(now, chance.normal() * 10.0);
        let identity = Identity {
            kind,
            board,
            boot: drawn(&mut chance),
            ..Identity::of_nobody()
        };
        Self {
            identity,
            memory: FlashMemory::new(RamFlash::default()),
            clock,
            uart: Uart::new(921_600, now),
            away_until: now,
            wakes_at: Instant::BOOT,
            chance,
        }
    }

    /// Something has happened: its program runs in this tick.
    fn wake(&mut self) {
        self.wakes_at = Instant::BOOT;
    }

    fn set(&mut self, table: &'static [Setting], values: &[(&str, &str)]) {
        for (key, value) in values {
            if let Some(row) = table.iter().find(|row| row.key == *key) {
                // An empty flash in RAM has room.
                let _kept = self.memory.store(row.number, value.as_bytes());
            }
        }
    }

    fn settings(&mut self, table: &'static [Setting]) -> Settings {
        Settings::load(table, &mut self.memory)
    }

    fn restart(&mut self, now: Instant) {
        self.away_until = now + BOOT_TAKES;
        self.clock = self.clock.restarted(self.away_until);
        let boot = drawn(&mut self.chance);
        self.identity = self.identity.of_boot(boot, BootReason::Watchdog);
        self.uart = Uart::new(921_600, self.away_until);
        self.wake();
    }

    fn is_away(&self, now: Instant) -> bool {
        now < self.away_until
    }
}

fn drawn(chance: &mut Chance) -> BootId {
    use rand_core::Rng as _;
    BootId::new(chance.next_u32())
}

/// A collector with its receiver.
#[derive(Debug)]
pub(super) struct CollectorBoard {
    body: Body,
    board: Collector,
    queue: CanQueue<512>,
    pub(super) receiver: GnssReceiver,
}

impl CollectorBoard {
    pub(super) fn new(
        board: MacAddress,
        receiver: GnssReceiver,
        now: Instant,
        chance: Chance,
    ) -> Self {
        let mut body = Body::new(BoardKind::Collector, board, now, chance);
        let settings = body.settings(collector::SETTINGS);
        let board = Collector::new(body.identity, settings, None, Instant::BOOT);
        Self {
            body,
            board,
            queue: CanQueue::new(),
            receiver,
        }
    }

    pub(super) fn is_away(&self, now: Instant) -> bool {
        self.body.is_away(now)
    }

    pub(super) fn frame(&mut self, at: Instant, frame: CanFrame) {
        if !self.body.is_away(at) {
            self.body.wake();
            self.queue.push(self.body.clock.says(at), frame);
        }
    }

    pub(super) fn gnss(&mut self, now: Instant, bytes: &[u8]) {
        let at = self.body.clock.says(now);
        if !self.body.is_away(now) {
            self.body.wake();
            let input = collector::Input::GnssBytes(bytes);
            self.board.handle(at, input, &mut self.body.memory);
        }
    }

    pub(super) fn hear(&mut self, now: Instant, bytes: &[u8]) {
        if !self.body.is_away(now) {
            self.body.wake();
            let at = self.body.clock.says(now);
            let input = collector::Input::HostBytes(bytes);
            self.board.handle(at, input, &mut self.body.memory);
        }
    }

    pub(super) fn step(&mut self, now: Instant) -> Vec<u8> {
        if self.body.is_away(now) {
            return Vec::new();
        }
        let at = self.body.clock.says(now);
        while at >= self.body.wakes_at {
            match self.board.poll(at, &mut self.queue) {
                collector::Output::GnssBaud(baud) => self.receiver.listened_to_at(baud),
                collector::Output::GnssWrite(bytes) => self.receiver.hear(bytes),
                collector::Output::BitRate(_) => {}
                collector::Output::Restart => {
                    self.restart(now);
                    return Vec::new();
                }
                collector::Output::WakeAt(when) => {
                    self.body.wakes_at = when;
                    break;
                }
            }
        }
        self.body.uart.carry(now, self.board.chassis_mut())
    }

    pub(super) fn restart(&mut self, now: Instant) {
        self.body.restart(now);
        let settings = self.body.settings(collector::SETTINGS);
        self.board = Collector::new(self.body.identity, settings, None, Instant::BOOT);
        self.queue = CanQueue::new();
    }
}

/// A radio board.
#[derive(Debug)]
pub(super) struct RadioBoard {
    body: Body,
    board: Radio,
    pub(super) radio: RadioId,
    channel: u8,
}

impl RadioBoard {
    pub(super) fn new(address: MacAddress, air: &mut Air, now: Instant, chance: Chance) -> Self {
        let mut body = Body::new(BoardKind::Radio, address, now, chance);
        let settings = body.settings(radio::SETTINGS);
        Self {
            board: Radio::new(body.identity, settings, None, Instant::BOOT),
            radio: air.join(address),
            channel: 1,
            body,
        }
    }

    fn handle(&mut self, now: Instant, input: radio::Input<'_>) {
        if !self.body.is_away(now) {
            self.body.wake();
            let at = self.body.clock.says(now);
            self.board.handle(at, input, &mut self.body.memory);
        }
    }

    pub(super) fn hear(&mut self, now: Instant, bytes: &[u8]) {
        self.handle(now, radio::Input::HostBytes(bytes));
    }

    pub(super) fn heard(
        &mut self,
        now: Instant,
        (from, to): (MacAddress, MacAddress),
        rssi_dbm: i8,
        payload: &[u8],
    ) {
        let heard = radio::Heard {
            at: self.body.clock.says(now),
            from,
            to,
            rssi_dbm,
            channel: self.channel,
            payload,
        };
        self.handle(now, radio::Input::Heard(heard));
    }

    pub(super) fn ended(&mut self, now: Instant, confirmed: bool) {
        let end = if confirmed {
            radio::SendEnd::Sent
        } else {
            radio::SendEnd::Unconfirmed
        };
        self.handle(now, radio::Input::SendEnded(end));
    }

    pub(super) fn step(&mut self, now: Instant, air: &mut Air) -> Vec<u8> {
        if self.body.is_away(now) {
            return Vec::new();
        }
        let at = self.body.clock.says(now);
        while at >= self.body.wakes_at {
            match self.board.poll(at) {
                radio::Output::Channel(channel) => self.channel = channel,
                radio::Output::Address(address) => {
                    air.set_address(self.radio, address);
                    self.handle(now, radio::Input::AddressSet(true));
                }
                radio::Output::Send { to, rate, payload } => {
                    let takes = air_time::of(payload.len(), rate, to.is_group());
                    // Boards do not work in step, as the ticks of this world do.
                    let phase = self.body.chance.between(0.0, OUT_OF_STEP);
                    let begins = now + Duration::from_secs_f64(phase);
                    air.send(begins, self.radio, to, &payload, takes);
                }
                // Nobody measures power here, and the air's peers need no room.
                radio::Output::Power(_) | radio::Output::PrimaryKey(_) | radio::Output::Peer(_) => {
                }
                radio::Output::Restart => {
                    self.restart(now);
                    return Vec::new();
                }
                radio::Output::WakeAt(when) => {
                    self.body.wakes_at = when;
                    break;
                }
            }
        }
        self.body.uart.carry(now, self.board.chassis_mut())
    }

    pub(super) fn restart(&mut self, now: Instant) {
        self.body.restart(now);
        let settings = self.body.settings(radio::SETTINGS);
        self.board = Radio::new(self.body.identity, settings, None, Instant::BOOT);
    }
}

/// A slot controller with meter, relay and plug.
#[derive(Debug)]
pub(super) struct SlotBoard {
    body: Body,
    board: SlotController,
    pub(super) meter: Meter,
    relay: bool,
    plug: bool,
    /// When the plug went in or out last.
    plug_moved: Option<Instant>,
}

impl SlotBoard {
    pub(super) fn new(board: MacAddress, meter: Meter, now: Instant, chance: Chance) -> Self {
        let mut body = Body::new(BoardKind::SlotController, board, now, chance);
        let values = [
            ("relay", "feedback"),
            ("plug", "on"),
            ("policy", "operator"),
        ];
        body.set(slot_controller::SETTINGS, &values);
        let board = Self::boot(&mut body);
        Self {
            body,
            board,
            meter,
            relay: false,
            plug: false,
            plug_moved: None,
        }
    }

    fn boot(body: &mut Body) -> SlotController {
        use rand_core::Rng as _;
        let settings = body.settings(slot_controller::SETTINGS);
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&body.chance.next_u64().to_le_bytes());
        let memory = &mut body.memory;
        SlotController::new(body.identity, settings, None, seed, Instant::BOOT, memory)
    }

    /// Whether there is voltage on the socket.
    pub(super) const fn is_live(&self) -> bool {
        self.relay
    }

    pub(super) const fn is_plugged(&self) -> bool {
        self.plug
    }

    /// Whether the next one can plug in: one cable after the other takes a person a while.
    pub(super) fn is_free(&self, now: Instant) -> bool {
        let swapped = |at| now.since(at) >= SWAP;
        !self.plug && self.plug_moved.is_none_or(swapped)
    }

    pub(super) fn is_away(&self, now: Instant) -> bool {
        self.body.is_away(now)
    }

    pub(super) const fn set_plug(&mut self, now: Instant, plug: bool) {
        self.plug = plug;
        self.plug_moved = Some(now);
    }

    pub(super) fn hear(&mut self, now: Instant, bytes: &[u8]) {
        self.handle(now, slot_controller::Input::HostBytes(bytes));
    }

    fn handle(&mut self, now: Instant, input: slot_controller::Input<'_>) {
        if !self.body.is_away(now) {
            let at = self.body.clock.says(now);
            self.board.handle(at, input, &mut self.body.memory);
        }
    }

    pub(super) fn step(&mut self, now: Instant) -> Vec<u8> {
        if self.body.is_away(now) {
            // Without its program the relay's coil has no current.
            self.relay = false;
            return Vec::new();
        }
        self.handle(now, slot_controller::Input::Plug(self.plug));
        self.handle(now, slot_controller::Input::Feedback(self.relay));
        if let Some(answer) = self.meter.speak(now) {
            self.handle(now, slot_controller::Input::MeterBytes(&answer));
        }
        let at = self.body.clock.says(now);
        loop {
            match self.board.poll(at, &mut self.body.memory) {
                slot_controller::Output::MeterWrite(question) => self.meter.hear(now, &question),
                slot_controller::Output::Relay(closed) => self.relay = closed,
                // It has no keys: the computer speaks with cars for it.
                slot_controller::Output::Air(..) => {}
                slot_controller::Output::Restart => {
                    self.restart(now);
                    return Vec::new();
                }
                slot_controller::Output::WakeAt(_) => break,
            }
        }
        self.body.uart.carry(now, self.board.chassis_mut())
    }

    pub(super) fn restart(&mut self, now: Instant) {
        self.body.restart(now);
        self.board = Self::boot(&mut self.body);
        self.relay = false;
    }
}
