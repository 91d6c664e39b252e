//! A car and a station of the prototype as their firmware of September 2025 behaves, in bytes.
//!
//! Written from the reference page on the prototype's wire formats, its faults included, and
//! without any code of the product: the bytes are the page's vectors, in which fields are replaced.

use core::time::Duration;

use v2x_units::{Instant, MacAddress};

use crate::bytes;

pub(crate) const ITEM: &str = "48000000000066420000014 29a9989402a0000000000000000000000 4e657500
    00000000c8f107421632d7c033330f43010100000000c84201ec64c991b29000
    40e20100000000000000000000000000 0000000000000000";
const EVCS_TO_VEHICLE: &str = "4c11aeb384300000 e9f10742 2933d7c0 00000000 66e66143 00005041
    00803b45 0000c03f 0000003e 0000403e 00000000 3a000000 005f0c00";
const VEHICLE_TO_EVCS: &str = "ec64c991b2900000 c8f10742 1632d7c0 33330f43 01 00 4800 00006642
    00000142 3333c340 0000c842 01 00 0000 3a000000 40e20100";

pub(crate) const CAR: MacAddress = MacAddress::new([0xEC, 0x64, 0xC9, 0x91, 0xB2, 0x90]);
pub(crate) const STATION: MacAddress = MacAddress::new([0x4C, 0x11, 0xAE, 0xB3, 0x84, 0x30]);

const PERIOD: Duration = Duration::from_secs(5);

/// A frame: to whom, and what.
pub(crate) type Frame = (MacAddress, Vec<u8>);

fn put(frame: &mut [u8], at: usize, field: &[u8]) {
    frame[at..at + field.len()].copy_from_slice(field);
}

pub(crate) fn number(frame: &[u8], at: usize) -> f32 {
    f32::from_le_bytes(frame[at..at + 4].try_into().unwrap())
}

pub(crate) fn whole(frame: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(frame[at..at + 4].try_into().unwrap())
}

/// The radio of a prototype car: the first station that it hears is its station for ever.
#[derive(Default)]
pub(crate) struct PrototypeCar {
    station: Option<MacAddress>,
    session: u32,
    pub(crate) cost: f32,
    pub(crate) heard: usize,
    due: Option<Instant>,
}

impl PrototypeCar {
    fn status(&self) -> Frame {
        let mut frame = bytes(VEHICLE_TO_EVCS);
        put(&mut frame, 44, &self.session.to_le_bytes());
        // Whatever it wanted to stop, it takes back before it sends.
        frame[41] = 0;
        (self.station.unwrap(), frame)
    }

    pub(crate) fn hear(&mut self, now: Instant, from: MacAddress, frame: &[u8]) -> Vec<Frame> {
        match frame.len() {
            56 => {
                self.station.get_or_insert(from);
                self.session = whole(frame, 48);
                self.cost = number(frame, 40);
                self.heard += 1;
                self.due.get_or_insert(now + PERIOD);
                vec![self.status()]
            }
            88 => vec![(from, bytes(ITEM))],
            _ => Vec::new(),
        }
    }

    pub(crate) fn tick(&mut self, now: Instant) -> Vec<Frame> {
        match self.due {
            Some(due) if now >= due => {
                self.due = Some(now + PERIOD);
                vec![self.status()]
            }
            _ => Vec::new(),
        }
    }
}

/// A prototype station: speaks to whoever spoke to it last, and stops counting when anybody says.
pub(crate) struct PrototypeStation {
    pub(crate) mac: MacAddress,
    peer: MacAddress,
    /// Whether current flows.
    pub(crate) connected: bool,
    pub(crate) in_session: bool,
    session: u32,
    pub(crate) energy: f32,
    due: Instant,
}

impl PrototypeStation {
    pub(crate) fn new(mac: MacAddress) -> Self {
        Self {
            mac,
            peer: MacAddress::BROADCAST,
            connected: false,
            in_session: false,
            session: 128,
            energy: 0.0,
            due: Instant::BOOT,
        }
    }

    pub(crate) fn connect(&mut self, connected: bool) {
        if connected && !self.connected {
            self.session += 1;
            self.energy = 0.0;
        }
        self.connected = connected;
        self.in_session = connected;
    }

    pub(crate) fn hear(&mut self, from: MacAddress, frame: &[u8]) {
        if frame.len() == 52 {
            self.peer = from;
            if frame[41] != 0 {
                self.in_session = false;
                self.energy = 0.0;
            }
        }
    }

    pub(crate) fn tick(&mut self, now: Instant) -> Vec<Frame> {
        if !self.connected || now < self.due {
            return Vec::new();
        }
        self.due = now + PERIOD;
        let mut frame = bytes(EVCS_TO_VEHICLE);
        put(&mut frame, 0, &self.mac.octets());
        put(&mut frame, 36, &self.energy.to_le_bytes());
        put(&mut frame, 40, &(self.energy * 1.5).to_le_bytes());
        frame[44] = u8::from(!self.in_session);
        put(&mut frame, 48, &self.session.to_le_bytes());
        vec![(self.peer, frame)]
    }
}
