//! Identifiers that are not numbers to calculate with.

use core::fmt;
use core::str::FromStr;

/// Which boot of a board a record comes from: drawn at random when the board starts.
///
/// Times since boot are comparable only under the same boot id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BootId(u32);

impl BootId {
    /// Takes the number that the board drew.
    #[must_use]
    pub const fn new(drawn: u32) -> Self {
        Self(drawn)
    }

    /// The number that the board drew.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for BootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// A 48-bit IEEE 802 address, as ESP-NOW uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MacAddress([u8; 6]);

/// A text that is no MAC address: six hex pairs joined by colons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MacAddressError;

impl fmt::Display for MacAddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not a MAC address; it must be six hex pairs joined by colons, as 4C:11:AE:B3:84:30",
        )
    }
}

impl core::error::Error for MacAddressError {}

impl MacAddress {
    /// The address that every radio hears.
    pub const BROADCAST: Self = Self([0xFF; 6]);

    /// Takes the six bytes in the order of transmission.
    #[must_use]
    pub const fn new(octets: [u8; 6]) -> Self {
        Self(octets)
    }

    /// The six bytes in the order of transmission.
    #[must_use]
    pub const fn octets(self) -> [u8; 6] {
        self.0
    }

    /// Whether the group bit is set: broadcast or multicast, never one station.
    #[must_use]
    pub const fn is_group(self) -> bool {
        self.0[0] & 1 == 1
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02X}:{b:02X}:{c:02X}:{d:02X}:{e:02X}:{g:02X}")
    }
}

impl FromStr for MacAddress {
    type Err = MacAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut octets = [0; 6];
        let mut pairs = text.split(':');
        for octet in &mut octets {
            let pair = pairs
                .next()
                .filter(|pair| pair.len() == 2)
                .ok_or(MacAddressError)?;
            *octet = u8::from_str_radix(pair, 16).map_err(|_| MacAddressError)?;
        }
        if pairs.next().is_some() {
            Err(MacAddressError)
        } else {
            Ok(Self(octets))
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::*;

    #[test]
    fn mac_address_reads_what_it_prints() {
        let address = MacAddress::new([0x4C, 0x11, 0xAE, 0xB3, 0x84, 0x30]);
        assert_eq!(address.to_string(), "4C:11:AE:B3:84:30");
        assert_eq!("4c:11:ae:b3:84:30".parse(), Ok(address));
    }

    #[test]
    fn mac_address_refuses_short_long_and_signed_pairs() {
        for text in [
            "4C:11:AE:B3:84",
            "4C:11:AE:B3:84:30:00",
            "4C:11:AE:B3:84:3",
            "4C-11-AE-B3-84-30",
        ] {
            assert_eq!(text.parse::<MacAddress>(), Err(MacAddressError), "{text}");
        }
    }
}
