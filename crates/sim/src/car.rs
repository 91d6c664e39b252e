//! One car: its driver, its physics and its bus together.
//!
//! The bus leads: power flows when the sequence on it has come so far, as in the real car. Not
//! here: boards and computers, which only listen.

use std::sync::Arc;

use core::time::Duration;

use v2x_can::History;
use v2x_units::{CanFrame, Instant};

use crate::bus::{Bus, BusLayout, BusMode, Live, Power, Sequence};
use crate::driver::{Driver, Leader};
use crate::town::{Place, Way};
use crate::twizy::{Doing, Mains, Spec, Twizy, charger};

/// The gear lever as its signal says it.
const FORWARD: f64 = 128.0;
const NEUTRAL: f64 = 32.0;
/// km/h of a motor that turns once a minute (fact table, section 2.3).
const KMH_PER_RPM: f64 = 0.0111;
/// How long the charger takes to its full current, in seconds (trace of a charge's start).
const CHARGER_RAMP: f64 = 0.69;

/// The step of a car that sleeps.
const REST: Duration = Duration::from_secs(1);

/// What a car has before the story begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Past {
    /// km.
    pub odometer: f64,
    /// The last seven digits of the vehicle's number: invented.
    pub serial: u32,
    /// Minutes since its clock got power.
    pub minutes: f64,
}

/// A socket with voltage on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Socket {
    /// V.
    pub voltage: f64,
    /// A.
    pub current_limit: f64,
}

/// A car in the world.
#[derive(Debug, Clone)]
pub struct Car {
    /// Its physics.
    pub twizy: Twizy,
    /// Its bus.
    pub bus: Bus,
    past: Past,
    trip: Option<(Way, Driver)>,
    /// Metres that were travelled when the way began.
    way_began: f64,
    stands_at: Place,
    socket: Option<Socket>,
    ramp: f64,
    now: Instant,
    recorded: Option<Recorded>,
}

/// Frames of a recording, which drive a car in place of a driver and physics: its bus says them at
/// their times, and it moves along its way as fast as they say.
#[derive(Debug, Clone)]
pub struct Recorded {
    frames: Arc<[(Duration, CanFrame)]>,
    next: usize,
    begins: Option<Instant>,
    history: History,
    speed: f64,
}

impl Car {
    /// A car that sleeps at a place.
    #[must_use]
    pub fn new(layout: Arc<BusLayout>, twizy: Twizy, past: Past, stands_at: Place) -> Self {
        Self {
            twizy,
            bus: Bus::asleep(layout),
            past,
            trip: None,
            way_began: 0.0,
            stands_at,
            socket: None,
            ramp: 0.0,
            now: Instant::BOOT,
            recorded: None,
        }
    }

    /// Lets frames of a recording drive the car from when it sets off; times are since the first
    /// frame, in rising order.
    pub fn follow(&mut self, frames: Arc<[(Duration, CanFrame)]>) {
        self.recorded = Some(Recorded {
            frames,
            next: 0,
            begins: None,
            history: History::new(self.bus.layout().decoder()),
            speed: 0.0,
        });
    }

    /// Whether a recording drives it.
    #[must_use]
    pub const fn is_recorded(&self) -> bool {
        self.recorded.is_some()
    }

    /// Somebody gets in, turns the key and drives off as soon as the car is ready, from so many
    /// metres behind the beginning of the way.
    pub fn set_off(&mut self, now: Instant, way: Way, driver: Driver, from: f64) {
        self.stands_at = way.place(from);
        self.way_began = self.twizy.travelled() - from;
        self.trip = Some((way, driver));
        if let Some(recorded) = &mut self.recorded {
            recorded.begins.get_or_insert(now);
            return;
        }
        if self.bus.power() != Power::Drive {
            self.bus.begin(now, Sequence::DriveStart);
        }
    }

    /// Whether its bus is silent.
    #[must_use]
    pub fn is_asleep(&self) -> bool {
        self.bus.mode() == BusMode::Asleep
    }

    /// The driver, while there is one.
    pub fn driver_mut(&mut self) -> Option<&mut Driver> {
        self.trip.as_mut().map(|(_, driver)| driver)
    }

    /// Whether it stands at the end of its way.
    #[must_use]
    pub fn has_arrived(&self) -> bool {
        if let Some(recorded) = &self.recorded {
            return recorded.next >= recorded.frames.len();
        }
        let there = |(_, driver): &(Way, Driver)| driver.has_arrived();
        self.twizy.speed() <= 0.0 && self.trip.as_ref().is_some_and(there)
    }

    /// The driver turns the key off and leaves; does nothing while the car moves.
    pub fn switch_off(&mut self, now: Instant) {
        let is_recorded = self.recorded.is_some();
        if !is_recorded && (self.twizy.speed() > 0.0 || self.bus.power() != Power::Drive) {
            return;
        }
        self.stands_at = self.place();
        self.trip = None;
        if !is_recorded {
            self.bus.begin(now, Sequence::DriveEnd);
        }
    }

    /// The socket it is plugged into has voltage, or none.
    pub const fn set_socket(&mut self, socket: Option<Socket>) {
        self.socket = socket;
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> Place {
        match &self.trip {
            Some((way, _)) => way.place(self.travelled_on_way()),
            None => self.stands_at,
        }
    }

    /// Metres since its way began.
    #[must_use]
    pub fn travelled_on_way(&self) -> f64 {
        self.twizy.travelled() - self.way_began
    }

    /// km, as the odometer counts.
    #[must_use]
    pub fn odometer(&self) -> f64 {
        self.past.odometer + self.twizy.travelled() / 1000.0
    }

    /// Lets time pass until `now`; gives each frame of its bus with its time.
    pub fn run(
        &mut self,
        now: Instant,
        leader: Option<Leader>,
        mut sink: impl FnMut(Instant, CanFrame),
    ) {
        let dt = now.since(self.now);
        if dt < REST && self.rests() {
            return;
        }
        self.now = now;
        if let Some(recorded) = &mut self.recorded {
            let speed = recorded.run(now, &self.bus, &mut sink);
            self.twizy.roll(speed, dt.as_secs_f64());
            return;
        }
        self.move_on(now, dt, leader);
        self.mind_socket(now);
        let speaker = Speaker {
            twizy: &self.twizy,
            past: self.past,
            odometer: self.odometer(),
            power: self.bus.power(),
            now: now.since(Instant::BOOT),
        };
        self.bus.run(now, &|live| speaker.value(live), sink);
    }

    /// Whether it sleeps and nobody is about to wake it: it only cools.
    fn rests(&self) -> bool {
        let is_left = self.trip.is_none() && self.socket.is_none();
        is_left && self.is_asleep() && self.recorded.is_none()
    }

    fn move_on(&mut self, now: Instant, dt: Duration, leader: Option<Leader>) {
        let seconds = dt.as_secs_f64();
        let doing = match self.bus.power() {
            Power::Off => Doing::Sleeps,
            Power::Awake => Doing::Awake,
            Power::Drive => self.drive(now, leader),
            Power::Charge => self.charge(seconds),
        };
        if self.bus.power() != Power::Charge {
            self.ramp = 0.0;
        }
        if seconds > 0.0 {
            self.twizy.step(seconds, doing);
        }
    }

    fn drive(&mut self, now: Instant, leader: Option<Leader>) -> Doing {
        let (travelled, speed) = (self.travelled_on_way(), self.twizy.speed());
        let Some((way, driver)) = &mut self.trip else {
            return Doing::Awake;
        };
        let grade = way.place(travelled).grade;
        let seconds = now.since(Instant::BOOT).as_secs_f64();
        let wanted = driver.wants(seconds, way, travelled, speed, leader);
        let pedals = self.twizy.pedals_for(wanted, grade);
        Doing::Drives { pedals, grade }
    }

    fn charge(&mut self, seconds: f64) -> Doing {
        let Some(socket) = self.socket else {
            return Doing::Awake;
        };
        self.ramp = (self.ramp + seconds / CHARGER_RAMP).min(1.0);
        // The ramp is the charger's: it asks less of the mains at first.
        Doing::Charges(Mains {
            voltage: socket.voltage,
            current_limit: socket.current_limit,
            level: 7,
            ramp: self.ramp,
        })
    }

    /// Begins and ends the charge as the socket and the battery say.
    fn mind_socket(&mut self, now: Instant) {
        let mode = self.bus.mode();
        match (self.socket, mode) {
            (Some(_), BusMode::Asleep) => self.bus.begin(now, Sequence::ChargeStart),
            // The charger feels mains also while the rest of the car still shuts down.
            (Some(_), BusMode::Running(Sequence::DriveEnd)) if self.bus.power() == Power::Off => {
                self.bus.begin(now, Sequence::ChargeStart);
            }
            (Some(_), BusMode::After(Sequence::ChargeStart))
                if charger::is_full(&Spec::TWIZY_80, &self.twizy.battery) =>
            {
                self.bus.begin(now, Sequence::ChargeEnd);
            }
            (
                None,
                BusMode::Running(Sequence::ChargeStart) | BusMode::After(Sequence::ChargeStart),
            ) => self.bus.begin(now, Sequence::ChargeBroken),
            (None, BusMode::After(Sequence::ChargeEnd)) => {
                self.bus.begin(now, Sequence::ChargeOver);
            }
            _ => {}
        }
    }
}

impl Recorded {
    /// Says the frames that are due; gives how fast the car is by the last of them, m/s.
    fn run(&mut self, now: Instant, bus: &Bus, sink: &mut impl FnMut(Instant, CanFrame)) -> f64 {
        let Some(begins) = self.begins else {
            return 0.0;
        };
        let layout = bus.layout();
        while let Some((after, frame)) = self.frames.get(self.next)
            && begins + *after <= now
        {
            let at = begins + *after;
            self.next += 1;
            let speed = &mut self.speed;
            let tells = |signal, value| {
                if layout.says(signal) == Some(Live::Speed) {
                    *speed = value / 3.6;
                }
            };
            // What is not in the car's layout goes to the board all the same.
            let _outcome = layout.decoder().decode(&mut self.history, at, frame, tells);
            sink(at, *frame);
        }
        if self.next >= self.frames.len() {
            self.speed = 0.0;
        }
        self.speed
    }
}

/// The car's quantities at one moment.
struct Speaker<'a> {
    twizy: &'a Twizy,
    past: Past,
    odometer: f64,
    power: Power,
    now: Duration,
}

impl Speaker<'_> {
    fn value(&self, live: Live) -> f64 {
        let (twizy, battery) = (self.twizy, &self.twizy.battery);
        if let Some(cell) = live.cell() {
            return self.cells().nth(cell).unwrap_or(0.0);
        }
        if let Some(module) = live.module() {
            return battery
                .modules()
                .get(module)
                .copied()
                .unwrap_or(0.0)
                .round();
        }
        match live {
            Live::Speed | Live::MotorSpeed => self.speed(live),
            Live::Odometer => (self.odometer * 100.0).floor() / 100.0,
            Live::WholeKilometers => self.odometer.floor(),
            Live::TensOfKilometers => (self.odometer / 10.0).floor() * 10.0,
            // About what a Twizy is driven with.
            Live::Range => (battery.energy() / 0.11).floor().clamp(1.0, 254.0),
            Live::Minutes => (self.past.minutes + self.now.as_secs_f64() / 60.0).floor(),
            Live::VinSerial => f64::from(0xF000_0000_u32 | self.past.serial & 0x0FFF_FFFF),
            Live::DcDcCurrent => 43.0 / 14.0,
            Live::ChargerTemperature => twizy.charger_temperature().round(),
            Live::InverterTemperature | Live::MotorTemperature => {
                twizy.motor_temperature().round().clamp(-39.0, 199.0)
            }
            Live::ChargeLevel => self.charge_level(),
            Live::BatteryCurrent => twizy.current(),
            // In steps of eight raw numbers.
            Live::StateOfCharge => (battery.percent() * 50.0).floor() / 50.0,
            Live::PackVoltageCoarse => (twizy.voltage() * 2.0).floor() / 2.0,
            Live::PackVoltage => twizy.voltage(),
            Live::RecuperationLimit => (battery.accepts() / 1000.0).min(2.0),
            Live::DriveLimit => 18.0,
            Live::ColdestModule => self.modules().fold(f64::INFINITY, f64::min),
            Live::HottestModule => self.modules().fold(f64::NEG_INFINITY, f64::max),
            Live::StateOfHealth => battery.health().round(),
            Live::AvailableEnergy => battery.energy(),
            Live::HighestCell => self.cells().fold(f64::NEG_INFINITY, f64::max),
            Live::LowestCell => self.cells().fold(f64::INFINITY, f64::min),
            Live::MotorDemand => (twizy.traction() / 10.0).clamp(-254.0, 257.0),
            Live::Gear => self.in_gear(FORWARD, NEUTRAL),
            Live::ControllerOn => self.in_gear(3.0, 0.0),
            Live::Footbrake => f64::from(twizy.pedals().brake > 0.0),
            // At the motor: wheels of 0.28 m, 9.23 : 1.
            Live::Torque => (twizy.traction() * 0.28 / 9.23).clamp(-100.0, 155.0),
            Live::Accelerator => twizy.pedals().accelerator * 100.0,
            Live::CapacitorVoltage => self.in_gear(twizy.voltage(), 28.0),
            Live::DistanceCounter => twizy.travelled().rem_euclid(6553.0),
            // Cells and modules were answered above.
            _ => 0.0,
        }
    }

    /// One of two values: for a car in gear, or out of it.
    fn in_gear(&self, inside: f64, outside: f64) -> f64 {
        let moves = self.twizy.speed() > 0.0 || self.twizy.pedals().accelerator > 0.0;
        if self.power == Power::Drive && moves {
            inside
        } else {
            outside
        }
    }

    fn speed(&self, live: Live) -> f64 {
        let rpm = (self.twizy.speed() * 3.6 / KMH_PER_RPM / 10.0).round() * 10.0;
        match live {
            Live::MotorSpeed => rpm,
            _ => (rpm * KMH_PER_RPM * 100.0 + 1e-6).floor() / 100.0,
        }
    }

    fn charge_level(&self) -> f64 {
        if self.power != Power::Charge {
            return 7.0;
        }
        (self.twizy.current() / 5.0).ceil().clamp(1.0, 7.0)
    }

    fn cells(&self) -> impl Iterator<Item = f64> {
        // In the 5 mV that the car tells.
        let cells = self.twizy.battery.cells(self.twizy.current());
        cells
            .into_iter()
            .map(|volts| (volts * 200.0).round() / 200.0)
    }

    fn modules(&self) -> impl Iterator<Item = f64> {
        self.twizy.battery.modules().into_iter().map(f64::round)
    }
}
