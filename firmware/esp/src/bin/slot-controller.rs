//! The slot controller on an ESP32: meter, relay and session of a charging slot, and V2G with cars
//! over its own radio where it has the keys of its slot.

#![no_std]
#![no_main]

use core::time::Duration;

use esp_hal::clock::CpuClock;
use heapless::Deque;
use v2x_air::Air;
use v2x_boards::radio::PeerStep;
use v2x_boards::slot_controller::{Input, Output, SETTINGS, SlotController, settings};
use v2x_esp::host::Host;
use v2x_esp::now;
use v2x_esp::pins::{Coil, Contact};
use v2x_esp::serial::Serial;
use v2x_proto::link::message::{BoardKind, RadioRate};
use v2x_units::{Instant, MacAddress};

esp_bootloader_esp_idf::esp_app_desc!();

/// What the chip's radio takes for its buffers and tasks, and the conversation with cars.
const HEAP_BYTES: usize = 104_000;

/// Cars that the radio knows at once: as many as the conversation has room for.
const CARS: usize = 4;

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
    let (identity, settings, seed) = (parts.identity, parts.settings, parts.seed);
    let (channel, power) = (
        settings::radio_channel(&settings),
        settings::radio_power(&settings),
    );
    let memory = &mut parts.memory;
    let mut board = SlotController::new(identity, settings, parts.panic, seed, now(), memory);
    let mut host = Host::open(board.chassis().line_baud());
    let mut meter = Serial::meter(chip.UART1);
    let (feedback, plug) = (Contact::feedback(), Contact::plug());
    let mut air = match Air::open(chip.WIFI, chip.TIMG0, chip.FROM_CPU_INTR0, false) {
        Ok(air) => air,
        // The note of it goes up after the restart.
        Err(reason) => panic!("{reason}"),
    };
    air.set_channel(channel);
    air.set_power(i8::try_from(power).unwrap_or(2).saturating_mul(4));
    let mut cars = Deque::<MacAddress, CARS>::new();
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
        while let Some(received) = air.hear(at) {
            let heard = received.heard();
            board.handle(at, Input::Air(heard.from, heard.payload), memory);
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
                Output::Air(to, payload) => {
                    befriend(&mut air, &mut cars, to);
                    // What is heard meanwhile waits in the radio's queue; nobody waits for the end.
                    let _end = air.send(to, RadioRate::Preset, &payload, |_| {});
                }
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

/// Makes room for a car in the radio; the one longest there makes it.
fn befriend(air: &mut Air, cars: &mut Deque<MacAddress, CARS>, car: MacAddress) {
    if car == MacAddress::BROADCAST || cars.iter().any(|known| *known == car) {
        return;
    }
    if cars.is_full()
        && let Some(oldest) = cars.pop_front()
    {
        air.peer(&PeerStep::Remove(oldest));
    }
    air.peer(&PeerStep::Add(car, None));
    // There is room: the oldest has just gone.
    let _kept = cars.push_back(car);
}
