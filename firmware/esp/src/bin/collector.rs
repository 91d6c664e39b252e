//! The collector on an ESP32: CAN and GNSS up to the computer.

#![no_std]
#![no_main]

use core::time::Duration;

use esp_hal::clock::CpuClock;
use v2x_boards::collector::{Collector, Input, Output, SETTINGS};
use v2x_esp::can::Bus;
use v2x_esp::host::Host;
use v2x_esp::serial::Serial;
use v2x_esp::{now, pins};
use v2x_proto::link::message::BoardKind;
use v2x_units::Instant;

esp_bootloader_esp_idf::esp_app_desc!();

/// Libraries below want a heap; a collector takes nothing from it.
const HEAP_BYTES: usize = 8 * 1024;

/// How often the controller is asked how it is.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// The tasks that the watchdog watches: there is the loop.
const LOOP: usize = 0;

#[esp_hal::main]
fn main() -> ! {
    let chip = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
    esp_alloc::heap_allocator!(size: HEAP_BYTES);
    let mut parts = v2x_esp::start::<1>(BoardKind::Collector, SETTINGS, chip.FLASH, chip.TIMG1);
    let (identity, settings) = (parts.identity, parts.settings);
    let mut board = Collector::new(identity, settings, parts.panic, now());
    let mut host = Host::open(board.chassis().line_baud());
    let mut gnss = Serial::gnss(chip.UART1);
    pins::open(chip.IO_MUX);
    pins::open_pulse();
    let mut bus = Bus::open();
    let mut report_at = Instant::BOOT;
    let mut room = [0; 256];
    loop {
        let at = now();
        let memory = &mut parts.memory;
        board.handle(at, Input::HostBytes(host.read(&mut room)), memory);
        board.handle(at, Input::GnssBytes(gnss.read(&mut room)), memory);
        if let Some(pulse) = pins::pulse() {
            board.handle(at, Input::PulsePerSecond(pulse), memory);
        }
        if at >= report_at {
            report_at = at + REPORT_EVERY;
            board.handle(at, Input::Controller(bus.report()), memory);
        }
        loop {
            match board.poll(at, &mut bus) {
                Output::BitRate(bit_rate) => bus.listen(bit_rate),
                Output::GnssBaud(baud) => gnss.set_baud(baud),
                Output::GnssWrite(bytes) => gnss.write(bytes),
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
