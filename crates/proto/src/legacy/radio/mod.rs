//! The structs that the prototype puts on the air: no version, no checksum, no proof of who speaks.
//!
//! Not when to speak them and what follows ([`crate::legacy_mode`]). Section (b) and (c) of the
//! reference page on the prototype's wire formats.
//!
//! | bytes | struct | file |
//! |---|---|---|
//! | 12, 24, 36, 68, 88 | `Item`, five layouts | [`item`] |
//! | 44, 48, 56 | `evcs_to_vehicle_t`, three layouts | [`evcs_to_vehicle`] |
//! | 36, 40, 52 | `vehicle_to_evcs_t`, three layouts | [`vehicle_to_evcs`] |
//! | 40 | `vehicle_v2v_data_t` | [`vehicle_v2v_data`] |
//!
//! A struct is known by its length and by being plausible: every number is finite, within what
//! such a car or station can have, and not smaller than anything measured (bytes that slipped by
//! one are so); every flag is 0 or 1; and the address in it is the one that the frame came from. At
//! 36 bytes the address tells a car's words to a station from an `Item`, at 40 the type does. All
//! of it can be forged by anybody: an address here is a name, not an identity.
//!
//! The lengths are those of the boards' compilers. On a 64-bit computer the structs between car
//! and station are longer, because of their time; such were never on the air.
//!
//! Three promises: parsing any bytes never panics; parsing what was emitted gives the same value;
//! what would be refused when heard is refused when it is written.

pub mod error;
pub mod evcs_to_vehicle;
mod fields;
pub mod item;
pub mod vehicle_to_evcs;
pub mod vehicle_v2v_data;

pub use error::{RadioError, Seen};
pub use evcs_to_vehicle::{EvcsLayout, EvcsToVehicle};
pub use fields::{ItemFix, LONGEST, RadioBytes};
pub use item::{Item, ItemLayout, VehicleItem};
pub use vehicle_to_evcs::{SaidBattery, VehicleLayout, VehicleToEvcs};
pub use vehicle_v2v_data::VehicleV2vData;

use v2x_units::MacAddress;

/// One message of the prototype, as it was on the air.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RadioMessage {
    /// A car of itself, to other cars.
    Item(Item),
    /// A station to a car.
    EvcsToVehicle(EvcsToVehicle),
    /// A car to a station.
    VehicleToEvcs(VehicleToEvcs),
    /// A car of one build to other cars.
    VehicleV2vData(VehicleV2vData),
}

impl RadioMessage {
    /// Reads what a frame from this address carried.
    ///
    /// # Errors
    /// [`RadioError`]: no struct has this length, a field is implausible, or the address in the
    /// message is another one.
    pub fn parse(from: MacAddress, bytes: &[u8]) -> Result<Self, RadioError> {
        let message = match bytes.len() {
            36 if begins_as_to_station(from, bytes) => {
                VehicleToEvcs::parse(bytes).map(Self::VehicleToEvcs)
            }
            40 if bytes.get(36) == Some(&1) => VehicleToEvcs::parse(bytes).map(Self::VehicleToEvcs),
            40 => VehicleV2vData::parse(bytes).map(Self::VehicleV2vData),
            52 => VehicleToEvcs::parse(bytes).map(Self::VehicleToEvcs),
            44 | 48 | 56 => EvcsToVehicle::parse(bytes).map(Self::EvcsToVehicle),
            _ => Item::parse(bytes).map(Self::Item),
        }?;
        let (name, named) = message.sender();
        if named == from {
            Ok(message)
        } else {
            Err(RadioError::OtherSender {
                message: name,
                named,
                from,
            })
        }
    }

    /// Writes it in its layout.
    ///
    /// # Errors
    /// [`RadioError::Implausible`] for a value that [`Self::parse`] would refuse.
    pub fn emit(&self) -> Result<RadioBytes, RadioError> {
        match self {
            Self::Item(item) => item.emit(),
            Self::EvcsToVehicle(said) => said.emit(),
            Self::VehicleToEvcs(said) => said.emit(),
            Self::VehicleV2vData(said) => said.emit(),
        }
    }

    /// The struct's name, and the address in it.
    const fn sender(&self) -> (&'static str, MacAddress) {
        match self {
            Self::Item(item) => ("Item", item.mac()),
            Self::EvcsToVehicle(said) => ("evcs_to_vehicle_t", said.mac),
            Self::VehicleToEvcs(said) => ("vehicle_to_evcs_t", said.mac),
            Self::VehicleV2vData(said) => ("vehicle_v2v_data_t", said.mac),
        }
    }
}

/// Whether 36 bytes begin with the sender's address, as a car's words to a station do. The two
/// bytes that are padding in an `Item` do not count, so that what they hold changes nothing.
fn begins_as_to_station(from: MacAddress, bytes: &[u8]) -> bool {
    let [a, b, _, _, e, f] = from.octets();
    matches!(bytes, [first, second, _, _, fifth, sixth, ..]
        if [*first, *second, *fifth, *sixth] == [a, b, e, f])
}
