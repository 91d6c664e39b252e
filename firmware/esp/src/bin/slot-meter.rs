//! The slot meter on an ESP32: a PZEM-004T up to the computer.

#![no_std]
#![no_main]

use esp_hal::clock::CpuClock;
use v2x_boards::slot_meter::{Input, Output, SETTINGS, SlotMeter};
use v2x_esp::host::Host;
use v2x_esp::now;
use v2x_esp::serial::Serial;
use v2x_proto::link::message::BoardKind;

esp_bootloader_esp_idf::esp_app_desc!();

/// Libraries below want a heap; a slot meter takes nothing from it.
const HEAP_BYTES: usize = 8 * 1024;

/// The tasks that the watchdog watches: there is the loop.
const LOOP: usize = 0;

#[esp_hal::main]
fn main() -> ! {
    let chip = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
    esp_alloc::heap_allocator!(size: HEAP_BYTES);
    let mut parts = v2x_esp::start::<1>(BoardKind::SlotMeter, SETTINGS, chip.FLASH, chip.TIMG1);
    let (identity, settings) = (parts.identity, parts.settings);
    let mut board = SlotMeter::new(identity, settings, parts.panic, now());
    let mut host = Host::open(board.chassis().line_baud());
    let mut meter = Serial::meter(chip.UART1);
    let mut room = [0; 256];
    loop {
        let at = now();
        let memory = &mut parts.memory;
        board.handle(at, Input::HostBytes(host.read(&mut room)), memory);
        let answer = meter.read(&mut room);
        if !answer.is_empty() {
            board.handle(at, Input::MeterBytes(answer), memory);
        }
        loop {
            match board.poll(at) {
                Output::MeterWrite(question) => {
                    meter.discard();
                    meter.write(&question);
                }
                Output::Restart => v2x_esp::start::restart(&mut host),
                Output::WakeAt(_) => break,
            }
        }
        host.write(board.chassis_mut());
        let heap_left = u32::try_from(esp_alloc::HEAP.free()).unwrap_or(u32::MAX);
        board.chassis_mut().set_heap_left(heap_left);
        parts.led.set(board.chassis().led_is_on(at));
        parts.watch.check_in(LOOP, at);
        parts.watch.feed(at);
    }
}
