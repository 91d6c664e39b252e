//! The part of the vehicle identification number that a car says on its bus.
//!
//! It identifies the car and so its owner: it never prints, and whoever wants the digits has to ask
//! for them by name. What is told of it, and in which form, is decided in `apps`.

use std::fmt;

use crate::signal::SignalId;

/// The most digits of one signal: a number of 32 bits has eight nibbles.
pub const DIGITS_MAX: u8 = 8;

/// Where the digits stand: one per nibble of a signal, the last digit of the number highest. What
/// is above them in the signal is filler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VinSource {
    /// The signal.
    pub signal: SignalId,
    /// How many digits, 1 to [`DIGITS_MAX`].
    pub digits: u8,
}

/// The last digits of a vehicle identification number (ISO 3779: the end of its serial).
#[derive(Clone, PartialEq, Eq)]
pub struct VinSerial(String);

impl VinSource {
    /// The digits in a value of the signal; `None` when a nibble is no digit.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked before the cast"
    )]
    pub fn read(&self, value: f64) -> Option<VinSerial> {
        if !(0.0..=f64::from(u32::MAX)).contains(&value) || value.fract() != 0.0 {
            return None;
        }
        let bits = value as u32;
        let digits = (0..u32::from(self.digits)).map(|place| {
            let digit = (bits >> (4 * place)) & 0xF;
            char::from_digit(digit, 10)
        });
        digits.collect::<Option<String>>().map(VinSerial)
    }
}

impl VinSerial {
    /// The digits, in the order of the number.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for VinSerial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VinSerial(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Decoder, RENAULT_TWIZY_DBC, RENAULT_TWIZY_VSS, VssMapping};

    fn twizy() -> VinSource {
        let decoder = Decoder::from_dbc("twizy.dbc", RENAULT_TWIZY_DBC).unwrap();
        let mapping = VssMapping::from_toml("twizy.toml", RENAULT_TWIZY_VSS, &decoder).unwrap();
        let source = mapping.vin().unwrap();
        assert!(decoder.info(source.signal).personal);
        source
    }

    #[test]
    fn serial_is_read_backwards_behind_its_filler_and_never_printed() {
        // Vector 53 of the Twizy fact table: F0 82 87 37 is the serial 7378280.
        let serial = twizy().read(f64::from(0xF082_8737_u32)).unwrap();
        assert_eq!(serial.reveal(), "7378280");
        assert!(!format!("{serial:?}").contains('7'));
    }

    #[test]
    fn value_that_holds_no_digits_is_no_serial() {
        let source = twizy();
        for value in [
            f64::from(0xF0A2_8737_u32),
            f64::from(u32::MAX),
            4_294_967_296.0,
            -1.0,
            0.5,
            f64::NAN,
        ] {
            assert_eq!(source.read(value), None, "{value}");
        }
    }
}
