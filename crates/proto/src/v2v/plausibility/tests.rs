//! Each kind once at its border, against a car that goes straight on.

use v2x_units::{Degrees, MetersPerSecond, MetersPerSecondSquared};

use super::*;

const NOW_MS: i64 = 709_121_735_250;

fn its(millis: i64) -> ItsTime {
    ItsTime::from_millis(NOW_MS + millis).unwrap()
}

fn origin() -> Position {
    Position::new(Degrees::new(34.0), Degrees::new(-6.8)).unwrap()
}

fn north(meters: f64) -> Position {
    Step::towards(Degrees::ZERO, meters).from(origin()).unwrap()
}

/// Northbound at 10 m/s, so many milliseconds and metres after the beginning.
fn claim(millis: i64, meters: f64) -> Claim {
    Claim {
        at: its(millis),
        position: north(meters),
        accuracy: Some(Meters::new(2.0)),
        heading: Some(Degrees::ZERO),
        speed: Some(MetersPerSecond::new(10.0)),
        acceleration: None,
        direction: None,
        length: None,
        width: None,
        control: None,
    }
}

#[test]
fn car_that_drives_on_is_plausible_through_gaps() {
    for (millis, meters) in [(100, 1.0), (300, 3.5), (1000, 10.0), (4000, 42.0)] {
        let seen = after(&claim(0, 0.0), &claim(millis, meters));
        assert_eq!(seen, Ok(None), "{millis} ms, {meters} m");
    }
    let seen = alone(&claim(0, 0.0), its(20), Some(north(-900.0)));
    assert_eq!(seen, Ok(()));
}

#[test]
fn moment_far_from_the_signature_is_refused_in_both_directions() {
    for (apart, refused) in [(1500, false), (1501, true), (-1500, false), (-1501, true)] {
        let seen = alone(&claim(0, 0.0), its(apart), None);
        let expected = if refused {
            Err(Implausible::GenerationTime)
        } else {
            Ok(())
        };
        assert_eq!(seen, expected, "{apart}");
    }
}

#[test]
fn same_moment_is_a_duplicate_and_an_earlier_one_is_none() {
    let first = claim(0, 0.0);
    assert_eq!(after(&first, &claim(0, 0.0)), Err(Implausible::Duplicate));
    let earlier = after(&first, &claim(-1, 0.0));
    assert_eq!(earlier, Err(Implausible::GenerationTime));
}

#[test]
fn station_beyond_the_reach_of_radio_is_refused() {
    let seen = alone(&claim(0, 0.0), its(0), Some(north(-1001.0)));
    assert_eq!(seen, Err(Implausible::OutOfRange));
}

#[test]
fn speed_and_acceleration_beyond_any_car_are_refused() {
    let fast = Claim {
        speed: Some(MetersPerSecond::new(70.1)),
        ..claim(0, 0.0)
    };
    assert_eq!(alone(&fast, its(0), None), Err(Implausible::Speed));
    let strong = Claim {
        acceleration: Some(MetersPerSecondSquared::new(-12.1)),
        ..claim(0, 0.0)
    };
    assert_eq!(alone(&strong, its(0), None), Err(Implausible::Acceleration));
    let sudden = Claim {
        speed: Some(MetersPerSecond::new(12.5)),
        ..claim(100, 1.0)
    };
    let seen = after(&claim(0, 0.0), &sudden);
    assert_eq!(seen, Err(Implausible::Acceleration));
}

#[test]
fn place_farther_than_the_car_can_have_driven_is_a_jump() {
    // 10 m/s and 12 m/s² over a second, two accuracies of 2 m, 3 m of scatter: 23 m.
    assert!(after(&claim(0, 0.0), &claim(1000, 22.9)).is_ok());
    let seen = after(&claim(0, 0.0), &claim(1000, 23.2));
    assert_eq!(seen, Err(Implausible::PositionJump));
}

#[test]
fn car_that_moves_sideways_or_turns_on_the_spot_is_doubted() {
    let east = Claim {
        heading: Some(Degrees::new(90.0)),
        ..claim(1000, 0.0)
    };
    let seen = after(&claim(0, 0.0), &east);
    assert_eq!(seen, Ok(Some(Implausible::Heading)), "a turn in a second");
    let slid = Claim {
        heading: Some(Degrees::new(-70.0)),
        ..claim(2000, 20.0)
    };
    let seen = after(&claim(0, 0.0), &slid);
    assert_eq!(seen, Ok(Some(Implausible::Heading)), "north, but says west");
}

#[test]
fn car_that_says_it_drives_and_stays_is_doubted() {
    let seen = after(&claim(0, 0.0), &claim(2000, 0.0));
    assert_eq!(seen, Ok(Some(Implausible::Movement)));
}
