//! What a vehicle in a special role adds to its CAM.
//!
//! Standard: ETSI EN 302 637-2 v1.4.1, `SpecialVehicleContainer`. Only the emergency vehicle is
//! interpreted; the other six alternatives pass through untouched.

use crate::wire::WireError;
use crate::wire::asn1::cam as asn1;
use crate::wire::number::{Number, flags, optional};
use crate::wire::station::CauseCode;
use crate::wire::untouched::Untouched;

flags! {
    /// What a vehicle in a special role makes itself noticed with.
    LightBarSiren: u8 = "lightBarSirenInUse" {
        /// The light bar is on.
        LIGHT_BAR = 0b10,
        /// The siren is on.
        SIREN = 0b01,
    }
}

flags! {
    /// What an emergency vehicle asks of others.
    EmergencyPriority: u8 = "emergencyPriority" {
        /// To give way.
        RIGHT_OF_WAY = 0b10,
        /// To be let through at a traffic light.
        FREE_CROSSING_AT_TRAFFIC_LIGHT = 0b01,
    }
}

/// What an emergency vehicle adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Emergency {
    /// What it makes itself noticed with.
    pub light_bar_siren: LightBarSiren,
    /// What it is called to.
    pub incident: Option<CauseCode>,
    /// What it asks of others.
    pub priority: Option<EmergencyPriority>,
}

/// An alternative that is not interpreted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherSpecialVehicle(Untouched<asn1::SpecialVehicleContainer>);

impl OtherSpecialVehicle {
    pub(super) const fn container(&self) -> &asn1::SpecialVehicleContainer {
        self.0.get()
    }
}

/// What a vehicle in a special role adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpecialVehicle {
    /// An emergency vehicle.
    Emergency(Emergency),
    /// One of the six others.
    Other(OtherSpecialVehicle),
}

impl SpecialVehicle {
    /// Which alternative it is, in the order of the standard, which is also that of the permission
    /// bits: public transport 0, special transport 1, dangerous goods 2, road works 3, rescue 4,
    /// emergency 5, safety car 6.
    #[must_use]
    pub const fn alternative(&self) -> u8 {
        match self {
            Self::Emergency(_) => 5,
            Self::Other(other) => match other.container() {
                asn1::SpecialVehicleContainer::PublicTransport(_) => 0,
                asn1::SpecialVehicleContainer::SpecialTransport(_) => 1,
                asn1::SpecialVehicleContainer::DangerousGoods(_) => 2,
                asn1::SpecialVehicleContainer::RoadWorks(_) => 3,
                asn1::SpecialVehicleContainer::Rescue(_) => 4,
                asn1::SpecialVehicleContainer::Emergency(_) => 5,
                asn1::SpecialVehicleContainer::SafetyCar(_) => 6,
            },
        }
    }

    pub(super) fn to_asn1(&self) -> asn1::SpecialVehicleContainer {
        match self {
            Self::Emergency(emergency) => {
                asn1::SpecialVehicleContainer::Emergency(asn1::EmergencyContainer {
                    light_bar_siren_in_use: emergency.light_bar_siren.number(),
                    incident_indication: emergency.incident.map(CauseCode::to_asn1),
                    emergency_priority: emergency.priority.map(Number::number),
                })
            }
            Self::Other(other) => other.0.to_asn1(),
        }
    }

    pub(super) fn from_asn1(container: asn1::SpecialVehicleContainer) -> Result<Self, WireError> {
        match container {
            asn1::SpecialVehicleContainer::Emergency(emergency) => Ok(Self::Emergency(Emergency {
                light_bar_siren: LightBarSiren::from_number(emergency.light_bar_siren_in_use)?,
                incident: emergency
                    .incident_indication
                    .as_ref()
                    .map(CauseCode::from_asn1)
                    .transpose()?,
                priority: optional(emergency.emergency_priority)?,
            })),
            other => Untouched::new("specialVehicleContainer", other)
                .map(|untouched| Self::Other(OtherSpecialVehicle(untouched))),
        }
    }
}
