//! Who and where the sender of a packet is.
//!
//! Standard: ETSI EN 302 636-4-1 v1.3.1. There is no "unavailable" here: without a position
//! nothing is sent.

use alloc::vec::Vec;

use v2x_units::MacAddress;

use crate::wire::number::{Number, number};
use crate::wire::reader::Reader;
use crate::wire::reference_position::{HeadingValue, Latitude, Longitude};
use crate::wire::station::StationType;
use crate::wire::{Wire, WireError};

/// The address of a station: its kind and its radio's address, which changes with the pseudonym.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GnAddress(u64);

impl GnAddress {
    /// The address of a station that configured it by itself.
    ///
    /// # Errors
    /// The kind of station takes more than the five bits it has here.
    pub fn new(station: StationType, mac: MacAddress) -> Result<Self, WireError> {
        const LARGEST_STATION_TYPE: u8 = 31;
        if station.raw() > LARGEST_STATION_TYPE {
            return Err(WireError::OutOfRange {
                field: "GN_ADDR station type",
                seen: station.raw().into(),
                lowest: 0,
                highest: LARGEST_STATION_TYPE.into(),
            });
        }
        let [a, b, c, d, e, f] = mac.octets();
        let kind = station.raw() << 2;
        Ok(Self(u64::from_be_bytes([kind, 0, a, b, c, d, e, f])))
    }

    /// Whether the address was set by hand.
    #[must_use]
    pub const fn is_manual(self) -> bool {
        self.0 >> 63 == 1
    }

    /// The kind of station.
    #[must_use]
    pub fn station_type(self) -> StationType {
        let [first, ..] = self.0.to_be_bytes();
        StationType::from_number(i64::from(first >> 2 & 0x1F)).unwrap_or(StationType::UNKNOWN)
    }

    /// The address of the radio.
    #[must_use]
    pub const fn mac(self) -> MacAddress {
        let [_, _, a, b, c, d, e, f] = self.0.to_be_bytes();
        MacAddress::new([a, b, c, d, e, f])
    }
}

number! {
    /// The speed along the vehicle: forward positive.
    GnSpeed: i16 = "GN speed", -16_384..=16_383, 100.0 per MetersPerSecond
}

/// Who and where the sender is, and how it moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LongPositionVector {
    /// Who it is.
    pub address: GnAddress,
    /// When the position was valid: ITS time modulo 2^32, in milliseconds.
    pub timestamp: u32,
    /// Degrees north.
    pub latitude: Latitude,
    /// Degrees east.
    pub longitude: Longitude,
    /// Whether the position is accurate enough for geographic addressing.
    pub accurate: bool,
    /// How fast it moves.
    pub speed: GnSpeed,
    /// Where it moves to.
    pub heading: HeadingValue,
}

/// Bytes of a long position vector.
const LEN: usize = 24;
/// The accuracy flag above the 15 bits of the speed.
const FLAG_ACCURATE: u16 = 0x8000;
/// The sign within the 15 bits of the speed.
const SPEED_SIGN: u16 = 0x4000;

impl LongPositionVector {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let address = GnAddress(reader.u64("GN_ADDR")?);
        let timestamp = reader.u32("position timestamp")?;
        let latitude = Latitude::from_number(reader.i32("position latitude")?.into())?;
        let longitude = Longitude::from_number(reader.i32("position longitude")?.into())?;
        let motion = reader.u16("position speed")?;
        let sign_filled = if motion & SPEED_SIGN == 0 {
            motion & !FLAG_ACCURATE
        } else {
            motion | FLAG_ACCURATE
        };
        let speed = i16::from_be_bytes(sign_filled.to_be_bytes());
        Ok(Self {
            address,
            timestamp,
            latitude,
            longitude,
            accurate: motion & FLAG_ACCURATE != 0,
            speed: GnSpeed::from_number(speed.into())?,
            heading: HeadingValue::from_number(reader.u16("position heading")?.into())?,
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let speed = u16::from_be_bytes(self.speed.raw().to_be_bytes()) & !FLAG_ACCURATE;
        let accurate = if self.accurate { FLAG_ACCURATE } else { 0 };
        out.extend(self.address.0.to_be_bytes());
        out.extend(self.timestamp.to_be_bytes());
        out.extend(self.latitude.raw().to_be_bytes());
        out.extend(self.longitude.raw().to_be_bytes());
        out.extend((accurate | speed).to_be_bytes());
        out.extend(self.heading.raw().to_be_bytes());
    }
}

impl Wire for LongPositionVector {
    const NAME: &'static str = "long position vector";

    fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        let vector = Self::read(&mut reader)?;
        reader.end(Self::NAME)?;
        Ok(vector)
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(LEN);
        self.write(&mut out);
        out
    }
}
