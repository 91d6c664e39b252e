//! A car, a station and a stranger between them, who sees, changes, repeats, drops and invents
//! datagrams: no panic, and the station believes nobody but the car.
//!
//! Input: steps. Each is a byte that says what happens and, where it needs them, bytes that follow.

#![no_main]

use std::convert::Infallible;
use std::sync::OnceLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use rand_core::{TryCryptoRng, TryRng};
use v2x_proto::secure::{
    Authority, ClockUnknown, Identity, Name, PrivateKeys, Role, Serial, Subject, Trust, UtcSecond,
    Validity,
};
use v2x_proto::v2g::message::MeterKind;
use v2x_proto::v2g::{
    Evcc, EvccEvent, EvccInput, EvccSettings, Output, Secc, SeccEvent, SeccInput, SeccSettings,
};
use v2x_units::{Instant, MacAddress};

const CAR: MacAddress = MacAddress::new([2, 0, 0, 0, 0, 1]);
const STATION: MacAddress = MacAddress::new([2, 0, 0, 0, 0, 2]);
const STRANGER: MacAddress = MacAddress::new([2, 0, 0, 0, 0, 3]);

/// Counts: the same input is always the same story.
struct Counting(u64);

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|number| (number >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        Ok((self.0 ^ (self.0 >> 31)).wrapping_mul(0x94D0_49BB_1331_11EB))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            *byte = (self.try_next_u64()? >> 56) as u8;
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

type Enrolled = (Identity, Identity, Trust);

/// A car and a station of one operator; made once, for keys are dear.
fn enrolled() -> &'static Enrolled {
    static ENROLLED: OnceLock<Enrolled> = OnceLock::new();
    ENROLLED.get_or_init(|| {
        let mut rng = Counting(1);
        let operator = Authority::draw(&mut rng);
        let mut enroll = |role, name| {
            let keys = PrivateKeys::draw(&mut rng);
            let subject = Subject {
                role,
                name: Name::new(name).expect("a name"),
                battery_data_after_unplugging: role == Role::Vehicle,
                serial: Serial(1),
                validity: Validity {
                    not_before: UtcSecond(0),
                    not_after: UtcSecond(u32::MAX - 1),
                },
            };
            let credential = operator.issue(subject, keys.public());
            Identity::new(keys, credential).expect("its own keys")
        };
        let (car, station) = (enroll(Role::Vehicle, "C1"), enroll(Role::Station, "S1"));
        let trust = Trust::new(&[operator.public()], ClockUnknown::AcceptForNow, false);
        (car, station, trust.expect("one authority"))
    })
}

struct World {
    now: Instant,
    rng: Counting,
    evcc: Evcc,
    secc: Secc,
    /// What is on the air, and who sent it.
    air: Vec<(MacAddress, Vec<u8>)>,
}

impl World {
    fn new() -> Self {
        let (car, station, trust) = enrolled();
        let settings = SeccSettings {
            offer: Default::default(),
            meter: MeterKind::Uncertified,
        };
        let now = Instant::BOOT;
        Self {
            now,
            rng: Counting(2),
            evcc: Evcc::new(car.clone(), trust.clone(), EvccSettings::default()),
            secc: Secc::new(station.clone(), trust.clone(), settings, now, None),
            air: Vec::new(),
        }
    }

    fn plug(&mut self, plugged: bool) {
        self.secc
            .handle(self.now, SeccInput::Plugged(plugged), &mut self.rng);
        self.evcc
            .handle(self.now, EvccInput::Plugged(plugged), &mut self.rng);
    }

    fn hear(&mut self, to_car: bool, from: MacAddress, bytes: &[u8]) {
        if to_car {
            let input = EvccInput::Heard(from, bytes);
            self.evcc.handle(self.now, input, &mut self.rng);
        } else {
            let input = SeccInput::Heard(from, bytes);
            self.secc.handle(self.now, input, &mut self.rng);
        }
    }

    fn drain(&mut self) {
        loop {
            match self.evcc.poll(self.now, &mut self.rng) {
                Output::Send { datagram, .. } => self.air.push((CAR, datagram.to_vec())),
                Output::Event(EvccEvent::StationProven(from, station)) => {
                    assert_eq!(station.subject.name.as_str(), "S1", "from {from}");
                }
                Output::Event(_) => {}
                Output::WakeAt(_) => break,
            }
        }
        loop {
            match self.secc.poll(self.now) {
                Output::Send { datagram, .. } => self.air.push((STATION, datagram.to_vec())),
                Output::Event(SeccEvent::CarProven(car)) => {
                    assert_eq!(car.subject.name.as_str(), "C1");
                }
                Output::Event(_) => {}
                Output::WakeAt(_) => break,
            }
        }
        let longest = self.air.iter().map(|(_, bytes)| bytes.len()).max();
        assert!(longest.is_none_or(|longest| longest <= 250));
        // The stranger keeps the last few datagrams.
        let old = self.air.len().saturating_sub(16);
        self.air.drain(..old);
    }
}

/// Takes so many bytes, or what there is.
fn take<'a>(input: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, rest) = input.split_at(count.min(input.len()));
    *input = rest;
    taken
}

fuzz_target!(|input: &[u8]| {
    let mut input = input;
    let mut world = World::new();
    world.plug(true);
    world.drain();
    for _ in 0..64 {
        let Some(&step) = take(&mut input, 1).first() else {
            break;
        };
        let argument = take(&mut input, 1).first().copied().unwrap_or_default();
        let to_car = argument & 1 == 1;
        let place = usize::from(argument >> 1);
        let chosen = world.air.len().checked_sub(1 + place % 16);
        let chosen = chosen.map(|at| world.air[at].clone());
        match (step % 8, chosen) {
            // Both hear what the other says, for a while.
            (0, _) => {
                for _ in 0..=place % 8 {
                    for (from, bytes) in std::mem::take(&mut world.air) {
                        world.hear(from == STATION, from, &bytes);
                    }
                    world.drain();
                }
            }
            // A datagram is repeated, to either, from whomever.
            (1, Some((from, bytes))) => world.hear(to_car, from, &bytes),
            (2, Some((_, bytes))) => world.hear(to_car, STRANGER, &bytes),
            // A datagram is changed.
            (3, Some((from, mut bytes))) => {
                let flips = take(&mut input, 2);
                if let [at, mask] = *flips
                    && let Some(byte) = bytes.get_mut(usize::from(at))
                {
                    *byte ^= mask;
                }
                world.hear(from == STATION, from, &bytes);
            }
            // A datagram is cut.
            (4, Some((from, bytes))) => {
                let length = usize::from(argument).min(bytes.len());
                world.hear(from == STATION, from, &bytes[..length]);
            }
            // A datagram is invented.
            (5, _) => {
                let bytes = take(&mut input, usize::from(argument));
                world.hear(to_car, if to_car { STATION } else { CAR }, bytes);
            }
            (6, _) => world.plug(to_car),
            _ => world.now = world.now + Duration::from_millis(100 * u64::from(argument)),
        }
        world.drain();
    }
    if let Some(session) = world.secc.session() {
        assert_eq!(session.car.as_str(), "C1");
    }
});
