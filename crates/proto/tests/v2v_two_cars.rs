//! Two cars come towards each other, meet, and part: what each knows of the other.

mod v2v_world;

use v2v_world::{Car, Operator, World, place};
use v2x_proto::v2v::{MessageKind, V2vEvent, V2vSettings};

fn meeting() -> World {
    let mut operator = Operator::new(1);
    let settings = V2vSettings::default();
    let northbound = Car::new(&mut operator, 1, settings).at(0.0, 0.0, 0.0, 14.0);
    let southbound = Car::new(&mut operator, 2, settings).at(4.0, 600.0, 180.0, 14.0);
    World::of(vec![northbound, southbound])
}

#[test]
fn cars_that_approach_know_each_other_and_lose_each_other_again() {
    let mut world = meeting();
    world.run(5.0);
    assert_eq!(world.cars[0].v2v.map().neighbours().len(), 0, "460 m apart");
    world.run(10.0);
    let other = world.cars[1].v2v.identity().unwrap().0;
    let seen = world.cars[0].v2v.map().neighbour(other).unwrap();
    let really = place(world.cars[1].east, world.cars[1].north);
    let off = seen.position(world.now).distance_to(really).get();
    assert!(off < 2.0, "reckoned {off} m beside the truth");
    assert!(
        seen.confidence(world.now).get() >= 90,
        "fully, but for its age"
    );
    assert_eq!(seen.quality.delivery_ratio(), Some(1.0));
    let peak = seen.quality.peak_age().unwrap().as_secs_f64();
    assert!((0.28..0.36).contains(&peak), "4 m at 14 m/s: {peak} s");

    world.run(40.0);
    let car = &world.cars[0];
    assert_eq!(car.v2v.map().neighbours().len(), 0, "600 m apart again");
    assert!(car.events.contains(&V2vEvent::NeighbourLost(other)));
    let rssi: Vec<_> = car.v2v.map().rssi_by_distance().bins().collect();
    assert!(
        rssi.iter()
            .all(|(_, bin)| bin.messages > 0 || bin.weakest_dbm == 0)
    );
    let (near, far) = (rssi[0].1, rssi[5].1);
    assert!(near.mean_dbm().unwrap() > far.mean_dbm().unwrap() + 20.0);
}

#[test]
fn cars_warn_nobody_when_they_pass_beside_each_other() {
    let mut world = meeting();
    world.run(60.0);
    for car in &world.cars {
        let raised = car
            .events
            .iter()
            .find(|it| matches!(it, V2vEvent::WarningRaised(_)));
        assert_eq!(raised, None);
    }
}

#[test]
fn car_sends_a_certificate_each_second_and_a_cam_each_four_metres() {
    let mut world = meeting();
    world.run(10.0);
    let car = &world.cars[0];
    assert!((10..=11).contains(&car.sent_of(MessageKind::Certificate)));
    // 14 m/s make a CAM due each 300 ms.
    assert!(
        (33..=36).contains(&car.sent_of(MessageKind::Cam)),
        "{}",
        car.sent_of(MessageKind::Cam)
    );
    assert_eq!(car.sent_of(MessageKind::Denm), 0);
    assert_eq!(
        car.sent_of(MessageKind::VehicleData),
        0,
        "nobody agreed to it"
    );
}

#[test]
fn lossy_air_shows_in_the_delivery_ratio_and_not_in_the_knowledge() {
    let mut world = meeting();
    world.loss_percent = 60;
    world.run(20.0);
    let other = world.cars[1].v2v.identity().unwrap().0;
    let seen = world.cars[0].v2v.map().neighbour(other).unwrap();
    let ratio = seen.quality.delivery_ratio().unwrap();
    assert!((0.25..0.6).contains(&ratio), "{ratio}");
}
