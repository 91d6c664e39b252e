//! What a GNSS receiver says: any bytes go through the collector's cutter, parser and epochs
//! without a panic, and each fix that comes out is whole on the link.
//!
//! Input: bytes of the receiver's line; 0xFE lets 50 ms pass.

#![no_main]

use libfuzzer_sys::fuzz_target;
use v2x_boards::chassis::{Identity, Settings};
use v2x_boards::collector::{CanQueue, Collector, Input, Output, SETTINGS};
use v2x_boards::memory::{FlashMemory, RamFlash};
use v2x_proto::link::{Event, LinkDecoder, Message};
use v2x_units::Instant;

const PASS: u8 = 0xFE;
const STEP_US: u64 = 50_000;

fuzz_target!(|bytes: &[u8]| {
    let mut memory = FlashMemory::new(RamFlash::<8192>::default());
    let settings = Settings::load(SETTINGS, &mut memory);
    let identity = Identity::of_nobody();
    let mut board = Collector::new(identity, settings, None, Instant::BOOT);
    let mut frames = CanQueue::<4>::new();
    let mut decoder = LinkDecoder::new();
    let mut now = 0;
    for piece in bytes.split(|byte| *byte == PASS) {
        now += STEP_US;
        let at = Instant::from_micros(now);
        board.handle(at, Input::GnssBytes(piece), &mut memory);
        while !matches!(
            board.poll(at, &mut frames),
            Output::WakeAt(_) | Output::Restart
        ) {}
        let chassis = board.chassis_mut();
        let said = chassis.pending().to_vec();
        chassis.written(said.len());
        let mut said = said.as_slice();
        while let Some(event) = decoder.next(&mut said) {
            if let Event::Frame(frame) = event
                && let Message::GnssReport(report) = frame.message
            {
                let place = report.fix.position;
                assert!(place.latitude().get().abs() <= 90.0);
                assert!(place.longitude().get().abs() <= 180.0);
            }
        }
    }
});
