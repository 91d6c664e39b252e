//! Two cars and one slot, and two slots side by side.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod v2g_world;

use core::time::Duration;

use v2g_world::{CAR, Conditions, OTHER_CAR, OTHER_STATION, STATION, World, count};
use v2x_proto::v2g::evcc::EvccState;
use v2x_proto::v2g::message::ResponseCode;
use v2x_proto::v2g::{EvccEvent, EvccInput, SeccEvent};

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
