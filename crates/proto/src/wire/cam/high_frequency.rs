//! What every CAM of a vehicle says: motion, size, pedals.
//!
//! Standard: ETSI EN 302 637-2 v1.4.1, `BasicVehicleContainerHighFrequency`.

use crate::wire::WireError;
use crate::wire::asn1::cam as asn1;
use crate::wire::motion::{
    Acceleration, Curvature, CurvatureCalculation, CurvatureConfidence, CurvatureValue,
    DriveDirection, Heading, Speed, SteeringWheelAngle, YawRate, YawRateConfidence, YawRateValue,
};
use crate::wire::number::{Coded, Number, Ranged, codes, flags, number, optional};
use crate::wire::reference_position::{Latitude, Longitude};

number! {
    /// The length of the vehicle, rounded up.
    VehicleLengthValue: u16 = "vehicleLengthValue", 1..=1021,
    out_of_range 1022, unavailable 1023, 10.0 per Meters
}

codes! {
    /// Whether the length includes a trailer.
    TrailerPresence = "vehicleLengthConfidenceIndication" {
        /// There is none.
        NoTrailer = 0,
        /// There is one, and the length includes it.
        KnownLength = 1,
        /// There is one of unknown length.
        UnknownLength = 2,
        /// There may be one.
        Unknown = 3,
    }, unavailable 4
}

number! {
    /// The width of the vehicle without mirrors, rounded up.
    VehicleWidth: u8 = "vehicleWidth", 1..=60, out_of_range 61, unavailable 62, 10.0 per Meters
}

flags! {
    /// What acts on the speed; a bit that is not set also means "not equipped" or "unknown".
    AccelerationControl: u8 = "accelerationControl" {
        /// The driver brakes.
        BRAKE_PEDAL = 0b100_0000,
        /// The driver accelerates.
        GAS_PEDAL = 0b010_0000,
        /// The emergency brake system brakes.
        EMERGENCY_BRAKE = 0b001_0000,
        /// The collision warning warns.
        COLLISION_WARNING = 0b000_1000,
        /// Adaptive cruise control.
        ADAPTIVE_CRUISE_CONTROL = 0b000_0100,
        /// Cruise control.
        CRUISE_CONTROL = 0b000_0010,
        /// The speed limiter.
        SPEED_LIMITER = 0b000_0001,
    }
}

number! {
    /// The lane, counted from the middle of the road: -1 off the road, 0 inner hard shoulder, 1
    /// innermost lane, 14 outer hard shoulder.
    LanePosition: i8 = "lanePosition", -1..=14
}

number! {
    /// How well the vehicle brakes and positions itself: 1 is class A, 2 is class B.
    PerformanceClass: u8 = "performanceClass", 1..=7, unavailable 0
}

number! {
    /// The identity of a zone around a toll station.
    TollingZoneId: u32 = "protectedZoneID", 0..=134_217_727
}

/// A toll station nearby, whose radio must not be disturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TollingZone {
    /// Degrees north.
    pub latitude: Option<Latitude>,
    /// Degrees east.
    pub longitude: Option<Longitude>,
    /// Its identity.
    pub id: Option<TollingZoneId>,
}

/// What every CAM of a vehicle says; what is not known is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct VehicleHighFrequency {
    /// Where it moves to.
    pub heading: Heading,
    /// How fast.
    pub speed: Speed,
    /// Forwards or backwards.
    pub drive_direction: Option<DriveDirection>,
    /// How long it is.
    pub length: Option<Ranged<VehicleLengthValue>>,
    /// Whether it draws a trailer.
    pub trailer: Option<TrailerPresence>,
    /// How wide it is.
    pub width: Option<Ranged<VehicleWidth>>,
    /// How the speed changes, forward positive.
    pub longitudinal_acceleration: Acceleration,
    /// How its path bends.
    pub curvature: Curvature,
    /// How it turns.
    pub yaw_rate: YawRate,
    /// What acts on the speed.
    pub acceleration_control: Option<AccelerationControl>,
    /// Its lane.
    pub lane_position: Option<LanePosition>,
    /// Its steering wheel.
    pub steering_wheel_angle: Option<SteeringWheelAngle>,
    /// Sideways acceleration, left positive.
    pub lateral_acceleration: Option<Acceleration>,
    /// Upward acceleration.
    pub vertical_acceleration: Option<Acceleration>,
    /// Its class.
    pub performance_class: Option<PerformanceClass>,
    /// A toll station nearby.
    pub tolling_zone: Option<TollingZone>,
}

impl VehicleHighFrequency {
    pub(super) fn to_asn1(self) -> asn1::BasicVehicleContainerHighFrequency {
        asn1::BasicVehicleContainerHighFrequency {
            heading: self.heading.to_asn1(),
            speed: self.speed.to_asn1(),
            drive_direction: self.drive_direction.coded(),
            vehicle_length: asn1::VehicleLength {
                vehicle_length_value: self.length.coded(),
                vehicle_length_confidence_indication: self.trailer.coded(),
            },
            vehicle_width: self.width.coded(),
            longitudinal_acceleration: self.longitudinal_acceleration.to_asn1(),
            curvature: asn1::Curvature {
                curvature_value: self.curvature.value.coded(),
                curvature_confidence: self.curvature.confidence.coded(),
            },
            curvature_calculation_mode: calculation_to_asn1(self.curvature.calculation),
            yaw_rate: asn1::YawRate {
                yaw_rate_value: self.yaw_rate.value.coded(),
                yaw_rate_confidence: self.yaw_rate.confidence.coded(),
            },
            acceleration_control: self.acceleration_control.map(Number::number),
            lane_position: self.lane_position.map(Number::number),
            steering_wheel_angle: self.steering_wheel_angle.map(SteeringWheelAngle::to_asn1),
            lateral_acceleration: self.lateral_acceleration.map(Acceleration::to_asn1),
            vertical_acceleration: self.vertical_acceleration.map(Acceleration::to_asn1),
            performance_class: self.performance_class.map(Number::number),
            cen_dsrc_tolling_zone: self.tolling_zone.map(TollingZone::to_asn1),
        }
    }

    pub(super) fn from_asn1(
        container: &asn1::BasicVehicleContainerHighFrequency,
    ) -> Result<Self, WireError> {
        let acceleration = |asn1: &Option<asn1::Acceleration>| {
            asn1.as_ref().map(Acceleration::from_asn1).transpose()
        };
        Ok(Self {
            heading: Heading::from_asn1(&container.heading)?,
            speed: Speed::from_asn1(&container.speed)?,
            drive_direction: DriveDirection::known(container.drive_direction)?,
            length: VehicleLengthValue::ranged(container.vehicle_length.vehicle_length_value)?,
            trailer: TrailerPresence::known(
                container
                    .vehicle_length
                    .vehicle_length_confidence_indication,
            )?,
            width: VehicleWidth::ranged(container.vehicle_width)?,
            longitudinal_acceleration: Acceleration::from_asn1(
                &container.longitudinal_acceleration,
            )?,
            curvature: Curvature {
                value: CurvatureValue::known(container.curvature.curvature_value)?,
                confidence: CurvatureConfidence::ranged(container.curvature.curvature_confidence)?,
                calculation: calculation_from_asn1(container.curvature_calculation_mode),
            },
            yaw_rate: YawRate {
                value: YawRateValue::known(container.yaw_rate.yaw_rate_value)?,
                confidence: YawRateConfidence::ranged(container.yaw_rate.yaw_rate_confidence)?,
            },
            acceleration_control: optional(container.acceleration_control)?,
            lane_position: optional(container.lane_position)?,
            steering_wheel_angle: container
                .steering_wheel_angle
                .as_ref()
                .map(SteeringWheelAngle::from_asn1)
                .transpose()?,
            lateral_acceleration: acceleration(&container.lateral_acceleration)?,
            vertical_acceleration: acceleration(&container.vertical_acceleration)?,
            performance_class: container
                .performance_class
                .map_or(Ok(None), PerformanceClass::known)?,
            tolling_zone: container
                .cen_dsrc_tolling_zone
                .as_ref()
                .map(TollingZone::from_asn1)
                .transpose()?,
        })
    }
}

impl TollingZone {
    fn to_asn1(self) -> asn1::CenDsrcTollingZone {
        asn1::CenDsrcTollingZone {
            protected_zone_latitude: self.latitude.coded(),
            protected_zone_longitude: self.longitude.coded(),
            cen_dsrc_tolling_zone_id: self.id.map(Number::number),
        }
    }

    fn from_asn1(zone: &asn1::CenDsrcTollingZone) -> Result<Self, WireError> {
        Ok(Self {
            latitude: Latitude::known(zone.protected_zone_latitude)?,
            longitude: Longitude::known(zone.protected_zone_longitude)?,
            id: optional(zone.cen_dsrc_tolling_zone_id)?,
        })
    }
}

const fn calculation_to_asn1(
    calculation: Option<CurvatureCalculation>,
) -> asn1::CurvatureCalculationMode {
    match calculation {
        Some(CurvatureCalculation::YawRateUsed) => asn1::CurvatureCalculationMode::YawRateUsed,
        Some(CurvatureCalculation::YawRateNotUsed) => {
            asn1::CurvatureCalculationMode::YawRateNotUsed
        }
        None => asn1::CurvatureCalculationMode::Unavailable,
    }
}

const fn calculation_from_asn1(
    mode: asn1::CurvatureCalculationMode,
) -> Option<CurvatureCalculation> {
    match mode {
        asn1::CurvatureCalculationMode::YawRateUsed => Some(CurvatureCalculation::YawRateUsed),
        asn1::CurvatureCalculationMode::YawRateNotUsed => {
            Some(CurvatureCalculation::YawRateNotUsed)
        }
        asn1::CurvatureCalculationMode::Unavailable => None,
    }
}
