//! A charging station of the prototype on the air, in bytes: the vectors of its firmware, in which
//! only what the story is about is replaced.

use std::net::{SocketAddrV4, UdpSocket};
use std::time::Duration;

use super::Air;
use super::prototype_car::{BROADCAST, HEADER, MARK, vector};

/// Its own address in those vectors.
const STATION: [u8; 6] = [0x4C, 0x11, 0xAE, 0xB3, 0x84, 0x30];
const PROGRAM: &[u8; 8] = b"protoevc";
const SESSION: u32 = 58;

/// The station's radio.
pub(crate) struct PrototypeStation {
    hears: UdpSocket,
    speaks: UdpSocket,
    group: SocketAddrV4,
}

impl PrototypeStation {
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

    /// Says that it charges a car, and what that has cost so far.
    pub(crate) fn say(&self, cost: f32) {
        let mut payload = vector("evcs_to_vehicle_v2");
        payload[40..44].copy_from_slice(&cost.to_le_bytes());
        payload[44] = 0;
        payload[48..52].copy_from_slice(&SESSION.to_le_bytes());
        let datagram = [MARK.as_slice(), PROGRAM, &STATION, &BROADCAST, &payload].concat();
        self.speaks.send_to(&datagram, self.group).unwrap();
    }

    /// What a car has said to it since the last time, one for each word: whether it shall stop.
    pub(crate) fn wishes(&self) -> Vec<bool> {
        let mut buffer = [0; 2048];
        let mut wishes = Vec::new();
        while let Ok(length) = self.hears.recv(&mut buffer) {
            let datagram = &buffer[..length];
            let payload = &datagram[HEADER..];
            if datagram[22..28] != STATION || payload.len() != 52 {
                continue;
            }
            let session = u32::from_le_bytes(payload[44..48].try_into().unwrap());
            assert_eq!(session, SESSION, "it names the station's session");
            wishes.push(payload[41] != 0);
        }
        wishes
    }
}
