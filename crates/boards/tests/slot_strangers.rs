//! A stranger at a slot that works alone: he costs it no flash, and displaces nothing in it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod bench;

use bench::at;
use bench::slot::World;
use chacha20::ChaCha20Rng;
use rand_core::SeedableRng as _;
use v2x_boards::memory::Memory as _;
use v2x_boards::slot_controller::{Input, journal, keys};
use v2x_proto::link::message::{BootReason, CommandResult, Order};
use v2x_proto::secure::{
    Authority, ClockUnknown, Identity, Name, PrivateKeys, Role, Serial, Subject, Trust, UtcSecond,
    Validity,
};
use v2x_proto::v2g::{Evcc, EvccEvent, EvccInput, EvccSettings, Output};
use v2x_units::{BootId, MacAddress};

const SLOT: MacAddress = MacAddress::new([0x02, 0, 0, 0, 0, 0x22]);

fn unit(authority: &Authority, role: Role, rng: &mut ChaCha20Rng) -> ([u8; 64], Identity) {
    let subject = Subject {
        role,
        name: Name::new("ANYBODY").unwrap(),
        battery_data_after_unplugging: false,
        serial: Serial(1),
        validity: Validity {
            not_before: UtcSecond(1_767_225_600),
            not_after: UtcSecond(1_798_761_600),
        },
    };
    let keys = PrivateKeys::draw(rng);
    let exposed = keys.expose();
    let credential = authority.issue(subject, keys.public());
    (exposed, Identity::new(keys, credential).unwrap())
}

/// A slot that lets no current flow before it knows the car, with its keys.
fn slot(authority: &Authority, rng: &mut ChaCha20Rng) -> World {
    let mut world = World::new(&[("relay", "feedback"), ("policy", "known")]);
    let (private, station) = unit(authority, Role::Station, rng);
    let trusted = authority.public().to_sec1_point(true);
    let credential = station.credential().emit();
    let parts = [
        (keys::PRIVATE, &private[..]),
        (keys::CREDENTIAL, &credential),
        (keys::AUTHORITY, trusted.as_bytes()),
    ];
    for (part, bytes) in parts {
        let answer = world.order(Order::Keys { part, bytes });
        assert_eq!(answer, CommandResult::Done, "part {part}");
    }
    world.restart(0x1111, BootReason::Software)
}

#[test]
fn handshakes_with_credentials_of_nobody_write_nothing_into_flash() {
    let mut rng = ChaCha20Rng::from_seed([7; 32]);
    let authority = Authority::draw(&mut rng);
    let nobody = Authority::draw(&mut rng);
    let mut world = slot(&authority, &mut rng);
    world.pass(5, 0.0);
    let before = world.memory.flash_mut().operations();
    let mut refused = 0;
    for number in 0..60_u8 {
        // He believes the slot, so that he goes on to show what he has.
        let (_, identity) = unit(&nobody, Role::Vehicle, &mut rng);
        let keys = [authority.public()];
        let trust = Trust::new(&keys, ClockUnknown::AcceptForNow, false).unwrap();
        let mut car = Evcc::new(identity, trust, EvccSettings::default());
        let mac = MacAddress::new([0x02, 0, 0, 0, 1, number]);
        car.handle(at(world.now), EvccInput::Plugged(true), &mut rng);
        for _ in 0..4 {
            while let Output::Send { datagram, .. } = next(&mut car, &world, &mut rng, &mut refused)
            {
                let heard = Input::Air(mac, &datagram);
                (world.board).handle(at(world.now), heard, &mut world.memory);
            }
            world.turn(0.0);
            for (_, payload) in std::mem::take(&mut world.air) {
                let heard = EvccInput::Heard(SLOT, &payload);
                car.handle(at(world.now), heard, &mut rng);
            }
        }
    }
    assert!(refused > 40, "{refused}");
    assert_eq!(world.memory.flash_mut().operations(), before);
}

/// What the car wants sent, or that it waits; its refusals are counted.
fn next(
    car: &mut Evcc,
    world: &World,
    rng: &mut ChaCha20Rng,
    refused: &mut u32,
) -> Output<EvccEvent> {
    loop {
        match car.poll(at(world.now), rng) {
            Output::Event(EvccEvent::NotBelieved(_)) => *refused += 1,
            Output::Event(_) => {}
            other => return other,
        }
    }
}

#[test]
fn what_is_no_book_takes_half_of_the_journal_and_displaces_no_step_when_it_is_full() {
    let mut world = World::new(&[]);
    let mut books = journal::Journal::new(BootId::new(7));
    let mut add = |world: &mut World, kind, content: &[u8]| {
        let (chassis, memory) = (world.board.chassis_mut(), &mut world.memory);
        books
            .add_or_say(at(0), kind, content, chassis, memory)
            .unwrap();
        books.given_up()
    };
    assert_eq!(add(&mut world, journal::STEP, b"first"), 0);
    for _ in 0..200 {
        assert_eq!(add(&mut world, journal::BATTERY_DATA, &[7; 60]), 0);
    }
    assert!(!world.memory.is_half_free().unwrap());
    // Steps have the other half.
    for _ in 0..12 {
        assert_eq!(add(&mut world, journal::STEP, &[1; 110]), 0);
    }
    let mut room = [0; v2x_boards::memory::VALUE_MAX];
    let oldest = world.memory.oldest(&mut room).unwrap().unwrap();
    assert_eq!(oldest.last_chunk(), Some(b"first"));
    world.pass(1, 0.0);
    let said = world
        .computer
        .log
        .iter()
        .filter(|line| line.contains("half full"));
    assert_eq!(said.count(), 1, "{:?}", world.computer.log);
}
