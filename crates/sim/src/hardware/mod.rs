//! Everything of a scenario that is no computer: cars with drivers, boards, meters, the air.
//!
//! The boards' lines are the seam: whoever has a computer, in this process or in another, reads
//! and writes their bytes by [`PortId`]. Time is what [`Hardware::advance`] is told.
//!
//! | file | what it holds |
//! |---|---|
//! | `boards` | the product's boards with clocks, flashes and lines around them |
//! | `happenings` | what a scenario lets happen at a moment |
//! | `line` | a board's clock, its UART and its cable |
//! | `placing` | cars and stations in their places at the beginning |
//! | `plan` | what a driver does one after the other |
//! | `sharing` | who drives behind whom, and who draws whose power |

mod boards;
mod happenings;
mod line;
mod placing;
mod plan;
mod sharing;

use std::sync::Arc;

use core::time::Duration;

use v2x_units::{CanFrame, Instant, Position, UtcTime};

use crate::air::{Air, AirEvent};
use crate::bus::BusLayout;
use crate::car::Car;
use crate::chance::Seed;
use crate::gnss::GnssReceiver;
use crate::meter::Meter;
use crate::scenario::{Event, Happening, Scenario, ScenarioError, station_radio};
use crate::town::{Node, Place, Town};

use boards::{CollectorBoard, RadioBoard, SlotBoard};
use line::Lines;
use placing::{address, car, serial, station_nodes, stations};
use plan::{Plan, Ways};
use sharing::OnWay;

/// The longest step in which a world with all its bus traffic moves on.
pub const TICK: Duration = Duration::from_millis(10);
/// The same where only its signals matter.
const COARSE_TICK: Duration = Duration::from_millis(50);
/// How often a message comes at least, where only its signals matter.
const SIGNAL_EVERY: Duration = Duration::from_millis(500);

/// The same for those that tell how the car moves: V2V looks at it ten times a second.
const MOTION_EVERY: Duration = Duration::from_millis(100);

/// How much of the bus is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Every frame at its true time.
    Frames,
    /// Every message twice a second at most, those that tell how the car moves ten times: a
    /// fraction of the work, and the same signals.
    Signals,
}

/// On a spring day, °C.
const OUTSIDE: f64 = 18.0;

/// A board's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PortId {
    /// The collector of a car.
    Collector(usize),
    /// The radio of a car.
    CarRadio(usize),
    /// The controller of a slot, from 0.
    Slot(usize),
    /// The radio of a station, from 0.
    StationRadio(usize),
}

/// A car that has got its slot, or waits for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wait {
    /// Which car.
    pub car: usize,
    /// Which slot, from 0.
    pub slot: usize,
    /// How long the slot was another's while it stood there.
    pub waited: Duration,
}

/// A car with its boards.
#[derive(Debug)]
struct CarHere {
    name: String,
    car: Car,
    /// Where it is now.
    place: Place,
    plan: Plan,
    collector: CollectorBoard,
    radio: RadioBoard,
    serial: u32,
}

/// The world without computers.
#[derive(Debug)]
pub struct Hardware {
    town: Town,
    air: Air,
    cars: Vec<CarHere>,
    slots: Vec<SlotBoard>,
    stations: Vec<RadioBoard>,
    station_places: Vec<Position>,
    /// Charges that began, with how long their cars waited for the slot.
    waits: Vec<Wait>,
    /// The numbers of ways: cars of the same way have the same one.
    ways: Ways,
    /// The cars, sorted by way and place a moment ago.
    order: Vec<OnWay>,
    events: Vec<Event>,
    /// What ends at a moment.
    endings: Vec<(Instant, Happening)>,
    lines: Lines,
    now: Instant,
    tick: Duration,
    said: Vec<(PortId, Vec<u8>)>,
    story: Vec<(Instant, String)>,
}

impl Hardware {
    /// Puts everything in its place; `utc` is the true time at [`Instant::BOOT`].
    ///
    /// # Errors
    /// When the scenario names what the town does not have.
    pub fn new(
        town: Town,
        scenario: &Scenario,
        seed: Seed,
        utc: UtcTime,
        detail: Detail,
    ) -> Result<Self, ScenarioError> {
        let mut air = Air::new(scenario.air, seed.stream("air"));
        let layout = BusLayout::renault_twizy();
        let (mut cars, mut ways) = (Vec::new(), Ways::default());
        for (index, plan) in scenario.cars.iter().enumerate() {
            let through: Vec<_> = plan.route.iter().map(String::as_str).collect();
            let way = town.way(&through).ok_or_else(|| ScenarioError {
                file: town.name.clone(),
                fault: format!("car {}: no way through {:?}", plan.name, plan.route),
            })?;
            let stream = |what: &str| seed.stream(&format!("car {index} {what}"));
            let mut car = car(&layout, &way, plan, index, &mut stream("battery"));
            if detail == Detail::Signals {
                car.bus.thin_out(SIGNAL_EVERY, MOTION_EVERY);
            }
            let now = Instant::BOOT;
            let receiver = GnssReceiver::new(scenario.gnss, utc, now, stream("receiver"));
            let collector = address(1, index);
            let collector = CollectorBoard::new(collector, receiver, now, stream("collector"));
            cars.push(CarHere {
                name: plan.name.clone(),
                place: car.place(),
                car,
                collector,
                radio: RadioBoard::new(address(2, index), &mut air, now, stream("radio")),
                plan: Plan::new(plan, way, &mut ways, stream("driver")),
                serial: serial(index),
            });
        }
        let slots: Vec<_> = (scenario.slots.iter().enumerate())
            .map(|(index, slot)| {
                let stream = seed.stream(&format!("slot {index}"));
                let meter = Meter::new(slot.counter_wh);
                SlotBoard::new(address(3, index), meter, Instant::BOOT, stream)
            })
            .collect();
        let nodes = station_nodes(&town, scenario)?;
        let stations = stations(&nodes, seed, &mut air);
        let place = |node: &&Node| town.position(node.east, node.north);
        let station_places = nodes.iter().map(place).collect();
        let mut events = scenario.events.clone();
        events.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
        events.reverse();
        Ok(Self {
            town,
            air,
            cars,
            slots,
            stations,
            station_places,
            waits: Vec::new(),
            order: (0..scenario.cars.len()).map(OnWay::of).collect(),
            ways,
            events,
            endings: Vec::new(),
            lines: Lines::new(seed.stream("lines")),
            now: Instant::BOOT,
            tick: match detail {
                Detail::Frames => TICK,
                Detail::Signals => COARSE_TICK,
            },
            said: Vec::new(),
            story: Vec::new(),
        })
    }

    /// Lets frames of a recording drive a car in place of its driver and physics, from when it sets
    /// off; times are since the first frame, in rising order. `false`: there is no such car.
    pub fn follow(&mut self, car: &str, frames: Arc<[(Duration, CanFrame)]>) -> bool {
        let found = self.cars.iter_mut().find(|here| here.name == car);
        found.is_some_and(|here| {
            here.car.follow(frames);
            true
        })
    }

    /// Every line with a name for people: `alpha.collector`, `alpha.radio`, `slot1`,
    /// `station.radio`.
    #[must_use]
    pub fn ports(&self) -> Vec<(PortId, String)> {
        let mut ports = Vec::new();
        for (index, car) in self.cars.iter().enumerate() {
            ports.push((PortId::Collector(index), format!("{}.collector", car.name)));
            ports.push((PortId::CarRadio(index), format!("{}.radio", car.name)));
        }
        for index in 0..self.slots.len() {
            ports.push((PortId::Slot(index), format!("slot{}", index + 1)));
        }
        for index in 0..self.stations.len() {
            ports.push((PortId::StationRadio(index), station_radio(index)));
        }
        ports
    }

    /// The town.
    #[must_use]
    pub const fn town(&self) -> &Town {
        &self.town
    }

    /// Where each station stands.
    #[must_use]
    pub fn stations(&self) -> Vec<Position> {
        self.station_places.clone()
    }

    /// The air.
    #[must_use]
    pub const fn air(&self) -> &Air {
        &self.air
    }

    /// The cars, in the order of the scenario.
    pub fn cars(&self) -> impl Iterator<Item = (&str, &Car)> {
        self.cars.iter().map(|here| (here.name.as_str(), &here.car))
    }

    /// Where the cars are, in the same order.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        self.cars.iter().map(|here| here.place)
    }

    /// Wh that have really passed a slot's meter.
    #[must_use]
    pub fn passed(&self, slot: usize) -> Option<f64> {
        self.slots.get(slot).map(|slot| slot.meter.energy())
    }

    /// The slot, from 0, that a car is plugged into.
    #[must_use]
    pub fn plugged_into(&self, car: usize) -> Option<usize> {
        self.cars.get(car)?.plan.plugged_into()
    }

    /// The cars that have got their slots since the last call.
    pub fn take_waits(&mut self) -> Vec<Wait> {
        std::mem::take(&mut self.waits)
    }

    /// The cars that stand before a slot that is another's, with how long they have waited so far.
    #[must_use]
    pub fn waiting(&self) -> Vec<Wait> {
        let cars = self.cars.iter().enumerate();
        let waiting = cars.filter_map(|(car, here)| {
            let (slot, since) = here.plan.waits_for(self.now)?;
            let waited = self.now.since(since);
            Some(Wait { car, slot, waited })
        });
        waiting.collect()
    }

    /// Whether a plug is in a slot.
    #[must_use]
    pub fn is_plugged(&self, slot: usize) -> bool {
        self.slots.get(slot).is_some_and(SlotBoard::is_plugged)
    }

    /// Whether a slot's meter does something wrong, its board is away, or its line is.
    #[must_use]
    pub fn meter_is_unwell(&self, slot: usize) -> bool {
        let unwell = |slot: &SlotBoard| slot.meter.fault.is_some() || slot.is_away(self.now);
        self.slots.get(slot).is_some_and(unwell)
            || self.lines.fault(self.now, PortId::Slot(slot)).is_some()
    }

    /// Whether nothing hinders what a car's bus says on the way to its computer: its collector and
    /// that one's line are well.
    #[must_use]
    pub fn is_heard(&self, car: usize) -> bool {
        let is_away = |here: &CarHere| here.collector.is_away(self.now);
        !self.cars.get(car).is_some_and(is_away)
            && self.lines.fault(self.now, PortId::Collector(car)).is_none()
    }

    /// The serials of the cars, as their buses say them.
    pub fn serials(&self) -> impl Iterator<Item = String> {
        self.cars.iter().map(|here| format!("{:07x}", here.serial))
    }

    /// The longest step in which it moves on.
    #[must_use]
    pub const fn tick_length(&self) -> Duration {
        self.tick
    }

    /// Now.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Whether every driver has done what he set out to do.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.under_way() == 0
    }

    /// Drivers who have not done yet what they set out to do.
    #[must_use]
    pub fn under_way(&self) -> usize {
        let all = self.cars.iter();
        all.filter(|here| !here.plan.is_done()).count()
    }

    /// A computer has written to a board's line.
    pub fn hear(&mut self, port: PortId, bytes: &[u8]) {
        let now = self.now;
        let spoilt = self.lines.fault(now, port);
        let spoilt = spoilt.map(|_| self.lines.carry(now, port, bytes.to_vec()));
        let bytes = spoilt.as_deref().unwrap_or(bytes);
        match port {
            PortId::Collector(car) => self.cars[car].collector.hear(now, bytes),
            PortId::CarRadio(car) => self.cars[car].radio.hear(now, bytes),
            PortId::Slot(slot) => self.slots[slot].hear(now, bytes),
            PortId::StationRadio(station) => self.stations[station].hear(now, bytes),
        }
    }

    /// What boards have put on their lines since the last call.
    pub fn take_said(&mut self) -> Vec<(PortId, Vec<u8>)> {
        std::mem::take(&mut self.said)
    }

    /// What happened since the last call, in sentences.
    pub fn take_story(&mut self) -> Vec<(Instant, String)> {
        std::mem::take(&mut self.story)
    }

    /// Lets the world move on until `to`, in steps of [`Self::tick_length`] and a shorter last one.
    pub fn advance(&mut self, to: Instant) {
        while self.now < to {
            let before = self.now;
            self.now = (self.now + self.tick).min(to);
            self.tick(self.now.since(before));
        }
    }

    fn tick(&mut self, length: Duration) {
        let now = self.now;
        self.let_happen(now);
        let leaders = self.leaders();
        for (index, (here, leader)) in self.cars.iter_mut().zip(leaders).enumerate() {
            let story = &mut self.story;
            let mut tell = |text: String| story.push((now, format!("{}: {text}", here.name)));
            let waited = here.plan.step(
                now,
                &mut here.car,
                (&self.town, &mut self.ways),
                &mut self.slots,
                &mut tell,
            );
            self.waits.extend(waited.map(|(slot, waited)| Wait {
                car: index,
                slot,
                waited,
            }));
            let collector = &mut here.collector;
            here.car
                .run(now, leader, |at, frame| collector.frame(at, frame));
            let (place, speed) = (here.car.place(), here.car.twizy.speed());
            here.place = place;
            if let Some(said) = collector.receiver.speak(now, &self.town, place, speed) {
                collector.gnss(now, said.as_bytes());
            }
            self.air.place(here.radio.radio, place.east, place.north);
        }
        self.pass_power(length);
        self.step_boards(now);
    }

    fn step_boards(&mut self, now: Instant) {
        for event in self.air.poll(now) {
            let (of, event) = match event {
                AirEvent::Heard {
                    by,
                    from,
                    to,
                    rssi,
                    payload,
                    ..
                } => (by, Some(((from, to), rssi, payload))),
                AirEvent::Ended { of, confirmed } => {
                    if let Some(radio) = self.radio(of) {
                        radio.ended(now, confirmed);
                    }
                    (of, None)
                }
            };
            if let (Some((way, rssi, payload)), Some(radio)) = (event, self.radio(of)) {
                radio.heard(now, way, rssi, &payload);
            }
        }
        let (said, lines) = (&mut self.said, &mut self.lines);
        let mut say = |port, bytes: Vec<u8>| {
            let bytes = lines.carry(now, port, bytes);
            if !bytes.is_empty() {
                said.push((port, bytes));
            }
        };
        for (index, here) in self.cars.iter_mut().enumerate() {
            say(PortId::Collector(index), here.collector.step(now));
            say(PortId::CarRadio(index), here.radio.step(now, &mut self.air));
        }
        for (index, slot) in self.slots.iter_mut().enumerate() {
            say(PortId::Slot(index), slot.step(now));
        }
        for (index, radio) in self.stations.iter_mut().enumerate() {
            say(PortId::StationRadio(index), radio.step(now, &mut self.air));
        }
    }

    /// The board of a radio: the cars' joined the air first, then the stations'.
    fn radio(&mut self, id: crate::air::RadioId) -> Option<&mut RadioBoard> {
        let index = id.index();
        match index.checked_sub(self.cars.len()) {
            None => self.cars.get_mut(index).map(|here| &mut here.radio),
            Some(station) => self.stations.get_mut(station),
        }
    }
}
