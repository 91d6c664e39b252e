//! What a driver does one after the other: wait, drive, park, plug in, unplug.

use std::collections::BTreeMap;

use core::time::Duration;

use v2x_units::Instant;

use super::boards::SlotBoard;
use crate::car::Car;
use crate::chance::Chance;
use crate::driver::{Driver, DriverKind};
use crate::scenario::{CarPlan, ChargePlan, Leg};
use crate::town::{Town, Way};

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    /// Parked at the beginning.
    Waits,
    Drives,
    /// Parked at the end, until it is plugged in.
    Parked(Instant),
    PluggedIn(Instant),
    Done,
}

/// The numbers of ways, by the nodes that they go through.
#[derive(Debug, Default)]
pub(super) struct Ways(BTreeMap<Vec<String>, usize>);

impl Ways {
    fn number(&mut self, route: &[String]) -> usize {
        let next = self.0.len();
        *self.0.entry(route.to_vec()).or_insert(next)
    }
}

/// A driver's plan.
#[derive(Debug)]
pub(super) struct Plan {
    kind: DriverKind,
    way: Way,
    /// Which way that is.
    number: usize,
    starts_at: f64,
    sets_off: Instant,
    charge: Option<ChargePlan>,
    /// What comes after this way, the next one last.
    legs: Vec<Leg>,
    chance: Chance,
    stage: Stage,
}

impl Plan {
    pub(super) fn new(plan: &CarPlan, way: Way, ways: &mut Ways, chance: Chance) -> Self {
        Self {
            kind: plan.driver,
            way,
            number: ways.number(&plan.route),
            starts_at: plan.starts_at_m,
            sets_off: Instant::BOOT + Duration::from_secs_f64(plan.sets_off_s.max(0.0)),
            charge: plan.charge,
            legs: plan.legs.iter().rev().cloned().collect(),
            chance,
            stage: Stage::Waits,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }

    /// The slot that it is plugged into, from 0.
    pub(super) fn plugged_into(&self) -> Option<usize> {
        let slot = self.charge?.slot.checked_sub(1)?;
        matches!(self.stage, Stage::PluggedIn(_)).then_some(slot)
    }

    /// The slot, from 0, before which it stands because another car has it, and since when.
    pub(super) fn waits_for(&self, now: Instant) -> Option<(usize, Instant)> {
        let slot = self.charge?.slot.checked_sub(1)?;
        match self.stage {
            Stage::Parked(plugs_in) if now > plugs_in => Some((slot, plugs_in)),
            _ => None,
        }
    }

    /// Its way and how far it is on it, for those behind.
    pub(super) fn on_way(&self, car: &Car) -> Option<(usize, f64)> {
        match self.stage {
            Stage::Waits => Some((self.number, self.starts_at)),
            Stage::Drives => Some((self.number, car.travelled_on_way())),
            _ => None,
        }
    }

    /// Lets the driver do what is due; gives the slot that he has got, and how long he waited.
    pub(super) fn step(
        &mut self,
        now: Instant,
        car: &mut Car,
        around: (&Town, &mut Ways),
        slots: &mut [SlotBoard],
        tell: &mut impl FnMut(String),
    ) -> Option<(usize, Duration)> {
        let percent = car.twizy.battery.percent();
        match self.stage {
            Stage::Waits if now >= self.sets_off && car.is_asleep() => {
                let driver = Driver::new(self.kind, &self.way, &mut self.chance);
                car.set_off(now, self.way.clone(), driver, self.starts_at);
                tell(format!("sets off with {percent:.1} %"));
                self.stage = Stage::Drives;
            }
            Stage::Drives if car.has_arrived() => {
                car.switch_off(now);
                tell(format!("has arrived with {percent:.1} %"));
                match self.charge {
                    Some(charge) => {
                        let plugs_in = now + Duration::from_secs_f64(charge.after_s);
                        self.stage = Stage::Parked(plugs_in);
                    }
                    None => self.go_on(now, around),
                }
            }
            Stage::Parked(plugs_in) if now >= plugs_in => {
                let charge = self.charge?;
                // Somebody else is there: wait.
                if !slots
                    .get(charge.slot - 1)
                    .is_some_and(|slot| slot.is_free(now))
                {
                    return None;
                }
                tell(format!("is plugged into slot {}", charge.slot));
                self.stage = Stage::PluggedIn(now + Duration::from_secs_f64(charge.for_s));
                self.plug(now, slots, true);
                return Some((charge.slot - 1, now.since(plugs_in)));
            }
            Stage::PluggedIn(until) if now >= until => {
                self.plug(now, slots, false);
                tell(format!("is unplugged with {percent:.1} %"));
                self.go_on(now, around);
            }
            _ => {}
        }
        None
    }

    /// The next leg, if there is one and a way leads there.
    fn go_on(&mut self, now: Instant, (town, ways): (&Town, &mut Ways)) {
        self.stage = Stage::Done;
        let Some(leg) = self.legs.pop() else { return };
        let through: Vec<_> = leg.route.iter().map(String::as_str).collect();
        if let Some(way) = town.way(&through) {
            self.way = way;
            self.number = ways.number(&leg.route);
            self.starts_at = 0.0;
            self.charge = leg.charge;
            self.sets_off = now + Duration::from_secs_f64(leg.waits_s.max(0.0));
            self.stage = Stage::Waits;
        }
    }

    fn plug(&self, now: Instant, slots: &mut [SlotBoard], plugged: bool) {
        let slot = self.charge.and_then(|charge| charge.slot.checked_sub(1));
        if let Some(slot) = slot.and_then(|at| slots.get_mut(at)) {
            slot.set_plug(now, plugged);
        }
    }
}
