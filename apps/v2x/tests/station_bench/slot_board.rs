//! A slot board of ours on a pseudo-terminal: meter, relay with feedback, and faults of its own.

use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use v2x_proto::link::message::{
    Acknowledgement, Command, CommandResult, Contact, MeterReading, MeterValues, Order, Plug,
    SlotState,
};
use v2x_proto::link::{Event, LinkDecoder, LinkEncoder, Message};
use v2x_units::{Amps, BootId, Instant, Volts, WattHours, Watts};

use super::board::{Load, Stopwatch};
use super::line::Line;

/// How often the board reads its meter and tells its contact.
const PERIOD: Duration = Duration::from_millis(200);

/// What the board does with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manners {
    /// Does it and acknowledges it.
    Obeys,
    /// Neither hears nor answers so many orders, then obeys.
    IsDeafTo(u32),
    /// Never hears any.
    IsDeaf,
    /// Acknowledges, and its contact stays where it is.
    IsWelded,
    /// Answers that it may not.
    Refuses,
}

struct State {
    manners: Manners,
    asked: bool,
    closed: bool,
    orders: Vec<(u16, bool)>,
}

/// The board; unplugged when dropped.
pub(crate) struct SlotBoard {
    state: Arc<Mutex<State>>,
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl SlotBoard {
    /// Plugs in a board whose relay is open; `load` draws what the relay lets through.
    pub(crate) fn plug(name: &Path, load: &Load) -> Self {
        let state = Arc::new(Mutex::new(State {
            manners: Manners::Obeys,
            asked: false,
            closed: false,
            orders: Vec::new(),
        }));
        let (stop, stopped) = mpsc::channel();
        let mut inside = Inside {
            line: Line::plug(name),
            load: load.clone(),
            encoder: LinkEncoder::new(BootId::new(77)),
            decoder: LinkDecoder::new(),
            state: Arc::clone(&state),
            now: Instant::BOOT,
        };
        let thread = thread::spawn(move || {
            let mut watch = Stopwatch::start();
            while stopped.try_recv() != Err(mpsc::TryRecvError::Disconnected) {
                inside.hear();
                inside.report(watch.lap());
                if stopped.recv_timeout(PERIOD) == Err(RecvTimeoutError::Disconnected) {
                    return;
                }
            }
        });
        Self {
            state,
            running: Some((stop, thread)),
        }
    }

    pub(crate) fn behave(&self, manners: Manners) {
        self.state.lock().unwrap().manners = manners;
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state.lock().unwrap().closed
    }

    /// Every order that it has heard or missed, with its id.
    pub(crate) fn orders(&self) -> Vec<(u16, bool)> {
        self.state.lock().unwrap().orders.clone()
    }
}

impl Drop for SlotBoard {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the board panicked");
        }
    }
}

/// What runs on the board.
struct Inside {
    line: Line,
    load: Load,
    encoder: LinkEncoder,
    decoder: LinkDecoder,
    state: Arc<Mutex<State>>,
    now: Instant,
}

impl Inside {
    fn hear(&mut self) {
        let bytes = self.line.receive(0);
        let mut rest = bytes.as_slice();
        let mut answers = Vec::new();
        while let Some(event) = self.decoder.next(&mut rest) {
            let Event::Frame(frame) = event else { continue };
            if let Message::Command(Command {
                id,
                order: Order::Relay { closed },
            }) = frame.message
                && let Some(result) = self.state.lock().unwrap().take(id, closed)
            {
                answers.push((id, result));
            }
        }
        for (id, result) in answers {
            let detail = "";
            self.send(Acknowledgement { id, result, detail });
        }
    }

    /// Tells meter and contact, `time` after the last report.
    fn report(&mut self, time: Duration) {
        self.now = self.now + time;
        let (asked, closed) = {
            let state = self.state.lock().unwrap();
            (state.asked, state.closed)
        };
        if closed {
            self.load.pass(time);
        }
        let through = |value: f64| if closed { value } else { 0.0 };
        let values = MeterValues {
            voltage: Volts::new(226.1),
            current: Amps::new(through(self.load.amperes())),
            power: Watts::new(through(self.load.watts())),
            energy: WattHours::new(self.load.watt_hours().floor()),
            frequency_hz: 50.0,
            power_factor: 0.99,
            alarm: false,
        };
        self.send(MeterReading {
            address: 1,
            values: Ok(values),
        });
        let contact = |closed| {
            if closed {
                Contact::Closed
            } else {
                Contact::Open
            }
        };
        self.send(SlotState {
            plug: Plug::Unknown,
            relay_asked: contact(asked),
            relay_seen: contact(closed),
        });
    }

    fn send<'a>(&mut self, message: impl Into<Message<'a>>) {
        let wire = self.encoder.send(self.now, message).unwrap();
        self.line.send(wire);
    }
}

impl State {
    fn take(&mut self, id: u16, closed: bool) -> Option<CommandResult> {
        self.orders.push((id, closed));
        match self.manners {
            Manners::IsDeaf => return None,
            Manners::IsDeafTo(0) | Manners::Obeys => {
                (self.asked, self.closed) = (closed, closed);
            }
            Manners::IsDeafTo(count) => {
                self.manners = Manners::IsDeafTo(count - 1);
                return None;
            }
            Manners::IsWelded => self.asked = closed,
            Manners::Refuses => return Some(CommandResult::Refused),
        }
        Some(CommandResult::Done)
    }
}
