//! A radio of the prototype on the air: datagrams in bytes, and the vectors of its firmware.

use std::net::{SocketAddrV4, UdpSocket};
use std::time::Duration;

use super::Air;

/// The vectors of the prototype's structs: ctypes has placed their fields, not our encoder.
const VECTORS: &str = include_str!("../../../../crates/proto/tests/legacy_vectors/vectors.txt");
/// The header of a datagram of the air (apps/v2x/src/air/multicast.rs).
const MARK: &[u8; 8] = b"V2X air\x01";
const HEADER: usize = 28;
pub(super) const BROADCAST: [u8; 6] = [0xFF; 6];

/// What was heard: of whom, for whom, and which bytes.
pub(super) struct Datagram {
    pub(super) from: [u8; 6],
    pub(super) to: [u8; 6],
    pub(super) payload: Vec<u8>,
}

/// The radio of a prototype's program.
pub(super) struct PrototypeRadio {
    hears: UdpSocket,
    speaks: UdpSocket,
    group: SocketAddrV4,
    program: &'static [u8; 8],
    address: [u8; 6],
}

impl PrototypeRadio {
    pub(super) fn on(air: &Air, program: &'static [u8; 8], address: [u8; 6]) -> Self {
        let (hears, speaks) = air.sockets();
        hears
            .set_read_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        Self {
            hears,
            speaks,
            group: air.group.parse().unwrap(),
            program,
            address,
        }
    }

    /// Everything that others have said since the last time.
    pub(super) fn heard(&self) -> Vec<Datagram> {
        let mut buffer = [0; 2048];
        let mut heard = Vec::new();
        while let Ok(length) = self.hears.recv(&mut buffer) {
            let datagram = &buffer[..length];
            if &datagram[8..16] == self.program {
                continue;
            }
            assert_eq!(&datagram[..8], MARK);
            heard.push(Datagram {
                from: datagram[16..22].try_into().unwrap(),
                to: datagram[22..28].try_into().unwrap(),
                payload: datagram[HEADER..].to_vec(),
            });
        }
        heard
    }

    pub(super) fn say(&self, to: [u8; 6], payload: &[u8]) {
        let head = [MARK.as_slice(), self.program, &self.address, &to].concat();
        let datagram = [&head, payload].concat();
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
