//! A world for stories of V2V: cars on a plane, their radios, and an operator, in virtual time.
//!
//! Not a test of its own. Cars drive as they are told, hear each other within reach, and lose
//! messages by a seed; nothing here waits.

#![allow(dead_code, reason = "each story uses a part of the world")]
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test ends at the first surprise, and shares this world"
)]

#[path = "../seeded/mod.rs"]
mod seeded;

use core::time::Duration;

pub use seeded::Seeded;
use v2x_proto::secure::{CertificateHash, SigningKey, Verifier, profile};
use v2x_proto::v2v::{
    Accuracy, Condition, Heard, MessageKind, Motion, Outgoing, OwnPosition, Pseudonym, V2v,
    V2vEvent, V2vInput, V2vOutput, V2vSettings, Warning, WarningKind,
};
use v2x_proto::wire::certificate::{Certificate, DurationUnit, ValidityPeriod};
use v2x_units::{Degrees, Instant, MacAddress, Meters, MetersPerSecond, Position, UtcTime};

/// 2026-01-01 00:00:00 UTC, when every story begins.
pub const BEGINNING: UtcTime = UtcTime::from_millis(1_767_225_600_000);
/// The same moment as certificates count it: seconds since 2004 (TAI).
pub const BEGINNING_2004: u32 = 694_310_405;
/// How often the world moves on.
pub const TICK: Duration = Duration::from_millis(20);

/// An operator: a root, an authority, and the tickets that it issues.
pub struct Operator {
    pub root: Certificate,
    pub authority: Certificate,
    authority_key: SigningKey,
    keys: u32,
    seed: u8,
}

pub fn key(seed: u8, number: u32) -> SigningKey {
    let mut scalar = [seed; 32];
    scalar[28..].copy_from_slice(&(number + 1).to_be_bytes());
    SigningKey::from_bytes(&scalar).unwrap()
}

pub const fn hours(start: u32, amount: u16) -> ValidityPeriod {
    ValidityPeriod {
        start,
        amount,
        unit: DurationUnit::Hours,
    }
}

impl Operator {
    pub fn new(seed: u8) -> Self {
        let (root_key, authority_key) = (key(seed, 0), key(seed, 1));
        let long = hours(BEGINNING_2004 - 86_400, 1000);
        let root = profile::root("test root", long, root_key.public_key()).unwrap();
        let root = root_key.issue_root(root);
        let authority =
            profile::authority("test authority", long, authority_key.public_key()).unwrap();
        let authority = root_key.issue(authority, CertificateHash::of(&root));
        Self {
            root,
            authority,
            authority_key,
            keys: 1,
            seed,
        }
    }

    /// Trusts this operator and nobody else.
    pub fn verifier(&self) -> Verifier {
        let mut verifier = Verifier::default();
        let certificates = &mut verifier.certificates;
        certificates.add_root(self.root.clone()).unwrap();
        certificates.add_authority(self.authority.clone()).unwrap();
        verifier
    }

    pub fn ticket(&mut self, validity: ValidityPeriod, vehicle_data: bool) -> Pseudonym {
        self.keys += 1;
        let key = key(self.seed, self.keys);
        let says = profile::ticket(validity, None, key.public_key(), vehicle_data).unwrap();
        let authority = CertificateHash::of(&self.authority);
        Pseudonym::new(self.authority_key.issue(says, authority), key).unwrap()
    }

    /// The ticket of a charging station.
    pub fn station_ticket(&mut self, validity: ValidityPeriod) -> Pseudonym {
        self.keys += 1;
        let key = key(self.seed, self.keys);
        let says = profile::station_ticket(validity, key.public_key()).unwrap();
        let authority = CertificateHash::of(&self.authority);
        Pseudonym::new(self.authority_key.issue(says, authority), key).unwrap()
    }

    /// So many pseudonyms that hold through the story.
    pub fn pseudonyms(&mut self, count: usize) -> Vec<Pseudonym> {
        let validity = hours(BEGINNING_2004 - 3600, 24);
        (0..count).map(|_| self.ticket(validity, true)).collect()
    }
}

pub fn origin() -> Position {
    Position::new(Degrees::new(34.0), Degrees::new(-6.8)).unwrap()
}

/// So many metres east and north of the origin.
pub fn place(east: f64, north: f64) -> Position {
    const METERS_PER_DEGREE: f64 = 111_195.08;
    let around = METERS_PER_DEGREE * origin().latitude().get().to_radians().cos();
    Position::new(
        Degrees::new(34.0 + north / METERS_PER_DEGREE),
        Degrees::new(-6.8 + east / around),
    )
    .unwrap()
}

/// A car on the plane: where it is, how it moves, and its V2V.
pub struct Car {
    pub v2v: V2v,
    pub east: f64,
    pub north: f64,
    pub heading: f64,
    pub speed: f64,
    pub acceleration: f64,
    pub motion: Motion,
    pub condition: Condition,
    pub address: MacAddress,
    pub events: Vec<V2vEvent>,
    pub sent: Vec<Outgoing>,
    rng: Seeded,
    fix_due: Instant,
}

impl Car {
    pub fn new(operator: &mut Operator, seed: u64, settings: V2vSettings) -> Self {
        let mut car = Self {
            v2v: V2v::new(settings, operator.verifier()),
            east: 0.0,
            north: 0.0,
            heading: 0.0,
            speed: 0.0,
            acceleration: 0.0,
            motion: Motion::speed(Instant::BOOT, MetersPerSecond::ZERO),
            condition: Condition::default(),
            address: MacAddress::new([0x02, 0xFF, 0, 0, 0, u8::try_from(seed % 256).unwrap()]),
            events: Vec::new(),
            sent: Vec::new(),
            rng: Seeded(seed),
            fix_due: Instant::BOOT,
        };
        let now = Instant::BOOT;
        car.handle(now, V2vInput::Clock(Some(BEGINNING)));
        car.handle(now, V2vInput::Pseudonyms(operator.pseudonyms(3)));
        car
    }

    pub fn at(mut self, east: f64, north: f64, heading: f64, speed: f64) -> Self {
        (self.east, self.north) = (east, north);
        (self.heading, self.speed) = (heading, speed);
        self
    }

    pub fn handle(&mut self, now: Instant, input: V2vInput<'_>) {
        self.v2v.handle(now, input, &mut self.rng);
    }

    /// Drives on and tells its V2V; a fix each 200 ms, the wheel speed at each tick.
    pub fn drive(&mut self, now: Instant) {
        let tick = TICK.as_secs_f64();
        self.speed = (self.speed + self.acceleration * tick).max(0.0);
        let (sin, cos) = self.heading.to_radians().sin_cos();
        self.east += sin * self.speed * tick;
        self.north += cos * self.speed * tick;
        if now >= self.fix_due {
            self.fix_due = now + Duration::from_millis(200);
            let position = self.fix(now);
            self.handle(now, V2vInput::Position(position));
        }
        let motion = Motion {
            at: now,
            speed: Some(MetersPerSecond::new(self.speed)),
            acceleration: Some(v2x_units::MetersPerSecondSquared::new(
                if self.speed > 0.0 {
                    self.acceleration
                } else {
                    0.0
                },
            )),
            ..self.motion
        };
        self.handle(now, V2vInput::Motion(motion));
        let condition = self.condition;
        self.handle(now, V2vInput::Condition(condition));
    }

    pub fn fix(&self, now: Instant) -> OwnPosition {
        OwnPosition {
            at: now,
            position: place(self.east, self.north),
            accuracy: Some(Accuracy::circle(Meters::new(2.0))),
            altitude: None,
            course: (self.speed > 0.5).then(|| Degrees::new(self.heading)),
        }
    }

    /// Takes out everything that is to be done; gives what is to be sent.
    pub fn turn(&mut self, now: Instant) -> Vec<Outgoing> {
        let mut out = Vec::new();
        loop {
            match self.v2v.poll(now, &mut self.rng) {
                V2vOutput::SetAddress(address) => self.address = address,
                V2vOutput::Send(outgoing) => {
                    assert!(outgoing.payload.len() <= 250, "fits ESP-NOW version 1");
                    self.sent.push(outgoing.clone());
                    out.push(outgoing);
                }
                V2vOutput::Event(event) => self.events.push(event),
                V2vOutput::WakeAt(_) => return out,
            }
        }
    }

    pub fn raised(&self, kind: WarningKind) -> Vec<Warning> {
        let raised = self.events.iter().filter_map(|event| match event {
            V2vEvent::WarningRaised(warning) if warning.kind == kind => Some(*warning),
            _ => None,
        });
        raised.collect()
    }

    pub fn sent_of(&self, kind: MessageKind) -> usize {
        self.sent.iter().filter(|it| it.kind == kind).count()
    }
}

/// Cars and the air between them.
pub struct World {
    pub now: Instant,
    pub cars: Vec<Car>,
    /// How far radio reaches, in metres.
    pub reach: f64,
    /// How many of a hundred messages get lost.
    pub loss_percent: u64,
    rng: Seeded,
}

impl World {
    pub fn of(cars: Vec<Car>) -> Self {
        Self {
            now: Instant::BOOT,
            cars,
            reach: 400.0,
            loss_percent: 0,
            rng: Seeded(99),
        }
    }

    /// One tick: everybody drives, speaks, and hears what was said.
    pub fn tick(&mut self) {
        self.now = self.now + TICK;
        let mut said = Vec::new();
        for (from, car) in self.cars.iter_mut().enumerate() {
            car.drive(self.now);
            said.extend(car.turn(self.now).into_iter().map(|it| (from, it)));
        }
        for (from, outgoing) in said {
            self.air(from, &outgoing.payload);
        }
        for car in &mut self.cars {
            car.turn(self.now);
        }
    }

    fn air(&mut self, from: usize, payload: &[u8]) {
        let (sender, east, north) = {
            let car = &self.cars[from];
            (car.address, car.east, car.north)
        };
        for to in 0..self.cars.len() {
            let car = &mut self.cars[to];
            let distance = (car.east - east).hypot(car.north - north);
            let lost = self.rng.chance(self.loss_percent);
            if to == from || distance > self.reach || lost {
                continue;
            }
            #[expect(clippy::cast_possible_truncation, reason = "a decibel is enough")]
            let rssi = (-40.0 - 20.0 * distance.max(1.0).log10()) as i8;
            let heard = Heard {
                from: sender,
                rssi_dbm: Some(rssi),
                payload,
            };
            let now = self.now;
            car.handle(now, V2vInput::Heard(heard));
        }
    }

    /// Ticks until something is so; fails after so many seconds.
    pub fn until(&mut self, seconds: u64, mut so: impl FnMut(&Self) -> bool) {
        let end = self.now + Duration::from_secs(seconds);
        while !so(self) {
            assert!(self.now < end, "not within {seconds} s");
            self.tick();
        }
    }

    pub fn run(&mut self, seconds: f64) {
        let end = self.now + Duration::from_secs_f64(seconds);
        while self.now < end {
            self.tick();
        }
    }

    pub fn seconds(&self) -> f64 {
        self.now.since(Instant::BOOT).as_secs_f64()
    }
}
