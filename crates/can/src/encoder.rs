//! The way back: signals into the bytes of a frame, from the same tables.
//!
//! For those who play a car (the simulator, tests of a listener). The product never sends to a
//! bus; nothing here does either. Bits that belong to no signal are the caller's, who begins with
//! them; a value is rounded to the nearest raw number.

use std::time::Duration;

use thiserror::Error;
use v2x_units::CanId;

use crate::decoder::Decoder;
use crate::message::Extraction;
use crate::signal::SignalId;

/// What a DBC says of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageInfo<'a> {
    /// Its name, as `BMS_Power`.
    pub name: &'a str,
    /// Its identifier.
    pub id: CanId,
    /// The bytes of its frames, 0 to 8.
    pub dlc: u8,
    /// How often it comes; `None` when it comes on events only.
    pub cycle: Option<Duration>,
}

/// A value that a signal cannot hold.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{signal} cannot hold {value}")]
pub struct EncodeError {
    /// The signal, as `BMS_Power.StateOfCharge`.
    pub signal: String,
    /// The value, in the signal's unit.
    pub value: f64,
}

impl Decoder {
    /// Every message, in the order of the DBC.
    pub fn messages(&self) -> impl Iterator<Item = MessageInfo<'_>> {
        self.tables.messages.iter().map(|message| MessageInfo {
            name: &message.name,
            id: message.id,
            dlc: message.dlc,
            cycle: message.cycle,
        })
    }

    /// Puts a value, in the signal's unit, into the bytes of its message.
    ///
    /// # Errors
    /// When the signal cannot hold the value, or it is not a number; the bytes stay as they were.
    pub fn encode(
        &self,
        signal: SignalId,
        value: f64,
        bytes: &mut [u8; 8],
    ) -> Result<(), EncodeError> {
        let raw = self
            .extraction(signal)
            .and_then(|it| it.raw(value).map(|raw| (it, raw)));
        raw.and_then(|(extraction, raw)| extraction.layout.insert(raw, bytes))
            .ok_or_else(|| self.refusal(signal, value))
    }

    /// Puts a raw number into the bytes of its message, as it would stand on the bus.
    ///
    /// # Errors
    /// When the signal has too few bits for the number; the bytes stay as they were.
    pub fn encode_raw(
        &self,
        signal: SignalId,
        raw: i64,
        bytes: &mut [u8; 8],
    ) -> Result<(), EncodeError> {
        #[expect(clippy::cast_precision_loss, reason = "for the error's words only")]
        let value = raw as f64;
        self.extraction(signal)
            .and_then(|extraction| extraction.layout.insert(raw.into(), bytes))
            .ok_or_else(|| self.refusal(signal, value))
    }

    fn extraction(&self, signal: SignalId) -> Option<&Extraction> {
        let message = self.message(self.info(signal).id)?;
        let place = signal.0.checked_sub(message.first_signal)?;
        message.signals.get(usize::from(place))
    }

    fn refusal(&self, signal: SignalId, value: f64) -> EncodeError {
        EncodeError {
            signal: self.info(signal).qualified.clone(),
            value,
        }
    }
}

impl Extraction {
    /// The raw number that says this value best.
    fn raw(&self, value: f64) -> Option<i128> {
        let raw = ((value - self.offset) / self.factor).round();
        // Beyond 64 bits no signal holds it; a cast would cut it.
        #[expect(clippy::cast_possible_truncation, reason = "within 65 bits, checked")]
        (raw.abs() < 1e19).then_some(raw as i128)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RENAULT_TWIZY_DBC;

    fn twizy() -> Decoder {
        Decoder::from_dbc("renault_twizy.dbc", RENAULT_TWIZY_DBC).unwrap()
    }

    #[test]
    fn recorded_frame_is_made_again_from_its_values() {
        let decoder = twizy();
        // A frame of a charging car; the bytes without a signal are zero.
        let mut bytes = [0; 8];
        for (name, value) in [
            ("ChargePowerLevel", 7.0),
            ("PilotHandshake", 9.0),
            ("BatteryCurrent", 32.25),
            ("Phase", 84.0),
            ("StateOfCharge", 69.42),
            ("PackVoltageCoarse", 56.0),
        ] {
            let signal = decoder.signal(&format!("BMS_Power.{name}")).unwrap();
            decoder.encode(signal, value, &mut bytes).unwrap();
        }
        assert_eq!(bytes, [0x07, 0x98, 0x51, 0x54, 0x6C, 0x78, 0x00, 0x70]);
    }

    #[test]
    fn value_that_its_bits_cannot_say_is_refused_and_changes_nothing() {
        let decoder = twizy();
        let signal = decoder.signal("BMS_Power.BatteryCurrent").unwrap();
        let mut bytes = [0xA5; 8];
        for value in [-500.5, 600.0, f64::NAN, f64::INFINITY] {
            let error = decoder.encode(signal, value, &mut bytes).unwrap_err();
            assert!(error.to_string().contains("BMS_Power.BatteryCurrent"));
        }
        assert!(decoder.encode_raw(signal, 4096, &mut bytes).is_err());
        assert_eq!(bytes, [0xA5; 8]);
    }

    #[test]
    fn every_message_is_listed_with_its_length_and_cycle() {
        let decoder = twizy();
        let messages: Vec<_> = decoder.messages().collect();
        assert_eq!(messages.len(), 29);
        let sync = messages.iter().find(|it| it.name == "CON_Sync").unwrap();
        assert_eq!((sync.dlc, sync.cycle), (0, Some(Duration::from_millis(20))));
        let emergency = messages.iter().find(|it| it.name == "CON_Emergency");
        assert_eq!(emergency.unwrap().cycle, None);
    }
}
