//! How many instructions a collector takes for a frame, from its queue to the UART's bytes.
//!
//! Not here: what that means for a chip (`xtask/benches/collector.rs`). Counted is one turn of the
//! board's loop per frame, which is the most that a frame can cost: the loop never sleeps, and a
//! turn that finds several frames is cheaper for each. The emulator counts exactly when it is
//! started with `-icount shift=0`.

use core::fmt::Write as _;
use core::hint::black_box;
use core::time::Duration;

use riscv::register::minstret;
use v2x_boards::chassis::{Identity, Settings};
use v2x_boards::collector::{self, CanQueue, Collector, Input, Output};
use v2x_boards::memory::{FlashMemory, RamFlash};
use v2x_units::{CanFrame, CanId, Instant};

use crate::machine;

const FRAMES: u32 = 20_000;
/// Between two frames of eight bytes at a full bus of 500 kbit/s.
const FRAME_EVERY: Duration = Duration::from_micros(222);
/// Frames that differ.
const KINDS: usize = 64;

/// A text on the UART.
struct Line;

impl core::fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        text.bytes().for_each(machine::write);
        Ok(())
    }
}

/// Counts, says what was counted, and ends the machine.
pub(crate) fn run() -> ! {
    let frames = frames();
    let (link, link_bytes) = link(&frames);
    let (text, text_bytes) = text(&frames);
    let ours = writeln!(
        Line,
        "link {link} instructions, {link_bytes} bytes, {FRAMES} frames"
    );
    let theirs = writeln!(
        Line,
        "text {text} instructions, {text_bytes} bytes, {FRAMES} frames"
    );
    // A UART that takes no text leaves nobody to tell.
    let _told = ours.and(theirs);
    machine::end()
}

/// Frames with data without a pattern; the identifiers are invented.
fn frames() -> [CanFrame; KINDS] {
    let mut state = 0x2545_F491_u32;
    core::array::from_fn(|_| {
        loop {
            let mut data = [0; 8];
            for byte in &mut data {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                let [drawn, ..] = state.to_le_bytes();
                *byte = drawn;
            }
            let id = CanId::standard(0x100 + (state >> 8) % 64);
            if let Some(frame) = id.ok().and_then(|id| CanFrame::new(id, &data)) {
                break frame;
            }
        }
    })
}

/// Instructions and bytes of the framed link.
fn link(frames: &[CanFrame; KINDS]) -> (usize, usize) {
    let mut memory = FlashMemory::new(RamFlash::<8192>::default());
    let settings = Settings::load(collector::SETTINGS, &mut memory);
    let mut board = Collector::new(Identity::of_nobody(), settings, None, Instant::BOOT);
    let mut queue: CanQueue<512> = CanQueue::new();
    let (mut now, mut bytes) = (Instant::BOOT, 0);
    let began = minstret::read();
    for frame in frames.iter().cycle().zip(0..FRAMES).map(|(frame, _)| frame) {
        now = now + FRAME_EVERY;
        queue.push(now, *black_box(frame));
        board.handle(now, Input::HostBytes(&[]), &mut memory);
        board.handle(now, Input::GnssBytes(&[]), &mut memory);
        while !matches!(board.poll(now, &mut queue), Output::WakeAt(_)) {}
        let chassis = board.chassis_mut();
        let count = chassis.pending().iter().map(black_box).count();
        chassis.written(count);
        bytes += count;
    }
    (minstret::read().wrapping_sub(began), bytes)
}

/// Instructions and bytes of the prototype's line, written with the language's own formatting.
fn text(frames: &[CanFrame; KINDS]) -> (usize, usize) {
    let mut bytes = 0;
    let began = minstret::read();
    for frame in frames.iter().cycle().zip(0..FRAMES).map(|(frame, _)| frame) {
        let mut line: heapless::String<64> = heapless::String::new();
        let frame = black_box(frame);
        // 64 bytes are enough for the longest line.
        let _begun = write!(line, "SIM {:X} {}", frame.id().raw(), frame.dlc());
        for byte in frame.data() {
            let _gone_on = write!(line, " {byte:02X}");
        }
        let _ended = line.push_str("\r\n");
        bytes += line.as_bytes().iter().map(black_box).count();
    }
    (minstret::read().wrapping_sub(began), bytes)
}
