//! Transaction ids that are unique for ever, whatever the clock says and however often a station
//! restarts.
//!
//! Not milliseconds since boot plus a count, as the prototype had it: those repeat after every
//! restart. OCPP 2.0.1 lets the station choose the id, 36 characters at most; the form is that of
//! a UUID of version 8 (RFC 9562, section 5.8).

use core::fmt;
use core::str::FromStr;

use v2x_units::BootId;

/// Where the hyphens of a UUID stand, counted in its hex digits.
const HYPHENS: [usize; 4] = [8, 12, 16, 20];

/// The id of one charging transaction, printed as a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransactionId([u8; 16]);

impl TransactionId {
    /// Takes the 16 bytes as they were stored.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes to store.
    #[must_use]
    pub const fn bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if HYPHENS.contains(&(index * 2)) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

/// A text that is no transaction id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionIdError;

impl fmt::Display for TransactionIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not a transaction id; it must be 32 hex digits in the form of a UUID, \
             as 5eed0001-0000-8000-8123-456789abcdef",
        )
    }
}

impl core::error::Error for TransactionIdError {}

impl FromStr for TransactionId {
    type Err = TransactionIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hyphens = text.match_indices('-').map(|(at, _)| at);
        if text.len() != 36 || !hyphens.eq([8, 13, 18, 23]) {
            return Err(TransactionIdError);
        }
        let mut digits = text.chars().filter(|&c| c != '-').map(|c| c.to_digit(16));
        let mut bytes = [0; 16];
        for byte in &mut bytes {
            let mut digit = || digits.next().flatten().ok_or(TransactionIdError);
            *byte = u8::try_from(digit()? * 16 + digit()?).map_err(|_| TransactionIdError)?;
        }
        Ok(Self(bytes))
    }
}

/// Makes transaction ids: one source per slot and boot, fed with randomness once.
///
/// Within a boot the count tells ids apart; between boots and slots 94 random bits do (32 of the
/// boot id, 62 drawn for the slot).
#[derive(Debug, Clone)]
pub struct TransactionIds {
    boot: BootId,
    random: u64,
    count: u32,
}

impl TransactionIds {
    /// Takes the boot id and a number drawn at random for this slot at this boot.
    #[must_use]
    pub const fn new(boot: BootId, random: u64) -> Self {
        Self {
            boot,
            random,
            count: 0,
        }
    }

    /// The boot whose times the records carry.
    #[must_use]
    pub const fn boot(&self) -> BootId {
        self.boot
    }

    /// The next id; the count has 28 bits, which is a session per second for eight years.
    pub fn draw(&mut self) -> TransactionId {
        let count = u128::from(self.count);
        self.count = self.count.wrapping_add(1);
        let value = (u128::from(self.boot.get()) << 96)
            | (((count >> 12) & 0xFFFF) << 80)
            | (0x8 << 76)
            | ((count & 0xFFF) << 64)
            | (0b10 << 62)
            | (u128::from(self.random) & 0x3FFF_FFFF_FFFF_FFFF);
        TransactionId(value.to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::collections::HashSet;
    use std::string::ToString;

    use super::*;

    #[test]
    fn transaction_id_prints_as_a_uuid_of_version_8_and_reads_back() {
        let mut ids = TransactionIds::new(BootId::new(0x5EED_0001), 0xFFFF_0123_4567_89AB);
        let (first, second) = (ids.draw(), ids.draw());
        assert_eq!(first.to_string(), "5eed0001-0000-8000-bfff-0123456789ab");
        assert_eq!(second.to_string(), "5eed0001-0000-8001-bfff-0123456789ab");
        assert_eq!(first.to_string().parse(), Ok(first));
    }

    #[test]
    fn transaction_ids_differ_within_a_boot_and_between_boots() {
        let mut seen = HashSet::new();
        for boot in 0..20 {
            let mut ids = TransactionIds::new(BootId::new(boot), 7);
            assert!((0..5000).all(|_| seen.insert(ids.draw())));
        }
    }

    #[test]
    fn transaction_id_refuses_short_long_and_misplaced_text() {
        for text in [
            "",
            "5eed0001-0000-8000-bfff-0123456789a",
            "5eed00010000-8000-bfff-0123456789abc-",
            "5eed0001-0000-8000-bfff-0123456789ag",
            "5eed0001-0000-8000-bfff-0123456789é",
        ] {
            assert_eq!(
                text.parse::<TransactionId>(),
                Err(TransactionIdError),
                "{text}"
            );
        }
    }
}
