//! Cars and stations in their places at the beginning, with pasts and addresses.

use std::sync::Arc;

use v2x_units::{Instant, MacAddress};

use super::OUTSIDE;
use super::boards::RadioBoard;
use crate::air::Air;
use crate::bus::BusLayout;
use crate::car::{Car, Past};
use crate::chance::{Chance, Seed};
use crate::scenario::{CarPlan, Scenario, ScenarioError, StationPlan};
use crate::town::{Node, Town, Way};
use crate::twizy::{Battery, Spec, Twizy};

/// Where the stations stand.
pub(super) fn station_nodes<'a>(
    town: &'a Town,
    scenario: &Scenario,
) -> Result<Vec<&'a Node>, ScenarioError> {
    if scenario.slots.is_empty() {
        return Ok(Vec::new());
    }
    if scenario.stations.is_empty() {
        return Ok(vec![town.station()]);
    }
    let find = |plan: &StationPlan| {
        let node = town.nodes().find(|node| node.name == plan.at);
        node.ok_or_else(|| ScenarioError {
            file: town.name.clone(),
            fault: format!("a station at {:?}: there is no such place", plan.at),
        })
    };
    scenario.stations.iter().map(find).collect()
}

/// The stations' radios, each in its place.
pub(super) fn stations(nodes: &[&Node], seed: Seed, air: &mut Air) -> Vec<RadioBoard> {
    let board = |(index, node): (usize, &&Node)| {
        let name = match index {
            0 => "station radio".to_owned(),
            index => format!("station {index} radio"),
        };
        let board = RadioBoard::new(address(4, index), air, Instant::BOOT, seed.stream(&name));
        air.place(board.radio, node.east, node.north);
        board
    };
    nodes.iter().enumerate().map(board).collect()
}

/// A parked car with a past.
pub(super) fn car(
    layout: &Arc<BusLayout>,
    way: &Way,
    plan: &CarPlan,
    index: usize,
    chance: &mut Chance,
) -> Car {
    let health = chance.between(0.9, 1.0);
    let battery = Battery::new(plan.percent, health, OUTSIDE, chance);
    let past = Past {
        odometer: chance.between(500.0, 40_000.0),
        serial: serial(index),
        minutes: chance.between(1_000.0, 500_000.0),
    };
    let twizy = Twizy::new(Spec::TWIZY_80, battery, OUTSIDE);
    Car::new(Arc::clone(layout), twizy, past, way.place(plan.starts_at_m))
}

/// The last digits of a vehicle's number, invented.
pub(super) fn serial(index: usize) -> u32 {
    0x123_4560 + u32::try_from(index % 10).unwrap_or(0)
}

/// A locally administered address: kind of board and number.
pub(super) fn address(kind: u8, number: usize) -> MacAddress {
    let [high, low] = u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes();
    MacAddress::new([0x02, 0x51, 0x4D, kind, high, low])
}
