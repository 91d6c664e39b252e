//! One charging station with its spots.
//!
//! Standard: ETSI TS 101 556-1 v1.1.1, `ItsChargingStationData`.

use alloc::string::ToString;
use alloc::vec::Vec;

use rasn::types::BitString;

use crate::wire::WireError;
use crate::wire::asn1::evcsn as asn1;
use crate::wire::bounded::{List, PhoneNumber, Text};
use crate::wire::number::{Number, number};
use crate::wire::reference_position::ReferencePosition;
use crate::wire::station::StationId;

/// A text that the standard leaves open, up to what fits into the longest frame of the radio.
pub type FreeText = Text<0, 1400>;

bitflags::bitflags! {
    /// How one can charge at a spot. Bits without a name here are kept.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct ChargeModes: u16 {
        /// A standard outlet without a box in the cable.
        const STANDARD_MODE_1 = 1;
        /// A standard outlet with a protection box in the cable.
        const STANDARD_MODE_2 = 1 << 1;
        /// A charging station with control pilot.
        const STANDARD_OR_FAST_MODE_3 = 1 << 2;
        /// A charger outside the vehicle.
        const FAST_EXTERNAL_CHARGER = 1 << 3;
        /// A change of battery.
        const QUICK_DROP = 1 << 8;
        /// By induction while standing.
        const INDUCTIVE_STATIONARY = 1 << 12;
        /// By induction while driving.
        const INDUCTIVE_DRIVING = 1 << 14;
        const _ = !0;
    }
}

/// The bits that name the receptacle; their meaning stands only in the standard's text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Receptacle(List<bool, 0, 64>);

impl Receptacle {
    /// Takes the bits, bit 0 first; none when in doubt.
    ///
    /// # Errors
    /// There are more than 64.
    pub fn new(bits: &[bool]) -> Result<Self, WireError> {
        List::new("typeOfReceptacle", bits.to_vec()).map(Self)
    }

    /// The bits, bit 0 first.
    #[must_use]
    pub fn bits(&self) -> &[bool] {
        &self.0
    }
}

number! {
    /// How long one has to wait at most, in minutes; 0 is free now.
    WaitingMinutes: u16 = "maxWaitingTimeMinutes", 0..=1400
}

/// One place to park at a spot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ParkingPlace {
    /// How long one has to wait at most.
    pub max_waiting: WaitingMinutes,
    /// Whether the place can be blocked for somebody.
    pub blocking: bool,
}

/// One spot to charge at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargingSpot {
    /// How one can charge.
    pub modes: ChargeModes,
    /// Its name.
    pub equipment_id: Option<FreeText>,
    /// What one plugs into.
    pub receptacle: Receptacle,
    /// What energy there is, in words.
    pub energy_availability: FreeText,
    /// Its places to park.
    pub parking_places: Option<List<ParkingPlace, 1, 4>>,
}

/// One charging station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargingStation {
    /// Its number.
    pub id: StationId,
    /// Who delivers the energy.
    pub utility_distributor: Option<Text<1, 32>>,
    /// Who runs the station.
    pub provider: Option<Text<1, 32>>,
    /// Where it is.
    pub location: ReferencePosition,
    /// Its address.
    pub address: Option<FreeText>,
    /// Whom to call.
    pub phone_number: Option<PhoneNumber>,
    /// Who may use it, in words.
    pub accessibility: Text<1, 32>,
    /// The way to it from the road.
    pub digital_map: Option<List<ReferencePosition, 1, 256>>,
    /// When it is open, in words.
    pub opening_hours: FreeText,
    /// What it costs, in words.
    pub pricing: FreeText,
    /// How to book, in words.
    pub booking_contact: Option<FreeText>,
    /// How to pay, in words.
    pub payment: Option<FreeText>,
    /// Its spots.
    pub spots: List<ChargingSpot, 1, 16>,
}

impl ChargingStation {
    pub(super) fn to_asn1(&self) -> asn1::ItsChargingStationData {
        let text = |text: &Option<FreeText>| text.as_deref().map(ToString::to_string);
        asn1::ItsChargingStationData {
            charging_station_id: self.id.number(),
            utility_distributor_id: self.utility_distributor.as_deref().map(ToString::to_string),
            provider_id: self.provider.as_deref().map(ToString::to_string),
            charging_station_location: self.location.to_asn1(),
            address: text(&self.address),
            phone_number: self.phone_number.as_ref().map(PhoneNumber::to_asn1),
            accessibility: self.accessibility.to_string(),
            digital_map: self
                .digital_map
                .as_ref()
                .map(|places| places.iter().map(|place| place.to_asn1()).collect()),
            opening_days_hours: self.opening_hours.to_string(),
            pricing: self.pricing.to_string(),
            booking_contact_info: text(&self.booking_contact),
            payment: text(&self.payment),
            charging_spots_available: self.spots.iter().map(ChargingSpot::to_asn1).collect(),
        }
    }

    pub(super) fn from_asn1(station: asn1::ItsChargingStationData) -> Result<Self, WireError> {
        let digital_map = station.digital_map.map(|places| {
            List::convert("digitalMap", places, |place| {
                ReferencePosition::from_asn1(&place)
            })
        });
        Ok(Self {
            id: StationId::from_number(station.charging_station_id)?,
            utility_distributor: optional_text(
                "utilityDistributorId",
                station.utility_distributor_id,
            )?,
            provider: optional_text("providerID", station.provider_id)?,
            location: ReferencePosition::from_asn1(&station.charging_station_location)?,
            address: optional_text("address", station.address)?,
            phone_number: station
                .phone_number
                .as_ref()
                .map(PhoneNumber::from_asn1)
                .transpose()?,
            accessibility: Text::new("accessibility", station.accessibility)?,
            digital_map: digital_map.transpose()?,
            opening_hours: Text::new("openingDaysHours", station.opening_days_hours)?,
            pricing: Text::new("pricing", station.pricing)?,
            booking_contact: optional_text("bookingContactInfo", station.booking_contact_info)?,
            payment: optional_text("payment", station.payment)?,
            spots: List::convert(
                "chargingSpotsAvailable",
                station.charging_spots_available,
                ChargingSpot::from_asn1,
            )?,
        })
    }
}

fn optional_text<const MIN: usize, const MAX: usize>(
    field: &'static str,
    text: Option<alloc::string::String>,
) -> Result<Option<Text<MIN, MAX>>, WireError> {
    text.map(|text| Text::new(field, text)).transpose()
}

impl ChargingSpot {
    fn to_asn1(&self) -> asn1::ItsChargingSpotDataElements {
        let places = self.parking_places.as_ref().map(|places| {
            let place_to_asn1 = |place: &ParkingPlace| asn1::SpotAvailability {
                max_waiting_time_minutes: place.max_waiting.number(),
                blocking: place.blocking,
            };
            places.iter().map(place_to_asn1).collect()
        });
        asn1::ItsChargingSpotDataElements {
            charging_spot_type: self.modes.to_asn1(),
            ev_equipment_id: self.equipment_id.as_deref().map(ToString::to_string),
            type_of_receptacle: self.receptacle.bits().iter().collect(),
            energy_availability: self.energy_availability.to_string(),
            parking_places_data: places,
        }
    }

    fn from_asn1(spot: asn1::ItsChargingSpotDataElements) -> Result<Self, WireError> {
        let places = spot.parking_places_data.map(|places| {
            List::convert("parkingPlacesData", places, |place| {
                Ok(ParkingPlace {
                    max_waiting: WaitingMinutes::from_number(place.max_waiting_time_minutes)?,
                    blocking: place.blocking,
                })
            })
        });
        let receptacle: Vec<bool> = spot.type_of_receptacle.iter().by_vals().collect();
        Ok(Self {
            modes: ChargeModes::from_asn1(&spot.charging_spot_type)?,
            equipment_id: optional_text("evEquipmentID", spot.ev_equipment_id)?,
            receptacle: Receptacle::new(&receptacle)?,
            energy_availability: Text::new("energyAvailability", spot.energy_availability)?,
            parking_places: places.transpose()?,
        })
    }
}

impl ChargeModes {
    /// The bits up to the last that is set: named bits drop their trailing zeros.
    fn to_asn1(self) -> BitString {
        let used = 16 - self.bits().leading_zeros();
        (0..used).map(|bit| self.bits() >> bit & 1 == 1).collect()
    }

    fn from_asn1(bits: &BitString) -> Result<Self, WireError> {
        let mut modes = 0u16;
        for bit in bits.iter_ones() {
            let mask = u32::try_from(bit)
                .ok()
                .and_then(|bit| 1u16.checked_shl(bit));
            modes |= mask.ok_or(WireError::Count {
                field: "type",
                seen: bit + 1,
                lowest: 0,
                highest: 16,
            })?;
        }
        Ok(Self::from_bits_retain(modes))
    }
}
