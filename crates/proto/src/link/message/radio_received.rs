//! Type 5, radio payload up: one ESP-NOW payload that the board heard.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | from, to | 6 + 6 | MAC addresses in the order of transmission |
//! | RSSI | 1 | signed, dBm |
//! | channel | 1 | Wi-Fi channel, 1 to 14 |
//! | payload | rest | 0 to 1,470 bytes, untouched |
//!
//! The time of reception is the time in the header. The addresses prove nothing about the sender.

use v2x_units::MacAddress;

use crate::link::body::{BodyError, Problem, Reader, Writer};
use crate::link::limits::RADIO_PAYLOAD_MAX;

const NAME: &str = "radio payload up";

/// One payload from the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RadioReceived<'a> {
    /// The sender's address, as the frame claims it.
    pub from: MacAddress,
    /// The address it was sent to: this board's or broadcast.
    pub to: MacAddress,
    /// Received signal strength, in dBm.
    pub rssi_dbm: i8,
    /// Wi-Fi channel, 1 to 14.
    pub channel: u8,
    /// What was sent, at most [`RADIO_PAYLOAD_MAX`] bytes.
    pub payload: &'a [u8],
}

impl<'a> RadioReceived<'a> {
    /// The type number.
    pub const TYPE: u8 = 5;

    /// Reads a body.
    ///
    /// # Errors
    /// Names the field that is cut or has no meaning.
    pub fn parse(body: &'a [u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(NAME, body);
        let sender = MacAddress::new(from.array("from")?);
        let to = MacAddress::new(from.array("to")?);
        let rssi_dbm = from.i8("RSSI")?;
        let channel = from.u8("channel")?;
        check_channel(channel).map_err(|problem| from.error("channel", problem))?;
        Ok(Self {
            from: sender,
            to,
            rssi_dbm,
            channel,
            payload: radio_payload(&mut from)?,
        })
    }

    /// Writes a body.
    ///
    /// # Errors
    /// When the payload is too long or `out` too short.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(NAME, out);
        to.bytes("from", &self.from.octets())?;
        to.bytes("to", &self.to.octets())?;
        to.bytes("RSSI", &self.rssi_dbm.to_le_bytes())?;
        check_channel(self.channel).map_err(|problem| to.error("channel", problem))?;
        to.u8("channel", self.channel)?;
        write_radio_payload(&mut to, self.payload)?;
        Ok(to.used())
    }
}

/// Refuses a number that is no Wi-Fi channel at 2.4 GHz.
pub(super) fn check_channel(channel: u8) -> Result<(), Problem> {
    let (seen, right) = (i64::from(channel), "it must be 1 to 14");
    if (1..=14).contains(&channel) {
        Ok(())
    } else {
        Err(Problem::Value { seen, right })
    }
}

/// Takes the rest of the body as a radio payload.
pub(super) fn radio_payload<'a>(from: &mut Reader<'a>) -> Result<&'a [u8], BodyError> {
    let payload = from.remaining();
    if payload.len() > RADIO_PAYLOAD_MAX {
        return Err(from.error(
            "payload",
            Problem::Trailing(payload.len() - RADIO_PAYLOAD_MAX),
        ));
    }
    Ok(payload)
}

/// Writes a radio payload as the last field.
pub(super) fn write_radio_payload(to: &mut Writer<'_>, payload: &[u8]) -> Result<(), BodyError> {
    if payload.len() > RADIO_PAYLOAD_MAX {
        return Err(to.error("payload", Problem::Range));
    }
    to.bytes("payload", payload)
}
