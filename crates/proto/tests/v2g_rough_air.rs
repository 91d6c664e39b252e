//! A charge over air that loses 60 %, repeats 30 % and lets datagrams overtake each other by a
//! quarter of a second: it takes longer and comes to the same.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod v2g_world;

use core::time::Duration;

use v2g_world::{Conditions, World, count};
use v2x_proto::v2g::evcc::EvccState;
use v2x_proto::v2g::{EvccEvent, SeccEvent};

/// Charges for two minutes under these conditions and unplugs.
fn charged(seed: u64, conditions: Conditions) -> World {
    let mut world = World::new(seed);
    world.conditions = conditions;
    world.plug(0, 0);
    world.run_until_charging(0);
    world.run(Duration::from_secs(120));
    world.unplug(0);
    world.run_until("the end of the session", |world| {
        world.cars[0]
            .events
            .iter()
            .any(|e| matches!(e, EvccEvent::SessionEnded(_)))
    });
    world
}

fn came_to_the_same(world: &World, seed: u64) {
    let (car, station) = (&world.cars[0].events, &world.stations[0].events);
    assert_eq!(
        count(station, |e| matches!(e, SeccEvent::PowerOn(..))),
        1,
        "seed {seed}"
    );
    assert_eq!(
        count(station, |e| matches!(e, SeccEvent::PowerOff(..))),
        1,
        "seed {seed}"
    );
    let at_car = count(car, |e| matches!(e, EvccEvent::Receipt(..)));
    let at_station: Vec<_> = station
        .iter()
        .filter_map(|event| match event {
            SeccEvent::Countersigned(signed, signature) => Some((signed, signature)),
            _ => None,
        })
        .collect();
    // After a radio gap the receipt may be signed a second time, and is the same then.
    assert!(!at_station.is_empty(), "seed {seed}");
    assert!(
        at_station.iter().all(|kept| kept == &at_station[0]),
        "seed {seed}"
    );
    assert!(at_car <= 1, "seed {seed}");
    assert_eq!(world.cars[0].evcc.events_dropped(), 0);
    assert_eq!(world.stations[0].secc.events_dropped(), 0);
}

#[test]
fn charge_survives_sixty_percent_loss_with_repetition_and_reordering() {
    for seed in 0..40 {
        came_to_the_same(&charged(seed, Conditions::ROUGH), seed);
    }
}

#[test]
fn repeated_and_late_datagrams_are_refused_and_counted() {
    let conditions = Conditions {
        loss: 0,
        repeated: 100,
        delay: 400,
    };
    let world = charged(1, conditions);
    came_to_the_same(&world, 1);
    let (car, station) = (world.cars[0].evcc.air_counters(), world.station_counters());
    assert!(station.replayed > 20, "{station:?}");
    assert!(car.replayed > 20, "{car:?}");
    assert_eq!((station.forged, car.forged), (0, 0));
}

#[test]
fn radio_gap_interrupts_neither_power_nor_session() {
    let mut world = World::new(3);
    world.plug(0, 0);
    world.run_until_charging(0);
    let session = world.cars[0].evcc.session();
    world.conditions = Conditions::SILENT;
    world.run(Duration::from_secs(300));
    assert!(world.stations[0].secc.power_is_on());
    let silent = |e: &SeccEvent| matches!(e, SeccEvent::CarSilent(_));
    assert_eq!(count(&world.stations[0].events, silent), 1);
    world.conditions = Conditions::CLEAR;
    world.run_until_state(0, EvccState::ExpectStatusTime);
    assert_eq!(world.cars[0].evcc.session(), session);
    let events = &world.stations[0].events;
    assert_eq!(count(events, |e| matches!(e, SeccEvent::PowerOn(..))), 1);
    assert_eq!(count(events, |e| matches!(e, SeccEvent::Resumed(_))), 1);
    assert!(count(&world.cars[0].events, |e| *e == EvccEvent::RadioGap) >= 1);
}

#[test]
fn car_that_stays_silent_loses_power_after_half_an_hour() {
    let mut world = World::new(4);
    world.plug(0, 0);
    world.run_until_charging(0);
    world.conditions = Conditions::SILENT;
    world.run(Duration::from_secs(29 * 60));
    assert!(world.stations[0].secc.power_is_on());
    world.run(Duration::from_secs(2 * 60));
    assert!(!world.stations[0].secc.power_is_on());
    // What it charged until then is on the receipt that it fetches when it is back.
    world.conditions = Conditions::CLEAR;
    world.run_until_state(0, EvccState::ExpectUnplug);
    let kept = |e: &SeccEvent| matches!(e, SeccEvent::Countersigned(..));
    assert_eq!(count(&world.stations[0].events, kept), 1);
}

#[test]
fn car_fetches_its_receipt_when_the_plug_was_pulled_during_a_gap() {
    let mut world = World::new(5);
    world.plug(0, 0);
    world.run_until_charging(0);
    world.conditions = Conditions::SILENT;
    world.unplug(0);
    world.run(Duration::from_secs(120));
    world.conditions = Conditions::CLEAR;
    world.run_until("the receipt", |world| {
        count(&world.cars[0].events, |e| {
            matches!(e, EvccEvent::Receipt(..))
        }) == 1
    });
    world.run(Duration::from_secs(20));
    assert!(world.stations[0].secc.session().is_none());
}

#[test]
fn receipt_that_nobody_fetches_is_given_up_by_both_ends() {
    let mut world = World::new(6);
    world.plug(0, 0);
    world.run_until_charging(0);
    world.conditions = Conditions::SILENT;
    world.unplug(0);
    world.run(Duration::from_secs(11 * 60));
    assert!(world.stations[0].secc.session().is_none());
    assert_eq!(world.cars[0].evcc.state(), EvccState::ExpectPlug);
    let ended = |e: &EvccEvent| matches!(e, EvccEvent::SessionEnded(_));
    assert_eq!(count(&world.cars[0].events, ended), 1);
}
