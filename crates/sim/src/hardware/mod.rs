//! Everything of a scenario that is no computer: cars with drivers, boards, meters, the air.
//!
//! The boards' lines are the seam: whoever has a computer, in this process or in another, reads
//! and writes their bytes by [`PortId`]. Time is what [`Hardware::advance`] is told.
//!
//! | file | what it holds |
//! |---|---|
//! | `boards` | the product's boards with clocks, flashes and lines around them |
//! | `line` | a board's clock and its UART |
//! | `plan` | what a driver does one after the other |

mod boards;
mod line;
mod plan;

use std::sync::Arc;

use core::time::Duration;

use v2x_units::{Instant, MacAddress, UtcTime};

use crate::air::{Air, AirEvent};
use crate::bus::BusLayout;
use crate::car::{Car, Past, Socket};
use crate::chance::Seed;
use crate::driver::Leader;
use crate::gnss::GnssReceiver;
use crate::meter::Meter;
use crate::scenario::{Event, Happening, Scenario, ScenarioError};
use crate::town::Town;
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
            let way: Vec<_> = plan.route.iter().map(String::as_str).collect();
            let way = town.way(&way).ok_or_else(|| ScenarioError {
                file: town.name.clone(),
                fault: format!("car {}: no way through {:?}", plan.name, plan.route),
            })?;
            let stream = |what: &str| seed.stream(&format!("car {index} {what}"));
            let mut cells = stream("battery");
            let battery = Battery::new(plan.percent, cells.between(0.9, 1.0), OUTSIDE, &mut cells);
            let past = Past {
                odometer: cells.between(500.0, 40_000.0),
                serial: 0x123_4560 + u32::try_from(index % 10).unwrap_or(0),
                minutes: cells.between(1_000.0, 500_000.0),
            };
            let twizy = Twizy::new(Spec::TWIZY_80, battery, OUTSIDE);
            let stands_at = way.place(plan.starts_at_m);
            let mut car = Car::new(Arc::clone(&layout), twizy, past, stands_at);
            if detail == Detail::Signals {
                car.bus.thin_out(SIGNAL_EVERY);
            }
            let receiver = GnssReceiver::new(scenario.gnss, utc, Instant::BOOT, stream("receiver"));
            let (collector, radio) = (address(1, index), address(2, index));
            cars.push(CarHere {
                name: plan.name.clone(),
                car,
                collector: CollectorBoard::new(
                    collector,
                    receiver,
                    Instant::BOOT,
                    stream("collector"),
                ),
                radio: RadioBoard::new(radio, &mut air, Instant::BOOT, stream("radio")),
                plan: Plan::new(plan, way, stream("driver")),
                serial: past.serial,
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

    /// Every line with a name for people: `alpha.collector`, `alpha.radio`, `slot1`, `station.radio`.
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
        self.happen(now);
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

    fn happen(&mut self, now: Instant) {
        let due = |event: &Event| Instant::BOOT + Duration::from_secs_f64(event.at_s) <= now;
        while self.events.last().is_some_and(due) {
            if let Some(event) = self.events.pop() {
                self.begin(now, event.what);
            }
        }
        let over: Vec<_> = self.endings.extract_if(.., |(at, _)| *at <= now).collect();
        for (_, what) in over {
            self.end(now, &what);
        }
    }

    fn begin(&mut self, now: Instant, what: Happening) {
        let ends = |seconds: f64| now + Duration::from_secs_f64(seconds.max(0.0));
        match &what {
            Happening::BrakeHard { car, for_s } => {
                self.story
                    .push((now, format!("{car}: brakes as hard as it can")));
                if let Some(driver) = self.car_mut(car).and_then(|here| here.car.driver_mut()) {
                    driver.brake_hard(true);
                }
                self.endings.push((ends(*for_s), what));
            }
            Happening::LoseSky { car, for_s } => {
                self.story
                    .push((now, format!("{car}: its receiver loses the sky")));
                if let Some(here) = self.car_mut(car) {
                    here.collector.receiver.lose_sky(ends(*for_s));
                }
            }
            Happening::MeterFault { slot, fault, for_s } => {
                self.story
                    .push((now, format!("slot {slot}: its meter is {fault:?}")));
                self.set_meter_fault(*slot, Some(*fault));
                self.endings.push((ends(*for_s), what));
            }
            Happening::Reboot { board } => {
                self.story.push((now, format!("{board}: starts anew")));
                self.reboot(now, board);
            }
            // Not of the hardware.
            Happening::BrokerAway { .. }
            | Happening::DiskFault { .. }
            | Happening::RestartComputer { .. } => {}
        }
    }

    fn end(&mut self, now: Instant, what: &Happening) {
        match what {
            Happening::BrakeHard { car, .. } => {
                self.story.push((now, format!("{car}: drives on")));
                if let Some(driver) = self.car_mut(car).and_then(|here| here.car.driver_mut()) {
                    driver.brake_hard(false);
                }
            }
            Happening::MeterFault { slot, .. } => {
                self.story
                    .push((now, format!("slot {slot}: its meter is well again")));
                self.set_meter_fault(*slot, None);
            }
            _ => {}
        }
    }

    fn set_meter_fault(&mut self, slot: usize, fault: Option<crate::meter::MeterFault>) {
        if let Some(slot) = slot.checked_sub(1).and_then(|at| self.slots.get_mut(at)) {
            slot.meter.fault = fault;
        }
    }

    fn car_mut(&mut self, name: &str) -> Option<&mut CarHere> {
        self.cars.iter_mut().find(|here| here.name == name)
    }

    fn reboot(&mut self, now: Instant, board: &str) {
        let port = self.ports().into_iter().find(|(_, name)| name == board);
        match port.map(|(port, _)| port) {
            Some(PortId::Collector(car)) => self.cars[car].collector.restart(now),
            Some(PortId::CarRadio(car)) => self.cars[car].radio.restart(now),
            Some(PortId::Slot(slot)) => self.slots[slot].restart(now),
            Some(PortId::StationRadio) => {
                if let Some(radio) = &mut self.station_radio {
                    radio.restart(now);
                }
            }
            None => {}
        }
    }
}

/// A locally administered address: kind of board and number.
fn address(kind: u8, number: usize) -> MacAddress {
    let [high, low] = u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes();
    MacAddress::new([0x02, 0x51, 0x4D, kind, high, low])
}
