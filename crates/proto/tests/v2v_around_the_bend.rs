//! A car stands around a bend with an empty battery: whoever comes along the same way is warned,
//! whoever drives elsewhere is not, and the event ends as it should.

mod v2v_world;

use v2v_world::{Car, Operator, World};
use v2x_proto::v2v::{
    Fault, MessageKind, OwnEventKind, Reason, V2vEvent, V2vInput, V2vSettings, WarningKind,
};
use v2x_proto::wire::station::{ActionId, CauseCode};

/// A car has driven 200 m north, turned, driven 84 m east, and stands. Another follows, a third
/// crosses 100 m beside.
fn world() -> World {
    let mut operator = Operator::new(3);
    let settings = V2vSettings::default();
    let stopped = Car::new(&mut operator, 1, settings).at(0.0, 0.0, 0.0, 12.0);
    let follower = Car::new(&mut operator, 2, settings).at(0.0, -300.0, 0.0, 12.0);
    let elsewhere = Car::new(&mut operator, 3, settings).at(-150.0, 60.0, 180.0, 2.0);
    let mut world = World::of(vec![stopped, follower, elsewhere]);
    world.until(60, |world| world.cars[0].north >= 200.0);
    while world.cars[0].heading < 90.0 {
        world.cars[0].heading += 0.6;
        world.tick();
    }
    world.until(60, |world| world.cars[0].east >= 60.0);
    world.cars[0].acceleration = -3.0;
    world.until(10, |world| world.cars[0].speed <= 0.0);
    world.cars[0].condition.fault = Some(Fault::BatteryEmpty);
    world
}

fn stationary(car: &Car) -> Option<ActionId> {
    car.events.iter().find_map(|event| match event {
        V2vEvent::OwnEventBegun(OwnEventKind::Stationary, action) => Some(*action),
        _ => None,
    })
}

#[test]
fn follower_is_warned_on_the_way_that_bends_and_nobody_else_is() {
    let mut world = world();
    let seen = |world: &World| {
        let raised = world.cars[1].raised(WarningKind::StationaryVehicleAhead);
        raised.into_iter().find(|it| {
            matches!(
                it.reason,
                Reason::Reported {
                    cause: CauseCode { cause: 94, .. },
                    ..
                }
            )
        })
    };
    world.until(30, |world| seen(world).is_some());
    let warning = seen(&world).unwrap();
    let on_path = Reason::Reported {
        cause: CauseCode::STATIONARY_BREAKDOWN,
        on_path: true,
    };
    assert_eq!(warning.reason, on_path, "{warning}");
    assert!(world.cars[1].north < 200.0, "before the bend");
    assert!(warning.confidence.get() >= 60, "{warning}");
    world.run(5.0);
    assert_eq!(
        world.cars[2].raised(WarningKind::StationaryVehicleAhead),
        []
    );
    let action = stationary(&world.cars[0]).unwrap();
    let event = world.cars[1].v2v.map().events().get(action).unwrap();
    assert_eq!(event.linked_cause, Some(CauseCode::LACK_OF_BATTERY_POWER));
}

#[test]
fn car_that_drives_on_takes_its_event_back() {
    let mut world = world();
    world.until(30, |world| stationary(&world.cars[0]).is_some());
    let action = stationary(&world.cars[0]).unwrap();
    world.run(1.0);
    assert!(world.cars[1].v2v.map().events().get(action).is_some());
    world.cars[0].condition.fault = None;
    world.cars[0].acceleration = 2.0;
    world.run(6.0);
    assert!(world.cars[1].events.contains(&V2vEvent::EventOver(action)));
    assert_eq!(world.cars[1].v2v.map().events().iter().count(), 0);
}

#[test]
fn event_of_a_car_that_falls_silent_runs_out() {
    let mut world = world();
    world.until(30, |world| stationary(&world.cars[0]).is_some());
    // Long enough for the breakdown before it to be taken back.
    world.run(4.0);
    world.cars[1].speed = 0.0;
    let now = world.now;
    world.cars[0].handle(now, V2vInput::Clock(None));
    let sent = world.cars[0].sent.len();
    world.run(50.0);
    assert_eq!(world.cars[0].sent.len(), sent, "it is silent");
    let known = |world: &World| world.cars[1].v2v.map().events().iter().count();
    assert_eq!(known(&world), 1);
    world.run(10.0);
    assert_eq!(known(&world), 0);
}

#[test]
fn event_that_one_other_denies_is_doubted_and_goes_on() {
    let mut world = world();
    world.until(30, |world| stationary(&world.cars[0]).is_some());
    world.run(1.0);
    // Both others stand where the car ought to be and do not see it; it is far away by now.
    let now = world.now;
    world.cars[0].handle(now, V2vInput::Clock(None));
    let action = stationary(&world.cars[0]).unwrap();
    let now = world.now;
    world.cars[1].handle(now, V2vInput::Gone(action));
    world.run(2.0);
    let known = world.cars[2].v2v.map().events().get(action).unwrap();
    assert!(known.denied_by.is_some());
    let now = world.now;
    world.cars[2].handle(now, V2vInput::Gone(action));
    world.run(2.0);
    assert!(
        world.cars[1].v2v.map().events().get(action).is_some(),
        "it heard one other"
    );
    assert!(
        world.cars[1].sent_of(MessageKind::Denm) >= 5,
        "told more than once"
    );
}

#[test]
fn stationary_event_is_repeated_each_second_and_renewed_within_its_validity() {
    let mut world = world();
    world.until(30, |world| stationary(&world.cars[0]).is_some());
    world.cars[1].speed = 0.0;
    let before = world.cars[0].sent_of(MessageKind::Denm);
    let known_before = |world: &World| {
        let events = world.cars[1].events.iter();
        events
            .filter(|it| matches!(it, V2vEvent::EventKnown(_)))
            .count()
    };
    world.run(1.0);
    let known = known_before(&world);
    world.run(89.0);
    let told = world.cars[0].sent_of(MessageKind::Denm) - before;
    assert!((85..=97).contains(&told), "{told}");
    let updates = known_before(&world) - known;
    assert!(
        (2..=4).contains(&updates),
        "a new version each 30 s: {updates}"
    );
    assert!(world.cars[1].v2v.map().events().iter().count() == 1);
}
