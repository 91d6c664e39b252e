//! The MCP2515's words against a chip that keeps its registers as its data sheet says
//! (Microchip DS20001801).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use v2x_boards::collector::mcp2515::{Mcp2515, Spi, bit_timing};
use v2x_units::{CanFrame, CanId};

/// A chip: 128 registers, and what its instructions do to them.
struct Chip {
    registers: [u8; 128],
    is_there: bool,
    /// Frames that arrive as soon as a buffer is free.
    bus: Vec<[u8; 13]>,
    instructions: Vec<u8>,
}

impl Default for Chip {
    fn default() -> Self {
        let mut registers = [0xAA; 128];
        registers[0x0E] = 0x80;
        registers[0x0F] = 0x87;
        registers[0x2C] = 0;
        registers[0x2D] = 0;
        Self {
            registers,
            is_there: true,
            bus: Vec::new(),
            instructions: Vec::new(),
        }
    }
}

impl Chip {
    fn arrive(&mut self) {
        for (flag, place) in [(0x01, 0x61), (0x02, 0x71)] {
            if self.registers[0x2C] & flag == 0 && !self.bus.is_empty() {
                let frame = self.bus.remove(0);
                self.registers[place..place + 13].copy_from_slice(&frame);
                self.registers[0x2C] |= flag;
            }
        }
    }

    /// A frame on the bus: into a free buffer, or lost (DS20001801, section 4.2).
    fn hear(&mut self, frame: [u8; 13]) {
        if self.registers[0x2C] & 0x03 == 0x03 {
            self.registers[0x2D] |= 0x80;
            self.registers[0x2C] |= 0x20;
            return;
        }
        self.bus.push(frame);
        self.arrive();
    }

    fn settle(&mut self) {
        self.registers[0x0E] = self.registers[0x0F] & 0xE0;
    }
}

impl Spi for &mut Chip {
    fn exchange(&mut self, bytes: &mut [u8]) {
        if !self.is_there {
            bytes.fill(0xFF);
            return;
        }
        self.instructions.push(bytes[0]);
        let at = |bytes: &[u8]| usize::from(bytes[1]);
        match bytes[0] {
            0x03 => {
                let from = at(bytes);
                let count = bytes.len() - 2;
                bytes[2..].copy_from_slice(&self.registers[from..from + count]);
            }
            0x02 => {
                let from = at(bytes);
                self.registers[from..from + bytes.len() - 2].copy_from_slice(&bytes[2..]);
            }
            0x05 => {
                let register = &mut self.registers[usize::from(bytes[1])];
                *register = (*register & !bytes[2]) | (bytes[3] & bytes[2]);
            }
            buffer @ (0x90 | 0x94) => {
                let (flag, place) = if buffer == 0x90 { (1, 0x61) } else { (2, 0x71) };
                bytes[1..14].copy_from_slice(&self.registers[place..place + 13]);
                self.registers[0x2C] &= !flag;
                self.arrive();
            }
            0xC0 => **self = Chip::default(),
            other => panic!("no such instruction: {other:02X}"),
        }
        self.settle();
    }
}

#[test]
fn timing_is_that_of_the_rate_for_both_crystals() {
    for crystal in [8_000_000, 16_000_000] {
        for rate in [1_000_000, 500_000, 250_000, 125_000] {
            let Some([cnf1, cnf2, cnf3]) = bit_timing(crystal, rate) else {
                assert_eq!(
                    (crystal, rate),
                    (8_000_000, 1_000_000),
                    "too slow a crystal"
                );
                continue;
            };
            // The data sheet's formulas, chapter 5.
            let prescaler = u32::from(cnf1 & 0x3F) + 1;
            let [propagation, phase_1] =
                [cnf2 & 0x07, (cnf2 >> 3) & 0x07].map(|n| u32::from(n) + 1);
            let phase_2 = u32::from(cnf3 & 0x07) + 1;
            let jump = u32::from(cnf1 >> 6) + 1;
            let quanta = 1 + propagation + phase_1 + phase_2;
            assert_eq!(crystal / (2 * prescaler * quanta), rate);
            assert_eq!(cnf2 & 0x80, 0x80, "phase 2 is what CNF3 says");
            assert!(propagation + phase_1 >= phase_2 && phase_2 > jump && phase_2 >= 2);
            let sample = 100 * (1 + propagation + phase_1) / quanta;
            assert!((75..=88).contains(&sample), "{sample} %");
        }
    }
    // What other drivers use for the prototype's module: 8 quanta, sample at 75 %.
    assert_eq!(bit_timing(8_000_000, 500_000), Some([0x00, 0x91, 0x01]));
    assert_eq!(bit_timing(8_000_000, 83_333), None);
}

#[test]
fn controller_listens_only_and_takes_every_identifier() {
    let mut chip = Chip::default();
    let mut controller = Mcp2515::new(&mut chip, 8);
    controller.reset();
    assert!(controller.listen(500_000));
    assert!(!controller.report().absent);
    assert_eq!(chip.registers[0x0F] & 0xE0, 0x60, "listen-only mode");
    assert_eq!(chip.registers[0x28..0x2C], [0x01, 0x91, 0x00, 0xA3]);
    assert_eq!(chip.registers[0x20..0x28], [0; 8], "masks");
    let filters = [0x01, 0x05, 0x09, 0x11, 0x15, 0x19];
    assert_eq!(
        filters.map(|place| chip.registers[place]),
        [0, 8, 0, 8, 0, 8]
    );
    assert_eq!(chip.registers[0x60], 0x04, "roll-over to the second buffer");
    let sends = |byte: &u8| (0x40..0x48).contains(byte) || (0x80..0x88).contains(byte);
    assert!(!chip.instructions.iter().any(sends));
}

#[test]
fn frames_of_both_buffers_are_taken_in_their_order() {
    // Eight bytes under an invented identifier; an extended one; a remote request; a length of 15.
    let bus = vec![
        [0x24, 0x60, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8],
        [0xC6, 0xCA, 0xF1, 0x10, 2, 0xAB, 0xCD, 0, 0, 0, 0, 0, 0],
        [0x24, 0x70, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0],
        [0xFF, 0xE0, 0, 0, 0x0F, 8, 7, 6, 5, 4, 3, 2, 1],
    ];
    let mut chip = Chip {
        bus,
        ..Chip::default()
    };
    chip.arrive();
    let mut controller = Mcp2515::new(&mut chip, 8);
    let mut frames = Vec::new();
    controller.serve(|frame| frames.push(frame));
    let standard = |id| CanId::standard(id).unwrap();
    let extended = CanId::extended(0x18DA_F110).unwrap();
    assert_eq!(
        frames,
        [
            CanFrame::new(standard(0x123), &[1, 2, 3, 4, 5, 6, 7, 8]).unwrap(),
            CanFrame::new(extended, &[0xAB, 0xCD]).unwrap(),
            CanFrame::remote(standard(0x123), 3).unwrap(),
            CanFrame::new(standard(0x7FF), &[8, 7, 6, 5, 4, 3, 2, 1]).unwrap(),
        ]
    );
}

#[test]
fn overruns_and_message_errors_are_counted_and_cleared() {
    let mut chip = Chip::default();
    chip.registers[0x0F] = 0x60;
    chip.registers[0x2C] = 0xA0;
    chip.registers[0x2D] = 0x80;
    chip.settle();
    let mut controller = Mcp2515::new(&mut chip, 16);
    for _ in 0..3 {
        controller.serve(|_| panic!("there is no frame"));
    }
    let report = controller.report();
    assert_eq!((report.bus_errors, report.overflows), (1, 1));
    assert!(!report.absent && !report.bus_off);
    assert_eq!(chip.registers[0x2C..0x2E], [0, 0]);
}

#[test]
fn frame_that_finds_both_buffers_full_is_counted_and_the_two_before_it_are_there() {
    let frame = |number: u8| [0x24, 0x60, 0, 0, 1, number, 0, 0, 0, 0, 0, 0, 0];
    let mut chip = Chip::default();
    chip.registers[0x0F] = 0x60;
    (1..=3).for_each(|number| chip.hear(frame(number)));
    chip.settle();
    let mut controller = Mcp2515::new(&mut chip, 8);
    let mut numbers = Vec::new();
    controller.serve(|frame| numbers.push(frame.data()[0]));
    assert_eq!(numbers, [1, 2]);
    assert_eq!(controller.report().overflows, 1);
    // Counted once, and what comes later finds its place again.
    controller.serve(|_| panic!("the third one is lost"));
    assert_eq!(controller.report().overflows, 1);
    chip.hear(frame(4));
    let mut controller = Mcp2515::new(&mut chip, 8);
    controller.serve(|frame| numbers.push(frame.data()[0]));
    assert_eq!(numbers, [1, 2, 4]);
    assert_eq!(controller.report().overflows, 0);
}

#[test]
fn missing_or_stopped_controller_is_reported_absent() {
    let mut chip = Chip {
        is_there: false,
        ..Chip::default()
    };
    let mut controller = Mcp2515::new(&mut chip, 8);
    controller.reset();
    assert!(!controller.listen(500_000));
    assert!(controller.report().absent);

    let mut chip = Chip::default();
    let mut controller = Mcp2515::new(&mut chip, 8);
    assert!(controller.listen(500_000));
    // Its supply fails for a moment: it is in configuration mode again.
    controller.reset();
    assert!(controller.report().absent);
}

/// A chip that says anything: noise on a loose wire.
struct Noise(Vec<u8>, usize);

impl Spi for Noise {
    fn exchange(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0.get(self.1).copied().unwrap_or(0xFF);
            self.1 += 1;
        }
    }
}

proptest::proptest! {
    #[test]
    fn noise_on_the_wires_panics_nothing_and_holds_nothing_up(noise: Vec<u8>) {
        let mut controller = Mcp2515::new(Noise(noise, 0), 8);
        controller.reset();
        let _listens = controller.listen(500_000);
        let mut frames = 0;
        controller.serve(|_| frames += 1);
        // Both buffers, eight times.
        proptest::prop_assert!(frames <= 16);
        let report = controller.report();
        proptest::prop_assert!(report.bus_errors <= 24 && report.overflows <= 16);
    }
}
