//! Two cars and one slot, and two slots side by side.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod v2g_world;

use core::time::Duration;

use v2g_world::{CAR, Conditions, OTHER_CAR, OTHER_STATION, STATION, World, count};
use v2x_proto::v2g::evcc::EvccState;
use v2x_proto::v2g::message::ResponseCode;
use v2x_proto::v2g::secc::PowerOffReason;
use v2x_proto::v2g::{EvccEvent, EvccInput, PlugSenses, SeccEvent, SeccInput, Sense};
use v2x_units::MacAddress;

#[test]
fn second_car_is_told_that_the_slot_is_occupied_and_stops_nothing() {
    let mut world = World::new(1);
    let other = world.add_car(OTHER_CAR, "twizy-2");
    world.plug(0, 0);
    world.run_until_charging(0);
    // It is plugged in somewhere else and calls.
    world.tell_car(other, EvccInput::Plugged(true));
    world.run(Duration::from_secs(120));
    let occupied = |e: &EvccEvent| *e == EvccEvent::Refused(ResponseCode::SlotOccupied);
    assert!(count(&world.cars[other].events, occupied) >= 2);
    assert!(world.cars[other].evcc.session().is_none());
    world.tell_car(other, EvccInput::Stop);
    world.run(Duration::from_secs(60));
    let session = world.stations[0].secc.session().unwrap();
    assert_eq!(session.car.as_str(), "twizy-1");
    assert!(world.stations[0].secc.power_is_on());
    assert_eq!(
        count(&world.stations[0].events, |e| matches!(
            e,
            SeccEvent::PowerOff(..)
        )),
        0
    );
}

#[test]
fn power_is_for_the_car_of_the_session_whoever_was_proven_last() {
    let mut proven_between = 0;
    for seed in 0..40 {
        let mut world = World::new(seed);
        let other = world.add_car(OTHER_CAR, "twizy-2");
        world.plug(0, 0);
        // It is parked beside, and calls whoever is there.
        world.tell_car(other, EvccInput::Plugged(true));
        world.run(Duration::from_secs(20));
        let events = &world.stations[0].events;
        let power = events.iter().find_map(|event| match event {
            SeccEvent::PowerOn(_, car) => Some(*car),
            _ => None,
        });
        let session = world.stations[0].secc.session().unwrap();
        let proven = events.iter().filter_map(|event| match event {
            SeccEvent::CarProven(car) => Some(car),
            _ => None,
        });
        let of_session = proven.clone().find(|car| car.subject.name == session.car);
        assert_eq!(
            power,
            of_session.map(|car| car.fingerprint()),
            "seed {seed}"
        );
        let on = events
            .iter()
            .position(|e| matches!(e, SeccEvent::PowerOn(..)));
        let before = events[..on.unwrap()].iter().rev();
        let last = before.filter_map(|event| match event {
            SeccEvent::CarProven(car) => Some(&car.subject.name),
            _ => None,
        });
        proven_between += usize::from(last.take(1).any(|name| *name != session.car));
    }
    assert!(
        proven_between > 0,
        "the other car was never proven in between"
    );
    println!("{proven_between} of 40: another car was proven in between");
}

#[test]
fn slot_is_the_next_cars_once_the_first_has_left() {
    let mut world = World::new(2);
    let other = world.add_car(OTHER_CAR, "twizy-2");
    world.plug(0, 0);
    world.run_until_charging(0);
    world.unplug(0);
    world.run_until_state(0, EvccState::ExpectReportTime);
    world.plug(other, 0);
    world.run_until_charging(other);
    world.run(Duration::from_secs(30));
    // The first goes on telling of its battery while the second charges.
    let from_first = world.stations[0].events.iter().filter(
        |event| matches!(event, SeccEvent::BatteryData(name, _) if name.as_str() == "twizy-1"),
    );
    assert!(from_first.count() >= 5);
    assert_eq!(
        world.stations[0].secc.session().unwrap().car.as_str(),
        "twizy-2"
    );
}

#[test]
fn car_that_left_without_its_receipt_does_not_block_the_slot() {
    let mut world = World::new(3);
    let other = world.add_car(OTHER_CAR, "twizy-2");
    world.plug(0, 0);
    world.run_until_charging(0);
    world.conditions = Conditions::SILENT;
    world.unplug(0);
    world.run(Duration::from_secs(30));
    world.cars[0].plugged_into = None;
    world.conditions = Conditions::CLEAR;
    world.plug(other, 0);
    world.run_until_charging(other);
    assert!(world.stations[0].secc.power_is_on());
}

#[test]
fn each_of_two_cars_finds_the_slot_that_its_plug_is_in() {
    for seed in 0..5 {
        let mut world = World::empty(seed);
        world.add_station(STATION, "MA*HEL*E0001*1");
        world.add_station(OTHER_STATION, "MA*HEL*E0001*2");
        world.add_car(CAR, "twizy-1");
        world.add_car(OTHER_CAR, "twizy-2");
        world.plug(0, 0);
        world.run_until_charging(0);
        world.plug(1, 1);
        world.run_until_charging(1);
        let bound = |at: usize| world.stations[at].secc.session().unwrap().car.clone();
        assert_eq!(bound(0).as_str(), "twizy-1", "seed {seed}");
        assert_eq!(bound(1).as_str(), "twizy-2", "seed {seed}");
    }
}

const NAMES: [&str; 2] = ["twizy-1", "twizy-2"];

/// A car without a plug beside a slot that closes its relay for known cars and sees no plug itself.
fn parked_beside(seed: u64, mains: Sense) -> World {
    let mut world = World::new(seed);
    world.stations[0].plugged = true;
    world.tell_station(0, SeccInput::Plugged(true));
    world.tell_car(0, EvccInput::Plugged(true));
    feel(&mut world, mains);
    world
}

fn feel(world: &mut World, mains: Sense) {
    let charging = Sense::NotKnown;
    world.tell_car(0, EvccInput::Feels(PlugSenses { mains, charging }));
}

fn closings(world: &World) -> usize {
    count(&world.stations[0].events, |e| {
        matches!(e, SeccEvent::PowerOn(..))
    })
}

#[test]
fn relay_beside_a_parked_car_closes_ever_more_seldom_on_an_empty_socket() {
    let hour = Duration::from_secs(3_600);
    let mut world = parked_beside(1, Sense::Off);
    world.run(hour);
    let first = closings(&world);
    assert!((2..=8).contains(&first), "{first} in the first hour");
    world.run(hour);
    let second = closings(&world) - first;
    assert!((2..=4).contains(&second), "{second} in the second hour");
    // Somebody comes and wakes the car: it is called at once.
    feel(&mut world, Sense::NotKnown);
    feel(&mut world, Sense::Off);
    let before = closings(&world);
    world.run(Duration::from_secs(5));
    assert_eq!(closings(&world), before + 1);
    world.run(Duration::from_secs(600));
    assert!(closings(&world) <= before + 6);
    // It drives off and comes back.
    world.tell_car(0, EvccInput::Plugged(false));
    world.run(Duration::from_secs(1));
    world.tell_car(0, EvccInput::Plugged(true));
    let before = closings(&world);
    world.run(Duration::from_secs(5));
    assert_eq!(closings(&world), before + 1);
}

/// Two slots and two cars, each plugged into its own within the same second. Each calls when it has
/// seen its plug, after the slots have.
fn side_by_side(seed: u64, other_station: MacAddress) -> World {
    let mut world = World::empty(seed);
    world.add_station(STATION, "MA*HEL*E0001*1");
    world.add_station(other_station, "MA*HEL*E0001*2");
    world.add_car(CAR, NAMES[0]);
    world.add_car(OTHER_CAR, NAMES[1]);
    world.plug_in(0, 0);
    world.plug_in(1, 1);
    let first = usize::from(world.rng.chance(50));
    world.tell_car(first, EvccInput::Plugged(true));
    let pause = world.rng.below(1_000);
    world.run(Duration::from_millis(pause));
    world.tell_car(1 - first, EvccInput::Plugged(true));
    world
}

/// The cars that a slot has written receipts for.
fn receipts(world: &World, slot: usize) -> Vec<String> {
    let mut names = Vec::new();
    for event in &world.stations[slot].events {
        if let SeccEvent::Receipt(signed) = event {
            names.push(signed.receipt.evcc.to_string());
        }
    }
    names
}

fn other_plugs(world: &World) -> usize {
    let off = |e: &SeccEvent| matches!(e, SeccEvent::PowerOff(_, PowerOffReason::OtherPlug));
    let slots = world.stations.iter();
    slots.map(|slot| count(&slot.events, off)).sum()
}

#[test]
fn two_cars_plugged_in_within_the_same_second_get_each_its_own_receipt() {
    let mut swapped = 0;
    for (seed, other) in (0..100).flat_map(|seed| [(seed, OTHER_STATION), (seed, STATION)]) {
        let mut world = side_by_side(seed, other);
        world.run(Duration::from_secs(300));
        for car in 0..2 {
            assert!(world.stations[car].secc.power_is_on(), "seed {seed}");
            let session = world.stations[car].secc.session().unwrap();
            assert!(session.confirmed, "seed {seed}");
            world.unplug(car);
        }
        world.run(Duration::from_secs(30));
        for (slot, own) in NAMES.into_iter().enumerate() {
            assert_eq!(receipts(&world, slot), [own], "seed {seed}");
        }
        swapped += usize::from(other_plugs(&world) > 0);
    }
    assert!(
        swapped > 20,
        "only {swapped} of 200 began at the wrong slot"
    );
    println!("{swapped} of 200 began at the wrong slot and found their own");
}

#[test]
fn over_rough_air_no_receipt_names_a_car_of_another_slot() {
    let (mut right, mut swapped) = (0, 0);
    for seed in 0..40 {
        let mut world = side_by_side(seed, STATION);
        world.conditions = Conditions::ROUGH;
        world.run(Duration::from_secs(300));
        world.unplug(0);
        world.unplug(1);
        world.run(Duration::from_secs(300));
        for (slot, own) in NAMES.into_iter().enumerate() {
            let names = receipts(&world, slot);
            assert!(names.iter().all(|name| name == own), "seed {seed}");
            right += names.len();
        }
        swapped += other_plugs(&world);
    }
    assert!(right >= 76 && swapped > 0, "{right} receipts, {swapped}");
}

#[test]
fn car_of_a_release_that_feels_nothing_charges_and_gets_no_receipt() {
    let mut world = World::new(4);
    world.cars[0].feels = false;
    world.plug(0, 0);
    world.run_until_charging(0);
    world.run(Duration::from_secs(60));
    assert!(world.stations[0].secc.power_is_on());
    world.unplug(0);
    world.run_until_state(0, EvccState::ExpectReportTime);
    assert!(receipts(&world, 0).is_empty());
    let refused = EvccEvent::Refused(ResponseCode::PlugNotConfirmed);
    assert!(world.cars[0].events.contains(&refused));
    assert!(
        world.stations[0].secc.session().is_none(),
        "the slot is free"
    );
}
