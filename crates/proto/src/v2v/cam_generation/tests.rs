//! The rules at their borders, in virtual time.

use alloc::vec::Vec;

use super::*;
use crate::v2v::geometry::Step;

const CHECK: Duration = Duration::from_millis(50);
const NO_LOAD: Duration = CAM_INTERVAL_MIN;

fn car(meters: f64, heading: f64, speed: f64) -> Dynamics {
    let origin = Position::new(Degrees::new(34.0), Degrees::new(-6.8)).unwrap();
    let place = Step::towards(Degrees::ZERO, meters).from(origin);
    Dynamics {
        position: place.unwrap(),
        heading: Some(Degrees::new(heading)),
        speed: Some(MetersPerSecond::new(speed)),
    }
}

/// The moments at which CAMs go out while a car does something, in milliseconds.
fn moments(
    generation: &mut CamGeneration,
    from_ms: u64,
    to_ms: u64,
    shortest: Duration,
    drive: impl Fn(f64) -> Dynamics,
) -> Vec<u64> {
    let mut sent = Vec::new();
    let mut now = Instant::from_micros(from_ms * 1000);
    while now < Instant::from_micros(to_ms * 1000) {
        let seconds = now.since(Instant::BOOT).as_secs_f64();
        let car = drive(seconds);
        if let Some(trigger) = generation.due(now, &car, shortest) {
            generation.sent(now, car, trigger);
            sent.push(now.as_micros() / 1000);
        }
        now = now + CHECK;
    }
    sent
}

#[test]
fn car_that_stands_sends_once_a_second() {
    let sent = moments(&mut CamGeneration::default(), 0, 5000, NO_LOAD, |_| {
        car(0.0, 0.0, 0.0)
    });
    assert_eq!(sent, [0, 1000, 2000, 3000, 4000]);
}

#[test]
fn car_at_50_km_per_hour_sends_every_four_metres() {
    // 13.9 m/s: more than 4 m after 288 ms, so at every sixth check.
    let sent = moments(&mut CamGeneration::default(), 0, 3000, NO_LOAD, |time| {
        car(13.9 * time, 0.0, 13.9)
    });
    assert_eq!(sent, [0, 300, 600, 900, 1200, 1500, 1800, 2100, 2400, 2700]);
}

#[test]
fn steps_themselves_trigger_nothing_and_a_hair_more_does() {
    let second = Instant::from_micros(150_000);
    for (name, car_now, due) in [
        ("4 degrees", car(0.0, 4.0, 10.0), false),
        ("4.1 degrees", car(0.0, 4.1, 10.0), true),
        (
            "4.1 degrees to the left, over north",
            car(0.0, 355.9, 10.0),
            true,
        ),
        ("3.99 m", car(3.99, 0.0, 10.0), false),
        ("4.01 m", car(4.01, 0.0, 10.0), true),
        ("0.5 m/s", car(0.0, 0.0, 10.5), false),
        ("0.51 m/s less", car(0.0, 0.0, 9.49), true),
    ] {
        let mut generation = CamGeneration::default();
        generation.sent(Instant::BOOT, car(0.0, 0.0, 10.0), CamTrigger::First);
        let seen = generation.due(second, &car_now, NO_LOAD);
        assert_eq!(seen.is_some(), due, "{name}");
    }
}

#[test]
fn rate_of_the_movement_is_kept_for_three_more_cams_after_it_ends() {
    let mut generation = CamGeneration::default();
    let turning = |time: f64| car(0.0, 50.0 * time, 0.0);
    let sent = moments(&mut generation, 0, 1000, NO_LOAD, turning);
    assert_eq!(sent.last(), Some(&900), "every 100 ms: {sent:?}");
    let still = moments(&mut generation, 1000, 4000, NO_LOAD, |_| {
        car(0.0, 45.0, 0.0)
    });
    assert_eq!(still, [1000, 1100, 1200, 2200, 3200]);
}

#[test]
fn busy_channel_holds_back_what_movement_asks_for() {
    let busy = Duration::from_millis(400);
    let fast = |time: f64| car(30.0 * time, 0.0, 30.0);
    let sent = moments(&mut CamGeneration::default(), 0, 1600, busy, fast);
    assert_eq!(sent, [0, 400, 800, 1200]);
}

#[test]
fn ten_cams_a_second_are_the_most_whatever_the_car_does() {
    let spinning = |time: f64| car(90.0 * time, 700.0 * time, 50.0 * time);
    let sent = moments(
        &mut CamGeneration::default(),
        0,
        1000,
        Duration::ZERO,
        spinning,
    );
    assert_eq!(sent.len(), 10, "{sent:?}");
}

#[test]
fn low_frequency_container_comes_first_and_then_every_500_ms_at_most() {
    let mut generation = CamGeneration::default();
    assert!(generation.low_frequency_due(Instant::BOOT));
    generation.low_frequency_sent(Instant::BOOT);
    assert!(!generation.low_frequency_due(Instant::from_micros(499_999)));
    assert!(generation.low_frequency_due(Instant::from_micros(500_000)));
}
