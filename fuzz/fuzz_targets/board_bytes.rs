//! Bytes that a board takes from others: sentences of a receiver, orders of a computer, answers of
//! a meter. Nothing panics, and a step that can be read is written again as it was. Not here:
//! prices and payloads of the air, which a slot without keys passes over.

#![no_main]

use libfuzzer_sys::fuzz_target;
use v2x_boards::chassis::{Identity, Settings};
use v2x_boards::collector::{self, CanQueue, Collector};
use v2x_boards::memory::{FlashMemory, RamFlash};
use v2x_boards::slot_controller::{self, SlotController, step_bytes};
use v2x_proto::link::message::{Command, Order};
use v2x_proto::link::{LinkEncoder, Message};
use v2x_units::{BootId, Instant, MacAddress};

fuzz_target!(|data: &[u8]| {
    let Some((&which, bytes)) = data.split_first() else {
        return;
    };
    match which % 3 {
        0 => receiver(bytes),
        1 => computer(bytes),
        _ => {
            // A step is refused, or is the one that it came from.
            if let Some(step) = step_bytes::read(bytes) {
                let written = step_bytes::write(&step);
                let again = step_bytes::read(&written).map(|it| step_bytes::write(&it));
                assert_eq!(again, Some(written));
            }
        }
    }
});

/// Sentences and noise of a GNSS receiver, in chunks as a UART gives them.
fn receiver(bytes: &[u8]) {
    let mut memory = FlashMemory::new(RamFlash::<8192>::default());
    let settings = Settings::load(collector::SETTINGS, &mut memory);
    let identity = Identity::of_nobody();
    let mut board = Collector::new(identity, settings, None, Instant::BOOT);
    let mut queue = CanQueue::<8>::new();
    for (chunk, number) in bytes.chunks(61).zip(1..) {
        let now = Instant::from_micros(number * 5_000);
        board.handle(now, collector::Input::GnssBytes(chunk), &mut memory);
        for _ in 0..8 {
            if matches!(board.poll(now, &mut queue), collector::Output::WakeAt(_)) {
                break;
            }
        }
        let written = board.chassis().pending().len();
        board.chassis_mut().written(written);
    }
}

/// A message of the computer, an order with any parameters, and the same from the air.
fn computer(bytes: &[u8]) {
    let mut memory = FlashMemory::new(RamFlash::<8192>::default());
    let settings = Settings::load(slot_controller::SETTINGS, &mut memory);
    let identity = Identity::of_nobody();
    let mut board = SlotController::new(
        identity,
        settings,
        None,
        [7; 32],
        Instant::BOOT,
        &mut memory,
    );
    let Some((&kind, body)) = bytes.split_first() else {
        return;
    };
    let now = Instant::from_micros(1_000);
    let mut encoder = LinkEncoder::new(BootId::new(3));
    let keys = Order::Keys {
        part: kind,
        bytes: body,
    };
    let mut wires = Vec::new();
    wires.extend(
        encoder
            .send(now, Command { id: 1, order: keys })
            .map(<[u8]>::to_vec),
    );
    if let Ok(Some(message)) = Message::parse(kind % 24, body) {
        wires.extend(encoder.send(now, message).map(<[u8]>::to_vec));
    }
    for wire in &wires {
        let input = slot_controller::Input::HostBytes(wire);
        board.handle(now, input, &mut memory);
    }
    let from = MacAddress::new([2, 0, 0, 0, 0, 1]);
    board.handle(now, slot_controller::Input::Air(from, body), &mut memory);
    board.handle(now, slot_controller::Input::MeterBytes(body), &mut memory);
    for _ in 0..16 {
        if matches!(
            board.poll(now, &mut memory),
            slot_controller::Output::WakeAt(_)
        ) {
            break;
        }
    }
}
