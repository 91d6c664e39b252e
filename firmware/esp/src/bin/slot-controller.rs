//! The slot controller on an ESP32: meter, relay and session of a charging slot.

#![no_std]
#![no_main]

use core::time::Duration;

use esp_hal::clock::CpuClock;
use v2x_boards::slot_controller::{Input, Output, SETTINGS, SlotController};
use v2x_esp::host::Host;
use v2x_esp::now;
use v2x_esp::pins::{Coil, Contact};
use v2x_esp::serial::Serial;
use v2x_proto::link::message::BoardKind;
use v2x_units::Instant;

esp_bootloader_esp_idf::esp_app_desc!();

/// Libraries below want a heap; a slot controller takes nothing from it.
const HEAP_BYTES: usize = 8 * 1024;

/// How often the contacts are looked at: rarer than they bounce.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The tasks that the watchdog watches: there is the loop.
const LOOP: usize = 0;

#[esp_hal::main]
fn main() -> ! {
    let chip = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
    // First of all: without current in its coil the slot is safe.
    let mut coil = Coil::open();
    esp_alloc::heap_allocator!(size: HEAP_BYTES);
    let kind = BoardKind::SlotController;
    let mut parts = v2x_esp::start::<1>(kind, SETTINGS, chip.FLASH, chip.TIMG1);
    let (identity, settings, drawn) = (parts.identity, parts.settings, parts.drawn);
    let memory = &mut parts.memory;
    let mut board = SlotController::new(identity, settings, parts.panic, drawn, now(), memory);
    let mut host = Host::open(board.chassis().line_baud());
    let mut meter = Serial::meter(chip.UART1);
    let (feedback, plug) = (Contact::feedback(), Contact::plug());
    let mut look_at = Instant::BOOT;
    let mut room = [0; 256];
    loop {
        let at = now();
        let memory = &mut parts.memory;
        board.handle(at, Input::HostBytes(host.read(&mut room)), memory);
        let answer = meter.read(&mut room);
        if !answer.is_empty() {
            board.handle(at, Input::MeterBytes(answer), memory);
        }
        if at >= look_at {
            look_at = at + LOOK_EVERY;
            board.handle(at, Input::Plug(plug.is_active()), memory);
            board.handle(at, Input::Feedback(feedback.is_active()), memory);
        }
        loop {
            match board.poll(at, memory) {
                Output::MeterWrite(question) => {
                    meter.discard();
                    meter.write(&question);
                }
                Output::Relay(closed) => coil.set(closed),
                Output::Restart => {
                    coil.set(false);
                    v2x_esp::start::restart(&mut host);
                }
                Output::WakeAt(_) => break,
            }
        }
        host.write(board.chassis_mut());
        parts.led.set(board.chassis().led_is_on(at));
        parts.watch.check_in(LOOP, at);
        parts.watch.feed(at);
    }
}
