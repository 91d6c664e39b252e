//! What physics did lately: against it the checkers hold what the product says.

use core::time::Duration;

use v2x_units::Instant;

use super::figures::distance;
use crate::hardware::Hardware;
use crate::town::Place;

/// Who slows by so much brakes hard, m/s². The product's threshold is 4, over a fifth of a second
/// of speeds that it takes ten times a second and dates by when it takes them: a batch of frames
/// that comes a tenth of a second late makes half as much again of a braking.
const HARD: f64 = 2.6;
/// For how long a hard braking explains what is said of it: it is seen late, and a warning holds.
const EXPLAINS: Duration = Duration::from_secs(6);
/// How far away a cause may be, m: reach of the radio and what receivers scatter.
const NEAR: f64 = 200.0;
/// How near somebody must be whom a car could run into, m: at 2.7 s and 25 m/s.
const IN_THE_WAY: f64 = 80.0;

/// Up to this state of charge a car may crawl, %: the product's thresholds are 5 and 8.
const EMPTY: f64 = 8.5;

/// One car's physics.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    speed: f64,
    percent: f64,
    braked: Option<Instant>,
    moved: Option<Instant>,
    /// Wh into the battery from the charger, since the world began.
    charged: f64,
    /// The same when its last charge was over, and when its plug went in.
    charge_began: f64,
    plug_in: f64,
    is_plugged: bool,
    place: Option<Place>,
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
        for (index, (seen, (_, car))) in self.0.iter_mut().zip(hardware.cars()).enumerate() {
            let twizy = &car.twizy;
            seen.place = Some(car.place());
            seen.percent = twizy.battery.percent();
            let slowed = (seen.speed - twizy.speed()) / tick.as_secs_f64().max(1e-3);
            if slowed >= HARD {
                seen.braked = Some(now);
            }
            seen.speed = twizy.speed();
            if seen.speed > 0.0 {
                seen.moved = Some(now);
            }
            let is_plugged = hardware.plugged_into(index).is_some();
            if is_plugged && !seen.is_plugged {
                seen.plug_in = seen.charged;
            }
            seen.is_plugged = is_plugged;
            if twizy.mains_power() > 0.0 {
                let watts = (twizy.current() * twizy.voltage()).max(0.0);
                seen.charged += watts * tick.as_secs_f64() / 3600.0;
            }
        }
    }

    /// Wh that the charger has put into a car's battery since its last charge was over; the next
    /// one begins with the plug that is in, if one is.
    pub(super) fn charged(&mut self, car: usize, is_plugged: bool) -> f64 {
        let Some(seen) = self.0.get_mut(car) else {
            return 0.0;
        };
        let charged = seen.charged - seen.charge_began;
        seen.charge_began = if is_plugged {
            seen.plug_in
        } else {
            seen.charged
        };
        charged
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
