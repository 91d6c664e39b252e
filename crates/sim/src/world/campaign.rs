//! Scenarios drawn from a seed: a town in which everything that can go wrong does.

use crate::chance::{Chance, Seed};
use crate::driver::DriverKind;
use crate::gnss::GnssSettings;
use crate::meter::MeterFault;
use crate::scenario::{
    CarPlan, ChargePlan, Event, Happening, Leg, Lets, LineFault, Scenario, SlotPlan, StationPlan,
    station_radio,
};
use crate::town::Town;

/// How much there is of everything.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Campaign {
    /// Cars.
    pub cars: usize,
    /// Charging stations: the town's own, and others where the seed puts them.
    pub stations: usize,
    /// Slots of all stations together, dealt out in turn.
    pub slots: usize,
    /// How long it lasts, s.
    pub seconds: f64,
    /// Whether anything goes wrong.
    pub faults: bool,
}

impl Campaign {
    /// What is shown to be without complaint: five cars, two stations with three slots, faults on.
    #[must_use]
    pub const fn usual(seconds: f64) -> Self {
        Self {
            cars: 5,
            stations: 2,
            slots: 3,
            seconds,
            faults: true,
        }
    }
}

/// What a campaign's cars have to choose from.
struct Around<'a> {
    nodes: &'a [String],
    /// Where each slot is.
    slots: &'a [String],
    seconds: f64,
    calls_when_parked: bool,
}

/// A scenario of so much, drawn from the seed.
#[must_use]
pub fn scenario(town: &Town, seed: Seed, wanted: Campaign) -> Scenario {
    let mut chance = seed.stream("campaign");
    let nodes: Vec<_> = town.nodes().map(|node| node.name.clone()).collect();
    let places = places(town, &nodes, wanted.stations, &mut chance);
    // In one town everybody may charge, in another known cars only, which have to call for it.
    let lets_known_cars_only = chance.happens(0.5);
    let station_of = |slot: usize| 1 + slot % places.len().max(1);
    let slots: Vec<_> = (0..wanted.slots)
        .map(|slot| SlotPlan {
            counter_wh: chance.between(0.0, 900_000.0).floor(),
            station: station_of(slot),
            lets: if lets_known_cars_only {
                Lets::KnownCars
            } else {
                Lets::Everybody
            },
        })
        .collect();
    let at = |slot: &SlotPlan| places[slot.station - 1].clone();
    let slot_places: Vec<_> = slots.iter().map(at).collect();
    let around = Around {
        nodes: &nodes,
        slots: &slot_places,
        seconds: wanted.seconds,
        calls_when_parked: lets_known_cars_only,
    };
    let cars: Vec<_> = (0..wanted.cars)
        .map(|index| car(&around, index, &mut chance))
        .collect();
    let mut events = Vec::new();
    let mut at = chance.between(30.0, 200.0);
    while wanted.faults && at < wanted.seconds {
        events.push(Event {
            at_s: at,
            what: happening(&cars, wanted, &mut chance),
        });
        at += chance.between(60.0, 300.0);
    }
    Scenario {
        about: format!("Drawn from seed {}.", seed.0),
        cars,
        stations: places.into_iter().map(|at| StationPlan { at }).collect(),
        slots,
        events,
        air: crate::air::AirSettings::default(),
        gnss: GnssSettings {
            outages_per_hour: if wanted.faults { 6.0 } else { 0.0 },
            ..GnssSettings::default()
        },
    }
}

/// The town's own station, and others elsewhere.
fn places(town: &Town, nodes: &[String], count: usize, chance: &mut Chance) -> Vec<String> {
    let mut places = vec![town.station().name.clone()];
    while places.len() < count {
        let mut free: Vec<_> = nodes.iter().filter(|it| !places.contains(it)).collect();
        if free.is_empty() {
            // A town that is too small for so many has several in one place.
            free = nodes.iter().collect();
        }
        match chance.one_of(&free) {
            Some(node) => places.push((*node).clone()),
            None => break,
        }
    }
    places
}

fn car(around: &Around<'_>, index: usize, chance: &mut Chance) -> CarPlan {
    let kinds = [
        DriverKind::Gentle,
        DriverKind::Hurried,
        DriverKind::Delivering,
    ];
    let Around { nodes, slots, .. } = *around;
    let mut here = chance.one_of(nodes).cloned().unwrap_or_default();
    let mut legs = Vec::new();
    let mut planned = 0.0;
    while planned < around.seconds {
        let slot = chance.below(slots.len());
        let mut slot = slots
            .get(slot)
            .filter(|_| chance.happens(0.4))
            .map(|_| slot);
        let mut to = match slot {
            Some(slot) => slots[slot].clone(),
            None => chance.one_of(nodes).cloned().unwrap_or_default(),
        };
        if to == here {
            slot = None;
            to = nodes
                .iter()
                .find(|node| **node != here)
                .cloned()
                .unwrap_or_default();
        }
        let charge = slot.map(|slot| ChargePlan {
            slot: slot + 1,
            after_s: chance.between(2.0, 20.0),
            for_s: chance.between(60.0, 1200.0),
        });
        let waits_s = chance.between(5.0, 120.0);
        planned += waits_s + 60.0 + charge.map_or(0.0, |charge| charge.for_s);
        let route = vec![here, to.clone()];
        here = to;
        legs.push(Leg {
            route,
            waits_s,
            charge,
        });
    }
    let first = legs.remove(0);
    CarPlan {
        name: format!("car-{}", index + 1),
        driver: chance.one_of(&kinds).copied().unwrap_or(DriverKind::Gentle),
        percent: chance.between(14.0, 98.0),
        route: first.route,
        starts_at_m: 0.0,
        sets_off_s: first.waits_s,
        charge: first.charge,
        calls_when_parked: around.calls_when_parked,
        legs,
    }
}

/// The line of any board.
fn line(cars: &[CarPlan], wanted: Campaign, chance: &mut Chance) -> String {
    let car = chance.one_of(cars).map_or("", |car| car.name.as_str());
    match chance.below(4) {
        0 if wanted.slots > 0 => format!("slot{}", 1 + chance.below(wanted.slots)),
        1 if wanted.slots > 0 => station_radio(chance.below(wanted.stations.max(1))),
        2 => format!("{car}.radio"),
        _ => format!("{car}.collector"),
    }
}

fn happening(cars: &[CarPlan], wanted: Campaign, chance: &mut Chance) -> Happening {
    let slots = wanted.slots;
    let car = chance
        .one_of(cars)
        .map(|car| car.name.clone())
        .unwrap_or_default();
    let faults = [
        MeterFault::Silent,
        MeterFault::Damaged,
        MeterFault::Cut,
        MeterFault::Zeros,
        MeterFault::Stuck,
        MeterFault::Jumping,
    ];
    match chance.below(14) {
        0 => Happening::BrakeHard {
            car,
            for_s: chance.between(1.0, 5.0),
        },
        1 => Happening::LoseSky {
            car,
            for_s: chance.between(5.0, 120.0),
        },
        2 if slots > 0 => Happening::MeterFault {
            slot: 1 + chance.below(slots),
            fault: chance
                .one_of(&faults)
                .copied()
                .unwrap_or(MeterFault::Silent),
            for_s: chance.between(2.0, 90.0),
        },
        3 if slots > 0 => Happening::Reboot {
            board: format!("slot{}", 1 + chance.below(slots)),
        },
        4 => Happening::Reboot {
            board: format!("{car}.collector"),
        },
        5 => Happening::Reboot {
            board: format!("{car}.radio"),
        },
        6 if slots > 0 => Happening::Reboot {
            board: station_radio(chance.below(wanted.stations.max(1))),
        },
        7 => Happening::Replay {
            for_s: chance.between(10.0, 120.0),
        },
        8 => Happening::DiskFault {
            car,
            calls: 1 + u32::try_from(chance.below(200)).unwrap_or(0),
        },
        9 => Happening::RestartComputer { car },
        10 => Happening::LineFault {
            board: line(cars, wanted, chance),
            fault: LineFault::Unplugged,
            for_s: chance.between(1.0, 60.0),
        },
        11 => Happening::LineFault {
            board: line(cars, wanted, chance),
            fault: LineFault::Noisy,
            for_s: chance.between(10.0, 300.0),
        },
        12 if slots > 0 => Happening::MeterReset {
            slot: 1 + chance.below(slots),
        },
        _ => Happening::BrokerAway {
            for_s: chance.between(5.0, 600.0),
        },
    }
}
