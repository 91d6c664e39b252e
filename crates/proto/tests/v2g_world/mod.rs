//! A world for stories of V2G: cars, stations and the air between them, in virtual time.
//!
//! Not a test of its own. The air loses, repeats and delays by a seed; nothing here waits.

#![allow(dead_code, reason = "each story uses a part of the world")]
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test ends at the first surprise, and shares this world"
)]

use core::convert::Infallible;
use core::time::Duration;

use rand_core::{TryCryptoRng, TryRng};
use v2x_proto::secure::{
    AirCounters, Authority, ClockUnknown, Identity, Name, PrivateKeys, RevocationList, Role,
    Serial, Subject, Trust, UtcSecond, Validity,
};
use v2x_proto::v2g::evcc::EvccState;
use v2x_proto::v2g::message::{ChargeParameterDiscoveryRes, MeterKind};
use v2x_proto::v2g::{
    CurrencyCode, Evcc, EvccEvent, EvccInput, EvccSettings, MeterReading, Money, Output,
    SavedSession, Secc, SeccEvent, SeccInput, SeccSettings, SessionId, TariffName,
};
use v2x_units::{Amps, Degrees, Instant, MacAddress, Position, UtcTime, Volts, WattHours, Watts};

/// Steps of a generator that gives the same numbers for the same seed (SplitMix64).
pub struct Seeded(pub u64);

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|n| u32::try_from(n >> 32).unwrap())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Ok(z ^ (z >> 31))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let drawn = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&drawn[..chunk.len()]);
        }
        Ok(())
    }
}

/// The keys of a test are nobody's.
impl TryCryptoRng for Seeded {}

impl Seeded {
    /// True so many times in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.try_next_u64().unwrap() % end
    }
}

/// 2026-01-01 00:00:00 UTC, when every story begins.
pub const BEGINNING: u32 = 1_767_225_600;

pub const CAR: MacAddress = MacAddress::new([0xEC, 0x64, 0xC9, 0x91, 0xB2, 0x90]);
pub const OTHER_CAR: MacAddress = MacAddress::new([0xEC, 0x64, 0xC9, 0x91, 0xB2, 0x92]);
pub const STATION: MacAddress = MacAddress::new([0x4C, 0x11, 0xAE, 0xB3, 0x84, 0x30]);
pub const OTHER_STATION: MacAddress = MacAddress::new([0x4C, 0x11, 0xAE, 0xB3, 0x84, 0x32]);
pub const STRANGER: MacAddress = MacAddress::new([0x02, 0, 0, 0, 0, 0x66]);

/// An operator: whom everybody trusts, and who gives out credentials.
pub struct Operator {
    pub authority: Authority,
    next_serial: u64,
    rng: Seeded,
}

impl Operator {
    pub fn new(seed: u64) -> Self {
        let mut rng = Seeded(seed);
        Self {
            authority: Authority::draw(&mut rng),
            next_serial: 1,
            rng,
        }
    }

    pub fn subject(&mut self, role: Role, name: &str) -> Subject {
        self.next_serial += 1;
        Subject {
            role,
            name: Name::new(name).unwrap(),
            battery_data_after_unplugging: role == Role::Vehicle,
            serial: Serial(self.next_serial),
            validity: Validity {
                not_before: UtcSecond(BEGINNING - 86_400),
                not_after: UtcSecond(BEGINNING + 86_400),
            },
        }
    }

    pub fn enroll(&mut self, subject: Subject) -> Identity {
        let keys = PrivateKeys::draw(&mut self.rng);
        let credential = self.authority.issue(subject, keys.public());
        Identity::new(keys, credential).unwrap()
    }

    pub fn car(&mut self, name: &str) -> Identity {
        let subject = self.subject(Role::Vehicle, name);
        self.enroll(subject)
    }

    pub fn station(&mut self, name: &str) -> Identity {
        let subject = self.subject(Role::Station, name);
        self.enroll(subject)
    }

    pub fn trust(&self) -> Trust {
        Trust::new(&[self.authority.public()], ClockUnknown::Refuse, false).unwrap()
    }

    pub fn trust_without_clock(&self) -> Trust {
        Trust::new(
            &[self.authority.public()],
            ClockUnknown::AcceptForNow,
            false,
        )
        .unwrap()
    }

    pub fn revoke(&self, number: u32, serials: &[Serial]) -> RevocationList {
        let (issued, next) = (UtcSecond(BEGINNING), UtcSecond(BEGINNING + 86_400));
        self.authority
            .revoke(number, issued, next, serials)
            .unwrap()
    }
}

pub fn dirham(units: i64, decimals: u8) -> Money {
    Money::new(units, decimals, CurrencyCode::new("MAD").unwrap()).unwrap()
}

pub fn place(latitude: f64, longitude: f64) -> Position {
    Position::new(Degrees::new(latitude), Degrees::new(longitude)).unwrap()
}

/// Where the station of the stories stands: nowhere near anybody.
pub fn station_place() -> Position {
    place(10.0, 20.0)
}

pub fn offer() -> ChargeParameterDiscoveryRes {
    ChargeParameterDiscoveryRes {
        position: Some(station_place()),
        nominal_voltage: Some(Volts::new(230.0)),
        max_current: Some(Amps::new(13.0)),
        max_power: Some(Watts::new(3_000.0)),
        energy_limit: None,
        price_per_kwh: Some(dirham(15_000, 4)),
        tariff: TariffName::try_from("day-2026").unwrap(),
    }
}

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

pub struct CarNode {
    pub mac: MacAddress,
    pub evcc: Evcc,
    pub identity: Identity,
    pub trust: Trust,
    pub settings: EvccSettings,
    pub plugged_into: Option<usize>,
    pub events: Vec<EvccEvent>,
    /// Every state it was in.
    pub states: Vec<EvccState>,
    wake: Option<Instant>,
}

pub struct StationNode {
    pub mac: MacAddress,
    pub secc: Secc,
    pub identity: Identity,
    pub trust: Trust,
    pub settings: SeccSettings,
    pub events: Vec<SeccEvent>,
    pub saved: Option<SavedSession>,
    pub plugged: bool,
    /// What the meter counted since the last new session.
    pub energy: f64,
    wake: Option<Instant>,
}

pub struct World {
    pub now: Instant,
    pub rng: Seeded,
    pub operator: Operator,
    pub cars: Vec<CarNode>,
    pub stations: Vec<StationNode>,
    pub air: Vec<Flight>,
    /// Everything that was ever sent.
    pub heard_by_all: Vec<Flight>,
    pub conditions: Conditions,
    clock_known: bool,
    next_second: Instant,
}

/// Power that a car draws.
pub const POWER: f64 = 2_000.0;

impl World {
    /// One car and one station of the same operator.
    pub fn new(seed: u64) -> Self {
        let mut world = Self::empty(seed);
        world.add_station(STATION, "MA*HEL*E0001*1");
        world.add_car(CAR, "twizy-1");
        world
    }

    pub fn empty(seed: u64) -> Self {
        Self {
            now: Instant::BOOT + Duration::from_secs(1),
            rng: Seeded(seed),
            operator: Operator::new(seed),
            cars: Vec::new(),
            stations: Vec::new(),
            air: Vec::new(),
            heard_by_all: Vec::new(),
            conditions: Conditions::CLEAR,
            clock_known: true,
            next_second: Instant::BOOT + Duration::from_secs(2),
        }
    }

    /// As [`World::new`], but nobody knows the time, and nobody minds.
    pub fn without_clock(seed: u64) -> Self {
        let mut world = Self::empty(seed);
        world.clock_known = false;
        world.add_station(STATION, "MA*HEL*E0001*1");
        world.add_car(CAR, "twizy-1");
        world
    }

    pub fn utc(&self) -> UtcTime {
        UtcSecond(BEGINNING).utc() + self.now.since(Instant::BOOT)
    }

    pub fn add_car(&mut self, mac: MacAddress, name: &str) -> usize {
        let identity = self.operator.car(name);
        self.add_car_as(mac, identity)
    }

    pub fn add_car_as(&mut self, mac: MacAddress, identity: Identity) -> usize {
        let settings = EvccSettings {
            capacity: Some(WattHours::new(6_100.0)),
            max_current: Some(Amps::new(10.0)),
            cost_limit: None,
            departure: None,
            battery_data_after_unplugging: true,
        };
        let trust = if self.clock_known {
            self.operator.trust()
        } else {
            self.operator.trust_without_clock()
        };
        let mut evcc = Evcc::new(identity.clone(), trust.clone(), settings);
        if self.clock_known {
            let utc = Some(self.utc());
            evcc.handle(self.now, EvccInput::Clock(utc), &mut self.rng);
        }
        self.cars.push(CarNode {
            mac,
            evcc,
            identity,
            trust,
            settings,
            plugged_into: None,
            events: Vec::new(),
            states: vec![EvccState::ExpectPlug],
            wake: None,
        });
        self.cars.len() - 1
    }

    pub fn add_station(&mut self, mac: MacAddress, name: &str) -> usize {
        let identity = self.operator.station(name);
        self.add_station_as(mac, identity)
    }

    pub fn add_station_as(&mut self, mac: MacAddress, identity: Identity) -> usize {
        let settings = SeccSettings {
            offer: offer(),
            meter: MeterKind::Uncertified,
        };
        let trust = if self.clock_known {
            self.operator.trust()
        } else {
            self.operator.trust_without_clock()
        };
        let secc = Secc::new(
            identity.clone(),
            trust.clone(),
            settings.clone(),
            self.now,
            None,
        );
        self.stations.push(StationNode {
            mac,
            secc,
            identity,
            trust,
            settings,
            events: Vec::new(),
            saved: None,
            plugged: false,
            energy: 0.0,
            wake: None,
        });
        let at = self.stations.len() - 1;
        if self.clock_known {
            let utc = Some(self.utc());
            self.tell_station(at, SeccInput::Clock(utc));
        }
        at
    }

    pub fn plug(&mut self, car: usize, station: usize) {
        self.cars[car].plugged_into = Some(station);
        self.stations[station].plugged = true;
        self.tell_station(station, SeccInput::Plugged(true));
        self.tell_car(car, EvccInput::Plugged(true));
    }

    pub fn unplug(&mut self, car: usize) {
        if let Some(station) = self.cars[car].plugged_into.take() {
            self.stations[station].plugged = false;
            self.tell_station(station, SeccInput::Plugged(false));
        }
        self.tell_car(car, EvccInput::Plugged(false));
    }

    /// The car's computer starts anew; it remembers the number of its session.
    pub fn reboot_car(&mut self, at: usize) {
        let utc = self.clock_known.then(|| self.utc());
        let node = &mut self.cars[at];
        let session = remembered(&node.events);
        node.evcc = Evcc::new(node.identity.clone(), node.trust.clone(), node.settings);
        let (now, plugged) = (self.now, node.plugged_into.is_some());
        node.evcc.handle(now, EvccInput::Clock(utc), &mut self.rng);
        if let Some(session) = session {
            node.evcc.remember(now, session, &mut self.rng);
        }
        if plugged {
            self.tell_car(at, EvccInput::Plugged(true));
        }
        self.drain_car(at);
    }

    /// The slot controller starts anew with what it saved; its relay has opened.
    pub fn reboot_station(&mut self, at: usize) {
        let utc = self.clock_known.then(|| self.utc());
        let node = &mut self.stations[at];
        let (identity, trust) = (node.identity.clone(), node.trust.clone());
        let saved = node.saved.clone();
        node.secc = Secc::new(identity, trust, node.settings.clone(), self.now, saved);
        let plugged = node.plugged;
        self.tell_station(at, SeccInput::Clock(utc));
        self.tell_station(at, SeccInput::Plugged(plugged));
    }

    pub fn tell_car(&mut self, at: usize, input: EvccInput<'_>) {
        self.cars[at].evcc.handle(self.now, input, &mut self.rng);
        self.drain_car(at);
    }

    pub fn tell_station(&mut self, at: usize, input: SeccInput<'_>) {
        self.stations[at]
            .secc
            .handle(self.now, input, &mut self.rng);
        self.drain_station(at);
    }

    fn drain_car(&mut self, at: usize) {
        loop {
            let node = &mut self.cars[at];
            let output = node.evcc.poll(self.now, &mut self.rng);
            if node.states.last() != Some(&node.evcc.state()) {
                node.states.push(node.evcc.state());
            }
            match output {
                Output::Send { to, datagram } => {
                    let from = node.mac;
                    self.transmit(from, to, &datagram);
                }
                Output::Event(event) => node.events.push(event),
                Output::WakeAt(wake) => break node.wake = wake,
            }
        }
    }

    fn drain_station(&mut self, at: usize) {
        loop {
            let node = &mut self.stations[at];
            match node.secc.poll(self.now) {
                Output::Send { to, datagram } => {
                    let from = node.mac;
                    self.transmit(from, to, &datagram);
                }
                Output::Event(event) => {
                    if let SeccEvent::Save(saved) = &event {
                        if saved.as_ref().map(|s| s.id) != node.saved.as_ref().map(|s| s.id) {
                            node.energy = 0.0;
                        }
                        node.saved = saved.clone();
                    }
                    node.events.push(event);
                }
                Output::WakeAt(wake) => break node.wake = wake,
            }
        }
    }

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
    fn step(&mut self, end: Instant) {
        let wakes = self.cars.iter().filter_map(|car| car.wake);
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
            self.drain_car(at);
        }
        for at in 0..self.stations.len() {
            self.drain_station(at);
        }
    }

    fn read_meters(&mut self) {
        for at in 0..self.stations.len() {
            let node = &mut self.stations[at];
            let on = node.secc.power_is_on();
            if on {
                node.energy += POWER / 3600.0;
            }
            let energy = node.energy.floor();
            #[expect(clippy::cast_possible_truncation, reason = "a few thousand watt hours")]
            let cost = dirham(15 * energy as i64, 4);
            let reading = MeterReading {
                voltage: Some(Volts::new(229.4)),
                current: Some(Amps::new(if on { 8.91 } else { 0.0 })),
                power: Some(Watts::new(if on { POWER } else { 0.0 })),
                power_factor: Some(0.98),
                energy: Some(WattHours::new(energy)),
                cost: Some(cost),
            };
            self.tell_station(at, SeccInput::Meter(reading));
        }
    }

    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.step(end);
        }
    }

    /// Runs until something is so; fails after an hour of virtual time.
    pub fn run_until(&mut self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        let end = self.now + Duration::from_secs(3_600);
        while !is_so(self) {
            let car = self.cars.first().map(|car| car.evcc.state());
            assert!(
                self.now < end,
                "{what} never came to pass; the car is in {car:?}"
            );
            self.step(end);
        }
    }

    pub fn run_until_state(&mut self, car: usize, state: EvccState) {
        self.run_until(&format!("{state:?}"), |world| {
            world.cars[car].evcc.state() == state
        });
    }

    pub fn run_until_charging(&mut self, car: usize) {
        self.run_until("charging", |world| {
            world.cars[car]
                .events
                .iter()
                .any(|e| matches!(e, EvccEvent::Status(_)))
        });
    }

    pub fn station_counters(&self) -> AirCounters {
        self.stations[0].secc.air_counters()
    }
}

/// The session that the car's events say is open.
pub fn remembered(events: &[EvccEvent]) -> Option<SessionId> {
    events.iter().fold(None, |open, event| match event {
        EvccEvent::Session(_, session) => Some(*session),
        EvccEvent::SessionEnded(_) => None,
        _ => open,
    })
}

/// How many events are so.
pub fn count<E>(events: &[E], is_so: impl Fn(&E) -> bool) -> usize {
    events.iter().filter(|event| is_so(event)).count()
}
