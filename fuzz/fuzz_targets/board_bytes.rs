//! Bytes that a board takes from others: sentences of a receiver, orders, prices and pieces of a
//! revocation list from a computer, answers of a meter, payloads of the air at a radio board and at
//! a slot with keys.
//! Nothing panics, and a step that can be read is written again as it was.

#![no_main]

use std::sync::OnceLock;

use chacha20::ChaCha20Rng;
use libfuzzer_sys::fuzz_target;
use rand_core::SeedableRng as _;
use v2x_boards::chassis::{Identity, Settings};
use v2x_boards::collector::{self, CanQueue, Collector};
use v2x_boards::memory::{FlashMemory, KEYS, Memory as _, RamFlash};
use v2x_boards::radio::{self, Radio};
use v2x_boards::slot_controller::{self, SlotController, keys, step_bytes};
use v2x_proto::link::message::{Command, Order, WallClock};
use v2x_proto::link::{LinkEncoder, Message};
use v2x_proto::secure::{Authority, Name, PrivateKeys, Role, Serial, Subject, UtcSecond, Validity};
use v2x_units::{BootId, Instant, MacAddress};

fuzz_target!(|data: &[u8]| {
    let Some((&which, bytes)) = data.split_first() else {
        return;
    };
    match which % 4 {
        0 => receiver(bytes),
        1 => computer(bytes),
        3 => radio(bytes),
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

/// Bytes of a computer and payloads of the air at a radio board, in either of its languages.
fn radio(bytes: &[u8]) {
    let Some((&how, bytes)) = bytes.split_first() else {
        return;
    };
    let mut memory = FlashMemory::new(RamFlash::<8192>::default());
    if how & 1 != 0 {
        let mode = radio::SETTINGS.iter().find(|row| row.key == "mode");
        let mode = mode.expect("a radio has a language");
        memory.store(mode.number, b"item").expect("an empty flash");
    }
    let settings = Settings::load(radio::SETTINGS, &mut memory);
    let start = Instant::BOOT;
    let mut board = Radio::new(Identity::of_nobody(), settings, None, start);
    for (chunk, number) in bytes.chunks(89).zip(1..) {
        let now = Instant::from_micros(number * 5_000);
        let from = MacAddress::new([2, 0, 0, 0, 0, 1]);
        let heard = radio::Heard {
            at: now,
            from,
            to: MacAddress::BROADCAST,
            rssi_dbm: -40,
            channel: 6,
            payload: chunk,
        };
        let input = if how & 2 != 0 {
            radio::Input::Heard(heard)
        } else {
            radio::Input::HostBytes(chunk)
        };
        board.handle(now, input, &mut memory);
        for _ in 0..32 {
            let answer = match board.poll(now) {
                radio::Output::WakeAt(_) => break,
                radio::Output::Send { .. } => radio::Input::SendEnded(radio::SendEnd::Sent),
                radio::Output::Address(_) => radio::Input::AddressSet(how & 4 != 0),
                _ => continue,
            };
            board.handle(now, answer, &mut memory);
        }
        let written = board.chassis().pending().len();
        board.chassis_mut().written(written);
    }
}

/// The flash of a slot for known cars, with keys.
fn flash() -> RamFlash<8192> {
    static PREPARED: OnceLock<RamFlash<8192>> = OnceLock::new();
    PREPARED.get_or_init(prepare).clone()
}

fn prepare() -> RamFlash<8192> {
    let mut rng = ChaCha20Rng::from_seed([7; 32]);
    let authority = Authority::draw(&mut rng);
    let own = PrivateKeys::draw(&mut rng);
    let subject = Subject {
        role: Role::Station,
        name: Name::new("MA*HEL*E0001*1").expect("a name"),
        battery_data_after_unplugging: false,
        serial: Serial(2),
        validity: Validity {
            not_before: UtcSecond(1_767_225_600),
            not_after: UtcSecond(1_798_761_600),
        },
    };
    let credential = authority.issue(subject, own.public());
    let key = authority.public().to_sec1_point(true);
    let parts: [(u8, &[u8]); 3] = [
        (keys::PRIVATE, &own.expose()),
        (keys::CREDENTIAL, &credential.emit()),
        (keys::AUTHORITY, key.as_bytes()),
    ];
    let mut memory = FlashMemory::new(RamFlash::default());
    for (part, bytes) in parts {
        memory.store(KEYS + part, bytes).expect("an empty flash");
    }
    let policy = slot_controller::SETTINGS
        .iter()
        .find(|row| row.key == "policy")
        .expect("a slot has a policy");
    memory
        .store(policy.number, b"known")
        .expect("an empty flash");
    memory.into_flash()
}

/// A message of the computer, an order with any parameters, and the same from the air.
fn computer(bytes: &[u8]) {
    let Some((&kind, body)) = bytes.split_first() else {
        return;
    };
    let mut memory = FlashMemory::new(flash());
    let settings = Settings::load(slot_controller::SETTINGS, &mut memory);
    let identity = Identity::of_nobody();
    let start = Instant::BOOT;
    let mut board = SlotController::new(identity, settings, None, [7; 32], start, &mut memory);
    let now = Instant::from_micros(1_000);
    let mut encoder = LinkEncoder::new(BootId::new(3));
    let keys = Order::Keys {
        part: kind,
        bytes: body,
    };
    let clock = WallClock {
        utc: Some(UtcSecond(1_767_312_000).utc()),
    };
    let mut wires = Vec::new();
    wires.extend(encoder.send(now, clock).map(<[u8]>::to_vec));
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
