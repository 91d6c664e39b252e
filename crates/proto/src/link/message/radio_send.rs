//! Type 6, radio payload down: one ESP-NOW payload that the board is to send.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | ticket | 2 | chosen by the computer, comes back in [`super::RadioSent`] |
//! | to | 6 | MAC address; FF six times is broadcast |
//! | rate | 1 | code of [`RadioRate`] |
//! | payload | rest | 0 to 1,470 bytes, untouched |

use v2x_units::MacAddress;

use crate::link::body::{BodyError, Reader, Writer, coded};

use super::radio_received::{radio_payload, write_radio_payload};

const NAME: &str = "radio payload down";

coded! {
    /// The bit rate on the air.
    RadioRate {
        /// What the board is set to; 1 Mbit/s unless it was told otherwise.
        Preset = 0,
        /// 1 Mbit/s, 802.11b.
        Mbps1 = 1,
        /// 2 Mbit/s, 802.11b.
        Mbps2 = 2,
        /// 5.5 Mbit/s, 802.11b.
        Mbps5 = 3,
        /// 11 Mbit/s, 802.11b.
        Mbps11 = 4,
        /// 6 Mbit/s, 802.11g.
        Mbps6 = 5,
        /// 12 Mbit/s, 802.11g.
        Mbps12 = 6,
        /// 24 Mbit/s, 802.11g.
        Mbps24 = 7,
        /// 54 Mbit/s, 802.11g.
        Mbps54 = 8,
        /// 250 kbit/s, between Espressif chips only.
        LongRange250 = 9,
        /// 500 kbit/s, between Espressif chips only.
        LongRange500 = 10,
    }
}

/// One payload for the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RadioSend<'a> {
    /// Comes back with the result; the computer gives a new one to each payload.
    pub ticket: u16,
    /// Who is to receive it.
    pub to: MacAddress,
    /// How fast to send it.
    pub rate: RadioRate,
    /// What to send, at most [`crate::link::limits::RADIO_PAYLOAD_MAX`] bytes.
    pub payload: &'a [u8],
}

impl<'a> RadioSend<'a> {
    /// The type number.
    pub const TYPE: u8 = 6;

    /// Reads a body.
    ///
    /// # Errors
    /// Names the field that is cut or has no meaning.
    pub fn parse(body: &'a [u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(NAME, body);
        Ok(Self {
            ticket: from.u16("ticket")?,
            to: MacAddress::new(from.array("to")?),
            rate: from.code("rate", RadioRate::from_code)?,
            payload: radio_payload(&mut from)?,
        })
    }

    /// Writes a body.
    ///
    /// # Errors
    /// When the payload is too long or `out` too short.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(NAME, out);
        to.u16("ticket", self.ticket)?;
        to.bytes("to", &self.to.octets())?;
        to.u8("rate", self.rate.code())?;
        write_radio_payload(&mut to, self.payload)?;
        Ok(to.used())
    }
}
