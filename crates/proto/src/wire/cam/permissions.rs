//! Which permissions a CAM needs of the certificate that signs it.
//!
//! Standard: ETSI EN 302 637-2 v1.4.1, service specific permissions.

use super::special_vehicle::{EmergencyPriority, SpecialVehicle};
use super::{Cam, HighFrequency};
use crate::wire::asn1::cam as asn1;
use crate::wire::asn1::cdd::TrafficRule;

/// The version of the permissions.
const VERSION: u8 = 1;
/// The bits of the first byte: a tolling zone, then the special vehicles in their order.
const TOLLING_ZONE: u8 = 0x80;
const FIRST_SPECIAL_VEHICLE: u8 = 0x40;
/// The bits of the second byte: what a special vehicle asks of others.
const CLOSED_LANES: u8 = 0x80;
const RIGHT_OF_WAY: u8 = 0x40;
const FREE_CROSSING: u8 = 0x20;
const NO_PASSING: u8 = 0x10;
const NO_PASSING_FOR_TRUCKS: u8 = 0x08;
const SPEED_LIMIT: u8 = 0x04;

impl Cam {
    /// The permissions that the certificate must grant, in the form of a bitmap: an ordinary
    /// vehicle needs none beyond the version.
    #[must_use]
    pub fn required_permissions(&self) -> [u8; 3] {
        let zone = match &self.high_frequency {
            HighFrequency::Vehicle(vehicle) => vehicle.tolling_zone.is_some(),
            HighFrequency::RoadSideUnit(unit) => unit.protected_zones.is_some(),
        };
        let zone = if zone { TOLLING_ZONE } else { 0 };
        match &self.special_vehicle {
            None => [VERSION, zone, 0],
            Some(special) => {
                let kind = FIRST_SPECIAL_VEHICLE >> special.alternative();
                [VERSION, zone | kind, special.demands()]
            }
        }
    }
}

impl SpecialVehicle {
    /// What the vehicle asks of others, in the bits of the second byte.
    fn demands(&self) -> u8 {
        let bit = |set: bool, bit| if set { bit } else { 0 };
        match self {
            Self::Emergency(emergency) => {
                let asks = |priority| emergency.priority.is_some_and(|it| it.contains(priority));
                bit(asks(EmergencyPriority::RIGHT_OF_WAY), RIGHT_OF_WAY)
                    | bit(
                        asks(EmergencyPriority::FREE_CROSSING_AT_TRAFFIC_LIGHT),
                        FREE_CROSSING,
                    )
            }
            Self::Other(other) => match other.container() {
                asn1::SpecialVehicleContainer::RoadWorks(works) => {
                    bit(works.closed_lanes.is_some(), CLOSED_LANES)
                }
                asn1::SpecialVehicleContainer::SafetyCar(car) => {
                    bit(car.speed_limit.is_some(), SPEED_LIMIT)
                        | match car.traffic_rule {
                            Some(TrafficRule::NoPassing) => NO_PASSING,
                            Some(TrafficRule::NoPassingForTrucks) => NO_PASSING_FOR_TRUCKS,
                            _ => 0,
                        }
                }
                _ => 0,
            },
        }
    }
}
