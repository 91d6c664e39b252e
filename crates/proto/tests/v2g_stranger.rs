//! A stranger on the air: replays, forges, truncates, ages, stops, floods. Nothing of it reaches
//! a state, and all of it is counted.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod v2g_world;

use core::time::Duration;

use v2g_world::{CAR, Conditions, Flight, Operator, STATION, STRANGER, World, count};
use v2x_proto::v2g::evcc::EvccState;
use v2x_proto::v2g::{EvccEvent, EvccInput, Output, Secc, SeccEvent, SeccInput};

/// A world in which a car charges, and everything it and its station have sent so far.
fn charging(seed: u64) -> (World, Vec<Flight>) {
    let mut world = World::new(seed);
    world.plug(0, 0);
    world.run_until_charging(0);
    // Not at the moment of a status: nothing is in the air.
    world.run(Duration::from_secs(32));
    let recorded = world.heard_by_all.clone();
    (world, recorded)
}

/// Everything that could tell that something has changed.
fn look(world: &World) -> String {
    let (car, station) = (&world.cars[0], &world.stations[0]);
    format!(
        "{:?} {:?} {:?} {} {} {}",
        car.evcc.state(),
        car.evcc.session(),
        station.secc.session(),
        station.secc.power_is_on(),
        car.events.len(),
        station.events.len(),
    )
}

/// Gives bytes to whoever they are for, as if `from` had sent them.
fn inject(world: &mut World, from: v2x_units::MacAddress, bytes: &[u8], to_car: bool) {
    if to_car {
        world.tell_car(0, EvccInput::Heard(from, bytes));
    } else {
        world.tell_station(0, SeccInput::Heard(from, bytes));
    }
}

fn refused(world: &World) -> u32 {
    world.cars[0].evcc.air_counters().total() + world.station_counters().total()
}

#[test]
fn everything_ever_said_is_replayed_and_changes_nothing() {
    let (mut world, recorded) = charging(1);
    let (before, sent) = (look(&world), world.heard_by_all.len());
    let counted = refused(&world);
    let mut injected = 0;
    for flight in &recorded {
        for from in [flight.from, STRANGER] {
            for to_car in [true, false] {
                inject(&mut world, from, &flight.bytes, to_car);
                injected += 1;
            }
        }
    }
    assert_eq!(look(&world), before);
    assert_eq!(refused(&world) - counted, injected);
    // Not even an answer goes out.
    assert_eq!(world.heard_by_all.len(), sent);
}

#[test]
fn old_conversation_cannot_be_played_to_a_station_again() {
    let (first, recorded) = charging(2);
    let mut world = World::new(2);
    // The same keys, another day: the station is as it was, the car is not there.
    assert_eq!(
        world.stations[0].identity.credential(),
        first.stations[0].identity.credential()
    );
    world.tell_station(0, SeccInput::Plugged(true));
    // What the generator gave that day it does not give today.
    world.rng.0 = 77;
    for flight in recorded.iter().filter(|flight| flight.from == CAR) {
        inject(&mut world, CAR, &flight.bytes, false);
    }
    assert!(world.stations[0].secc.session().is_none());
    assert_eq!(world.stations[0].events, []);
}

#[test]
fn every_flipped_bit_and_every_cut_is_refused() {
    let (mut world, recorded) = charging(3);
    let before = look(&world);
    // The next status request, caught before it arrives.
    world.run_until_state(0, EvccState::ExpectStatusTime);
    world.conditions = Conditions::SILENT;
    world.run_until_state(0, EvccState::ExpectChargingStatus);
    let request = world.heard_by_all.last().unwrap().clone();
    assert_eq!(request.from, CAR);
    let counted = world.station_counters().total();
    let mut injected = 0;
    for bit in 0..request.bytes.len() * 8 {
        let mut bytes = request.bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        inject(&mut world, CAR, &bytes, false);
        injected += 1;
    }
    for length in 0..request.bytes.len() {
        inject(&mut world, CAR, &request.bytes[..length], false);
        injected += 1;
    }
    assert_eq!(world.station_counters().total() - counted, injected);
    let events = world.stations[0].events.len();
    // Untouched it counts, once.
    inject(&mut world, CAR, &request.bytes, false);
    assert_eq!(world.stations[0].events.len(), events + 1);
    inject(&mut world, CAR, &request.bytes, false);
    assert_eq!(world.stations[0].events.len(), events + 1);
    assert!(!recorded.is_empty() && before != look(&world));
}

#[test]
fn held_back_request_is_too_old_once_others_have_passed() {
    let (mut world, _) = charging(4);
    world.run_until_state(0, EvccState::ExpectStatusTime);
    world.conditions = Conditions::SILENT;
    world.run_until_state(0, EvccState::ExpectChargingStatus);
    let held = world.heard_by_all.last().unwrap().clone();
    world.conditions = Conditions::CLEAR;
    world.run(Duration::from_secs(60));
    let (before, counted) = (look(&world), world.station_counters());
    inject(&mut world, CAR, &held.bytes, false);
    assert_eq!(look(&world), before);
    let after = world.station_counters();
    assert_eq!(after.total(), counted.total() + 1);
    assert!(after.replayed + after.out_of_turn > counted.replayed + counted.out_of_turn);
}

#[test]
fn random_bytes_of_every_length_are_refused_by_both_ends() {
    let (mut world, recorded) = charging(5);
    let (before, counted) = (look(&world), refused(&world));
    let channel = recorded.last().unwrap().bytes[1..5].to_vec();
    let mut rng = v2g_world::Seeded(99);
    let mut injected = 0;
    for first in [0xA3, 0xA5, 0xA7, 0x00, 0xFF] {
        for length in 0..=250_usize {
            let mut bytes: Vec<u8> = (0..length)
                .map(|_| u8::try_from(rng.below(256)).unwrap())
                .collect();
            if let Some(byte) = bytes.first_mut() {
                *byte = first;
            }
            if length >= 5 {
                bytes[1..5].copy_from_slice(&channel);
            }
            inject(&mut world, CAR, &bytes, false);
            inject(&mut world, STATION, &bytes, true);
            injected += 2;
        }
    }
    assert_eq!(look(&world), before);
    assert_eq!(refused(&world) - counted, injected);
}

/// Somebody with a radio: answers each call of the car at once with keys that he has made up, so
/// many times, and then is silent. He is nearer than the station. `seen`: so much of what was sent
/// he has missed.
fn answer_calls(world: &mut World, mut seen: usize, answers: usize, time: Duration) -> usize {
    let mut other = Operator::new(2_000);
    let mut answered = 0;
    let end = world.now + time;
    while world.now < end {
        world.run(Duration::from_millis(1));
        let sent = world.heard_by_all[seen..].to_vec();
        seen = world.heard_by_all.len();
        let calls = sent
            .iter()
            .filter(|it| it.from == CAR && it.bytes[0] == 0xA1);
        for call in calls {
            for _ in 0..answers {
                let (now, utc) = (world.now, Some(world.utc()));
                let identity = other.station("MA*BAD*E0001*1");
                let settings = world.stations[0].settings.clone();
                let trust = world.stations[0].trust.clone();
                let mut secc = Secc::new(identity, trust, settings, now, None);
                secc.handle(now, SeccInput::Clock(utc), &mut world.rng);
                secc.handle(now, SeccInput::Plugged(true), &mut world.rng);
                secc.handle(now, SeccInput::Heard(CAR, &call.bytes), &mut world.rng);
                let Output::Send { datagram, .. } = secc.poll(now) else {
                    panic!("he answers calls");
                };
                assert_eq!(datagram[0], 0xA3);
                inject(world, STRANGER, &datagram, true);
                answered += 1;
            }
        }
    }
    answered
}

#[test]
fn whoever_answers_calls_first_and_is_then_silent_keeps_no_car_from_its_station() {
    for answers in [1, 3] {
        for seed in 0..5 {
            let mut world = World::new(seed);
            world.plug(0, 0);
            let answered = answer_calls(&mut world, 0, answers, Duration::from_secs(5));
            assert!(answered >= answers, "he was there");
            let is_on = world.stations[0].secc.power_is_on();
            assert!(is_on, "{answers} answers, seed {seed}");
            let from_him = |e: &EvccEvent| matches!(e, EvccEvent::StationProven(STRANGER, _));
            assert_eq!(count(&world.cars[0].events, from_him), 0);
        }
    }
}

#[test]
fn station_whose_answer_was_lost_behind_a_strangers_is_called_again() {
    let mut world = World::new(7);
    world.conditions = Conditions::SILENT;
    world.plug(0, 0);
    answer_calls(&mut world, 0, 1, Duration::from_secs(1));
    let car = &world.cars[0].evcc;
    assert!(
        !car.is_in_conversation(),
        "nobody keeps its name by answering"
    );
    let seen = world.heard_by_all.len();
    world.conditions = Conditions::CLEAR;
    answer_calls(&mut world, seen, 1, Duration::from_secs(4));
    assert!(world.stations[0].secc.power_is_on());
    assert!(world.cars[0].evcc.is_in_conversation());
}

#[test]
fn car_of_another_operator_is_refused_and_cannot_stop_anything() {
    let (mut world, _) = charging(6);
    let mut other = Operator::new(1_000);
    let identity = other.car("twizy-1");
    let impostor = world.add_car_as(STRANGER, identity);
    world.tell_car(impostor, EvccInput::Plugged(true));
    world.run(Duration::from_secs(60));
    world.tell_car(impostor, EvccInput::Stop);
    world.run(Duration::from_secs(60));
    assert!(
        count(&world.cars[impostor].events, |e| matches!(
            e,
            EvccEvent::NotBelieved(2)
        )) >= 1
    );
    assert!(world.stations[0].secc.power_is_on());
    assert!(world.station_counters().credentials_refused >= 1);
    let proven = count(&world.stations[0].events, |e| {
        matches!(e, SeccEvent::CarProven(_))
    });
    assert_eq!(proven, 1);
}

#[test]
fn station_of_another_operator_learns_no_credential_of_the_car() {
    let mut world = World::empty(7);
    let mut other = Operator::new(1_000);
    let identity = other.station("MA*HEL*E0001*1");
    world.add_station_as(STRANGER, identity);
    world.add_car(CAR, "twizy-1");
    world.plug(0, 0);
    world.run(Duration::from_secs(60));
    let refused = |e: &EvccEvent| matches!(e, EvccEvent::StationNotBelieved(_));
    assert!(count(&world.cars[0].events, refused) >= 1);
    assert_eq!(world.stations[0].events, []);
    // A credential travels in a datagram longer than any handshake message.
    let long = world
        .heard_by_all
        .iter()
        .filter(|f| f.from == CAR && f.bytes.len() > 101);
    assert_eq!(long.count(), 0);
}

#[test]
fn flood_of_calls_disturbs_no_session_and_is_counted() {
    let (mut world, _) = charging(8);
    let mut rng = v2g_world::Seeded(5);
    let statuses = |w: &World| count(&w.cars[0].events, |e| matches!(e, EvccEvent::Status(_)));
    let before = statuses(&world);
    // 100 calls a second, each with another address, channel and key.
    for _ in 0..3_000 {
        let mut call = vec![0xA1];
        call.extend((0..36).map(|_| u8::try_from(rng.below(256)).unwrap()));
        let mut mac = [0x02; 6];
        mac[5] = u8::try_from(rng.below(256)).unwrap();
        inject(&mut world, v2x_units::MacAddress::new(mac), &call, false);
        world.run(Duration::from_millis(10));
    }
    let counters = world.station_counters();
    assert!(counters.over_pace > 2_500, "{counters:?}");
    assert!(counters.crowded_out > 50, "{counters:?}");
    assert_eq!(statuses(&world) - before, 6);
    assert!(world.stations[0].secc.power_is_on());
}

#[test]
fn honest_car_gets_through_a_flood_of_calls() {
    let mut world = World::new(9);
    let mut rng = v2g_world::Seeded(6);
    world.plug(0, 0);
    let mut seconds = 0_u32;
    while count(&world.cars[0].events, |e| matches!(e, EvccEvent::Status(_))) == 0 {
        for _ in 0..50 {
            let mut call = vec![0xA1];
            call.extend((0..36).map(|_| u8::try_from(rng.below(256)).unwrap()));
            inject(&mut world, STRANGER, &call, false);
            world.run(Duration::from_millis(20));
        }
        seconds += 1;
        assert!(seconds < 600, "{:?}", world.station_counters());
    }
}

#[test]
fn free_slot_answers_no_call() {
    let (mut world, recorded) = charging(10);
    world.unplug(0);
    world.run(Duration::from_secs(5));
    let sent = world
        .heard_by_all
        .iter()
        .filter(|f| f.from == STATION)
        .count();
    let call = recorded
        .iter()
        .find(|f| f.bytes[0] == 0xA1)
        .unwrap()
        .bytes
        .clone();
    let closed = world.station_counters().closed;
    inject(&mut world, STRANGER, &call, false);
    assert_eq!(
        world
            .heard_by_all
            .iter()
            .filter(|f| f.from == STATION)
            .count(),
        sent
    );
    assert_eq!(world.station_counters().closed, closed + 1);
}

#[test]
fn forged_answers_in_the_middle_of_a_handshake_do_not_spoil_it() {
    let mut world = World::new(11);
    let mut rng = v2g_world::Seeded(8);
    world.plug(0, 0);
    let mut looked_at = 0;
    for _ in 0..200 {
        for flight in world.heard_by_all.split_off(looked_at) {
            // What comes next on this channel, from the right address, before the honest one.
            let (kind, from, length) = match flight.bytes[0] {
                0xA1 => (0xA3, STATION, 96),
                0xA3 => (0xA5, CAR, 64),
                _ => (0xA7, flight.to, 40),
            };
            let mut forged = vec![kind];
            forged.extend(&flight.bytes[1..5]);
            forged.extend((0..length).map(|_| u8::try_from(rng.below(256)).unwrap()));
            inject(&mut world, from, &forged, from == STATION);
        }
        looked_at = world.heard_by_all.len();
        world.run(Duration::from_millis(1));
    }
    assert!(world.stations[0].secc.power_is_on());
    assert!(world.station_counters().forged > 0);
    assert!(world.cars[0].evcc.air_counters().forged > 0);
}

#[test]
fn stranger_who_shows_bad_credentials_all_day_is_counted_and_told_once_a_minute() {
    let mut world = World::empty(9);
    world.add_station(STATION, "MA*HEL*E0001*1");
    world.tell_station(0, SeccInput::Plugged(true));
    let mut other = Operator::new(1_000);
    let mut passed = Duration::ZERO;
    while passed < Duration::from_secs(150) {
        // He believes the operator's stations, so he goes on to show what he has.
        let identity = other.car("twizy-1");
        let stranger = world.add_car_as(STRANGER, identity);
        world.tell_car(stranger, EvccInput::Plugged(true));
        world.run(Duration::from_millis(250));
        passed += Duration::from_millis(250);
        world.cars.clear();
    }
    let counted = world.station_counters().credentials_refused;
    let told = count(&world.stations[0].events, |e| {
        matches!(e, SeccEvent::CarRefused(_))
    });
    assert!(counted > 300, "{counted}");
    assert_eq!(told, 3, "at the beginning, and after each minute");
}
