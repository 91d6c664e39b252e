//! The world in virtual time: hardware, computers with the product's parts, checkers that watch.
//!
//! | file | what it holds |
//! |---|---|
//! | `vehicle` | a vehicle's computer |
//! | `station` | a station's computer |
//! | `broker` | a broker that is not always there |
//! | `tables` | a report as CSV and SVG |
//! | [`checkers`] | what must be true, whatever happens |
//! | [`campaign`] | scenarios drawn from a seed |

mod broker;
pub mod campaign;
pub mod checkers;
mod station;
mod tables;
mod vehicle;

use std::fmt::Write as _;
use std::thread;

use core::time::Duration;

use v2x_charging::SessionRecord;
use v2x_roles::station::Tell;
use v2x_units::{Instant, UtcTime};

use crate::chance::Seed;
use crate::hardware::{Detail, Hardware, PortId};
use crate::scenario::{Happening, Scenario, ScenarioError};
use crate::town::Town;

use broker::Broker;
use checkers::Complaint;
use station::StationComputer;
pub use tables::{PlotError, Shown};
use vehicle::{Told, VehicleComputer};

/// When every world begins: 2026-01-01 00:00 UTC.
const BEGINNING: UtcTime = UtcTime::from_millis(1_767_225_600_000);
/// How long vehicles' computers work on their own before the others hear of it.
const ROUND: Duration = Duration::from_secs(1);

/// A fault of the product, planted to see whether the checkers notice. Only tests plant one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// The vehicle takes a lost connection for an acknowledgement.
    ForgetsOnDisconnect,
    /// The station counts a tenth more energy than its meter.
    Overcharges,
    /// The station writes each step of a session twice.
    KeepsTwice,
    /// The log tells where the car is.
    TellsPlaces,
}

/// How a world is run.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// What everything is drawn from.
    pub seed: Seed,
    /// How long, in virtual time.
    pub length: Duration,
    /// How much of the bus is played.
    pub detail: Detail,
    /// On how many threads the vehicles' computers work.
    pub threads: usize,
    /// The planted fault, if any.
    pub defect: Option<Defect>,
}

/// A session as the station and the physics have it.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRow {
    /// The slot, from 1.
    pub slot: usize,
    /// When it ended.
    pub ended: Instant,
    /// What the station counted, Wh.
    pub station: f64,
    /// What really passed since the plug went in, Wh.
    pub physics: f64,
}

/// A sample of a car for tables and plots.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CarSample {
    /// Seconds.
    pub at: f64,
    /// Which car.
    pub car: usize,
    /// km/h.
    pub speed: f64,
    /// %.
    pub percent: f64,
    /// W out of the battery.
    pub power: f64,
}

/// What a run came to.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Everything that happened, one line each; the same for the same seed.
    pub log: String,
    /// What the checkers found.
    pub complaints: Vec<Complaint>,
    /// The sessions.
    pub sessions: Vec<SessionRow>,
    /// The cars, every ten seconds.
    pub samples: Vec<CarSample>,
    /// Frames that the vehicles' computers decoded.
    pub frames: u64,
    /// Frames that their links counted as lost on the way.
    pub frames_lost: u64,
    /// Rows that a failing disk refused.
    pub rows_refused: u64,
    /// Rows that the broker has.
    pub delivered: u64,
    /// Messages that the broker took a second time, after an acknowledgement was lost.
    pub delivered_again: u64,
    /// Trips that ended.
    pub trips: u64,
    /// Names of the cars.
    pub cars: Vec<String>,
}

/// What a line said, piece by piece.
type Heard = Vec<(Instant, Vec<u8>)>;

/// A world that runs.
struct World {
    run: Run,
    hardware: Hardware,
    vehicles: Vec<VehicleComputer>,
    station: StationComputer,
    broker: Broker,
    events: Vec<(Instant, Happening)>,
    broker_back: Option<Instant>,
    /// Wh at each meter when the plug went in, while one is or its session goes on.
    plugged: Vec<Option<f64>>,
    /// Whether the station has a session at the slot.
    in_session: Vec<bool>,
    /// When each meter was last not well.
    unwell: Vec<Option<Instant>>,
    report: Report,
}

/// Plays a scenario in virtual time.
///
/// # Errors
/// When the scenario names what the town does not have.
pub fn play(town: Town, scenario: &Scenario, run: Run) -> Result<Report, ScenarioError> {
    let hardware = Hardware::new(town, scenario, run.seed, BEGINNING, run.detail)?;
    let vehicles = (0..scenario.cars.len()).map(|index| {
        let stream = run.seed.stream(&format!("computer {index}"));
        VehicleComputer::new(index, BEGINNING, stream)
    });
    let mut drawn = run.seed.stream("station");
    let slots = scenario.slots.len();
    let mut events: Vec<_> = (scenario.events.iter())
        .map(|event| {
            (
                Instant::BOOT + Duration::from_secs_f64(event.at_s),
                event.what.clone(),
            )
        })
        .collect();
    events.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let mut world = World {
        vehicles: vehicles.collect(),
        station: StationComputer::new(slots, BEGINNING, run.defect, &mut drawn),
        broker: Broker::new(run.seed.stream("broker"), 0.02),
        events,
        broker_back: None,
        plugged: vec![None; slots],
        in_session: vec![false; slots],
        unwell: vec![None; slots],
        report: Report {
            cars: scenario.cars.iter().map(|car| car.name.clone()).collect(),
            ..Report::default()
        },
        hardware,
        run,
    };
    let end = Instant::BOOT + run.length;
    while world.hardware.now() < end {
        world.round();
    }
    Ok(world.finish())
}

impl World {
    /// One second: the hardware and the station tick by tick, then the vehicles.
    fn round(&mut self) {
        let end = self.hardware.now() + ROUND;
        let tick = self.hardware.tick_length();
        let mut heard: Vec<Heard> = vec![Vec::new(); self.vehicles.len()];
        while self.hardware.now() < end {
            let now = (self.hardware.now() + tick).min(end);
            self.hardware.advance(now);
            for (port, bytes) in self.hardware.take_said() {
                match port {
                    PortId::Collector(car) => heard[car].push((now, bytes)),
                    PortId::Slot(slot) => self.station.hear(now, slot, &bytes),
                    PortId::CarRadio(_) | PortId::StationRadio => {}
                }
            }
            for (slot, bytes) in self.station.turn(now) {
                self.hardware.hear(PortId::Slot(slot), &bytes);
            }
            self.watch_plugs(now);
        }
        self.compute(end, heard);
        self.happen(end);
        for vehicle in &mut self.vehicles {
            vehicle.deliver(&mut self.broker, self.run.defect);
        }
        self.tell(end);
    }

    /// Lets the vehicles' computers take what they heard, each on its own.
    fn compute(&mut self, now: Instant, heard: Vec<Heard>) {
        let mut work: Vec<_> = self.vehicles.iter_mut().zip(heard).collect();
        let share = work.len().div_ceil(self.run.threads.max(1)).max(1);
        let take = |part: &mut [(&mut VehicleComputer, Heard)]| {
            for (vehicle, heard) in part {
                for (at, bytes) in heard {
                    vehicle.hear(*at, bytes);
                }
                vehicle.look(now);
            }
        };
        if self.run.threads <= 1 {
            take(&mut work);
            return;
        }
        thread::scope(|scope| {
            for part in work.chunks_mut(share) {
                scope.spawn(move || take(part));
            }
        });
    }

    fn watch_plugs(&mut self, now: Instant) {
        for slot in 0..self.plugged.len() {
            let energy = self.hardware.passed(slot).unwrap_or(0.0);
            let is_in = self.hardware.is_plugged(slot);
            if is_in {
                self.plugged[slot].get_or_insert(energy);
            } else if !self.in_session[slot] {
                // A session ends a little after its plug is out: until then the note stays. A plug
                // may also go as it came: while its meter was stuck no session began.
                self.plugged[slot] = None;
            }
            if self.hardware.meter_is_unwell(slot) {
                self.unwell[slot] = Some(now);
            }
        }
    }

    /// Faults of computers and broker, which no board knows of.
    fn happen(&mut self, now: Instant) {
        if self.broker_back.take_if(|at| now >= *at).is_some() {
            self.broker.set_there(true);
            self.line(now, "broker", "is back");
        }
        while self.events.last().is_some_and(|(at, _)| *at <= now) {
            let Some((_, what)) = self.events.pop() else {
                return;
            };
            match what {
                Happening::BrokerAway { for_s } => {
                    self.broker.set_there(false);
                    self.broker_back = Some(now + Duration::from_secs_f64(for_s));
                    self.line(now, "broker", "is away");
                }
                Happening::DiskFault { car, calls } => {
                    if let Some(index) = self.index(&car) {
                        self.vehicles[index].fail_disk(calls);
                        self.line(now, &car, "has a disk that does not answer");
                    }
                }
                Happening::RestartComputer { car } => {
                    if let Some(index) = self.index(&car) {
                        self.vehicles[index].restart();
                        self.line(now, &car, "has a computer that starts anew");
                    }
                }
                _ => {}
            }
        }
    }

    fn index(&self, car: &str) -> Option<usize> {
        self.report.cars.iter().position(|name| name == car)
    }

    /// Writes down what everybody has said, and lets the checkers look at it.
    fn tell(&mut self, now: Instant) {
        for (at, what) in self.hardware.take_story() {
            self.line(at, "world", &what);
        }
        for (at, slot, tell) in std::mem::take(&mut self.station.told) {
            self.station_told(at, slot, tell);
        }
        for index in 0..self.vehicles.len() {
            for (at, told) in std::mem::take(&mut self.vehicles[index].told) {
                self.vehicle_told(at, index, &told);
            }
        }
        if now.as_micros().is_multiple_of(10_000_000) {
            self.sample(now);
        }
    }

    fn sample(&mut self, now: Instant) {
        let mut lines = Vec::new();
        for (index, (name, car)) in self.hardware.cars().enumerate() {
            let sample = CarSample {
                at: now.since(Instant::BOOT).as_secs_f64(),
                car: index,
                speed: car.twizy.speed() * 3.6,
                percent: car.twizy.battery.percent(),
                power: -car.twizy.current() * car.twizy.voltage(),
            };
            let mut line = format!("{:.2} km/h, {:.3} %", sample.speed, sample.percent);
            if self.run.defect == Some(Defect::TellsPlaces) {
                let place = car.place();
                let position = self.hardware.town().position(place.east, place.north);
                let (latitude, longitude) = (position.latitude(), position.longitude());
                // A String takes everything.
                let _written = write!(line, " at {:.6} {:.6}", latitude.get(), longitude.get());
            }
            lines.push((name.to_owned(), line));
            self.report.samples.push(sample);
        }
        for (name, line) in lines {
            self.line(now, &name, &line);
        }
    }

    fn station_told(&mut self, at: Instant, slot: usize, tell: Tell) {
        let who = format!("slot {}", slot + 1);
        match tell {
            Tell::Started(record) => {
                self.line(at, &who, &format!("session {} starts", record.transaction));
                self.in_session[slot] = true;
                let is_in = self.hardware.is_plugged(slot);
                self.complain(checkers::session_has_a_plug(at, slot, is_in));
            }
            Tell::Resumed(record) => {
                self.line(at, &who, &format!("session {} goes on", record.transaction));
                self.in_session[slot] = true;
            }
            Tell::Ended(record) => self.session_ended(at, slot, &record),
            Tell::State(state) => self.line(at, &who, &state.to_string()),
        }
    }

    fn session_ended(&mut self, at: Instant, slot: usize, record: &SessionRecord) {
        let station = record.energy.plausible.kilowatt_hours() * 1000.0;
        let passed = self.hardware.passed(slot).unwrap_or(0.0);
        let began = self.plugged[slot].take().unwrap_or(passed);
        self.in_session[slot] = false;
        let row = SessionRow {
            slot: slot + 1,
            ended: at,
            station,
            physics: passed - began,
        };
        let text = format!("session {} ends with {station:.3} Wh", record.transaction);
        self.line(at, &format!("slot {}", slot + 1), &text);
        let since_unwell = self.unwell[slot].map(|unwell| at.since(unwell));
        let was_well = since_unwell.is_none_or(|since| since > record.elapsed);
        self.complain(checkers::energy_agrees(&row, was_well));
        self.report.sessions.push(row);
    }

    fn vehicle_told(&mut self, at: Instant, index: usize, told: &Told) {
        let name = self.report.cars[index].clone();
        match told {
            Told::TripEnded(trip) => {
                self.report.trips += 1;
                let distance = trip.distance().map_or_else(
                    || "a way that is not known".to_owned(),
                    |(km, _)| format!("{:.2} km", km.get()),
                );
                self.line(at, &name, &format!("trip ends after {distance}"));
            }
            Told::ChargeEnded(charge) => {
                let energy = charge.flow().energy_in().map_or_else(
                    || "energy that is not known".to_owned(),
                    |energy| format!("{:.1} Wh", energy.get()),
                );
                self.line(at, &name, &format!("charge ends with {energy}"));
            }
            Told::AlarmRaised(alarm) => {
                self.line(at, &name, &format!("alarm {}", alarm.word()));
                let car = self.hardware.cars().nth(index).map(|(_, car)| car.clone());
                if let Some(car) = car {
                    self.complain(checkers::alarm_has_a_cause(at, &name, *alarm, &car));
                }
            }
        }
    }

    fn line(&mut self, at: Instant, who: &str, what: &str) {
        let seconds = at.since(Instant::BOOT).as_secs_f64();
        // A String takes everything.
        let _written = writeln!(self.report.log, "{seconds:10.3} {who}: {what}");
    }

    fn complain(&mut self, found: Option<Complaint>) {
        self.report.complaints.extend(found);
    }

    /// The last deliveries, and what can only be said at the end.
    fn finish(mut self) -> Report {
        self.broker.set_there(true);
        let now = self.hardware.now();
        for vehicle in &mut self.vehicles {
            vehicle.fail_disk(0);
            // A disk and a broker that answer: soon nothing waits.
            for _ in 0..2000 {
                vehicle.deliver(&mut self.broker, self.run.defect);
            }
        }
        for (index, vehicle) in self.vehicles.iter().enumerate() {
            let found = checkers::nothing_is_lost(now, index, vehicle, &self.broker);
            self.report.complaints.extend(found);
            self.report.frames += vehicle.frames;
            let at_broker = (vehicle.committed.iter())
                .filter(|(_, row)| self.broker.has(index, row.as_bytes()));
            self.report.delivered += at_broker.count() as u64;
            self.report.frames_lost += vehicle.lost_frames;
            self.report.rows_refused += vehicle.refused;
        }
        self.report.delivered_again = self.broker.again;
        let twice = checkers::no_step_twice(now, &self.station.kept);
        self.report.complaints.extend(twice);
        let private = checkers::nothing_private(&self.report.log, &self.hardware);
        self.report.complaints.extend(private);
        self.report
    }
}
