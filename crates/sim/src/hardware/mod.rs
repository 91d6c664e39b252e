//! Everything of a scenario that is no computer: cars with drivers, boards, meters, the air.
//!
//! The boards' lines are the seam: whoever has a computer, in this process or in another, reads
//! and writes their bytes by [`PortId`]. Time is what [`Hardware::advance`] is told.
//!
//! | file | what it holds |
//! |---|---|
//! | `boards` | the product's boards with clocks, flashes and lines around them |
//! | `happenings` | what a scenario lets happen at a moment |
//! | `line` | a board's clock and its UART |
//! | `plan` | what a driver does one after the other |

mod boards;
mod happenings;
mod line;
mod plan;

use std::sync::Arc;

use core::time::Duration;

use v2x_units::{Instant, MacAddress, UtcTime};

use crate::air::{Air, AirEvent};
use crate::bus::BusLayout;
use crate::car::{Car, Past, Socket};
use crate::chance::{Chance, Seed};
use crate::driver::Leader;
use crate::gnss::GnssReceiver;
use crate::meter::Meter;
use crate::scenario::{CarPlan, Event, Happening, Scenario, ScenarioError};
use crate::town::{Town, Way};
use crate::twizy::{Battery, Spec, Twizy};

use boards::{CollectorBoard, RadioBoard, SlotBoard};
use plan::Plan;

/// The longest step in which a world with all its bus traffic moves on.
pub const TICK: Duration = Duration::from_millis(10);
/// The same where only its signals matter.
const COARSE_TICK: Duration = Duration::from_millis(50);
/// How often a message comes at least, where only its signals matter.
const SIGNAL_EVERY: Duration = Duration::from_millis(500);

/// How much of the bus is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Every frame at its true time.
    Frames,
    /// Every message twice a second at most: a tenth of the work, and the same signals.
    Signals,
}
/// What the station allows a car, A.
const SLOT_CURRENT: f64 = 13.0;
/// Of a Twizy, m.
const LENGTH: f64 = 2.34;
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
    /// The radio of the station.
    StationRadio,
}

/// A car with its boards.
#[derive(Debug)]
struct CarHere {
    name: String,
    car: Car,
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
    station_radio: Option<RadioBoard>,
    events: Vec<Event>,
    /// What ends at a moment.
    endings: Vec<(Instant, Happening)>,
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
        let mut cars = Vec::new();
        for (index, plan) in scenario.cars.iter().enumerate() {
            let through: Vec<_> = plan.route.iter().map(String::as_str).collect();
            let way = town.way(&through).ok_or_else(|| ScenarioError {
                file: town.name.clone(),
                fault: format!("car {}: no way through {:?}", plan.name, plan.route),
            })?;
            let stream = |what: &str| seed.stream(&format!("car {index} {what}"));
            let mut car = car(&layout, &way, plan, index, &mut stream("battery"));
            if detail == Detail::Signals {
                car.bus.thin_out(SIGNAL_EVERY);
            }
            let now = Instant::BOOT;
            let receiver = GnssReceiver::new(scenario.gnss, utc, now, stream("receiver"));
            let collector = address(1, index);
            let collector = CollectorBoard::new(collector, receiver, now, stream("collector"));
            cars.push(CarHere {
                name: plan.name.clone(),
                car,
                collector,
                radio: RadioBoard::new(address(2, index), &mut air, now, stream("radio")),
                plan: Plan::new(plan, way, stream("driver")),
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
        let station_radio = (!slots.is_empty()).then(|| {
            let stream = seed.stream("station radio");
            let board = RadioBoard::new(address(4, 0), &mut air, Instant::BOOT, stream);
            let place = town.station();
            air.place(board.radio, place.east, place.north);
            board
        });
        let mut events = scenario.events.clone();
        events.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
        events.reverse();
        Ok(Self {
            town,
            air,
            cars,
            slots,
            station_radio,
            events,
            endings: Vec::new(),
            now: Instant::BOOT,
            tick: match detail {
                Detail::Frames => TICK,
                Detail::Signals => COARSE_TICK,
            },
            said: Vec::new(),
            story: Vec::new(),
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
        if self.station_radio.is_some() {
            ports.push((PortId::StationRadio, "station.radio".to_owned()));
        }
        ports
    }

    /// The town.
    #[must_use]
    pub const fn town(&self) -> &Town {
        &self.town
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

    /// Wh that have really passed a slot's meter.
    #[must_use]
    pub fn passed(&self, slot: usize) -> Option<f64> {
        self.slots.get(slot).map(|slot| slot.meter.energy())
    }

    /// Whether a plug is in a slot.
    #[must_use]
    pub fn is_plugged(&self, slot: usize) -> bool {
        self.slots.get(slot).is_some_and(SlotBoard::is_plugged)
    }

    /// Whether a slot's meter does something wrong, or its board is away.
    #[must_use]
    pub fn meter_is_unwell(&self, slot: usize) -> bool {
        let unwell = |slot: &SlotBoard| slot.meter.fault.is_some() || slot.is_away(self.now);
        self.slots.get(slot).is_some_and(unwell)
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
        self.cars.iter().all(|here| here.plan.is_done())
    }

    /// A computer has written to a board's line.
    pub fn hear(&mut self, port: PortId, bytes: &[u8]) {
        let now = self.now;
        match port {
            PortId::Collector(car) => self.cars[car].collector.hear(now, bytes),
            PortId::CarRadio(car) => self.cars[car].radio.hear(now, bytes),
            PortId::Slot(slot) => self.slots[slot].hear(now, bytes),
            PortId::StationRadio => {
                if let Some(radio) = &mut self.station_radio {
                    radio.hear(now, bytes);
                }
            }
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

    /// Lets the world move on until `to`, in steps of [`TICK`].
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
        let leaders: Vec<_> = (0..self.cars.len()).map(|car| self.leader(car)).collect();
        for (here, leader) in self.cars.iter_mut().zip(leaders) {
            let story = &mut self.story;
            let mut tell = |text: String| story.push((now, format!("{}: {text}", here.name)));
            here.plan
                .step(now, &mut here.car, &self.town, &mut self.slots, &mut tell);
            let collector = &mut here.collector;
            here.car
                .run(now, leader, |at, frame| collector.frame(at, frame));
            let (place, speed) = (here.car.place(), here.car.twizy.speed());
            if let Some(said) = collector.receiver.speak(now, &self.town, place, speed) {
                collector.gnss(now, said.as_bytes());
            }
            self.air.place(here.radio.radio, place.east, place.north);
        }
        self.pass_power(length);
        self.step_boards(now);
    }

    /// The car ahead on the same way.
    fn leader(&self, of: usize) -> Option<Leader> {
        let own = self.cars[of].plan.on_way(&self.cars[of].car)?;
        let others = self
            .cars
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != of);
        let ahead = others.filter_map(|(_, other)| {
            let theirs = other.plan.on_way(&other.car)?;
            (theirs.0 == own.0 && theirs.1 > own.1).then_some((theirs.1, other))
        });
        let (at, other) = ahead.min_by(|a, b| a.0.total_cmp(&b.0))?;
        Some(Leader {
            gap: at - own.1 - LENGTH,
            speed: other.car.twizy.speed(),
        })
    }

    /// Mains to the sockets, and through the meters what the cars draw.
    fn pass_power(&mut self, time: Duration) {
        for (index, slot) in self.slots.iter_mut().enumerate() {
            let car = (self.cars.iter_mut()).find(|here| here.plan.plugged_into() == Some(index));
            let live = slot.is_live();
            let mut power = 0.0;
            if let Some(here) = car {
                let voltage = slot.meter.voltage;
                let socket = live.then_some(Socket {
                    voltage,
                    current_limit: SLOT_CURRENT,
                });
                here.car.set_socket(socket);
                power = if live {
                    here.car.twizy.mains_power()
                } else {
                    0.0
                };
            }
            slot.meter.pass(power, time);
        }
        for here in self
            .cars
            .iter_mut()
            .filter(|it| it.plan.plugged_into().is_none())
        {
            here.car.set_socket(None);
        }
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
        let said = &mut self.said;
        let mut say = |port, bytes: Vec<u8>| {
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
        if let Some(radio) = &mut self.station_radio {
            say(PortId::StationRadio, radio.step(now, &mut self.air));
        }
    }

    fn radio(&mut self, id: crate::air::RadioId) -> Option<&mut RadioBoard> {
        let cars = self.cars.iter_mut().map(|here| &mut here.radio);
        cars.chain(&mut self.station_radio)
            .find(|board| board.radio == id)
    }
}

/// A parked car with a past.
fn car(
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
fn serial(index: usize) -> u32 {
    0x123_4560 + u32::try_from(index % 10).unwrap_or(0)
}

/// A locally administered address: kind of board and number.
fn address(kind: u8, number: usize) -> MacAddress {
    let [high, low] = u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes();
    MacAddress::new([0x02, 0x51, 0x4D, kind, high, low])
}
