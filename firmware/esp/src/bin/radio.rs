//! The radio on an ESP32: an ESP-NOW modem for the computer.

#![no_std]
#![no_main]

use esp_hal::clock::CpuClock;
use v2x_air::Air;
use v2x_boards::radio::{Input, Output, Radio, SETTINGS};
use v2x_esp::host::Host;
use v2x_esp::now;
use v2x_proto::link::message::BoardKind;

esp_bootloader_esp_idf::esp_app_desc!();

/// What the chip's radio takes for its buffers and tasks.
const HEAP_BYTES: usize = 72_000;

/// The tasks that the watchdog watches: the loop, and transmissions that come to an end.
const LOOP: usize = 0;
const SENDING: usize = 1;

#[esp_hal::main]
fn main() -> ! {
    let chip = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
    esp_alloc::heap_allocator!(size: HEAP_BYTES);
    let mut parts = v2x_esp::start::<2>(BoardKind::Radio, SETTINGS, chip.FLASH, chip.TIMG1);
    let (identity, settings) = (parts.identity, parts.settings);
    let long_range = settings.text("radio.rate").starts_with("lr");
    let mut board = Radio::new(identity, settings, parts.panic, now());
    let mut host = Host::open(board.chassis().line_baud());
    let mut air = match Air::open(chip.WIFI, chip.TIMG0, chip.FROM_CPU_INTR0, long_range) {
        Ok(air) => air,
        // The note of it goes up after the restart.
        Err(reason) => panic!("{reason}"),
    };
    let mut heap_left = u32::MAX;
    let mut room = [0; 256];
    loop {
        let at = now();
        let memory = &mut parts.memory;
        board.handle(at, Input::HostBytes(host.read(&mut room)), memory);
        while let Some(received) = air.hear(at) {
            board.handle(at, Input::Heard(received.heard()), memory);
        }
        loop {
            match board.poll(at) {
                Output::Channel(channel) => air.set_channel(channel),
                Output::Power(quarters) => air.set_power(quarters),
                Output::PrimaryKey(key) => air.set_key(&key),
                Output::Address(address) => {
                    let taken = air.set_address(address);
                    board.handle(at, Input::AddressSet(taken), memory);
                }
                Output::Peer(step) => air.peer(&step),
                Output::Send { to, rate, payload } => {
                    let end = air.send(to, rate, &payload, |ears| {
                        let at = now();
                        while let Some(received) = ears.hear(at) {
                            board.handle(at, Input::Heard(received.heard()), memory);
                        }
                        host.write(board.chassis_mut());
                        parts.watch.check_in(LOOP, at);
                        parts.watch.feed(at);
                    });
                    board.handle(now(), Input::SendEnded(end), memory);
                    break;
                }
                Output::Restart => v2x_esp::start::restart(&mut host),
                Output::WakeAt(_) => break,
            }
        }
        host.write(board.chassis_mut());
        heap_left = heap_left.min(u32::try_from(esp_alloc::HEAP.free()).unwrap_or(u32::MAX));
        board.chassis_mut().set_heap_left(heap_left);
        parts.led.set(board.chassis().led_is_on(at));
        parts.watch.check_in(LOOP, at);
        parts.watch.check_in(SENDING, at);
        parts.watch.feed(at);
    }
}
