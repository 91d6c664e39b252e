//! A world for stories of V2G: cars, stations and the air between them, in virtual time.
//!
//! Not a test of its own; nothing here waits.
//!
//! | file | what it holds |
//! |---|---|
//! | `operator.rs` | whom everybody trusts |
//! | `air.rs` | datagrams that are lost, repeated and delayed by a seed; how the time goes on |

#![allow(dead_code, reason = "each story uses a part of the world")]
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test ends at the first surprise, and shares this world"
)]

#[path = "../seeded/mod.rs"]
mod seeded;

mod air;
mod operator;

use core::time::Duration;

use v2x_proto::deadlines::LIVE_SPACING;
use v2x_proto::secure::{AirCounters, Identity, Trust, UtcSecond};
use v2x_proto::v2g::evcc::EvccState;
use v2x_proto::v2g::message::{ChargeParameterDiscoveryRes, MeterKind};
use v2x_proto::v2g::{
    CurrencyCode, Evcc, EvccEvent, EvccInput, EvccSettings, MeterReading, Money, Onset, Output,
    PlugSenses, SavedSession, Secc, SeccEvent, SeccInput, SeccSettings, Sense, SessionId,
    TariffName,
};
use v2x_units::{Amps, Degrees, Instant, MacAddress, Position, UtcTime, Volts, WattHours, Watts};

pub use air::{Conditions, Flight};
pub use operator::Operator;
pub use seeded::Seeded;

/// 2026-01-01 00:00:00 UTC, when every story begins.
pub const BEGINNING: u32 = 1_767_225_600;

pub const CAR: MacAddress = MacAddress::new([0xEC, 0x64, 0xC9, 0x91, 0xB2, 0x90]);
pub const OTHER_CAR: MacAddress = MacAddress::new([0xEC, 0x64, 0xC9, 0x91, 0xB2, 0x92]);
pub const STATION: MacAddress = MacAddress::new([0x4C, 0x11, 0xAE, 0xB3, 0x84, 0x30]);
pub const OTHER_STATION: MacAddress = MacAddress::new([0x4C, 0x11, 0xAE, 0xB3, 0x84, 0x32]);
pub const STRANGER: MacAddress = MacAddress::new([0x02, 0, 0, 0, 0, 0x66]);

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
    /// Whether it tells what it feels of its plug, as releases before that question do not.
    pub feels: bool,
    /// When its computer knows after a restart whether the plug is in.
    pub settles: Option<Instant>,
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
    /// Whether its relay is to be closed, and since when it is.
    wants: bool,
    live: Option<Instant>,
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
    /// The relay that closed last.
    closed_last: Option<(usize, Instant)>,
    clock_known: bool,
    next_second: Instant,
}

/// How long a car's computer looks at its bus before it knows of the plug.
const PLUG_SETTLES: Duration = Duration::from_millis(1200);

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
            closed_last: None,
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
            feels: true,
            settles: None,
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
            wants: false,
            live: None,
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
        self.plug_in(car, station);
        self.tell_car(car, EvccInput::Plugged(true));
    }

    /// The station sees the plug; the car has not noticed yet.
    pub fn plug_in(&mut self, car: usize, station: usize) {
        self.cars[car].plugged_into = Some(station);
        self.stations[station].plugged = true;
        self.tell_station(station, SeccInput::Plugged(true));
    }

    pub fn unplug(&mut self, car: usize) {
        if let Some(station) = self.cars[car].plugged_into.take() {
            self.stations[station].plugged = false;
            self.tell_station(station, SeccInput::Plugged(false));
            self.move_relays();
        }
        self.feel(car, Sense::Off);
        self.tell_car(car, EvccInput::Plugged(false));
    }

    /// The car's computer starts anew; it remembers the number of its session.
    pub fn reboot_car(&mut self, at: usize) {
        let utc = self.clock_known.then(|| self.utc());
        let node = &mut self.cars[at];
        let session = remembered(&node.events);
        node.evcc = Evcc::new(node.identity.clone(), node.trust.clone(), node.settings);
        let now = self.now;
        node.evcc.handle(now, EvccInput::Clock(utc), &mut self.rng);
        if let Some(session) = session {
            node.evcc.remember(now, session, &mut self.rng);
        }
        // Its bus has to say the same for a while before it counts.
        node.settles = Some(now + PLUG_SETTLES);
        // Mains that were there before its computer was have no moment.
        let station = self.cars[at].plugged_into;
        let is_live = station.is_some_and(|station| self.stations[station].live.is_some());
        self.feel(at, if is_live { Sense::On(None) } else { Sense::Off });
    }

    /// The car feels its mains.
    fn feel(&mut self, car: usize, mains: Sense) {
        if self.cars[car].feels {
            let charging = Sense::NotKnown;
            self.tell_car(car, EvccInput::Feels(PlugSenses { mains, charging }));
        }
    }

    /// Moves relays: those of different slots close some time apart, as a station does it.
    fn move_relays(&mut self) {
        for at in 0..self.stations.len() {
            let (now, node) = (self.now, &mut self.stations[at]);
            let wants = node.wants && node.plugged;
            if wants == node.live.is_some() {
                continue;
            }
            let soon = |(other, when): (usize, _)| other != at && now.since(when) < LIVE_SPACING;
            if wants && self.closed_last.is_some_and(soon) {
                continue;
            }
            node.live = wants.then_some(now);
            let live = node.live;
            if wants {
                self.closed_last = Some((at, now));
            }
            self.tell_station(at, SeccInput::Live(live.map(Onset::Mains)));
            for car in 0..self.cars.len() {
                if self.cars[car].plugged_into == Some(at) {
                    let felt = live.map_or(Sense::Off, |live| Sense::On(Some(live)));
                    self.feel(car, felt);
                }
            }
        }
    }

    /// The slot controller starts anew with what it saved; its relay has opened.
    pub fn reboot_station(&mut self, at: usize) {
        let utc = self.clock_known.then(|| self.utc());
        let node = &mut self.stations[at];
        let (identity, trust) = (node.identity.clone(), node.trust.clone());
        let saved = node.saved.clone();
        node.wants = false;
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
                    match &event {
                        SeccEvent::PowerOn(..) => node.wants = true,
                        SeccEvent::PowerOff(..) => node.wants = false,
                        _ => {}
                    }
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
