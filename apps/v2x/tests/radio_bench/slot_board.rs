//! A slot board of ours on a pseudo-terminal: meter, plug detector, and a relay that obeys.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use v2x_proto::link::message::{
    Acknowledgement, CommandResult, Contact, MeterReading, MeterValues, Order, Plug, SlotState,
};
use v2x_proto::link::{Event, LinkDecoder, LinkEncoder, Message};
use v2x_units::{Amps, BootId, Instant, Volts, WattHours, Watts};

use super::super::station_bench::board::{Load, Stopwatch};
use super::super::station_bench::line::Line;

/// How often the board reports.
const PERIOD: Duration = Duration::from_millis(100);
/// What a car draws where it may.
const DRAWN_MA: u32 = 9_410;
const MAINS: f64 = 226.1;

/// What the test sees and moves.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) plugged: Arc<AtomicBool>,
    pub(crate) relay: Arc<AtomicBool>,
    /// How often the relay was told to close.
    pub(crate) closings: Arc<AtomicUsize>,
    /// How often it was told to open.
    pub(crate) openings: Arc<AtomicUsize>,
    /// What a car draws where it may, in milliamperes.
    pub(crate) draws: Arc<AtomicU32>,
    pub(crate) load: Load,
}

impl Slot {
    /// Whether a plug is in and has mains.
    pub(crate) fn is_live(&self) -> bool {
        self.plugged.load(SeqCst) && self.relay.load(SeqCst)
    }
}

/// The board; unplugged when dropped.
pub(crate) struct SlotBoard {
    pub(crate) slot: Slot,
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl SlotBoard {
    pub(crate) fn plug(name: &Path) -> Self {
        let slot = Slot {
            plugged: Arc::default(),
            relay: Arc::default(),
            closings: Arc::default(),
            openings: Arc::default(),
            draws: Arc::new(AtomicU32::new(DRAWN_MA)),
            load: Load::new(12_345.0),
        };
        let mut line = Line::plug(name);
        let (stop, stopped) = mpsc::channel();
        let of_thread = slot.clone();
        let thread = thread::spawn(move || {
            let mut board = Board::new(of_thread);
            while stopped.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
                board.turn(&mut line);
            }
        });
        Self {
            slot,
            running: Some((stop, thread)),
        }
    }
}

impl Drop for SlotBoard {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            thread.join().ok();
        }
    }
}

struct Board {
    slot: Slot,
    encoder: LinkEncoder,
    decoder: LinkDecoder,
    watch: Stopwatch,
    now: Instant,
}

impl Board {
    fn new(slot: Slot) -> Self {
        Self {
            slot,
            encoder: LinkEncoder::new(BootId::new(7)),
            decoder: LinkDecoder::new(),
            watch: Stopwatch::start(),
            now: Instant::BOOT,
        }
    }

    fn turn(&mut self, line: &mut Line) {
        let passed = self.watch.lap();
        self.now = self.now + passed;
        self.slot.load.pass(passed);
        self.obey(line);
        let may_draw = self.slot.relay.load(SeqCst) && self.slot.plugged.load(SeqCst);
        let draws = self.slot.draws.load(SeqCst);
        self.slot.load.draw(if may_draw { draws } else { 0 });
        let values = MeterValues {
            voltage: Volts::new(MAINS),
            current: Amps::new(self.slot.load.amperes()),
            power: Watts::new(self.slot.load.watts()),
            energy: WattHours::new(self.slot.load.watt_hours().floor()),
            frequency_hz: 50.0,
            power_factor: 0.99,
            alarm: false,
        };
        let reading = MeterReading {
            address: 1,
            values: Ok(values),
        };
        line.send(self.encoder.send(self.now, reading).unwrap());
        let state = self.state();
        line.send(self.encoder.send(self.now, state).unwrap());
    }

    fn state(&self) -> SlotState {
        let plug = if self.slot.plugged.load(SeqCst) {
            Plug::In
        } else {
            Plug::Out
        };
        let contact = if self.slot.relay.load(SeqCst) {
            Contact::Closed
        } else {
            Contact::Open
        };
        SlotState {
            plug,
            relay_asked: contact,
            relay_seen: contact,
        }
    }

    fn obey(&mut self, line: &mut Line) {
        let bytes = line.receive(0);
        let mut bytes = bytes.as_slice();
        let mut done = Vec::new();
        while let Some(event) = self.decoder.next(&mut bytes) {
            let Event::Frame(frame) = event else { continue };
            let Message::Command(command) = frame.message else {
                continue;
            };
            if let Order::Relay { closed } = command.order {
                self.slot.relay.store(closed, SeqCst);
                self.slot.closings.fetch_add(usize::from(closed), SeqCst);
                self.slot.openings.fetch_add(usize::from(!closed), SeqCst);
            }
            done.push(command.id);
        }
        for id in done {
            let answer = Acknowledgement {
                id,
                result: CommandResult::Done,
                detail: "",
            };
            line.send(self.encoder.send(self.now, answer).unwrap());
        }
    }
}
