//! An MCP2515 on SPI, served in the interrupt of its INT line.
//!
//! Not here: its registers and frames (`v2x_boards::collector::mcp2515`).
//!
//! The first frame after the line has fallen is stamped with the fall: late by the latency of the
//! interrupt, a few microseconds. A frame that arrives while the one before is read gets the time
//! at which it is read, up to 60 us late; one that waits while the board writes to its flash, up to
//! 50 ms, and then the third and later ones are lost in the chip and counted.

use core::cell::RefCell;

use critical_section::{CriticalSection, Mutex};
use esp_hal::Blocking;
use esp_hal::delay::Delay;
use esp_hal::gpio::{Event, Input, InputConfig, Level, Output, OutputConfig, Pull};
use esp_hal::peripherals::SPI2;
use esp_hal::spi::Mode;
use esp_hal::spi::master::{Config, Spi};
use esp_hal::time::Rate;
use v2x_boards::collector::ControllerReport;
use v2x_boards::collector::mcp2515::{self, Mcp2515};
use v2x_units::Instant;

use super::QUEUE;
use crate::clock::now;
use crate::wiring::{SpiPins, pin};

/// 128 cycles of a crystal of 8 MHz, and as much again.
const AFTER_RESET_US: u32 = 40;

/// The chip and its INT line.
struct Chip {
    controller: Mcp2515<Wires>,
    int: Input<'static>,
    bit_rate: u32,
}

/// SPI with the chip's select line.
struct Wires {
    spi: Spi<'static, Blocking>,
    select: Output<'static>,
}

impl mcp2515::Spi for Wires {
    fn exchange(&mut self, bytes: &mut [u8]) {
        self.select.set_low();
        if self.spi.transfer(bytes).is_err() {
            // The same that a chip without supply says.
            bytes.fill(0);
        }
        self.select.set_high();
    }
}

static CHIP: Mutex<RefCell<Option<Chip>>> = Mutex::new(RefCell::new(None));

/// Takes the pins; the interrupt of the pins has to be served before.
pub(super) fn open(pins: SpiPins) {
    // SAFETY: the CAN controller is opened once, and nothing else uses this SPI.
    let spi2 = unsafe { SPI2::steal() };
    let config = Config::default()
        .with_frequency(Rate::from_hz(mcp2515::SPI_HZ))
        .with_mode(Mode::_0);
    let Ok(spi) = Spi::new(spi2, config) else {
        return;
    };
    let spi = spi
        .with_sck(pin(pins.sck))
        .with_mosi(pin(pins.mosi))
        .with_miso(pin(pins.miso));
    let select = Output::new(pin(pins.cs), Level::High, OutputConfig::default());
    let mut int = Input::new(pin(pins.int), InputConfig::default().with_pull(Pull::Up));
    int.listen(Event::FallingEdge);
    let controller = Mcp2515::new(Wires { spi, select }, pins.crystal_mhz);
    let chip = Chip {
        controller,
        int,
        bit_rate: 0,
    };
    critical_section::with(|section| CHIP.borrow_ref_mut(section).replace(chip));
}

/// Listens at this bit rate, from scratch.
pub(super) fn listen(bit_rate: u32) {
    critical_section::with(|section| {
        if let Some(chip) = CHIP.borrow_ref_mut(section).as_mut() {
            chip.bit_rate = bit_rate;
            chip.start();
        }
    });
}

/// What the chip says of itself; one that lost its supply for a moment is set up again.
pub(super) fn report() -> ControllerReport {
    critical_section::with(|section| {
        let mut chip = CHIP.borrow_ref_mut(section);
        let Some(chip) = chip.as_mut() else {
            return ControllerReport {
                absent: true,
                ..ControllerReport::default()
            };
        };
        let report = chip.controller.report();
        if report.absent {
            chip.start();
        }
        // A line that is low now has fallen before anybody listened.
        chip.serve(section, now());
        report
    })
}

/// Serves the chip if it was its line that has fallen.
pub(crate) fn on_pin(section: CriticalSection<'_>, at: Instant) {
    if let Some(chip) = CHIP.borrow_ref_mut(section).as_mut()
        && chip.int.is_interrupt_set()
    {
        chip.int.clear_interrupt();
        chip.serve(section, at);
    }
}

impl Chip {
    fn start(&mut self) {
        self.controller.reset();
        Delay::new().delay_micros(AFTER_RESET_US);
        // What it cannot do its report says.
        let _listens = self.controller.listen(self.bit_rate);
    }

    fn serve(&mut self, section: CriticalSection<'_>, at: Instant) {
        let mut at = at;
        // The line falls once for all that waits; it has to be high before it can fall again.
        for _ in 0..4 {
            if self.int.is_high() {
                break;
            }
            self.controller.serve(|frame| {
                QUEUE.borrow_ref_mut(section).push(at, frame);
                at = now();
            });
        }
    }
}
