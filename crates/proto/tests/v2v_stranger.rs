//! A stranger replays, forges, alters, delays and floods, and an insider lies: nothing of it
//! reaches what the car believes, and everything is counted under its own reason.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod v2v_world;

use core::time::Duration;

use v2v_world::{BEGINNING_2004, Car, Operator, World, hours};
use v2x_proto::v2v::{Heard, MessageKind, Outgoing, Pseudonym, V2vInput, V2vSettings};
use v2x_proto::wire::certificate::HashedId8;
use v2x_proto::wire::packet::{Content, Packet};
use v2x_units::MacAddress;

const STRANGER: MacAddress = MacAddress::new([0x02, 0, 0, 0, 0, 0x66]);

/// A victim that stands, and an honest car that drives by 40 m away.
fn world(operator: &mut Operator) -> World {
    let settings = V2vSettings::default();
    let victim = Car::new(operator, 1, settings).at(0.0, 0.0, 0.0, 0.0);
    let honest = Car::new(operator, 2, settings).at(40.0, -100.0, 0.0, 10.0);
    let mut world = World::of(vec![victim, honest]);
    world.run(3.0);
    world
}

/// What the victim believes, in a form that can be compared.
fn belief(world: &World) -> String {
    let map = world.cars[0].v2v.map();
    let neighbours: Vec<_> = map
        .neighbours()
        .iter()
        .map(|it| (it.station, it.claim))
        .collect();
    let events: Vec<_> = map.events().iter().collect();
    let warnings: Vec<_> = world.cars[0].v2v.warnings().collect();
    format!("{neighbours:?} {events:?} {warnings:?}")
}

fn hear(world: &mut World, from: MacAddress, payload: &[u8]) {
    let now = world.now;
    let heard = Heard {
        from,
        rssi_dbm: Some(-60),
        payload,
    };
    world.cars[0].handle(now, V2vInput::Heard(heard));
}

fn refused(world: &World, reason: &str) -> u64 {
    world.cars[0].v2v.counters().refused_for(reason)
}

/// Hands a payload to the victim, which must refuse it for a reason and believe nothing new.
fn must_refuse(world: &mut World, from: MacAddress, payload: &[u8], reason: &str) {
    let (before, count) = (belief(world), refused(world, reason));
    let total: u64 = world.cars[0].v2v.counters().refused().map(|it| it.1).sum();
    hear(world, from, payload);
    let seen: Vec<_> = world.cars[0].v2v.counters().refused().collect();
    assert_eq!(
        refused(world, reason),
        count + 1,
        "{reason}; counted: {seen:?}"
    );
    assert_eq!(seen.iter().map(|it| it.1).sum::<u64>(), total + 1, "once");
    assert_eq!(
        belief(world),
        before,
        "{reason} reached what the car believes"
    );
}

fn last_cam(car: &Car) -> Outgoing {
    let cams = car.sent.iter().rev();
    cams.clone()
        .find(|it| it.kind == MessageKind::Cam)
        .unwrap()
        .clone()
}

#[test]
fn stranger_without_a_key_changes_nothing_and_is_counted_by_reason() {
    let mut operator = Operator::new(11);
    let mut world = world(&mut operator);
    assert_eq!(
        world.cars[0].v2v.map().neighbours().len(),
        1,
        "the honest car is known"
    );
    let cam = last_cam(&world.cars[1]).payload;

    must_refuse(&mut world, STRANGER, &cam, "replay");
    let mut altered = cam.clone();
    altered[70] ^= 1;
    // The altered byte lies in the signed part, whatever field it is.
    let before = belief(&world);
    hear(&mut world, STRANGER, &altered);
    assert_eq!(belief(&world), before);
    let fresh = fresh_cam(&mut world);
    let mut forged_fresh = fresh.clone();
    *forged_fresh.last_mut().unwrap() ^= 1;
    must_refuse(&mut world, STRANGER, &forged_fresh, "signature");
    must_refuse(&mut world, STRANGER, &cam[..cam.len() - 1], "malformed");
    must_refuse(&mut world, STRANGER, &[0x12], "malformed");
    must_refuse(&mut world, STRANGER, &unsigned(&cam), "not_signed");
    must_refuse(
        &mut world,
        STRANGER,
        &with_signer(&fresh, [9; 8]),
        "unknown_signer",
    );
    // The true one still counts after its forgery.
    let count = world.cars[0].v2v.counters().cams;
    let honest = world.cars[1].address;
    hear(&mut world, honest, &fresh);
    assert_eq!(world.cars[0].v2v.counters().cams, count + 1);
}

/// A CAM of the honest car that the victim did not hear yet.
fn fresh_cam(world: &mut World) -> Vec<u8> {
    world.reach = 1.0;
    let before = world.cars[1].sent_of(MessageKind::Cam);
    world.until(3, |world| world.cars[1].sent_of(MessageKind::Cam) > before);
    world.reach = 400.0;
    last_cam(&world.cars[1]).payload
}

/// The same message, without its signature.
fn unsigned(cam: &[u8]) -> Vec<u8> {
    use v2x_proto::wire::Wire;
    let Content::Signed(signed) = Packet::parse(cam).unwrap().content else {
        panic!("a CAM is signed");
    };
    Packet::single_hop(Content::Plain(signed.to_be_signed.pdu().unwrap())).encode()
}

fn with_signer(cam: &[u8], name: [u8; 8]) -> Vec<u8> {
    use v2x_proto::wire::Wire;
    use v2x_proto::wire::secured::Signer;
    let mut packet = Packet::parse(cam).unwrap();
    let Content::Signed(signed) = &mut packet.content else {
        panic!("a CAM is signed");
    };
    signed.signer = Signer::Digest(HashedId8(name));
    packet.encode()
}

#[test]
fn recorded_message_is_old_after_two_seconds_and_stays_refused_when_the_clock_goes_back() {
    let mut operator = Operator::new(12);
    let mut world = world(&mut operator);
    let cam = last_cam(&world.cars[1]).payload;
    world.run(3.0);
    must_refuse(&mut world, STRANGER, &cam, "not_fresh");
    // The victim's clock is set back to when the message was fresh.
    let now = world.now;
    let back = v2v_world::BEGINNING + now.since(v2x_units::Instant::BOOT) - Duration::from_secs(3);
    world.cars[0].handle(now, V2vInput::Clock(Some(back)));
    must_refuse(&mut world, STRANGER, &cam, "replay");
}

#[test]
fn clock_that_is_not_known_believes_nobody() {
    let mut operator = Operator::new(13);
    let mut world = world(&mut operator);
    let fresh = fresh_cam(&mut world);
    let now = world.now;
    world.cars[0].handle(now, V2vInput::Clock(None));
    must_refuse(&mut world, STRANGER, &fresh, "clock_unknown");
}

#[test]
fn certificates_of_another_operator_and_expired_ones_are_refused_by_reason() {
    let mut operator = Operator::new(14);
    let mut world = world(&mut operator);
    let mut other = Operator::new(15);
    let stranger = Car::new(&mut other, 3, V2vSettings::default()).at(10.0, 0.0, 0.0, 5.0);
    let certificate = certificate_of(stranger);
    must_refuse(&mut world, STRANGER, &certificate, "unknown_issuer");
    let mut expired = Car::new(&mut operator, 4, V2vSettings::default()).at(10.0, 0.0, 0.0, 5.0);
    expired.v2v = v2x_proto::v2v::V2v::new(V2vSettings::default(), operator.verifier());
    let ends_soon = hours(BEGINNING_2004 - 3600 + 2, 1);
    let now = v2x_units::Instant::BOOT;
    expired.handle(now, V2vInput::Clock(Some(v2v_world::BEGINNING)));
    let ticket = vec![operator.ticket(ends_soon, false)];
    expired.handle(now, V2vInput::Pseudonyms(ticket));
    let certificate = certificate_of(expired);
    must_refuse(&mut world, STRANGER, &certificate, "certificate_expired");
}

/// The certificate message of a car that nobody hears.
fn certificate_of(car: Car) -> Vec<u8> {
    let mut alone = World::of(vec![car]);
    alone.run(0.5);
    let mut sent = alone.cars[0].sent.iter();
    sent.find(|it| it.kind == MessageKind::Certificate)
        .unwrap()
        .payload
        .clone()
}

#[test]
fn flood_of_forged_certificates_is_checked_at_a_pace_and_lets_honest_ones_in() {
    let mut operator = Operator::new(16);
    let mut world = world(&mut operator);
    let honest = Car::new(&mut operator, 5, V2vSettings::default()).at(10.0, 0.0, 0.0, 5.0);
    let certificate = certificate_of(honest);
    let now = world.now;
    let before = belief(&world);
    for number in 0..200_u8 {
        // Another validity each time, so that each is another certificate.
        let mut forged = certificate.clone();
        let last = forged.len() - 1;
        forged[last] ^= number.wrapping_add(1);
        hear(&mut world, STRANGER, &forged);
    }
    assert_eq!(refused(&world, "certificate_pace"), 200 - 64);
    assert_eq!(refused(&world, "certificate_signature"), 64);
    assert_eq!(belief(&world), before);
    assert_eq!(world.now, now);
    world.run(1.0);
    let known = world.cars[0].v2v.counters().certificates;
    hear(&mut world, STRANGER, &certificate);
    assert_eq!(world.cars[0].v2v.counters().certificates, known + 1);
}

/// A car of the operator's whose CAMs reach the victim as a liar would send them.
fn liar(operator: &mut Operator, world: &World, east: f64, speed: f64) -> Car {
    let mut car = Car::new(operator, 9, V2vSettings::default()).at(east, 0.0, 0.0, speed);
    let now = world.now;
    let utc = v2v_world::BEGINNING + now.since(v2x_units::Instant::BOOT);
    car.handle(now, V2vInput::Clock(Some(utc)));
    car
}

/// Lets a liar drive one tick at the world's time and gives what it says to the victim.
fn lie(world: &mut World, liar: &mut Car) {
    let now = world.now;
    liar.drive(now);
    for outgoing in liar.turn(now) {
        hear(world, liar.address, &outgoing.payload);
    }
}

#[test]
fn insider_who_jumps_is_refused_loses_confidence_and_is_kept_where_it_was() {
    let mut operator = Operator::new(17);
    let mut world = world(&mut operator);
    let mut liar = liar(&mut operator, &world, 100.0, 0.0);
    for _ in 0..100 {
        world.tick();
        lie(&mut world, &mut liar);
    }
    let station = liar.v2v.identity().unwrap().0;
    let known = world.cars[0].v2v.map().neighbour(station).unwrap();
    let (claim, confidence) = (known.claim, known.confidence(world.now));
    liar.north += 300.0;
    for _ in 0..60 {
        world.tick();
        lie(&mut world, &mut liar);
    }
    assert!(refused(&world, "position_jump") >= 1);
    let known = world.cars[0].v2v.map().neighbour(station).unwrap();
    assert_eq!(known.claim.position, claim.position);
    assert!(known.confidence(world.now) < confidence);
}

#[test]
fn insider_beyond_the_reach_of_radio_or_above_any_speed_never_appears() {
    let mut operator = Operator::new(18);
    let mut world = world(&mut operator);
    for (east, speed, reason) in [(1500.0, 0.0, "out_of_range"), (50.0, 75.0, "speed")] {
        let mut liar = liar(&mut operator, &world, east, speed);
        let before = refused(&world, reason);
        for _ in 0..60 {
            world.tick();
            lie(&mut world, &mut liar);
        }
        assert!(refused(&world, reason) > before, "{reason}");
        let station = liar.v2v.identity().unwrap().0;
        assert!(
            world.cars[0].v2v.map().neighbour(station).is_none(),
            "{reason}"
        );
    }
}

#[test]
fn revoked_car_is_forgotten_and_not_believed_again() {
    let mut operator = Operator::new(19);
    let mut world = world(&mut operator);
    let signer = world.cars[0].v2v.map().neighbours()[0].signer;
    let now = world.now;
    world.cars[0].handle(now, V2vInput::Revoked(&[signer]));
    assert!(world.cars[0].v2v.map().neighbours().is_empty());
    world.run(3.0);
    assert!(world.cars[0].v2v.map().neighbours().is_empty());
    assert!(
        refused(&world, "revoked") >= 1,
        "its certificate came again"
    );
    assert!(refused(&world, "unknown_signer") >= 1);
}

#[test]
fn own_messages_that_the_air_sends_back_are_neither_believed_nor_refused() {
    let mut operator = Operator::new(20);
    let mut world = world(&mut operator);
    let sent: Vec<_> = world.cars[0]
        .sent
        .iter()
        .map(|it| it.payload.clone())
        .collect();
    let total = |world: &World| {
        world.cars[0]
            .v2v
            .counters()
            .refused()
            .map(|it| it.1)
            .sum::<u64>()
    };
    let (before, refusals) = (belief(&world), total(&world));
    for payload in &sent {
        let own = world.cars[0].address;
        hear(&mut world, own, payload);
    }
    assert_eq!(belief(&world), before);
    assert_eq!(total(&world), refusals);
    let echoes = world.cars[0].v2v.counters().own_echoes;
    assert_eq!(echoes, u64::try_from(sent.len()).unwrap());
}

#[test]
fn payloads_that_are_no_geonetworking_are_left_alone_but_fill_the_channel() {
    let mut operator = Operator::new(21);
    let mut world = world(&mut operator);
    let before = world.cars[0].v2v.counters().foreign;
    for payload in [&[0xA1; 37][..], &[0xFF; 88], &[]] {
        hear(&mut world, STRANGER, payload);
    }
    assert_eq!(world.cars[0].v2v.counters().foreign, before + 3);
}

#[test]
fn key_that_is_not_the_tickets_makes_no_pseudonym() {
    let mut operator = Operator::new(22);
    let ticket = operator.pseudonyms(1).remove(0);
    let wrong = Pseudonym::new(ticket.certificate().clone(), v2v_world::key(99, 1));
    assert!(wrong.is_err());
}
