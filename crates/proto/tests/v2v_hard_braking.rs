//! The car in front brakes hard: the follower sees its brake light through the radio, and is
//! warned of the collision only when it does not brake itself.

mod v2v_world;

use v2v_world::{Car, Operator, World};
use v2x_proto::v2v::{
    MessageKind, OwnEventKind, Reason, Subject, V2vEvent, V2vSettings, WarningKind,
};

/// Both at 14 m/s, the follower so many metres behind.
fn column(gap: f64) -> World {
    let mut operator = Operator::new(2);
    let settings = V2vSettings::default();
    let leader = Car::new(&mut operator, 1, settings).at(0.0, gap, 0.0, 14.0);
    let follower = Car::new(&mut operator, 2, settings).at(0.0, 0.0, 0.0, 14.0);
    let mut world = World::of(vec![leader, follower]);
    world.run(5.0);
    world
}

#[test]
fn follower_is_warned_by_the_brake_light_before_half_a_second_is_over() {
    let mut world = column(40.0);
    world.cars[0].acceleration = -6.0;
    let begun = world.seconds();
    world.until(2, |world| {
        !world.cars[1]
            .raised(WarningKind::EmergencyBrakeLight)
            .is_empty()
    });
    assert!(world.seconds() - begun < 0.6, "{}", world.seconds() - begun);
    let warning = world.cars[1].raised(WarningKind::EmergencyBrakeLight)[0];
    let leader = world.cars[0].v2v.identity().unwrap().0;
    assert_eq!(warning.subject, Subject::Station(leader));
    assert!((30.0..42.0).contains(&warning.distance.get()), "{warning}");
    assert!(warning.confidence.get() >= 60, "{warning}");
}

#[test]
fn braking_is_told_ten_times_a_second_and_cancelled_when_it_is_over() {
    let mut world = column(40.0);
    world.cars[0].acceleration = -5.0;
    world.run(4.0);
    let leader = &world.cars[0];
    let begun = leader.events.iter().find_map(|event| match event {
        V2vEvent::OwnEventBegun(OwnEventKind::EmergencyBraking, action) => Some(*action),
        _ => None,
    });
    let action = begun.unwrap();
    let ended = V2vEvent::OwnEventEnded(OwnEventKind::EmergencyBraking, action);
    assert!(leader.events.contains(&ended), "it stands after 2.8 s");
    // 2.6 s at 10 Hz, half a second of hold, and five cancellations.
    let told = leader.sent_of(MessageKind::Denm);
    assert!((30..=40).contains(&told), "{told}");
    let follower = &world.cars[1];
    assert!(follower.events.contains(&V2vEvent::EventKnown(action)));
    assert!(follower.events.contains(&V2vEvent::EventOver(action)));
    assert_eq!(follower.v2v.map().events().iter().count(), 0);
}

#[test]
fn follower_that_does_not_brake_is_warned_of_the_collision_with_its_time() {
    let mut world = column(40.0);
    world.cars[0].acceleration = -6.0;
    world.until(4, |world| {
        !world.cars[1]
            .raised(WarningKind::ForwardCollision)
            .is_empty()
    });
    let warning = world.cars[1].raised(WarningKind::ForwardCollision)[0];
    let time = warning.time_to_collision.unwrap();
    assert!(
        time.earliest < time.likely && time.likely < time.latest,
        "{warning}"
    );
    assert!((1.0..3.0).contains(&time.likely), "{warning}");
    assert!(
        matches!(warning.reason, Reason::ClosingUp(speed) if speed > 5.0),
        "{warning}"
    );
    let text = warning.to_string();
    assert!(text.starts_with("forward collision, "), "{text}");
}

#[test]
fn follower_that_keeps_its_distance_is_not_warned_of_a_collision() {
    let mut world = column(25.0);
    world.run(10.0);
    assert_eq!(world.cars[1].raised(WarningKind::ForwardCollision), []);
    assert_eq!(world.cars[1].raised(WarningKind::EmergencyBrakeLight), []);
}

#[test]
fn warning_does_not_flicker_while_a_third_of_the_messages_is_lost() {
    let mut world = column(60.0);
    world.loss_percent = 33;
    world.cars[0].acceleration = -5.0;
    world.cars[1].acceleration = -2.0;
    world.run(8.0);
    let raised = world.cars[1].raised(WarningKind::EmergencyBrakeLight).len();
    assert_eq!(raised, 1);
    assert_eq!(world.cars[1].v2v.warnings().count(), 0, "it is over");
}
