//! A car of the prototype on the air, in bytes: the vectors of its firmware, in which only the
//! address and what the story is about are replaced.

use std::net::{SocketAddrV4, UdpSocket};
use std::time::Duration;

use super::Air;

/// The vectors of the prototype's structs: ctypes has placed their fields, not our encoder.
const VECTORS: &str = include_str!("../../../../crates/proto/tests/legacy_vectors/vectors.txt");
/// Its own address in those vectors.
const CAR: [u8; 6] = [0xEC, 0x64, 0xC9, 0x91, 0xB2, 0x90];
/// The header of a datagram of the air (apps/v2x/src/air/multicast.rs).
pub(super) const MARK: &[u8; 8] = b"V2X air\x01";
const PROGRAM: &[u8; 8] = b"protocar";
pub(super) const HEADER: usize = 28;
pub(super) const BROADCAST: [u8; 6] = [0xFF; 6];

/// What a prototype station says, as it lies in the 56 bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Said {
    pub(crate) from: [u8; 6],
    pub(crate) latitude: f32,
    pub(crate) voltage: f32,
    pub(crate) cost_per_kwh: f32,
    pub(crate) kwh: f32,
    pub(crate) is_available: bool,
    pub(crate) session: u32,
}

/// The car's radio.
pub(crate) struct PrototypeCar {
    hears: UdpSocket,
    speaks: UdpSocket,
    group: SocketAddrV4,
}

impl PrototypeCar {
    pub(crate) fn on(air: &Air) -> Self {
        let group: SocketAddrV4 = air.group.parse().unwrap();
        let (hears, speaks) = air.sockets();
        hears
            .set_read_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        Self {
            hears,
            speaks,
            group,
        }
    }

    /// Everything that the station has said in 56 bytes since the last time; other bytes from it
    /// are no words that a prototype knows.
    pub(crate) fn heard(&self) -> Vec<Said> {
        let mut buffer = [0; 2048];
        let mut said = Vec::new();
        while let Ok(length) = self.hears.recv(&mut buffer) {
            let datagram = &buffer[..length];
            if &datagram[8..16] == PROGRAM {
                continue;
            }
            assert_eq!(&datagram[..8], MARK);
            let payload = &datagram[HEADER..];
            // The station's announcement: a prototype has no struct of that length.
            if matches!(payload[0], 0x11 | 0x12) {
                assert!(payload.len() > 88);
                continue;
            }
            assert_eq!(payload.len(), 56, "{payload:02X?}");
            assert_eq!(datagram[22..28], BROADCAST);
            assert_eq!(datagram[16..22], payload[..6], "it names itself");
            let float = |at: usize| f32::from_le_bytes(payload[at..at + 4].try_into().unwrap());
            said.push(Said {
                from: payload[..6].try_into().unwrap(),
                latitude: float(8),
                voltage: float(20),
                cost_per_kwh: float(32),
                kwh: float(36),
                is_available: payload[44] == 1,
                session: u32::from_le_bytes(payload[48..52].try_into().unwrap()),
            });
        }
        said
    }

    /// Says the 88 bytes that it broadcasts.
    pub(crate) fn say_item(&self) {
        self.say(BROADCAST, &vector("item_v5"));
    }

    /// Says the 52 bytes that it has for the station: the session, and whether it shall stop.
    pub(crate) fn say_status(&self, station: [u8; 6], session: u32, stop: bool) {
        let mut payload = vector("vehicle_to_evcs_v2");
        payload[41] = u8::from(stop);
        payload[44..48].copy_from_slice(&session.to_le_bytes());
        self.say(station, &payload);
    }

    fn say(&self, to: [u8; 6], payload: &[u8]) {
        let datagram = [MARK.as_slice(), PROGRAM, &CAR, &to, payload].concat();
        self.speaks.send_to(&datagram, self.group).unwrap();
    }
}

/// The bytes of a vector.
pub(super) fn vector(name: &str) -> Vec<u8> {
    let line = VECTORS
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let digits = line.unwrap().as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}
