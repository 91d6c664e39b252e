//! The words of an MCP2515 CAN controller: its set-up to listen only, its frames, its flags.
//!
//! Not here: SPI and the interrupt (`firmware/`), and what the bus is like ([`super::bus_watch`]).
//! Reference: Microchip DS20001801, "MCP2515 Stand-Alone CAN Controller with SPI Interface": the
//! instructions are its table 12-1, registers its chapter 11, bit timing its chapter 5.
//!
//! A frame is read with one instruction, READ RX BUFFER, which also frees the buffer: 14 bytes,
//! 11 us at 10 MHz. Both buffers are used, the second when the first is full; at a full bus of
//! 500 kbit/s they bridge 440 us.

use v2x_units::{CanFrame, CanId};

use super::bus_watch::ControllerReport;

/// The fastest clock of its SPI, in hertz.
pub const SPI_HZ: u32 = 10_000_000;

/// The wires to the chip.
pub trait Spi {
    /// Exchanges bytes while the chip is selected: what comes in takes the place of what goes out.
    fn exchange(&mut self, bytes: &mut [u8]);
}

const RESET: u8 = 0xC0;
const READ: u8 = 0x03;
const WRITE: u8 = 0x02;
const BIT_MODIFY: u8 = 0x05;
const READ_BUFFER_0: u8 = 0x90;
const READ_BUFFER_1: u8 = 0x94;

const CANSTAT: u8 = 0x0E;
const CANCTRL: u8 = 0x0F;
const TEC: u8 = 0x1C;
/// CNF3, CNF2, CNF1 and the interrupts that are enabled (CANINTE) follow each other from here.
const CNF3: u8 = 0x28;
const CANINTF: u8 = 0x2C;
const EFLG: u8 = 0x2D;
const RXB0CTRL: u8 = 0x60;
const RXB1CTRL: u8 = 0x70;

/// Where filters and masks begin; each has four registers.
const FILTERS_LOW: u8 = 0x00;
const FILTERS_HIGH: u8 = 0x10;
const MASKS: u8 = 0x20;
/// In a filter's second register: for extended identifiers.
const FOR_EXTENDED: u8 = 0x08;

const MODE: u8 = 0xE0;
const MODE_LISTEN: u8 = 0x60;
const MODE_CONFIGURATION: u8 = 0x80;

const BUFFER_0_FULL: u8 = 0x01;
const BUFFER_1_FULL: u8 = 0x02;
const ERROR: u8 = 0x20;
const MESSAGE_ERROR: u8 = 0x80;

/// In the error flags: either buffer was overrun; bus off.
const OVERRUN: u8 = 0xC0;
const OVERRUN_0: u8 = 0x40;
const OVERRUN_1: u8 = 0x80;
const BUS_OFF: u8 = 0x20;

/// A second frame goes into the second buffer when the first one is full.
const ROLL_OVER: u8 = 0x04;

/// In the second register of a frame: remote request of a standard frame; extended.
const STANDARD_REMOTE: u8 = 0x10;
const EXTENDED: u8 = 0x08;
/// In the length register: remote request of an extended frame.
const EXTENDED_REMOTE: u8 = 0x40;

/// Reads of a buffer in one go; more would hold up the board's other interrupts.
const AT_ONCE: usize = 8;

/// The controller behind its SPI.
#[derive(Debug)]
pub struct Mcp2515<S> {
    spi: S,
    crystal_hz: u32,
    report: ControllerReport,
}

impl<S: Spi> Mcp2515<S> {
    /// A controller with a crystal of so many megahertz, that nothing was said to yet.
    #[must_use]
    pub fn new(spi: S, crystal_mhz: u8) -> Self {
        Self {
            spi,
            crystal_hz: u32::from(crystal_mhz) * 1_000_000,
            report: ControllerReport {
                absent: true,
                ..ControllerReport::default()
            },
        }
    }

    /// Resets it; it needs 128 cycles of its crystal before [`Self::listen`].
    pub fn reset(&mut self) {
        self.spi.exchange(&mut [RESET]);
    }

    /// Listens at this bit rate. `false` when the chip does not answer, or cannot do this rate
    /// with its crystal; then it hears nothing.
    pub fn listen(&mut self, bit_rate: u32) -> bool {
        self.modify(CANCTRL, MODE, MODE_CONFIGURATION);
        self.report.absent = self.read(CANSTAT) & MODE != MODE_CONFIGURATION;
        let Some([cnf1, cnf2, cnf3]) = bit_timing(self.crystal_hz, bit_rate) else {
            return false;
        };
        if self.report.absent {
            return false;
        }
        // Both buffers, errors of the chip and of messages.
        let interrupts = BUFFER_0_FULL | BUFFER_1_FULL | ERROR | MESSAGE_ERROR;
        self.spi
            .exchange(&mut [WRITE, CNF3, cnf3, cnf2, cnf1, interrupts]);
        // Masks of zero: every identifier fits. A filter takes standard or extended ones, so each
        // buffer gets one of each.
        for (first, second_registers) in [
            (FILTERS_LOW, [0, FOR_EXTENDED, 0]),
            (FILTERS_HIGH, [FOR_EXTENDED, 0, FOR_EXTENDED]),
        ] {
            let mut bytes = [0; 14];
            let [instruction, address, registers @ ..] = &mut bytes;
            (*instruction, *address) = (WRITE, first);
            for (register, value) in registers.chunks_mut(4).zip(second_registers) {
                if let Some(second) = register.get_mut(1) {
                    *second = value;
                }
            }
            self.spi.exchange(&mut bytes);
        }
        self.spi
            .exchange(&mut [WRITE, MASKS, 0, 0, 0, 0, 0, 0, 0, 0]);
        self.spi.exchange(&mut [WRITE, RXB0CTRL, ROLL_OVER]);
        self.spi.exchange(&mut [WRITE, RXB1CTRL, 0]);
        self.spi.exchange(&mut [WRITE, CANINTF, 0, 0]);
        self.modify(CANCTRL, MODE, MODE_LISTEN);
        self.is_listening()
    }

    fn is_listening(&mut self) -> bool {
        self.read(CANSTAT) & MODE == MODE_LISTEN
    }

    /// Takes what has arrived, and notes errors. To be called when its interrupt line is low, until
    /// it is high.
    pub fn serve(&mut self, mut arrived: impl FnMut(CanFrame)) {
        for _ in 0..AT_ONCE {
            let mut flags = [READ, CANINTF, 0, 0];
            self.spi.exchange(&mut flags);
            let [_, _, raised, errors] = flags;
            if raised & BUFFER_0_FULL != 0 {
                self.take(READ_BUFFER_0, &mut arrived);
            }
            if raised & BUFFER_1_FULL != 0 {
                self.take(READ_BUFFER_1, &mut arrived);
            }
            let noted = raised & (ERROR | MESSAGE_ERROR);
            if noted != 0 {
                self.note(noted, errors);
            }
            if raised & (BUFFER_0_FULL | BUFFER_1_FULL) == 0 {
                break;
            }
        }
    }

    fn take(&mut self, instruction: u8, arrived: &mut impl FnMut(CanFrame)) {
        let mut bytes = [instruction, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        self.spi.exchange(&mut bytes);
        let [_, frame @ ..] = bytes;
        match frame_of(&frame) {
            Some(frame) => arrived(frame),
            // A chip does not store what is no frame; a loose wire makes such bytes.
            None => self.report.bus_errors = self.report.bus_errors.wrapping_add(1),
        }
    }

    fn note(&mut self, raised: u8, errors: u8) {
        if raised & MESSAGE_ERROR != 0 {
            self.report.bus_errors = self.report.bus_errors.wrapping_add(1);
        }
        for overrun in [OVERRUN_0, OVERRUN_1] {
            if errors & overrun != 0 {
                self.report.overflows = self.report.overflows.wrapping_add(1);
            }
        }
        if errors & OVERRUN != 0 {
            self.modify(EFLG, OVERRUN, 0);
        }
        self.modify(CANINTF, raised, 0);
    }

    /// What it says of itself; it counts as absent once it does not listen any more.
    pub fn report(&mut self) -> ControllerReport {
        self.report.absent = !self.is_listening();
        if !self.report.absent {
            let mut counters = [READ, TEC, 0, 0];
            self.spi.exchange(&mut counters);
            let [_, _, transmit, receive] = counters;
            self.report.transmit_errors = transmit;
            self.report.receive_errors = receive;
            self.report.bus_off = self.read(EFLG) & BUS_OFF != 0;
        }
        self.report
    }

    fn read(&mut self, register: u8) -> u8 {
        let mut bytes = [READ, register, 0];
        self.spi.exchange(&mut bytes);
        let [_, _, value] = bytes;
        value
    }

    fn modify(&mut self, register: u8, mask: u8, value: u8) {
        self.spi.exchange(&mut [BIT_MODIFY, register, mask, value]);
    }
}

/// The three timing registers CNF1 to CNF3; `None` when the crystal is too slow for the rate or
/// does not divide to it.
///
/// A bit has 16 quanta and its sample after 13 of them (81 %); where the crystal does not reach
/// that, 8 with the sample after 6 (75 %).
#[must_use]
pub fn bit_timing(crystal_hz: u32, bit_rate: u32) -> Option<[u8; 3]> {
    // Quanta a bit, of them propagation, phase 1, phase 2 and the jump width.
    const SHAPES: [[u32; 5]; 2] = [[16, 5, 7, 3, 2], [8, 2, 3, 2, 1]];
    for [quanta, propagation, phase_1, phase_2, jump] in SHAPES {
        // A quantum is two cycles of the crystal, times the prescaler.
        let cycles = 2 * bit_rate.checked_mul(quanta)?;
        let prescaler = crystal_hz.checked_div(cycles)?;
        if !(1..=64).contains(&prescaler) || prescaler * cycles != crystal_hz {
            continue;
        }
        let register = |value: u32| u8::try_from(value).ok();
        return Some([
            register(((jump - 1) << 6) | (prescaler - 1))?,
            register(0x80 | ((phase_1 - 1) << 3) | (propagation - 1))?,
            register(phase_2 - 1)?,
        ]);
    }
    None
}

/// The frame of the 13 registers of a receive buffer: four of the identifier, length, data.
fn frame_of(registers: &[u8; 13]) -> Option<CanFrame> {
    let [high, low, extended_high, extended_low, length, data @ ..] = *registers;
    let standard = (u32::from(high) << 3) | (u32::from(low) >> 5);
    let is_extended = low & EXTENDED != 0;
    let id = if is_extended {
        let rest = (u32::from(low & 0x03) << 16)
            | (u32::from(extended_high) << 8)
            | u32::from(extended_low);
        CanId::extended((standard << 18) | rest).ok()?
    } else {
        CanId::standard(standard).ok()?
    };
    let is_remote = if is_extended {
        length & EXTENDED_REMOTE != 0
    } else {
        low & STANDARD_REMOTE != 0
    };
    // ISO 11898-1: lengths of 9 to 15 mean 8.
    let length = (length & 0x0F).min(8);
    if is_remote {
        CanFrame::remote(id, length)
    } else {
        CanFrame::new(id, data.get(..usize::from(length))?)
    }
}
