//! LED, contacts, the receiver's pulse, and the one interrupt that all pins share.

use core::cell::{Cell, RefCell};

use critical_section::Mutex;
use esp_hal::gpio::{Event, Input, InputConfig, Io, Level, Output, OutputConfig, Pull};
use esp_hal::handler;
use esp_hal::peripherals::IO_MUX;
use v2x_units::Instant;

use crate::can;
use crate::clock::now;
use crate::wiring::{self, Pin, pin};

/// The board's LED.
#[derive(Debug)]
pub struct Led(Driven);

impl Led {
    /// Dark.
    #[must_use]
    pub fn open() -> Self {
        Self(Driven::open(wiring::LED))
    }

    /// Lights it, or not.
    pub fn set(&mut self, on: bool) {
        self.0.set(on);
    }
}

/// The coil of the relay, without current until it is told otherwise.
#[derive(Debug)]
pub struct Coil(Driven);

impl Coil {
    /// Without current.
    #[must_use]
    pub fn open() -> Self {
        Self(Driven::open(wiring::COIL))
    }

    /// Closes the relay, or opens it.
    pub fn set(&mut self, closed: bool) {
        self.0.set(closed);
    }
}

/// A pin that the chip drives.
#[derive(Debug)]
struct Driven {
    output: Output<'static>,
    active_high: bool,
}

impl Driven {
    fn open(wired: Pin) -> Self {
        let off = level(!wired.active_high);
        Self {
            output: Output::new(pin(wired.number), off, OutputConfig::default()),
            active_high: wired.active_high,
        }
    }

    fn set(&mut self, active: bool) {
        self.output.set_level(level(active == self.active_high));
    }
}

const fn level(high: bool) -> Level {
    if high { Level::High } else { Level::Low }
}

/// A contact against ground or supply, pulled to its other side.
#[derive(Debug)]
pub struct Contact {
    input: Input<'static>,
    active_high: bool,
}

impl Contact {
    /// The feedback of the relay.
    #[must_use]
    pub fn feedback() -> Self {
        Self::open(wiring::FEEDBACK)
    }

    /// The plug input.
    #[must_use]
    pub fn plug() -> Self {
        Self::open(wiring::PLUG)
    }

    fn open(wired: Pin) -> Self {
        let pull = if wired.active_high {
            Pull::Down
        } else {
            Pull::Up
        };
        let config = InputConfig::default().with_pull(pull);
        Self {
            input: Input::new(pin(wired.number), config),
            active_high: wired.active_high,
        }
    }

    /// Whether it says yes.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.input.is_high() == self.active_high
    }
}

static PULSE: Mutex<RefCell<Option<Input<'static>>>> = Mutex::new(RefCell::new(None));
static PULSED_AT: Mutex<Cell<Option<Instant>>> = Mutex::new(Cell::new(None));

/// Serves the interrupt of the pins; called once, before anything listens to a pin.
pub fn open(io_mux: IO_MUX<'static>) {
    Io::new(io_mux).set_interrupt_handler(on_pin);
}

/// Listens to the receiver's pulse, where it is wired.
pub fn open_pulse() {
    let Some(number) = wiring::PPS else { return };
    let config = InputConfig::default().with_pull(Pull::None);
    let mut input = Input::new(pin(number), config);
    input.listen(Event::RisingEdge);
    critical_section::with(|section| PULSE.borrow_ref_mut(section).replace(input));
}

/// When the receiver's last pulse was; told once.
#[must_use]
pub fn pulse() -> Option<Instant> {
    critical_section::with(|section| PULSED_AT.borrow(section).take())
}

#[handler]
fn on_pin() {
    let at = now();
    critical_section::with(|section| {
        if let Some(input) = PULSE.borrow_ref_mut(section).as_mut()
            && input.is_interrupt_set()
        {
            input.clear_interrupt();
            PULSED_AT.borrow(section).set(Some(at));
        }
        can::spi::on_pin(section, at);
    });
}
