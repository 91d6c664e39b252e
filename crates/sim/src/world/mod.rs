//! The world in virtual time: hardware, computers with the product's parts, checkers that watch.
//!
//! The computers work in rounds of one tick of the hardware: what a board says in a tick they hear
//! at its end, and what they answer the board has in the next.
//!
//! | file | what it holds |
//! |---|---|
//! | `vehicle`, `car_radio` | a vehicle's computer, and its end of V2V and V2G |
//! | `station` | a station's computer |
//! | `radio_line` | a computer's line to its radio board |
//! | `operator` | keys and certificates of everybody |
//! | `broker` | a broker that is not always there |
//! | `ending` | what can only be said at the end |
//! | `story` | what everybody has said, written down and shown to the checkers |
//! | [`report`] | what a run came to |
//! | [`figures`] | V2V by distance |
//! | `tables` | a report as CSV and SVG |
//! | [`checkers`] | what must be true, whatever happens |
//! | `witness` | what physics did lately: the causes of alarms and warnings |
//! | [`campaign`] | scenarios drawn from a seed |
//! | [`study`] | one scenario over seeds and parameters |

mod broker;
pub mod campaign;
mod car_radio;
pub mod checkers;
mod ending;
pub mod figures;
mod operator;
mod radio_line;
pub mod report;
mod station;
mod story;
pub mod study;
mod tables;
mod vehicle;
mod witness;

use std::sync::Arc;
use std::thread;

use core::time::Duration;

use v2x_proto::secure::Role;
use v2x_proto::v2g::SessionId;
use v2x_proto::v2v::V2vSettings;
use v2x_roles::vehicle::radio::V2gSettings;
use v2x_units::{CanFrame, Instant, UtcTime, WattHours};

use crate::chance::Seed;
use crate::hardware::{Detail, Hardware, PortId};
use crate::scenario::{Happening, Scenario, ScenarioError};
use crate::town::{Place, Town};

use broker::Broker;
use car_radio::{CarRadio, Papers};

use operator::Operator;
pub use operator::Signatures;

pub use report::{CarSample, Report, SessionRow, WaitRow};
use station::{SlotPapers, StationComputer};
pub use tables::{PlotError, Shown};
use vehicle::{Layout, VehicleComputer};
use witness::Witness;

/// When every world begins: 2026-01-01 00:00 UTC.
const BEGINNING: UtcTime = UtcTime::from_millis(1_767_225_600_000);
/// How often faults, deliveries and checkers have their turn.
const ROUND: Duration = Duration::from_secs(1);
/// How many of the cars that were in a slot are remembered.
const REMEMBERED: usize = 3;
/// What a Twizy's battery holds.
const CAPACITY: WattHours = WattHours::new(6100.0);

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
    /// Cars do not remember which messages they have believed.
    BelievesReplays,
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
    /// How V2V is signed.
    pub signatures: Signatures,
    /// How many CAMs a car sends in a second at most, 1 to 10; `None`: as the product does.
    pub cams_per_second: Option<f64>,
    /// On how many threads the vehicles' computers work.
    pub threads: usize,
    /// The planted fault, if any.
    pub defect: Option<Defect>,
}

/// What the boards of a car said in a tick: collector and radio.
#[derive(Debug, Clone, Default)]
struct HeardByCar {
    collector: Vec<u8>,
    radio: Vec<u8>,
}

/// A world that runs.
struct World {
    run: Run,
    hardware: Hardware,
    operator: Operator,
    vehicles: Vec<VehicleComputer>,
    stations: Vec<StationComputer>,
    broker: Broker,
    events: Vec<(Instant, Happening)>,
    broker_back: Option<Instant>,
    slots: Vec<SlotWatch>,
    witness: Witness,
    /// CAMs of each car that were counted already.
    cams_sent: Vec<u64>,
    report: Report,
}

/// What the checkers know of a slot.
#[derive(Debug, Clone, Default)]
struct SlotWatch {
    /// When the plug went in and Wh at the meter then, while one is or its session goes on.
    plugged: Option<(Instant, f64)>,
    /// Whose plug was in it, the last one first: a receipt may come when the next is there.
    cars: Vec<usize>,
    /// Whether the station has a session there.
    in_session: bool,
    /// When its meter was last not well.
    unwell: Option<Instant>,
    /// Wh of the session that ended last, by the station, until another car's conversation is
    /// open there.
    last: Option<f64>,
    /// The conversation that is open there.
    talk: Option<SessionId>,
}

/// Plays a scenario in virtual time.
///
/// # Errors
/// When the scenario names what the town does not have.
pub fn play(town: Town, scenario: &Scenario, run: Run) -> Result<Report, ScenarioError> {
    play_recorded(town, scenario, run, &[])
}

/// Frames of a recording with their times since the first one, and the car that they drive.
pub type Drives = (String, Arc<[(Duration, CanFrame)]>);

/// Plays a scenario in which recordings drive some of the cars. What physics would say of those
/// their checkers do not ask: their batteries and their charges are those of the recording.
///
/// # Errors
/// When the scenario names what the town does not have, or a recording a car that is not there.
pub fn play_recorded(
    town: Town,
    scenario: &Scenario,
    run: Run,
    recordings: &[Drives],
) -> Result<Report, ScenarioError> {
    let mut world = World::new(town, scenario, run)?;
    for (car, frames) in recordings {
        if !world.hardware.follow(car, Arc::clone(frames)) {
            return Err(ScenarioError {
                file: "recording".to_owned(),
                fault: format!("it is to drive {car:?}; there is no such car"),
            });
        }
    }
    let end = Instant::BOOT + run.length;
    while world.hardware.now() < end {
        world.round();
    }
    Ok(world.finish())
}

impl World {
    fn new(town: Town, scenario: &Scenario, run: Run) -> Result<Self, ScenarioError> {
        let hardware = Hardware::new(town, scenario, run.seed, BEGINNING, run.detail)?;
        let stream = run.seed.stream("operator");
        let mut operator = Operator::new(run.signatures, BEGINNING, stream);
        let vehicles = vehicles(scenario, run, &mut operator);
        let stations = stations(&hardware, scenario, run, &mut operator);
        let mut events: Vec<_> = (scenario.events.iter())
            .map(|event| {
                let at = Instant::BOOT + Duration::from_secs_f64(event.at_s);
                (at, event.what.clone())
            })
            .collect();
        events.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        Ok(Self {
            witness: Witness::new(scenario.cars.len()),
            cams_sent: vec![0; scenario.cars.len()],
            vehicles,
            stations,
            broker: Broker::new(run.seed.stream("broker"), 0.02),
            events,
            broker_back: None,
            slots: vec![SlotWatch::default(); scenario.slots.len()],
            report: Report {
                cars: scenario.cars.iter().map(|car| car.name.clone()).collect(),
                ..Report::default()
            },
            operator,
            hardware,
            run,
        })
    }

    /// One second, tick by tick.
    fn round(&mut self) {
        let end = self.hardware.now() + ROUND;
        let tick = self.hardware.tick_length();
        while self.hardware.now() < end {
            let now = (self.hardware.now() + tick).min(end);
            self.hardware.advance(now);
            let heard = self.hear(now);
            self.compute(now, heard);
            for station in &mut self.stations {
                for (slot, bytes) in station.turn(now) {
                    self.hardware.hear(PortId::Slot(slot), &bytes);
                }
            }
            for (index, station) in self.stations.iter_mut().enumerate() {
                let bytes = station.take_for_radio();
                if !bytes.is_empty() {
                    self.hardware.hear(PortId::StationRadio(index), &bytes);
                }
            }
            self.watch(now, tick);
            self.tell_radio();
        }
        self.happen(end);
        for vehicle in &mut self.vehicles {
            vehicle.deliver(&mut self.broker, self.run.defect);
        }
        self.tell(end);
    }

    /// Carries what the boards said: at once to the stations, sorted by car to the vehicles.
    fn hear(&mut self, now: Instant) -> Vec<HeardByCar> {
        let mut heard = vec![HeardByCar::default(); self.vehicles.len()];
        for (port, bytes) in self.hardware.take_said() {
            match port {
                // A board says something once in a tick.
                PortId::Collector(car) => heard[car].collector = bytes,
                PortId::CarRadio(car) => heard[car].radio = bytes,
                PortId::Slot(slot) => {
                    if let Some(station) = self.stations.iter_mut().find(|it| it.has(slot)) {
                        station.hear(now, slot, &bytes);
                    }
                }
                PortId::StationRadio(station) => self.stations[station].hear_radio(now, &bytes),
            }
        }
        heard
    }

    /// Lets the vehicles' computers take what they heard, each on its own, and carries what they
    /// say to their radio boards.
    fn compute(&mut self, now: Instant, heard: Vec<HeardByCar>) {
        let take = |(vehicle, heard): (&mut VehicleComputer, HeardByCar)| {
            vehicle.turn(now, &heard.collector, &heard.radio)
        };
        let work = self.vehicles.iter_mut().zip(heard);
        let said: Vec<Vec<u8>> = if self.run.threads <= 1 {
            work.map(take).collect()
        } else {
            let mut work: Vec<_> = work.collect();
            let share = work.len().div_ceil(self.run.threads).max(1);
            thread::scope(|scope| {
                let mut parts = Vec::new();
                while !work.is_empty() {
                    let part: Vec<_> = work.drain(..share.min(work.len())).collect();
                    let thread =
                        scope.spawn(move || part.into_iter().map(take).collect::<Vec<_>>());
                    parts.push(thread);
                }
                let joined = parts.into_iter().map(|part| part.join());
                let joined = joined.map(|said| said.expect("a computer's panic is a failure"));
                joined.flatten().collect()
            })
        };
        for (car, bytes) in said.into_iter().enumerate() {
            if !bytes.is_empty() {
                self.hardware.hear(PortId::CarRadio(car), &bytes);
            }
        }
    }

    /// Looks at plugs, meters and cars as physics has them.
    fn watch(&mut self, now: Instant, tick: Duration) {
        for (index, slot) in self.slots.iter_mut().enumerate() {
            let energy = self.hardware.passed(index).unwrap_or(0.0);
            if self.hardware.is_plugged(index) {
                slot.plugged.get_or_insert((now, energy));
            } else if !slot.in_session {
                // A session ends a little after its plug is out: until then the note stays. A plug
                // may also go as it came: while its meter was stuck no session began.
                slot.plugged = None;
            }
            if self.hardware.meter_is_unwell(index) {
                slot.unwell = Some(now);
            }
        }
        for car in 0..self.vehicles.len() {
            if let Some(slot) = self.hardware.plugged_into(car)
                && let Some(slot) = self.slots.get_mut(slot)
                && slot.cars.first() != Some(&car)
            {
                slot.cars.insert(0, car);
                slot.cars.truncate(REMEMBERED);
            }
        }
        self.witness.look(now, tick, &self.hardware);
    }

    fn places(&self) -> Vec<Place> {
        self.hardware.places().collect()
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
                        self.vehicles[index].restart(now);
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
}

/// The name of a car on the radio.
fn evcc(name: &str) -> String {
    name.to_ascii_uppercase()
}

fn vehicles(scenario: &Scenario, run: Run, operator: &mut Operator) -> Vec<VehicleComputer> {
    let layout = Layout::renault_twizy();
    let fastest = run.cams_per_second.map(|rate| 1.0 / rate.clamp(1.0, 10.0));
    let mut v2v = V2vSettings::default();
    if let Some(interval) = fastest {
        v2v.cam_interval_min = Duration::from_secs_f64(interval);
    }
    let mut vehicles = Vec::new();
    for (index, car) in scenario.cars.iter().enumerate() {
        let (identity, trust) = operator.enrol(Role::Vehicle, &evcc(&car.name));
        let verifier = operator.verifier();
        let papers = Papers {
            identity,
            trust,
            verifier: if run.defect == Some(Defect::BelievesReplays) {
                verifier.forgetful_for_simulation()
            } else {
                verifier
            },
            pseudonyms: operator.pseudonyms(index),
            v2v,
        };
        let settings = V2gSettings {
            capacity: Some(CAPACITY),
            battery_data: true,
            call_when_parked: car.calls_when_parked,
            ..V2gSettings::default()
        };
        let radio = run.seed.stream(&format!("radio of computer {index}"));
        let radio = CarRadio::new(papers, settings, radio);
        let stream = run.seed.stream(&format!("computer {index}"));
        vehicles.push(VehicleComputer::new(
            index, &layout, BEGINNING, radio, stream,
        ));
    }
    vehicles
}

fn stations(
    hardware: &Hardware,
    scenario: &Scenario,
    run: Run,
    operator: &mut Operator,
) -> Vec<StationComputer> {
    let mut stations = Vec::new();
    for (index, place) in hardware.stations().into_iter().enumerate() {
        let slots = scenario.slots.iter().enumerate();
        let own = slots.filter(|(_, slot)| slot.station == index + 1);
        let papers = own.enumerate().map(|(local, (slot, plan))| {
            let name = format!("HW*SIM*E{:04}*{}", index + 1, local + 1);
            let (identity, trust) = operator.enrol(Role::Station, &name);
            SlotPapers {
                slot,
                lets: plan.lets,
                identity,
                trust,
            }
        });
        let papers = papers.collect();
        let stream = match index {
            0 => run.seed.stream("station"),
            index => run.seed.stream(&format!("station {index}")),
        };
        let ticket = operator.station_ticket();
        let station = StationComputer::new(papers, ticket, place, BEGINNING, run.defect, stream);
        stations.push(station);
    }
    stations
}
