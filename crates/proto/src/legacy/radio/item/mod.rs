//! `Item`: what the prototype's cars broadcast, and what goes between radio and computer.
//!
//! Not the framing of that serial line ([`crate::legacy::item_stream`]).
//!
//! | file | who speaks | lengths |
//! |---|---|---|
//! | [`counter`] | a test of June 2025 | 12 |
//! | [`vehicle`] | a car | 24, 36, 68, 88 |
//! | [`station`] | a charging station, over the serial line only | 88, marked by a state of charge of 0xFFFF |

pub mod counter;
pub mod station;
pub mod vehicle;

pub use counter::CounterItem;
pub use vehicle::{Dashboard, Driving, Gear, ItemLayout, PackState, VehicleItem};

use v2x_units::MacAddress;

use super::error::RadioError;
use super::evcs_to_vehicle::EvcsToVehicle;
use super::fields::RadioBytes;

const MESSAGE: &str = "Item";

/// One `Item`, whoever it speaks of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Item {
    /// A number that counts up.
    Counter(CounterItem),
    /// A car.
    Vehicle(VehicleItem),
    /// A charging station, as a radio board hands it to its computer.
    Station(EvcsToVehicle),
}

impl Item {
    /// Reads an `Item` of any layout.
    ///
    /// # Errors
    /// [`RadioError`] when no layout has this length, or a field is implausible.
    pub fn parse(bytes: &[u8]) -> Result<Self, RadioError> {
        match bytes.len() {
            12 => CounterItem::parse(bytes).map(Self::Counter),
            88 if bytes.starts_with(&station::MARK.to_le_bytes()) => {
                station::parse(bytes).map(Self::Station)
            }
            _ => VehicleItem::parse(bytes).map(Self::Vehicle),
        }
    }

    /// Writes it in its layout.
    ///
    /// # Errors
    /// [`RadioError::Implausible`] for a value that [`Self::parse`] would refuse.
    pub fn emit(&self) -> Result<RadioBytes, RadioError> {
        match self {
            Self::Counter(item) => Ok(item.emit()),
            Self::Vehicle(item) => item.emit(),
            Self::Station(said) => station::emit(said),
        }
    }

    /// The address in it.
    #[must_use]
    pub const fn mac(&self) -> MacAddress {
        match self {
            Self::Counter(item) => item.mac,
            Self::Vehicle(item) => item.mac,
            Self::Station(said) => said.mac,
        }
    }
}
