//! A car of the prototype on the air, in bytes: the vectors of its firmware, in which only the
//! address and what the story is about are replaced.

use super::Air;
use super::prototype_radio::{BROADCAST, PrototypeRadio, vector};

/// Its own address in those vectors.
const CAR: [u8; 6] = [0xEC, 0x64, 0xC9, 0x91, 0xB2, 0x90];

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

/// The car.
pub(crate) struct PrototypeCar {
    radio: PrototypeRadio,
}

impl PrototypeCar {
    pub(crate) fn on(air: &Air) -> Self {
        let radio = PrototypeRadio::on(air, b"protocar", CAR);
        Self { radio }
    }

    /// Everything that the station has said in 56 bytes since the last time; other bytes from it
    /// are no words that a prototype knows.
    pub(crate) fn heard(&self) -> Vec<Said> {
        let mut said = Vec::new();
        for datagram in self.radio.heard() {
            let payload = &datagram.payload;
            // The station's announcement: a prototype has no struct of that length.
            if matches!(payload[0], 0x11 | 0x12) {
                assert!(payload.len() > 88);
                continue;
            }
            assert_eq!(payload.len(), 56, "{payload:02X?}");
            assert_eq!(datagram.to, BROADCAST);
            assert_eq!(datagram.from, payload[..6], "it names itself");
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
        self.radio.say(BROADCAST, &vector("item_v5"));
    }

    /// Says the 52 bytes that it has for the station: the session, and whether it shall stop.
    pub(crate) fn say_status(&self, station: [u8; 6], session: u32, stop: bool) {
        let mut payload = vector("vehicle_to_evcs_v2");
        payload[41] = u8::from(stop);
        payload[44..48].copy_from_slice(&session.to_le_bytes());
        self.radio.say(station, &payload);
    }
}
