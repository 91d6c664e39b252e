//! The air between cars and stations: datagrams that are lost, repeated and delayed, and the time
//! that goes on from one thing to the next.

use core::time::Duration;

use v2x_proto::v2g::{EvccInput, SeccInput};
use v2x_units::{Instant, MacAddress};

use super::World;

/// What the air does to datagrams.
#[derive(Debug, Clone, Copy)]
pub struct Conditions {
    /// So many of a hundred are lost.
    pub loss: u64,
    /// So many of a hundred arrive twice.
    pub repeated: u64,
    /// Each takes up to so many milliseconds, drawn for itself, so that they overtake each other.
    pub delay: u64,
}

impl Conditions {
    pub const CLEAR: Self = Self {
        loss: 0,
        repeated: 0,
        delay: 3,
    };
    pub const ROUGH: Self = Self {
        loss: 60,
        repeated: 30,
        delay: 250,
    };
    pub const SILENT: Self = Self {
        loss: 100,
        repeated: 0,
        delay: 3,
    };
}

/// A datagram on its way.
#[derive(Debug, Clone)]
pub struct Flight {
    pub arrives: Instant,
    pub from: MacAddress,
    pub to: MacAddress,
    pub bytes: Vec<u8>,
}

impl World {
    /// Puts a datagram on the air, to be lost, repeated and delayed.
    pub fn transmit(&mut self, from: MacAddress, to: MacAddress, bytes: &[u8]) {
        let flight = |arrives| Flight {
            arrives,
            from,
            to,
            bytes: bytes.to_vec(),
        };
        self.heard_by_all.push(flight(self.now));
        let copies = 1 + u64::from(self.rng.chance(self.conditions.repeated));
        for _ in 0..copies {
            if !self.rng.chance(self.conditions.loss) {
                let delay = 1 + self.rng.below(self.conditions.delay);
                self.air
                    .push(flight(self.now + Duration::from_millis(delay)));
            }
        }
    }

    fn deliver(&mut self, flight: &Flight) {
        let is_for = |mac| flight.from != mac && (flight.to == mac || flight.to.is_group());
        for at in 0..self.cars.len() {
            if is_for(self.cars[at].mac) {
                self.tell_car(at, EvccInput::Heard(flight.from, &flight.bytes));
            }
        }
        for at in 0..self.stations.len() {
            if is_for(self.stations[at].mac) {
                self.tell_station(at, SeccInput::Heard(flight.from, &flight.bytes));
            }
        }
    }

    /// Lets the time go on to the next thing that happens, at most to `end`.
    pub(super) fn step(&mut self, end: Instant) {
        let wakes = self.cars.iter().filter_map(|car| car.wake);
        let settling = self.cars.iter().filter_map(|car| car.settles);
        let wakes = wakes.chain(settling);
        let wakes = wakes.chain(self.stations.iter().filter_map(|station| station.wake));
        let arrivals = self.air.iter().map(|flight| flight.arrives);
        let next = wakes
            .chain(arrivals)
            .chain([self.next_second, end])
            .min()
            .unwrap();
        self.now = next.max(self.now);
        if self.now >= self.next_second {
            self.next_second = self.now + Duration::from_secs(1);
            self.read_meters();
        }
        while let Some(at) = self
            .air
            .iter()
            .position(|flight| flight.arrives <= self.now)
        {
            let flight = self.air.remove(at);
            self.deliver(&flight);
        }
        for at in 0..self.cars.len() {
            if self.cars[at].settles.is_some_and(|when| when <= self.now) {
                let car = &mut self.cars[at];
                car.settles = None;
                let plugged = car.plugged_into.is_some();
                self.tell_car(at, EvccInput::Plugged(plugged));
            }
            self.drain_car(at);
        }
        for at in 0..self.stations.len() {
            self.drain_station(at);
        }
        self.move_relays();
    }
}
