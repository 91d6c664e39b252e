//! The car changes its names: all at once, by way and time, and not while it is followed for a
//! good reason.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod v2v_world;

use std::collections::BTreeSet;

use v2v_world::{BEGINNING_2004, Car, Operator, World, hours};
use v2x_proto::v2v::{Fault, MessageKind, OwnEventKind, Silence, V2vEvent, V2vInput, V2vSettings};
use v2x_proto::wire::Wire;
use v2x_proto::wire::btp::BtpPort;
use v2x_proto::wire::cam::Cam;
use v2x_proto::wire::certificate_message::CertificateMessage;
use v2x_proto::wire::packet::{Content, Packet};
use v2x_proto::wire::secured::Signer;
use v2x_units::MacAddress;

/// Everything in a car's messages that tells who sent them.
fn names(car: &Car, from: usize) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for outgoing in &car.sent[from..] {
        names.insert(format!("radio address {}", outgoing.from));
        let packet = Packet::parse(&outgoing.payload).unwrap();
        let pdu = match &packet.content {
            Content::Plain(pdu) => pdu.clone(),
            Content::Signed(signed) => {
                if let Signer::Digest(name) = signed.signer {
                    names.insert(format!("digest {:02x?}", name.0));
                }
                signed.to_be_signed.pdu().unwrap()
            }
        };
        let address = pdu.transport.source().address.mac();
        names.insert(format!("GN address {address}"));
        match pdu.btp.port {
            BtpPort::CAM => {
                let cam = Cam::parse(&pdu.message).unwrap();
                names.insert(format!("station {}", cam.station.raw()));
            }
            BtpPort::CERTIFICATES => {
                let message = CertificateMessage::parse(&pdu.message).unwrap();
                let key = message.certificates[0].to_be_signed.verification_key;
                names.insert(format!("key {:02x?}", key.x));
            }
            _ => {}
        }
    }
    names
}

fn driving(seed: u8) -> World {
    let mut operator = Operator::new(seed);
    let settings = V2vSettings::default();
    let car = Car::new(&mut operator, 7, settings).at(0.0, 0.0, 0.0, 14.0);
    let mut world = World::of(vec![car]);
    world.run(1.0);
    world
}

fn changes(world: &World) -> u64 {
    world.cars[0].v2v.counters().pseudonym_changes
}

#[test]
fn all_names_change_at_once_and_nothing_of_the_old_ones_is_said_again() {
    let mut world = driving(5);
    assert_eq!(changes(&world), 1, "the first one is a change too");
    let old_identity = world.cars[0].v2v.identity().unwrap();
    world.until(400, |world| changes(world) == 2);
    // Each way drawn is below 1.5 km, each time below 6 min.
    assert!(world.seconds() > 119.0, "{}", world.seconds());
    assert!(world.seconds() < 370.0, "{}", world.seconds());
    let old_names = names(&world.cars[0], 0);
    let sent = world.cars[0].sent.len();
    // The messages of the tick in which it changed are the new car's already.
    let changed_at = world.cars[0]
        .sent
        .iter()
        .position(|it| it.from != old_identity.1);
    let first_new = changed_at.unwrap_or(sent);
    world.run(5.0);
    let new_names = names(&world.cars[0], first_new);
    let old_names: BTreeSet<_> = old_names.difference(&new_names).cloned().collect();
    assert_eq!(
        old_names.len(),
        5,
        "address, GN address, digest, key, station: {old_names:?}"
    );
    assert_eq!(new_names.len(), 5, "{new_names:?}");
    let identity = world.cars[0].v2v.identity().unwrap();
    assert_ne!(identity.0, old_identity.0);
    assert_eq!(world.cars[0].address, identity.1, "the radio was told");
    assert!(!identity.1.is_group());
}

/// How far back the path of a car's last CAM with one leads, in metres of latitude.
fn path_length(car: &Car) -> Option<f64> {
    let cams = car
        .sent
        .iter()
        .rev()
        .filter(|it| it.kind == MessageKind::Cam);
    cams.filter_map(|it| {
        let Content::Signed(signed) = Packet::parse(&it.payload).unwrap().content else {
            panic!("a CAM is signed");
        };
        Cam::parse(&signed.to_be_signed.pdu().unwrap().message)
            .unwrap()
            .low_frequency
    })
    .map(|it| {
        let steps = it
            .path_history
            .iter()
            .map(|point| point.position.latitude.unwrap());
        steps.map(|step| step.get().get().abs() * 111_195.0).sum()
    })
    .next()
}

#[test]
fn path_before_the_change_is_not_told_after_it() {
    let mut world = driving(6);
    world.until(400, |world| changes(world) == 2);
    // The next CAM with a path is at most a second away: 14 m.
    world.run(1.0);
    let after = path_length(&world.cars[0]).unwrap();
    assert!(after < 30.0, "{after} m");
    world.run(20.0);
    let later = path_length(&world.cars[0]).unwrap();
    assert!(later > 200.0, "{later} m");
}

#[test]
fn car_that_reports_an_event_keeps_its_names_until_the_event_is_over() {
    let mut world = driving(7);
    world.cars[0].condition.fault = Some(Fault::Engine);
    world.run(400.0);
    assert_eq!(changes(&world), 1);
    world.cars[0].condition.fault = None;
    world.run(10.0);
    assert_eq!(changes(&world), 2, "as soon as it is over");
}

#[test]
fn certificate_that_ends_is_left_even_during_an_event_which_begins_anew() {
    let mut operator = Operator::new(8);
    let mut car = Car::new(&mut operator, 7, V2vSettings::default()).at(0.0, 0.0, 0.0, 14.0);
    let short = hours(BEGINNING_2004 - 3600 + 60, 1);
    let long = hours(BEGINNING_2004, 24);
    car.v2v = v2x_proto::v2v::V2v::new(V2vSettings::default(), operator.verifier());
    let now = v2x_units::Instant::BOOT;
    car.handle(now, V2vInput::Clock(Some(v2v_world::BEGINNING)));
    car.handle(
        now,
        V2vInput::Pseudonyms(vec![operator.ticket(short, false)]),
    );
    car.condition.fault = Some(Fault::Engine);
    let mut world = World::of(vec![car]);
    world.run(30.0);
    let first = world.cars[0].v2v.identity().unwrap().0;
    let later = operator.ticket(long, false);
    let now = world.now;
    world.cars[0].handle(now, V2vInput::Pseudonyms(vec![later]));
    world.run(60.0);
    let second = world.cars[0].v2v.identity().unwrap().0;
    assert_ne!(first, second);
    let begun = world.cars[0].events.iter().filter_map(|event| match event {
        V2vEvent::OwnEventBegun(OwnEventKind::Breakdown, action) => Some(action.originator),
        _ => None,
    });
    assert_eq!(begun.collect::<Vec<_>>(), [first, second]);
}

#[test]
fn car_without_a_valid_pseudonym_a_clock_or_a_position_is_silent_and_says_why() {
    let mut operator = Operator::new(9);
    let mut car = Car::new(&mut operator, 7, V2vSettings::default()).at(0.0, 0.0, 0.0, 14.0);
    car.v2v = v2x_proto::v2v::V2v::new(V2vSettings::default(), operator.verifier());
    let mut world = World::of(vec![car]);
    world.run(1.0);
    assert_eq!(world.cars[0].v2v.silence(), Some(Silence::ClockUnknown));
    let now = world.now;
    world.cars[0].handle(now, V2vInput::Clock(Some(v2v_world::BEGINNING)));
    let expired = operator.ticket(hours(BEGINNING_2004 - 7200, 1), false);
    world.cars[0].handle(now, V2vInput::Pseudonyms(vec![expired]));
    world.run(1.0);
    assert_eq!(world.cars[0].v2v.silence(), Some(Silence::NoPseudonym));
    let good = operator.pseudonyms(1);
    let now = world.now;
    world.cars[0].handle(now, V2vInput::Pseudonyms(good));
    world.run(1.0);
    assert_eq!(world.cars[0].v2v.silence(), None);
    assert!(world.cars[0].events.contains(&V2vEvent::Speaking));
    // The receiver falls silent: two seconds later so does the car.
    let later = world.now + core::time::Duration::from_secs(2);
    let sent = world.cars[0].sent.len();
    world.cars[0].turn(later);
    assert_eq!(world.cars[0].v2v.silence(), Some(Silence::PositionUnknown));
    assert_eq!(world.cars[0].sent.len(), sent);
}

#[test]
fn radio_that_cannot_change_its_address_keeps_it_in_every_header() {
    let mut operator = Operator::new(10);
    let fixed = MacAddress::new([0x4C, 0x11, 0xAE, 1, 2, 3]);
    let settings = V2vSettings {
        fixed_address: Some(fixed),
        ..V2vSettings::default()
    };
    let car = Car::new(&mut operator, 7, settings).at(0.0, 0.0, 0.0, 14.0);
    let mut world = World::of(vec![car]);
    world.until(400, |world| changes(world) == 2);
    let names = names(&world.cars[0], 0);
    let addresses = names.iter().filter(|it| it.contains("address"));
    let text = fixed.to_string();
    assert!(addresses.clone().all(|it| it.contains(&text)), "{names:?}");
}
