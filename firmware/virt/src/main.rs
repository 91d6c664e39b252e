//! A board as RISC-V code in `qemu-system-riscv32 -machine virt`, its line on the only UART.
//!
//! Not a chip's firmware: bus, receiver, meter and car are a script (`v2x_boards::stage`), or the
//! bus and the air are on the line too, for whoever plays them. The word at [`PLAY`] says what to
//! play; the emulator is started with `-device loader,addr=0x80d00000,data=N,data-len=4`:
//!
//! | N | what |
//! |---|---|
//! | 0 | a collector in real time |
//! | 1 | a slot controller in real time |
//! | 2 | the collector's rehearsal: its bytes, as fast as they go, then the end |
//! | 3 | the slot controller's rehearsal |
//! | 4 | nothing: it counts the instructions that a collector takes for a frame |
//! | 5 | a collector in real time, the bus on its line |
//! | 6 | a slot controller in real time, for cars that prove who they are; the air on its line |
//! | 7 | a radio board in real time, the air on its line |
//! | 8 | a slot meter in real time |
//! | 9 | the radio board's rehearsal |
//! | 10 | the slot meter's rehearsal |

#![no_std]
#![no_main]

mod count;
mod machine;

use core::time::Duration;

use embedded_alloc::LlffHeap as Heap;
use riscv_rt::entry;
use v2x_boards::stage::{self, CollectorStage, MeterStage, RadioStage, SlotStage, Stage};
use v2x_units::{BootId, Instant};

/// For the conversation of a slot with a car; the other boards take nothing from it.
#[global_allocator]
static HEAP: Heap = Heap::empty();

/// As much as a chip's slot controller has (`firmware/esp/src/bin/slot-controller.rs`).
const HEAP_BYTES: usize = 104_000;

/// Where the word lies that says what to play.
const PLAY: usize = 0x80D0_0000;

/// The length of a rehearsal; the tests on the host play the same.
const REHEARSAL: Duration = Duration::from_secs(30);

/// Where the machine begins.
#[entry]
fn main() -> ! {
    start_heap();
    let play = machine::read_word(PLAY);
    let boot = BootId::new(0x5EED_0001);
    let now = Instant::BOOT;
    match play {
        0 => live(&mut CollectorStage::new(boot_of_now(), now)),
        1 => live(&mut SlotStage::new(boot_of_now(), now)),
        2 => rehearse(&mut CollectorStage::new(boot, now)),
        3 => rehearse(&mut SlotStage::new(boot, now)),
        4 => count::run(),
        5 => live(&mut CollectorStage::on_bus(boot_of_now(), now)),
        6 => live(&mut SlotStage::with_radio(boot_of_now(), now)),
        7 => live(&mut RadioStage::on_air(boot_of_now(), now)),
        8 => live(&mut MeterStage::new(boot_of_now(), now)),
        9 => rehearse(&mut RadioStage::new(boot, now)),
        10 => rehearse(&mut MeterStage::new(boot, now)),
        _ => machine::end(),
    }
}

fn start_heap() {
    use core::mem::MaybeUninit;
    use core::ptr::addr_of_mut;
    static mut BYTES: [MaybeUninit<u8>; HEAP_BYTES] = [MaybeUninit::uninit(); HEAP_BYTES];
    // SAFETY: called once, before anything is allocated; nobody else names these bytes.
    unsafe { HEAP.init(addr_of_mut!(BYTES) as usize, HEAP_BYTES) }
}

/// A boot id that differs between starts: the emulator's clock goes on.
fn boot_of_now() -> BootId {
    let micros = machine::micros();
    let low = u32::try_from(micros & 0xFFFF_FFFF).unwrap_or(1);
    BootId::new(low.wrapping_mul(0x9E37_79B1) | 1)
}

fn rehearse(stage: &mut dyn Stage) -> ! {
    stage::rehearse(stage, REHEARSAL, &mut |bytes| {
        for byte in bytes {
            machine::write(*byte);
        }
    });
    machine::end()
}

/// Runs for ever; a board that wants to start anew does so with the flash that it had.
fn live(stage: &mut dyn Stage) -> ! {
    let mut began = machine::micros();
    machine::start_fifo();
    loop {
        let now = Instant::from_micros(machine::micros() - began);
        let mut has_heard = false;
        while let Some(byte) = machine::read() {
            stage.hear(now, &[byte]);
            has_heard = true;
        }
        stage.step(now);
        let chassis = stage.chassis();
        let mut written = 0;
        for byte in chassis.pending() {
            if !machine::try_write(*byte) {
                break;
            }
            written += 1;
        }
        chassis.written(written);
        let is_idle = !has_heard && chassis.pending().is_empty();
        if stage.wants_restart() {
            began = machine::micros();
            stage.restart(boot_of_now(), Instant::BOOT);
        } else if is_idle {
            machine::rest();
        }
    }
}

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    for byte in b"panic\r\n" {
        machine::write(*byte);
    }
    machine::end()
}
