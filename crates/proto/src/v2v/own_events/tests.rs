//! Each event at its borders, in virtual time.

use alloc::vec::Vec;

use v2x_units::StateOfCharge;

use super::*;
use crate::v2v::input::Fault;

fn car(speed: f64, acceleration: f64) -> Observed {
    let motion = Motion::speed(Instant::BOOT, MetersPerSecond::new(speed));
    Observed {
        motion: Some(motion),
        acceleration: Some(MetersPerSecondSquared::new(acceleration)),
        condition: Condition::default(),
    }
}

fn with_fault(car: Observed) -> Observed {
    let condition = Condition {
        fault: Some(Fault::BatteryEmpty),
        ..car.condition
    };
    Observed { condition, ..car }
}

fn with_charge(car: Observed, percent: f64) -> Observed {
    let mut condition = car.condition;
    condition.battery.state_of_charge = StateOfCharge::from_percent(percent);
    Observed { condition, ..car }
}

/// What begins and ends while a car does something, with the milliseconds.
fn turns(millis: u64, drive: impl Fn(u64) -> Observed) -> Vec<(u64, OwnEventKind, EventTurn)> {
    let mut events = OwnEvents::default();
    let mut seen = Vec::new();
    for now in (0..millis).step_by(50) {
        let turned = events.look(Instant::from_micros(now * 1000), &drive(now));
        for (kind, turn) in OwnEventKind::ALL.into_iter().zip(turned) {
            seen.extend(turn.map(|turn| (now, kind, turn)));
        }
    }
    seen
}

#[test]
fn hard_braking_begins_after_200_ms_and_ends_half_a_second_after_it_is_over() {
    use OwnEventKind::EmergencyBraking;
    let seen = turns(3000, |now| match now {
        1000..2000 => car(12.0, -6.0),
        _ => car(6.0, 0.0),
    });
    assert_eq!(
        seen,
        [
            (1200, EmergencyBraking, EventTurn::Begins),
            (2500, EmergencyBraking, EventTurn::Ends)
        ]
    );
}

#[test]
fn gentle_slow_or_short_braking_is_no_emergency() {
    assert_eq!(turns(3000, |_| car(12.0, -3.9)), []);
    assert_eq!(turns(3000, |_| car(5.4, -6.0)), []);
    let jerk = |now| {
        if now % 300 < 150 {
            car(12.0, -6.0)
        } else {
            car(12.0, 0.0)
        }
    };
    assert_eq!(turns(3000, jerk), []);
    let pedal_off = |_| {
        let mut car = car(12.0, -6.0);
        car.motion = car.motion.map(|motion| Motion {
            brake_pedal: Some(false),
            ..motion
        });
        car
    };
    assert_eq!(turns(3000, pedal_off), [], "recuperation alone");
}

#[test]
fn car_with_a_fault_breaks_down_first_and_stands_then() {
    use OwnEventKind::{Breakdown, Stationary};
    let seen = turns(12_000, |now| match now {
        0..2000 => with_fault(car(5.0, 0.0)),
        _ => with_fault(car(0.0, 0.0)),
    });
    assert_eq!(
        seen,
        [
            (1000, Breakdown, EventTurn::Begins),
            (7000, Stationary, EventTurn::Begins),
            (9000, Breakdown, EventTurn::Ends),
        ]
    );
}

#[test]
fn car_that_waits_at_a_light_reports_nothing() {
    assert_eq!(turns(120_000, |_| car(0.0, 0.0)), []);
}

#[test]
fn stationary_car_whose_speed_falls_silent_goes_on_standing() {
    let seen = turns(60_000, |now| {
        let silent = Observed {
            motion: None,
            ..with_fault(car(0.0, 0.0))
        };
        if now < 10_000 {
            with_fault(car(0.0, 0.0))
        } else {
            silent
        }
    });
    let ends = seen
        .iter()
        .any(|(_, kind, turn)| (*kind, *turn) == (OwnEventKind::Stationary, EventTurn::Ends));
    assert!(!ends, "{seen:?}");
}

#[test]
fn crawling_on_an_empty_battery_is_a_limp_until_it_is_charged() {
    use OwnEventKind::Limp;
    let seen = turns(40_000, |now| match now {
        0..20_000 => with_charge(car(6.0, 0.0), 4.9),
        20_000..25_000 => with_charge(car(6.0, 0.0), 7.9),
        _ => with_charge(car(6.0, 0.0), 8.1),
    });
    assert_eq!(
        seen,
        [
            (10_000, Limp, EventTurn::Begins),
            (27_000, Limp, EventTurn::Ends)
        ]
    );
    assert_eq!(turns(30_000, |_| with_charge(car(10.0, 0.0), 1.0)), []);
}
