//! What an MCP2515 answers on its SPI, or a loose wire in its place: nothing panics, nothing goes
//! on without end, and no frame comes of nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use v2x_boards::collector::mcp2515::{Mcp2515, Spi, bit_timing};

/// Answers with the bytes of the input, then with zeros: a chip that has nothing to say.
struct Wire<'a>(&'a [u8]);

impl Spi for Wire<'_> {
    fn exchange(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            let (said, rest) = self.0.split_first().map_or((0, &[][..]), |(a, b)| (*a, b));
            (*byte, self.0) = (said, rest);
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some(([crystal, a, b, c], answers)) = data.split_first_chunk() else {
        return;
    };
    let rate = u32::from_le_bytes([*a, *b, *c, 0]);
    if let Some([cnf1, cnf2, cnf3]) = bit_timing(u32::from(*crystal) * 1_000_000, rate) {
        // The data sheet's formulas, chapter 5: the timing is that of the rate.
        let segments = [cnf2 & 7, cnf2 >> 3 & 7, cnf3 & 7];
        let quanta = 1 + segments.iter().map(|it| u32::from(*it) + 1).sum::<u32>();
        let prescaler = u32::from(cnf1 & 0x3F) + 1;
        let crystal_hz = u32::from(*crystal) * 1_000_000;
        assert_eq!(2 * prescaler * quanta * rate, crystal_hz);
    }
    let mut controller = Mcp2515::new(Wire(answers), *crystal);
    controller.reset();
    let _listens = controller.listen(rate);
    let mut frames = 0;
    for _ in 0..4 {
        controller.serve(|frame| {
            assert!(frame.data().len() <= 8 && frame.dlc() <= 8);
            frames += 1;
        });
    }
    // Two at most for each answer that says so.
    assert!(frames <= answers.len() && frames <= 64, "{frames} frames");
    let _report = controller.report();
});
