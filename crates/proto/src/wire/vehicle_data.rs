//! Vehicle data that no CAM has a place for: a message of our own, not from a standard.
//!
//! It is sent signed and in clear, only where the owner agreed, and it links the pseudonyms of a
//! car: a state of charge goes on through every change of them. Not when to send one: `v2v/`.
//! Big-endian, like all headers around it; to the byte in `docs/protocol/v2v.md`.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | version | 1 | 1; another version is refused by name |
//! | station id | 4 | the pseudonym of the sender |
//! | sequence | 2 | counts the messages under this pseudonym, from a drawn beginning |
//! | measured | 4 | ITS time modulo 2^32, in milliseconds |
//! | state of charge | 2 | 0.01 %, 0 to 10000; FFFF not known |
//! | voltage | 2 | 0.1 V, of the pack; FFFF not known |
//! | current | 4 | 1 mA, signed, positive into the battery; 80000000 not known |
//! | available energy | 4 | 1 Wh; FFFFFFFF not known |
//! | desired state of charge | 2 | as state of charge |
//! | charging | 1 | 0 no, 1 yes, FF not known |

use alloc::vec::Vec;

use super::number::{Coded, Number, codes, number};
use super::reader::{Reader, spoken};
use super::station::StationId;
use super::{Wire, WireError};

/// The version of the message.
const VERSION: u8 = 1;

number! {
    /// What is left of what the battery can hold, in hundredths of a percent.
    ChargeLevel: u16 = "stateOfCharge", 0..=10_000, unavailable 65_535
}

number! {
    /// The voltage of the whole pack.
    PackVoltage: u16 = "voltage", 0..=65_534, unavailable 65_535, 10.0 per Volts
}

number! {
    /// The current of the pack, positive into the battery.
    PackCurrent: i32 = "current", -2_147_483_647..=2_147_483_647,
    unavailable -2_147_483_648, 1000.0 per Amps
}

number! {
    /// What the car says is left.
    AvailableEnergy: u32 = "availableEnergy", 0..=4_294_967_294,
    unavailable 4_294_967_295, 1.0 per WattHours
}

codes! {
    /// Whether the battery is charged from the mains.
    Charging = "charging" {
        /// It is not.
        No = 0,
        /// It is.
        Yes = 1,
    }, unavailable 255
}

/// What a car tells of its battery, to everybody who hears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VehicleData {
    /// Who sends it.
    pub station: StationId,
    /// Its count of these messages.
    pub sequence: u16,
    /// When it was measured: ITS time modulo 2^32, in milliseconds.
    pub measured: u32,
    /// What is left of what the battery can hold.
    pub state_of_charge: Option<ChargeLevel>,
    /// Of the whole pack.
    pub voltage: Option<PackVoltage>,
    /// Of the pack, positive into the battery.
    pub current: Option<PackCurrent>,
    /// What the car says is left.
    pub available_energy: Option<AvailableEnergy>,
    /// Where the driver wants to get to.
    pub desired_state_of_charge: Option<ChargeLevel>,
    /// Whether it is charged from the mains.
    pub charging: Option<Charging>,
}

impl VehicleData {
    /// Bytes of the message.
    pub const LEN: usize = 26;
}

/// The last bytes of a coded number, big-endian.
fn low_bytes<const N: usize>(code: i64) -> [u8; N] {
    let mut low = [0; N];
    let bytes = code.to_be_bytes();
    let (_, last) = bytes.split_at(bytes.len() - N);
    low.copy_from_slice(last);
    low
}

impl Wire for VehicleData {
    const NAME: &'static str = "vehicle data";

    fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        let version = reader.u8("version")?;
        let known = (version == VERSION).then_some(());
        spoken(known, "vehicle data version", 0, version, "version 1")?;
        let data = Self {
            station: StationId::from_number(reader.u32("station id")?.into())?,
            sequence: reader.u16("sequence")?,
            measured: reader.u32("measured")?,
            state_of_charge: ChargeLevel::known(reader.u16("state of charge")?.into())?,
            voltage: PackVoltage::known(reader.u16("voltage")?.into())?,
            current: PackCurrent::known(reader.i32("current")?.into())?,
            available_energy: AvailableEnergy::known(reader.u32("available energy")?.into())?,
            desired_state_of_charge: ChargeLevel::known(reader.u16("desired charge")?.into())?,
            charging: Charging::known(reader.u8("charging")?.into())?,
        };
        reader.end(Self::NAME)?;
        Ok(data)
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(Self::LEN);
        out.push(VERSION);
        out.extend(self.station.raw().to_be_bytes());
        out.extend(self.sequence.to_be_bytes());
        out.extend(self.measured.to_be_bytes());
        out.extend(low_bytes::<2>(self.state_of_charge.coded()));
        out.extend(low_bytes::<2>(self.voltage.coded()));
        out.extend(low_bytes::<4>(self.current.coded()));
        out.extend(low_bytes::<4>(self.available_energy.coded()));
        out.extend(low_bytes::<2>(self.desired_state_of_charge.coded()));
        out.extend(low_bytes::<1>(self.charging.coded()));
        out
    }
}

#[cfg(test)]
mod tests {
    use v2x_units::{Amps, Volts, WattHours};

    use super::*;

    /// Written by hand from the table above.
    const HALF_FULL: [u8; VehicleData::LEN] = [
        1, 0xCA, 0xFE, 0xF0, 0x0D, 0x01, 0x02, 0x89, 0xAB, 0xCD, 0xEF, // head
        0x13, 0x88, // 50.00 %
        0x02, 0x30, // 56.0 V
        0xFF, 0xFF, 0xC5, 0x68, // -15.000 A
        0x00, 0x00, 0x0B, 0xEA, // 3050 Wh
        0x1F, 0x40, // 80.00 %
        0x00,
    ];

    #[test]
    fn message_written_by_hand_is_read_and_written_byte_for_byte() {
        let data = VehicleData::parse(&HALF_FULL).unwrap();
        assert_eq!(data.station, StationId::new(0xCAFE_F00D).unwrap());
        assert_eq!((data.sequence, data.measured), (0x0102, 0x89AB_CDEF));
        assert_eq!(data.state_of_charge.unwrap().raw(), 5000);
        assert_eq!(data.voltage.unwrap().get(), Volts::new(56.0));
        assert_eq!(data.current.unwrap().get(), Amps::new(-15.0));
        assert_eq!(data.available_energy.unwrap().get(), WattHours::new(3050.0));
        assert_eq!(data.desired_state_of_charge.unwrap().raw(), 8000);
        assert_eq!(data.charging, Some(Charging::No));
        assert_eq!(data.encode(), HALF_FULL);
    }

    #[test]
    fn what_is_not_known_is_none_and_stays_so() {
        let mut bytes = HALF_FULL;
        bytes[11..].copy_from_slice(&[
            0xFF, 0xFF, 0xFF, 0xFF, 0x80, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        ]);
        let data = VehicleData::parse(&bytes).unwrap();
        assert_eq!(data.state_of_charge, None);
        assert_eq!((data.voltage, data.current), (None, None));
        assert_eq!((data.available_energy, data.charging), (None, None));
        assert_eq!(data.encode(), bytes);
    }

    #[test]
    fn other_versions_lengths_and_charges_above_full_are_refused_by_field() {
        let mut newer = HALF_FULL;
        newer[0] = 2;
        let refused = VehicleData::parse(&newer).unwrap_err();
        assert!(matches!(refused, WireError::Unsupported { seen: 2, .. }));
        let mut fuller = HALF_FULL;
        fuller[11..13].copy_from_slice(&10_001_u16.to_be_bytes());
        let refused = VehicleData::parse(&fuller).unwrap_err();
        assert!(matches!(
            refused,
            WireError::OutOfRange { seen: 10_001, .. }
        ));
        for end in 0..VehicleData::LEN {
            assert!(VehicleData::parse(&HALF_FULL[..end]).is_err(), "{end}");
        }
        let longer = [&HALF_FULL[..], &[0]].concat();
        assert!(VehicleData::parse(&longer).is_err());
    }
}
