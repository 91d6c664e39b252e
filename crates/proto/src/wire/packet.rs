//! A whole packet as the radio carries it: plain or signed, and whether it fits into a frame.
//!
//! Not when to send one or whether to believe one. Standard: ETSI EN 302 636-4-1 v1.3.1 (basic
//! header); ESP-NOW is what carries it in place of ITS-G5, without an Ethernet header.

use core::time::Duration;

use alloc::vec::Vec;

use super::geonet::GnPdu;
use super::reader::{Reader, spoken};
use super::secured::SignedData;
use super::{Wire, WireError};

/// The frames of the radio, by what they carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EspNow {
    /// Version 1, which every chip speaks.
    V1,
    /// Version 2, where both ends say that they speak it.
    V2,
}

impl EspNow {
    /// How many bytes a frame carries.
    #[must_use]
    pub const fn capacity(self) -> usize {
        match self {
            Self::V1 => 250,
            Self::V2 => 1470,
        }
    }
}

/// How long a packet may wait on its way, in the code of the header: a number and its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lifetime(u8);

/// The units of a lifetime, in milliseconds, by their code.
const LIFETIME_UNITS_MS: [u32; 4] = [50, 1_000, 10_000, 100_000];
/// The largest number of units.
const LIFETIME_LARGEST: u32 = 63;

impl Lifetime {
    /// One second.
    pub const ONE_SECOND: Self = Self(0x05);

    /// The shortest code that is not below a time; the longest is 6,300 s.
    #[must_use]
    pub fn covering(time: Duration) -> Self {
        let longest = LIFETIME_LARGEST * LIFETIME_UNITS_MS[3];
        let millis = u32::try_from(time.as_millis())
            .unwrap_or(longest)
            .min(longest);
        (0u8..)
            .zip(LIFETIME_UNITS_MS)
            .map(|(unit, length)| (unit, millis.div_ceil(length)))
            .find(|(_, number)| *number <= LIFETIME_LARGEST)
            .map_or(Self(u8::MAX), |(unit, number)| {
                Self(u8::try_from(number << 2).unwrap_or(u8::MAX) | unit)
            })
    }

    /// The time.
    #[must_use]
    pub fn duration(self) -> Duration {
        let unit = LIFETIME_UNITS_MS[usize::from(self.0 & 3)];
        Duration::from_millis(u64::from(self.0 >> 2) * u64::from(unit))
    }
}

/// What a packet carries.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Content {
    /// A message without signature.
    Plain(GnPdu),
    /// A message with a signature, not yet verified.
    Signed(SignedData),
}

/// A whole packet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Packet {
    /// How long it may wait on its way.
    pub lifetime: Lifetime,
    /// How many hops it may still take; 1 for a single-hop broadcast.
    pub remaining_hops: u8,
    /// What it carries.
    pub content: Content,
}

/// The version of GeoNetworking, in the upper half of the first byte.
const VERSION: u8 = 1;
/// The next headers, in its lower half.
const NEXT_COMMON: u8 = 1;
const NEXT_SECURED: u8 = 2;

impl Packet {
    /// A packet to everybody who hears the sender, that must arrive within a second.
    #[must_use]
    pub const fn single_hop(content: Content) -> Self {
        Self {
            lifetime: Lifetime::ONE_SECOND,
            remaining_hops: 1,
            content,
        }
    }

    /// The bytes for one frame of the radio.
    ///
    /// # Errors
    /// The packet does not fit; the error says how long it is.
    pub fn to_frame(&self, radio: EspNow) -> Result<Vec<u8>, WireError> {
        let bytes = self.encode();
        if bytes.len() > radio.capacity() {
            return Err(WireError::TooLong {
                what: Self::NAME,
                size: bytes.len(),
                limit: radio.capacity(),
            });
        }
        Ok(bytes)
    }
}

impl Wire for Packet {
    const NAME: &'static str = "GeoNetworking packet";

    fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        let first = reader.u8("basic version")?;
        let version = (first >> 4 == VERSION).then_some(());
        spoken(version, "basic version", 0, first >> 4, "version 1")?;
        reader.u8("basic reserved")?;
        let lifetime = Lifetime(reader.u8("lifetime")?);
        let remaining_hops = reader.u8("remaining hop limit")?;
        let content = match first & 0x0F {
            NEXT_COMMON => Content::Plain(GnPdu::parse(reader.remaining())?),
            NEXT_SECURED => {
                let signed = SignedData::read(&mut reader)?;
                reader.end(Self::NAME)?;
                Content::Signed(signed)
            }
            seen => {
                return Err(WireError::Unsupported {
                    field: "basic next header",
                    at: 0,
                    seen: seen.into(),
                    supported: "common header 1 and secured packet 2",
                });
            }
        };
        Ok(Self {
            lifetime,
            remaining_hops,
            content,
        })
    }

    fn encode(&self) -> Vec<u8> {
        let next = match self.content {
            Content::Plain(_) => NEXT_COMMON,
            Content::Signed(_) => NEXT_SECURED,
        };
        let mut out = Vec::with_capacity(EspNow::V1.capacity());
        out.extend([VERSION << 4 | next, 0, self.lifetime.0, self.remaining_hops]);
        match &self.content {
            Content::Plain(pdu) => out.extend(pdu.encode()),
            Content::Signed(signed) => signed.write(&mut out),
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetime_takes_the_finest_unit_that_reaches_the_time() {
        for (millis, code, reached) in [
            (0, 0x00, 0),
            (1_000, 0x50, 1_000),
            (3_151, 0x11, 4_000),
            (60_000, 0xF1, 60_000),
            (600_000, 0xF2, 600_000),
            (9_000_000, 0xFF, 6_300_000),
        ] {
            let lifetime = Lifetime::covering(Duration::from_millis(millis));
            assert_eq!(lifetime, Lifetime(code), "{millis}");
            assert_eq!(lifetime.duration(), Duration::from_millis(reached));
        }
        assert_eq!(Lifetime::ONE_SECOND.duration(), Duration::from_secs(1));
    }
}
