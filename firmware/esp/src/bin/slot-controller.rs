//! The slot controller on an ESP32: meter, relay, session and V2G of a charging slot.

#![no_std]
#![no_main]

use core::time::Duration;

use esp_hal::clock::CpuClock;
use esp_hal::peripherals::{FROM_CPU_INTR0, TIMG0, WIFI};
use v2x_air::{Air, Ears, Received};
use v2x_boards::chassis::Settings;
use v2x_boards::radio::Peers;
use v2x_boards::slot_controller::{Input, Output, SETTINGS, SlotController, settings};
use v2x_esp::host::Host;
use v2x_esp::now;
use v2x_esp::pins::{Coil, Contact};
use v2x_esp::serial::Serial;
use v2x_esp::start::numbers;
use v2x_proto::link::message::{BoardKind, RadioRate};
use v2x_units::{Instant, MacAddress};

esp_bootloader_esp_idf::esp_app_desc!();

/// What the chip's radio takes for its buffers and tasks, and the conversation with a car.
const HEAP_BYTES: usize = 104_000;

/// How often the contacts are looked at: rarer than they bounce.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The tasks that the watchdog watches: the loop, and transmissions that come to an end.
const LOOP: usize = 0;
const SENDING: usize = 1;

#[esp_hal::main]
fn main() -> ! {
    let chip = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
    // First of all: without current in its coil the slot is safe.
    let mut coil = Coil::open();
    esp_alloc::heap_allocator!(size: HEAP_BYTES);
    let kind = BoardKind::SlotController;
    let mut parts = v2x_esp::start::<2>(kind, SETTINGS, chip.FLASH, chip.TIMG1);
    let (identity, settings) = (parts.identity, parts.settings);
    let mut radio = Radio::open(chip.WIFI, chip.TIMG0, chip.FROM_CPU_INTR0, &settings);
    // Keys come from it, so it is drawn while the radio makes true randomness. Without a radio
    // nothing is ever said under a key.
    let seed = radio.air.as_ref().map_or_else(numbers, Air::seed);
    let memory = &mut parts.memory;
    let mut board = SlotController::new(identity, settings, parts.panic, seed, now(), memory);
    let mut host = Host::open(board.chassis().line_baud());
    let mut meter = Serial::meter(chip.UART1);
    let (feedback, plug) = (Contact::feedback(), Contact::plug());
    let mut look_at = Instant::BOOT;
    let mut heap_left = u32::MAX;
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
        while let Some(received) = radio.hear(at) {
            let heard = received.heard();
            board.handle(at, Input::Air(heard.from, heard.payload), memory);
        }
        loop {
            match board.poll(at, memory) {
                Output::MeterWrite(question) => {
                    meter.discard();
                    meter.write(&question);
                }
                Output::Relay(closed) => coil.set(closed),
                Output::Air(to, datagram) => {
                    radio.send(to, &datagram, |ears| {
                        let at = now();
                        while let Some(received) = ears.hear(at) {
                            let heard = received.heard();
                            board.handle(at, Input::Air(heard.from, heard.payload), memory);
                        }
                        host.write(board.chassis_mut());
                        parts.watch.check_in(LOOP, at);
                        parts.watch.feed(at);
                    });
                    break;
                }
                Output::Restart => {
                    coil.set(false);
                    v2x_esp::start::restart(&mut host);
                }
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

/// The slot's radio, as far as it starts: without it there is no V2G, but a charge all the same.
struct Radio {
    air: Option<Air>,
    peers: Peers,
}

impl Radio {
    fn open(
        wifi: WIFI<'static>,
        timers: TIMG0<'static>,
        switch: FROM_CPU_INTR0<'static>,
        settings: &Settings,
    ) -> Self {
        let mut air = Air::open(wifi, timers, switch, false).ok();
        if let Some(air) = &mut air {
            air.set_channel(settings::radio_channel(settings));
            let dbm = i8::try_from(settings::radio_power(settings)).unwrap_or(2);
            air.set_power(dbm.saturating_mul(4));
        }
        let peers = Peers::new(&[]);
        Self { air, peers }
    }

    /// The oldest payload that was heard.
    fn hear(&mut self, at: Instant) -> Option<Received> {
        self.air.as_mut()?.hear(at)
    }

    /// Sends a datagram, and goes on with `meanwhile` until it is on the air. What does not arrive
    /// the conversation says again.
    fn send(&mut self, to: MacAddress, datagram: &[u8], meanwhile: impl FnMut(&mut Ears)) {
        let Some(air) = &mut self.air else { return };
        while let Some(step) = self.peers.make_room(to) {
            air.peer(&step);
        }
        let _end = air.send(to, RadioRate::Mbps1, datagram, meanwhile);
    }
}
