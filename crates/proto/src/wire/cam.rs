//! CAM, the cooperative awareness message: who I am, where I am and how I move.
//!
//! Not when to send one: that is `v2v/`. Standard: ETSI EN 302 637-2 v1.4.1, encoding UPER.
//!
//! | part | treated how |
//! |---|---|
//! | header, basic container, both high-frequency containers | read and written |
//! | low-frequency container | read and written |
//! | special vehicle: emergency | read and written |
//! | special vehicle: the six others | pass through untouched |
//! | extension additions | skipped |
//! | protocol versions other than 2, unknown alternatives | refused by name |

mod high_frequency;
mod permissions;
mod road_side_unit;
mod special_vehicle;

use alloc::vec::Vec;

pub use self::high_frequency::{
    AccelerationControl, LanePosition, PerformanceClass, TollingZone, TollingZoneId,
    TrailerPresence, VehicleHighFrequency, VehicleLengthValue, VehicleWidth,
};
pub use self::road_side_unit::{ProtectedZone, ProtectedZoneKind, RsuHighFrequency, ZoneRadius};
pub use self::special_vehicle::{
    Emergency, EmergencyPriority, LightBarSiren, OtherSpecialVehicle, SpecialVehicle,
};
use super::asn1::cam as asn1;
use super::its_time::GenerationDeltaTime;
use super::number::{Number, codes, flags};
use super::reference_position::{PathHistory, ReferencePosition, path_from_asn1, path_to_asn1};
use super::station::{StationId, StationType};
use super::{Wire, WireError, uper};

/// The message id of a CAM in its header.
pub const MESSAGE_ID: u8 = 2;
/// The protocol version of a CAM in its header.
pub const PROTOCOL_VERSION: u8 = 2;

/// A cooperative awareness message.
#[derive(Debug, Clone, PartialEq)]
pub struct Cam {
    /// Who sends it.
    pub station: StationId,
    /// When the position was valid.
    pub generation_delta_time: GenerationDeltaTime,
    /// What kind of station it is.
    pub station_type: StationType,
    /// Where it is.
    pub position: ReferencePosition,
    /// What every CAM of such a station says.
    pub high_frequency: HighFrequency,
    /// What a vehicle says twice a second.
    pub low_frequency: Option<LowFrequency>,
    /// What a vehicle in a special role adds.
    pub special_vehicle: Option<SpecialVehicle>,
}

/// What every CAM carries, by the kind of its sender.
#[derive(Debug, Clone, PartialEq)]
pub enum HighFrequency {
    /// From a vehicle.
    Vehicle(VehicleHighFrequency),
    /// From a road side unit, which a charging station is.
    RoadSideUnit(RsuHighFrequency),
}

codes! {
    /// The role that a vehicle is in.
    VehicleRole = "vehicleRole" {
        /// None of the others.
        Default = 0,
        /// Public transport.
        PublicTransport = 1,
        /// Abnormal loads and the like.
        SpecialTransport = 2,
        /// Carrying dangerous goods.
        DangerousGoods = 3,
        /// Working on the road.
        RoadWork = 4,
        /// Rescue.
        Rescue = 5,
        /// On an emergency call.
        Emergency = 6,
        /// Safeguarding others.
        SafetyCar = 7,
        /// Agriculture.
        Agriculture = 8,
        /// Commercial use.
        Commercial = 9,
        /// Military.
        Military = 10,
        /// Of the road's operator.
        RoadOperator = 11,
        /// A taxi.
        Taxi = 12,
        /// Left for later use.
        Reserved1 = 13,
        /// Left for later use.
        Reserved2 = 14,
        /// Left for later use.
        Reserved3 = 15,
    }
}

flags! {
    /// Switches of the lights; a bit that is not set also means "unknown".
    ExteriorLights: u8 = "exteriorLights" {
        /// Low beam.
        LOW_BEAM = 0b1000_0000,
        /// High beam.
        HIGH_BEAM = 0b0100_0000,
        /// Left turn signal; with the right one: hazard lights.
        LEFT_TURN_SIGNAL = 0b0010_0000,
        /// Right turn signal.
        RIGHT_TURN_SIGNAL = 0b0001_0000,
        /// Daytime running lights.
        DAYTIME_RUNNING = 0b0000_1000,
        /// Reversing light.
        REVERSE = 0b0000_0100,
        /// Fog light.
        FOG = 0b0000_0010,
        /// Parking lights.
        PARKING = 0b0000_0001,
    }
}

/// What a vehicle says twice a second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LowFrequency {
    /// Its role.
    pub role: VehicleRole,
    /// Its lights.
    pub exterior_lights: ExteriorLights,
    /// Where it came from.
    pub path_history: PathHistory,
}

impl LowFrequency {
    fn to_asn1(&self) -> asn1::LowFrequencyContainer {
        asn1::LowFrequencyContainer::BasicVehicle(asn1::BasicVehicleContainerLowFrequency {
            vehicle_role: self.role.number(),
            exterior_lights: self.exterior_lights.number(),
            path_history: path_to_asn1(&self.path_history),
        })
    }

    fn from_asn1(container: asn1::LowFrequencyContainer) -> Result<Self, WireError> {
        let asn1::LowFrequencyContainer::BasicVehicle(vehicle) = container;
        Ok(Self {
            role: VehicleRole::from_number(vehicle.vehicle_role)?,
            exterior_lights: ExteriorLights::from_number(vehicle.exterior_lights)?,
            path_history: path_from_asn1(vehicle.path_history)?,
        })
    }
}

impl HighFrequency {
    fn to_asn1(&self) -> asn1::HighFrequencyContainer {
        match self {
            Self::Vehicle(vehicle) => asn1::HighFrequencyContainer::BasicVehicle(vehicle.to_asn1()),
            Self::RoadSideUnit(unit) => asn1::HighFrequencyContainer::Rsu(unit.to_asn1()),
        }
    }

    fn from_asn1(container: asn1::HighFrequencyContainer) -> Result<Self, WireError> {
        match container {
            asn1::HighFrequencyContainer::BasicVehicle(vehicle) => {
                VehicleHighFrequency::from_asn1(&vehicle).map(Self::Vehicle)
            }
            asn1::HighFrequencyContainer::Rsu(unit) => {
                RsuHighFrequency::from_asn1(unit).map(Self::RoadSideUnit)
            }
        }
    }
}

impl Wire for Cam {
    const NAME: &'static str = "CAM";

    fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        let asn1::Cam { header, cam } = uper::decode(Self::NAME, bytes)?;
        let station = uper::station(Self::NAME, MESSAGE_ID, &header, |version| {
            version == i64::from(PROTOCOL_VERSION)
        })?;
        let parameters = cam.cam_parameters;
        let basic = parameters.basic_container;
        Ok(Self {
            station,
            generation_delta_time: GenerationDeltaTime::from_number(cam.generation_delta_time)?,
            station_type: StationType::from_number(basic.station_type)?,
            position: ReferencePosition::from_asn1(&basic.reference_position)?,
            high_frequency: HighFrequency::from_asn1(parameters.high_frequency_container)?,
            low_frequency: parameters
                .low_frequency_container
                .map(LowFrequency::from_asn1)
                .transpose()?,
            special_vehicle: parameters
                .special_vehicle_container
                .map(SpecialVehicle::from_asn1)
                .transpose()?,
        })
    }

    fn encode(&self) -> Vec<u8> {
        uper::encode(&asn1::Cam {
            header: uper::header(PROTOCOL_VERSION, MESSAGE_ID, self.station),
            cam: asn1::CoopAwareness {
                generation_delta_time: self.generation_delta_time.number(),
                cam_parameters: asn1::CamParameters {
                    basic_container: asn1::BasicContainer {
                        station_type: self.station_type.number(),
                        reference_position: self.position.to_asn1(),
                    },
                    high_frequency_container: self.high_frequency.to_asn1(),
                    low_frequency_container: self.low_frequency.as_ref().map(LowFrequency::to_asn1),
                    special_vehicle_container: self
                        .special_vehicle
                        .as_ref()
                        .map(SpecialVehicle::to_asn1),
                },
            },
        })
    }
}
