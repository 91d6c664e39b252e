//! What physics did lately: against it the checkers hold what the product says.

use core::time::Duration;

use v2x_units::Instant;

use super::figures::distance;
use crate::car::Car;
use crate::hardware::Hardware;
use crate::town::Place;

/// Who slows by so much brakes hard, m/s². The product's threshold is 4, over a fifth of a second
/// of speeds that it takes ten times a second and dates by when it takes them: a batch of frames
/// that comes a tenth of a second late makes half as much again of a braking.
const HARD: f64 = 2.6;
/// For how long a hard braking explains what is said of it: it is seen late, and a warning holds.
const EXPLAINS: Duration = Duration::from_secs(6);
/// For how long values are taken for fresh at most that are not said again.
const STILL_FRESH: Duration = Duration::from_secs(3);
/// How far away a cause may be, m: reach of the radio and what receivers scatter.
const NEAR: f64 = 200.0;
/// How near somebody must be whom a car could run into, m: at 2.7 s and 25 m/s.
const IN_THE_WAY: f64 = 80.0;

/// Up to this state of charge a car may crawl, %: the product's thresholds are 5 and 8.
const EMPTY: f64 = 8.5;

/// A car at one moment, as physics has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Now {
    /// m/s.
    pub(super) speed: f64,
    /// State of charge, %.
    pub(super) percent: f64,
    pub(super) place: Place,
    /// W from the charger into the battery.
    pub(super) charges: f64,
    /// Whether nothing hinders what its bus says on the way to its computer.
    pub(super) is_heard: bool,
}

impl Now {
    fn of(car: &Car, place: Place, is_heard: bool) -> Self {
        let twizy = &car.twizy;
        let into = (twizy.current() * twizy.voltage()).max(0.0);
        Self {
            speed: twizy.speed(),
            percent: twizy.battery.percent(),
            place,
            charges: if twizy.mains_power() > 0.0 { into } else { 0.0 },
            is_heard,
        }
    }
}

/// One car's physics.
#[derive(Debug, Clone, Default)]
struct Seen {
    speed: f64,
    percent: f64,
    braked: Option<Instant>,
    moved: Option<Instant>,
    /// Wh into the battery from the charger, since the world began.
    charged: f64,
    /// The same at the end of each tick in which some came, since the last charge was over.
    course: Vec<(Instant, f64)>,
    /// The same when its last charge was over.
    told: f64,
    /// When its computer last did not hear all of its bus.
    unheard: Option<Instant>,
    place: Option<Place>,
}

/// What went into a car's battery, against what its computer has counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Charged {
    /// Wh by the charger since the last charge was over.
    pub(super) energy: f64,
    /// Whether its computer could have heard all of it.
    pub(super) is_heard: bool,
}

/// The physics of all cars.
#[derive(Debug, Clone)]
pub(super) struct Witness(Vec<Seen>);

impl Witness {
    pub(super) fn new(cars: usize) -> Self {
        Self(vec![Seen::default(); cars])
    }

    /// Looks at every car after a tick.
    pub(super) fn look(&mut self, now: Instant, tick: Duration, hardware: &Hardware) {
        let cars = hardware.cars().zip(hardware.places()).enumerate();
        for (index, ((_, car), place)) in cars {
            let is = Now::of(car, place, hardware.is_heard(index));
            self.see(now, tick, index, is);
        }
    }

    /// Looks at one car after a tick.
    pub(super) fn see(&mut self, now: Instant, tick: Duration, car: usize, is: Now) {
        let Some(seen) = self.0.get_mut(car) else {
            return;
        };
        seen.place = Some(is.place);
        seen.percent = is.percent;
        let slowed = (seen.speed - is.speed) / tick.as_secs_f64().max(1e-3);
        if slowed >= HARD {
            seen.braked = Some(now);
        }
        seen.speed = is.speed;
        if is.speed > 0.0 {
            seen.moved = Some(now);
        }
        if !is.is_heard {
            seen.unheard = Some(now);
        }
        if is.charges > 0.0 {
            seen.charged += is.charges * tick.as_secs_f64() / 3600.0;
            seen.course.push((now, seen.charged));
        }
    }

    /// What the charger has put into a car's battery up to the end of a charge, since the one
    /// before was over.
    pub(super) fn charged(&mut self, car: usize, until: Instant) -> Charged {
        let Some(seen) = self.0.get_mut(car) else {
            return Charged {
                energy: 0.0,
                is_heard: true,
            };
        };
        let over = seen.course.partition_point(|(at, _)| *at <= until);
        let began = seen.course.first().map(|(at, _)| *at);
        let reached = over.checked_sub(1).and_then(|last| seen.course.get(last));
        let reached = reached.map_or(seen.told, |(_, charged)| *charged);
        let energy = reached - seen.told;
        seen.told = reached;
        seen.course.drain(..over);
        let hidden = seen
            .unheard
            .zip(began)
            .is_some_and(|(at, began)| at >= began);
        Charged {
            energy,
            is_heard: !hidden,
        }
    }

    /// Whether a car's computer has heard its bus all the time lately: what it takes the car for
    /// is no older than its bus makes it.
    pub(super) fn was_heard(&self, now: Instant, car: usize) -> bool {
        let unheard = self.0.get(car).and_then(|seen| seen.unheard);
        unheard.is_none_or(|at| now.since(at) > STILL_FRESH)
    }

    /// Whether a car has braked hard.
    pub(super) fn braked_hard(&self, now: Instant, car: usize) -> bool {
        let braked = self.0.get(car).and_then(|seen| seen.braked);
        braked.is_some_and(|at| now.since(at) <= EXPLAINS)
    }

    /// Whether somebody near a car has braked hard.
    pub(super) fn somebody_braked_hard(&self, now: Instant, near: usize) -> bool {
        self.others(near, NEAR)
            .any(|other| self.braked_hard(now, other))
    }

    /// Whether a car has an almost empty battery.
    pub(super) fn limps(&self, car: usize) -> bool {
        self.0.get(car).is_some_and(|seen| seen.percent <= EMPTY)
    }

    /// Whether somebody near a car has an almost empty battery.
    pub(super) fn somebody_limps(&self, near: usize) -> bool {
        self.others(near, NEAR).any(|other| self.limps(other))
    }

    /// Whether a car that moves has somebody near whom it could run into.
    pub(super) fn somebody_is_in_the_way(&self, now: Instant, of: usize) -> bool {
        let moved = self.0.get(of).and_then(|seen| seen.moved);
        let moves = moved.is_some_and(|at| now.since(at) <= EXPLAINS);
        moves && self.others(of, IN_THE_WAY).next().is_some()
    }

    fn others(&self, of: usize, within: f64) -> impl Iterator<Item = usize> {
        let own = self.0.get(of).and_then(|seen| seen.place);
        let others = self.0.iter().enumerate();
        let near = others.filter(move |(other, seen)| {
            let apart = own.zip(seen.place).map(|(a, b)| distance(&a, &b));
            *other != of && apart.is_some_and(|apart| apart <= within)
        });
        near.map(|(other, _)| other)
    }
}

#[cfg(test)]
impl Now {
    /// A car that stands so far east, half full.
    pub(super) fn standing(east: f64) -> Self {
        Self {
            speed: 0.0,
            percent: 50.0,
            place: Place {
                east,
                north: 0.0,
                height: 0.0,
                grade: 0.0,
                heading: 0.0,
            },
            charges: 0.0,
            is_heard: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(100);

    fn at(seconds: f64) -> Instant {
        Instant::BOOT + Duration::from_secs_f64(seconds)
    }

    fn driving(east: f64, speed: f64) -> Now {
        Now {
            speed,
            ..Now::standing(east)
        }
    }

    /// Two cars so far apart, of which the first drives and the second slows down by so much in a
    /// tenth of a second.
    fn braking(apart: f64, by: f64) -> Witness {
        let mut witness = Witness::new(2);
        for (second, speed) in [(1.0, 10.0), (1.1, 10.0 - by / 10.0)] {
            witness.see(at(second), TICK, 0, driving(0.0, 10.0));
            witness.see(at(second), TICK, 1, driving(apart, speed));
        }
        witness
    }

    #[test]
    fn braking_is_hard_from_the_bound_on_and_for_a_while() {
        assert!(!braking(50.0, HARD - 0.1).braked_hard(at(1.1), 1));
        let witness = braking(50.0, HARD + 0.1);
        assert!(witness.braked_hard(at(1.1), 1));
        let last = at(1.1) + EXPLAINS;
        assert!(witness.braked_hard(last, 1));
        assert!(!witness.braked_hard(last + TICK, 1));
        assert!(!witness.braked_hard(at(1.1), 0), "the other one did not");
    }

    #[test]
    fn somebody_else_is_near_up_to_the_bound() {
        let hard = HARD + 0.1;
        assert!(braking(NEAR - 1.0, hard).somebody_braked_hard(at(1.1), 0));
        assert!(!braking(NEAR + 1.0, hard).somebody_braked_hard(at(1.1), 0));
        assert!(braking(IN_THE_WAY - 1.0, 0.0).somebody_is_in_the_way(at(1.1), 0));
        assert!(!braking(IN_THE_WAY + 1.0, 0.0).somebody_is_in_the_way(at(1.1), 0));
    }

    #[test]
    fn car_that_stands_runs_into_nobody() {
        let mut witness = Witness::new(2);
        witness.see(at(1.0), TICK, 0, Now::standing(0.0));
        witness.see(at(1.0), TICK, 1, driving(5.0, 3.0));
        assert!(!witness.somebody_is_in_the_way(at(1.0), 0));
        assert!(witness.somebody_is_in_the_way(at(1.0), 1));
    }

    #[test]
    fn battery_is_almost_empty_up_to_the_bound() {
        let mut witness = Witness::new(2);
        for (percent, limps) in [(EMPTY, true), (EMPTY + 0.1, false)] {
            let is = Now {
                percent,
                ..Now::standing(10.0)
            };
            witness.see(at(1.0), TICK, 1, is);
            witness.see(at(1.0), TICK, 0, Now::standing(0.0));
            assert_eq!(witness.limps(1), limps);
            assert_eq!(witness.somebody_limps(0), limps);
        }
    }

    #[test]
    fn each_charge_has_what_came_since_the_one_before() {
        let mut witness = Witness::new(1);
        let charging = Now {
            charges: 3600.0,
            ..Now::standing(0.0)
        };
        // Ten seconds at one watt hour a second, then five more.
        for tick in 1..=150 {
            witness.see(at(f64::from(tick) / 10.0), TICK, 0, charging);
        }
        let first = witness.charged(0, at(10.0));
        assert!((first.energy - 10.0).abs() < 0.11, "{first:?}");
        let second = witness.charged(0, at(20.0));
        assert!((first.energy + second.energy - 15.0).abs() < 1e-9);
        assert!(first.is_heard && second.is_heard);
    }

    #[test]
    fn charge_with_a_gap_in_what_was_heard_is_marked() {
        let mut witness = Witness::new(1);
        let charging = Now {
            charges: 2000.0,
            ..Now::standing(0.0)
        };
        let unheard = Now {
            is_heard: false,
            ..charging
        };
        witness.see(at(1.0), TICK, 0, unheard);
        witness.see(at(2.0), TICK, 0, charging);
        assert!(!witness.charged(0, at(3.0)).is_heard);
        witness.see(at(4.0), TICK, 0, charging);
        assert!(witness.charged(0, at(5.0)).is_heard, "it was before");
        let again = at(1.0) + STILL_FRESH;
        assert!(!witness.was_heard(again, 0));
        assert!(witness.was_heard(again + TICK, 0));
    }
}
