//! Scenarios drawn from a seed: an hour of a town in which everything that can go wrong does.

use crate::chance::{Chance, Seed};
use crate::driver::DriverKind;
use crate::gnss::GnssSettings;
use crate::meter::MeterFault;
use crate::scenario::{CarPlan, ChargePlan, Event, Happening, Leg, Scenario, SlotPlan};
use crate::town::Town;

/// A scenario of so many cars and slots and so many seconds.
#[must_use]
pub fn scenario(town: &Town, seed: Seed, cars: usize, slots: usize, seconds: f64) -> Scenario {
    let mut chance = seed.stream("campaign");
    let nodes: Vec<_> = town.nodes().map(|node| node.name.clone()).collect();
    let cars: Vec<_> = (0..cars)
        .map(|index| car(town, &nodes, index, slots, seconds, &mut chance))
        .collect();
    let mut events = Vec::new();
    let mut at = chance.between(30.0, 200.0);
    while at < seconds {
        events.push(Event {
            at_s: at,
            what: happening(&cars, slots, &mut chance),
        });
        at += chance.between(60.0, 300.0);
    }
    Scenario {
        about: format!("An hour drawn from seed {}.", seed.0),
        cars,
        slots: (0..slots)
            .map(|_| SlotPlan {
                counter_wh: chance.between(0.0, 900_000.0).floor(),
            })
            .collect(),
        events,
        air: crate::air::AirSettings::default(),
        gnss: GnssSettings {
            outages_per_hour: 6.0,
            ..GnssSettings::default()
        },
    }
}

fn car(
    town: &Town,
    nodes: &[String],
    index: usize,
    slots: usize,
    seconds: f64,
    chance: &mut Chance,
) -> CarPlan {
    let kinds = [
        DriverKind::Gentle,
        DriverKind::Hurried,
        DriverKind::Delivering,
    ];
    let station = town.station().name.clone();
    let mut here = chance.one_of(nodes).cloned().unwrap_or_default();
    let mut legs = Vec::new();
    let mut planned = 0.0;
    while planned < seconds {
        let to_station = slots > 0 && chance.happens(0.4);
        let mut to = if to_station {
            station.clone()
        } else {
            chance.one_of(nodes).cloned().unwrap_or_default()
        };
        if to == here {
            to = nodes
                .iter()
                .find(|node| **node != here)
                .cloned()
                .unwrap_or_default();
        }
        let charge = (to == station && slots > 0).then(|| ChargePlan {
            slot: 1 + chance.below(slots),
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
        legs,
    }
}

fn happening(cars: &[CarPlan], slots: usize, chance: &mut Chance) -> Happening {
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
    match chance.below(8) {
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
        5 => Happening::DiskFault {
            car,
            calls: 1 + u32::try_from(chance.below(200)).unwrap_or(0),
        },
        6 => Happening::RestartComputer { car },
        _ => Happening::BrokerAway {
            for_s: chance.between(5.0, 600.0),
        },
    }
}
