//! The sizes that `docs/protocol/v2v.md` tells, of what a car really sends.

mod v2v_world;

use v2v_world::{Car, Operator, World};
use v2x_proto::v2v::{Fault, MessageKind, V2vSettings};
use v2x_units::StateOfCharge;

/// The sizes of everything of a kind that is sent within some seconds, the smallest first.
fn sizes(world: &mut World, kind: MessageKind, seconds: f64) -> Vec<usize> {
    let before = world.cars[0].sent.len();
    world.run(seconds);
    let sent = world.cars[0].sent[before..].iter();
    let mut sizes: Vec<_> = sent
        .filter(|it| it.kind == kind)
        .map(|it| it.payload.len())
        .collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

fn driving(meters: f64) -> World {
    let mut operator = Operator::new(70);
    let settings = V2vSettings {
        vehicle_data: true,
        ..V2vSettings::default()
    };
    let mut car = Car::new(&mut operator, 1, settings).at(0.0, 0.0, 0.0, 14.0);
    car.motion.brake_pedal = Some(true);
    car.condition.battery.state_of_charge = StateOfCharge::from_percent(50.0);
    let mut world = World::of(vec![car]);
    if meters > 0.0 {
        world.until(100, |world| world.cars[0].north >= meters);
    }
    world
}

#[test]
fn every_message_of_a_moving_car_has_the_size_that_the_page_tells() {
    let mut world = driving(0.0);
    let first = sizes(&mut world, MessageKind::Cam, 0.5);
    assert_eq!(first.first(), Some(&179), "high frequency only: {first:?}");
    let mut world = driving(500.0);
    assert_eq!(sizes(&mut world, MessageKind::Certificate, 2.0), [202]);
    assert_eq!(sizes(&mut world, MessageKind::VehicleData, 6.0), [166]);
    let cams = sizes(&mut world, MessageKind::Cam, 3.0);
    // A straight way takes one point of 9 bytes.
    assert_eq!(cams, [179, 190], "high frequency only, and with a path");
}

#[test]
fn every_event_fits_a_frame_with_its_path() {
    for meters in [0.0, 1000.0] {
        let mut world = driving(meters);
        world.cars[0].acceleration = -5.0;
        let braking = sizes(&mut world, MessageKind::Denm, 1.5);
        world.cars[0].condition.fault = Some(Fault::BatteryEmpty);
        world.run(10.0);
        let standing = sizes(&mut world, MessageKind::Denm, 2.0);
        world.cars[0].condition.fault = None;
        world.run(2.1);
        let ending = sizes(&mut world, MessageKind::Denm, 1.0);
        println!("after {meters} m: braking {braking:?}, standing {standing:?}, end {ending:?}");
        assert!(braking.iter().chain(&standing).all(|size| *size <= 250));
        assert_eq!(ending, [206]);
        // One point of path more takes 9 bytes.
        assert!(
            braking.iter().all(|size| (217..=226).contains(size)),
            "{braking:?}"
        );
        assert!(
            standing.iter().all(|size| (219..=228).contains(size)),
            "{standing:?}"
        );
    }
}

#[test]
fn path_of_a_winding_road_fills_the_frame_and_never_more() {
    let mut world = driving(0.0);
    let mut sizes = Vec::new();
    for turn in 0..60 {
        let heading = if turn % 2 == 0 { 40.0 } else { 320.0 };
        world.cars[0].heading = heading;
        let before = world.cars[0].sent.len();
        world.run(1.7);
        let sent = world.cars[0].sent[before..].iter();
        let cams = sent.filter(|it| it.kind == MessageKind::Cam);
        sizes.extend(cams.map(|it| it.payload.len()));
    }
    let longest = sizes.iter().max();
    assert!(
        longest.is_some_and(|size| (242..=250).contains(size)),
        "{longest:?}"
    );
}
