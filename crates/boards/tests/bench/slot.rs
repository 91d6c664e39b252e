//! A slot on the bench: its meter, its relay, its computer, and what it gives to the air.

use v2x_boards::chassis::{Identity, Settings};
use v2x_boards::memory::{FlashMemory, Memory, MemoryError, RamFlash};
use v2x_boards::slot_controller::{self, Input, Output, SlotController};
use v2x_proto::link::message::{
    BoardKind, BootReason, CommandResult, JournalKept, Order, WallClock,
};
use v2x_units::{BootId, Instant, MacAddress, UtcTime};

use super::meter::Meter;
use super::{Computer, Entry, TestMemory, at, identity, memory, settings};

/// A slot with its meter, its relay and its computer.
pub(crate) struct World {
    pub(crate) board: SlotController,
    pub(crate) memory: TestMemory,
    pub(crate) computer: Computer,
    pub(crate) meter: Meter,
    pub(crate) meter_answers: bool,
    pub(crate) relay: bool,
    /// What the relay's contacts do, whatever the coil says.
    pub(crate) stuck: Option<bool>,
    pub(crate) now: u64,
    /// What the board gave to the air.
    pub(crate) air: Vec<(MacAddress, Vec<u8>)>,
    /// The flash takes nothing more for the journal.
    pub(crate) journal_refuses: bool,
}

/// A memory whose queue may refuse everything.
struct Memories<'a> {
    inner: &'a mut TestMemory,
    refuses: bool,
}

impl Memory for Memories<'_> {
    fn store(&mut self, place: u8, value: &[u8]) -> Result<(), MemoryError> {
        self.inner.store(place, value)
    }

    fn fetch<'a>(
        &mut self,
        place: u8,
        room: &'a mut [u8],
    ) -> Result<Option<&'a [u8]>, MemoryError> {
        self.inner.fetch(place, room)
    }

    fn push(&mut self, step: &[u8]) -> Result<bool, MemoryError> {
        if self.refuses {
            return Err(MemoryError::Flash);
        }
        self.inner.push(step)
    }

    fn is_half_free(&mut self) -> Result<bool, MemoryError> {
        self.inner.is_half_free()
    }

    fn oldest<'a>(&mut self, room: &'a mut [u8]) -> Result<Option<&'a [u8]>, MemoryError> {
        self.inner.oldest(room)
    }

    fn drop_oldest(&mut self) -> Result<(), MemoryError> {
        self.inner.drop_oldest()
    }
}

impl World {
    pub(crate) fn new(values: &[(&str, &str)]) -> Self {
        let mut memory = memory();
        settings(slot_controller::SETTINGS, values, &mut memory);
        Self::start(memory, identity(BoardKind::SlotController), Meter::new())
    }

    /// The same on a flash that a test has prepared.
    pub(crate) fn with_flash(values: &[(&str, &str)], flash: RamFlash<8192>) -> Self {
        let mut memory = FlashMemory::new(flash);
        settings(slot_controller::SETTINGS, values, &mut memory);
        Self::start(memory, identity(BoardKind::SlotController), Meter::new())
    }

    pub(crate) fn start(memory: TestMemory, identity: Identity, meter: Meter) -> Self {
        Self::start_on(memory, false, identity, meter)
    }

    /// Starts on a flash that may take nothing for the journal.
    fn start_on(mut memory: TestMemory, refuses: bool, identity: Identity, meter: Meter) -> Self {
        let settings = Settings::load(slot_controller::SETTINGS, &mut memory);
        let [a, b, c, d] = identity.boot.get().to_le_bytes();
        let mut seed = [0x77; 32];
        seed[..4].copy_from_slice(&[a, b, c, d]);
        let flash = &mut Memories {
            inner: &mut memory,
            refuses,
        };
        let board = SlotController::new(identity, settings, None, seed, Instant::BOOT, flash);
        Self {
            board,
            memory,
            computer: Computer::new(),
            meter,
            meter_answers: true,
            relay: false,
            stuck: None,
            now: 0,
            air: Vec::new(),
            journal_refuses: refuses,
        }
    }

    /// The board starts anew with what is in its flash.
    pub(crate) fn restart(self, boot: u32, reason: BootReason) -> Self {
        let identity = self
            .board
            .chassis()
            .identity()
            .of_boot(BootId::new(boot), reason);
        let mut flash = self.memory.into_flash();
        flash.restore_power();
        let memory = FlashMemory::new(flash);
        Self::start_on(memory, self.journal_refuses, identity, self.meter)
    }

    /// Lets seconds pass; current flows when the contacts are closed and the car wants it.
    pub(crate) fn pass(&mut self, seconds: u64, wants_amps: f64) {
        for _ in 0..seconds * 10 {
            self.turn(wants_amps);
        }
    }

    /// A tenth of a second.
    pub(crate) fn turn(&mut self, wants_amps: f64) {
        self.now += 100;
        let closed = self.stuck.unwrap_or(self.relay);
        let has_relay = self.board.chassis().settings().text("relay") != "none";
        self.meter.amps = if closed || !has_relay {
            wants_amps
        } else {
            0.0
        };
        self.meter.run(0.1);
        let now = at(self.now);
        let memory = &mut Memories {
            inner: &mut self.memory,
            refuses: self.journal_refuses,
        };
        self.board.handle(now, Input::Feedback(closed), memory);
        loop {
            match self.board.poll(now, memory) {
                Output::MeterWrite(_) if self.meter_answers => {
                    let answer = self.meter.answer();
                    self.board.handle(now, Input::MeterBytes(&answer), memory);
                }
                Output::MeterWrite(_) => {}
                Output::Relay(closed) => self.relay = closed,
                Output::Air(to, payload) => self.air.push((to, payload.to_vec())),
                Output::Restart => panic!("nobody asked for it"),
                Output::WakeAt(_) => break,
            }
        }
        self.computer.drain(self.board.chassis_mut());
    }

    pub(crate) fn order(&mut self, order: Order<'_>) -> CommandResult {
        let bytes = self.computer.order(order);
        self.board
            .handle(at(self.now), Input::HostBytes(&bytes), &mut self.memory);
        self.computer.drain(self.board.chassis_mut());
        self.computer.answers.last().unwrap().1
    }

    pub(crate) fn log_has(&self, part: &str) -> bool {
        self.computer.log.iter().any(|line| line.contains(part))
    }

    /// The computer tells the time.
    pub(crate) fn say_time(&mut self, utc: Option<UtcTime>) {
        let now = at(self.now);
        let clock = WallClock { utc };
        (self.computer).say_to_slot(clock, now, &mut self.board, &mut self.memory);
    }

    /// The computer takes entries of the journal and acknowledges each; the ones it took.
    pub(crate) fn hand_over(&mut self, at_most: usize) -> Vec<Entry> {
        let mut taken: Vec<Entry> = Vec::new();
        let mut idle = 0;
        self.computer.journal.clear();
        while idle < 30 && taken.len() < at_most {
            self.turn(0.0);
            idle += 1;
            for entry in std::mem::take(&mut self.computer.journal) {
                if entry.number == 0 || taken.len() == at_most {
                    continue;
                }
                let (boot, number) = (BootId::new(entry.boot), entry.number);
                let kept = JournalKept { boot, number };
                self.computer
                    .say_to_slot(kept, at(self.now), &mut self.board, &mut self.memory);
                taken.push(entry);
                idle = 0;
            }
        }
        taken
    }
}
