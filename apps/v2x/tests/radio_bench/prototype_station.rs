//! A charging station of the prototype on the air, in bytes: the vectors of its firmware, in which
//! only what the story is about is replaced.

use super::Air;
use super::prototype_radio::{BROADCAST, PrototypeRadio, vector};

/// Its own address in those vectors.
const STATION: [u8; 6] = [0x4C, 0x11, 0xAE, 0xB3, 0x84, 0x30];
const SESSION: u32 = 58;

/// The station.
pub(crate) struct PrototypeStation {
    radio: PrototypeRadio,
}

impl PrototypeStation {
    pub(crate) fn on(air: &Air) -> Self {
        let radio = PrototypeRadio::on(air, b"protoevc", STATION);
        Self { radio }
    }

    /// Says that it charges a car, and what that has cost so far.
    pub(crate) fn say(&self, cost: f32) {
        let mut payload = vector("evcs_to_vehicle_v2");
        payload[40..44].copy_from_slice(&cost.to_le_bytes());
        payload[44] = 0;
        payload[48..52].copy_from_slice(&SESSION.to_le_bytes());
        self.radio.say(BROADCAST, &payload);
    }

    /// What a car has said to it since the last time, one for each word: whether it shall stop.
    pub(crate) fn wishes(&self) -> Vec<bool> {
        let heard = self.radio.heard().into_iter();
        let to_it = heard.filter(|it| it.to == STATION && it.payload.len() == 52);
        to_it
            .map(|it| {
                let session = u32::from_le_bytes(it.payload[44..48].try_into().unwrap());
                assert_eq!(session, SESSION, "it names the station's session");
                it.payload[41] != 0
            })
            .collect()
    }
}
