//! ASN.1 structures of the cooperative awareness message.
//!
//! Standard: ETSI EN 302 637-2 v1.4.1; the message itself is `wire/cam.rs`.

use alloc::vec::Vec;

use rasn::prelude::*;

use super::cdd::{
    CauseCode, ClosedLanes, Heading, ItsPduHeader, PathHistory, ReferencePosition, Speed,
    TimestampIts, TrafficRule,
};

sequence! {
    Cam {
        pub(crate) header: ItsPduHeader,
        pub(crate) cam: CoopAwareness,
    }

    CoopAwareness {
        #[rasn(value("0..=65535"))]
        pub(crate) generation_delta_time: i64,
        pub(crate) cam_parameters: CamParameters,
    }

    #[non_exhaustive]
    CamParameters {
        pub(crate) basic_container: BasicContainer,
        pub(crate) high_frequency_container: HighFrequencyContainer,
        pub(crate) low_frequency_container: Option<LowFrequencyContainer>,
        pub(crate) special_vehicle_container: Option<SpecialVehicleContainer>,
    }

    #[non_exhaustive]
    BasicContainer {
        #[rasn(value("0..=255"))]
        pub(crate) station_type: i64,
        pub(crate) reference_position: ReferencePosition,
    }

    BasicVehicleContainerHighFrequency {
        pub(crate) heading: Heading,
        pub(crate) speed: Speed,
        #[rasn(value("0..=2"))]
        pub(crate) drive_direction: i64,
        pub(crate) vehicle_length: VehicleLength,
        #[rasn(value("1..=62"))]
        pub(crate) vehicle_width: i64,
        pub(crate) longitudinal_acceleration: Acceleration,
        pub(crate) curvature: Curvature,
        pub(crate) curvature_calculation_mode: CurvatureCalculationMode,
        pub(crate) yaw_rate: YawRate,
        #[rasn(value("0..=127"))]
        pub(crate) acceleration_control: Option<i64>,
        #[rasn(value("-1..=14"))]
        pub(crate) lane_position: Option<i64>,
        pub(crate) steering_wheel_angle: Option<SteeringWheelAngle>,
        pub(crate) lateral_acceleration: Option<Acceleration>,
        pub(crate) vertical_acceleration: Option<Acceleration>,
        #[rasn(value("0..=7"))]
        pub(crate) performance_class: Option<i64>,
        pub(crate) cen_dsrc_tolling_zone: Option<CenDsrcTollingZone>,
    }

    VehicleLength {
        #[rasn(value("1..=1023"))]
        pub(crate) vehicle_length_value: i64,
        #[rasn(value("0..=4"))]
        pub(crate) vehicle_length_confidence_indication: i64,
    }

    // The longitudinal, the lateral and the vertical one have the same members and ranges.
    Acceleration {
        #[rasn(value("-160..=161"))]
        pub(crate) value: i64,
        #[rasn(value("0..=102"))]
        pub(crate) confidence: i64,
    }

    Curvature {
        #[rasn(value("-1023..=1023"))]
        pub(crate) curvature_value: i64,
        #[rasn(value("0..=7"))]
        pub(crate) curvature_confidence: i64,
    }

    YawRate {
        #[rasn(value("-32766..=32767"))]
        pub(crate) yaw_rate_value: i64,
        #[rasn(value("0..=8"))]
        pub(crate) yaw_rate_confidence: i64,
    }

    SteeringWheelAngle {
        #[rasn(value("-511..=512"))]
        pub(crate) steering_wheel_angle_value: i64,
        #[rasn(value("1..=127"))]
        pub(crate) steering_wheel_angle_confidence: i64,
    }

    #[non_exhaustive]
    CenDsrcTollingZone {
        #[rasn(value("-900000000..=900000001"))]
        pub(crate) protected_zone_latitude: i64,
        #[rasn(value("-1800000000..=1800000001"))]
        pub(crate) protected_zone_longitude: i64,
        #[rasn(value("0..=134217727"))]
        pub(crate) cen_dsrc_tolling_zone_id: Option<i64>,
    }

    #[non_exhaustive]
    RsuContainerHighFrequency {
        #[rasn(size("1..=16"))]
        pub(crate) protected_communication_zones_rsu: Option<Vec<ProtectedCommunicationZone>>,
    }

    #[non_exhaustive]
    ProtectedCommunicationZone {
        pub(crate) protected_zone_type: ProtectedZoneType,
        #[rasn(value("0..=4398046511103"))]
        pub(crate) expiry_time: Option<TimestampIts>,
        #[rasn(value("-900000000..=900000001"))]
        pub(crate) protected_zone_latitude: i64,
        #[rasn(value("-1800000000..=1800000001"))]
        pub(crate) protected_zone_longitude: i64,
        #[rasn(value("1..=255", extensible))]
        pub(crate) protected_zone_radius: Option<i64>,
        #[rasn(value("0..=134217727"))]
        pub(crate) protected_zone_id: Option<i64>,
    }

    BasicVehicleContainerLowFrequency {
        #[rasn(value("0..=15"))]
        pub(crate) vehicle_role: i64,
        #[rasn(value("0..=255"))]
        pub(crate) exterior_lights: i64,
        #[rasn(size("0..=40"))]
        pub(crate) path_history: PathHistory,
    }

    PublicTransportContainer {
        pub(crate) embarkation_status: bool,
        pub(crate) pt_activation: Option<PtActivation>,
    }

    PtActivation {
        #[rasn(value("0..=255"))]
        pub(crate) pt_activation_type: i64,
        #[rasn(size("1..=20"))]
        pub(crate) pt_activation_data: OctetString,
    }

    SpecialTransportContainer {
        #[rasn(value("0..=15"))]
        pub(crate) special_transport_type: i64,
        #[rasn(value("0..=3"))]
        pub(crate) light_bar_siren_in_use: i64,
    }

    DangerousGoodsContainer {
        #[rasn(value("0..=19"))]
        pub(crate) dangerous_goods_basic: i64,
    }

    RoadWorksContainerBasic {
        #[rasn(value("0..=255"))]
        pub(crate) roadworks_sub_cause_code: Option<i64>,
        #[rasn(value("0..=3"))]
        pub(crate) light_bar_siren_in_use: i64,
        pub(crate) closed_lanes: Option<ClosedLanes>,
    }

    RescueContainer {
        #[rasn(value("0..=3"))]
        pub(crate) light_bar_siren_in_use: i64,
    }

    EmergencyContainer {
        #[rasn(value("0..=3"))]
        pub(crate) light_bar_siren_in_use: i64,
        pub(crate) incident_indication: Option<CauseCode>,
        #[rasn(value("0..=3"))]
        pub(crate) emergency_priority: Option<i64>,
    }

    SafetyCarContainer {
        #[rasn(value("0..=3"))]
        pub(crate) light_bar_siren_in_use: i64,
        pub(crate) incident_indication: Option<CauseCode>,
        pub(crate) traffic_rule: Option<TrafficRule>,
        #[rasn(value("1..=255"))]
        pub(crate) speed_limit: Option<i64>,
    }
}

/// What every CAM carries, by the kind of its sender.
#[expect(
    clippy::large_enum_variant,
    reason = "it lives only while a message is converted"
)]
#[derive(AsnType, Encode, Decode, Debug, Clone, PartialEq, Eq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum HighFrequencyContainer {
    BasicVehicle(BasicVehicleContainerHighFrequency),
    Rsu(RsuContainerHighFrequency),
}

/// What a vehicle adds twice a second.
#[derive(AsnType, Encode, Decode, Debug, Clone, PartialEq, Eq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum LowFrequencyContainer {
    BasicVehicle(BasicVehicleContainerLowFrequency),
}

/// What a vehicle with a special role adds.
#[derive(AsnType, Encode, Decode, Debug, Clone, PartialEq, Eq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum SpecialVehicleContainer {
    PublicTransport(PublicTransportContainer),
    SpecialTransport(SpecialTransportContainer),
    DangerousGoods(DangerousGoodsContainer),
    RoadWorks(RoadWorksContainerBasic),
    Rescue(RescueContainer),
    Emergency(EmergencyContainer),
    SafetyCar(SafetyCarContainer),
}

/// `CurvatureCalculationMode`, an extensible ENUMERATED.
#[derive(AsnType, Encode, Decode, Debug, Clone, Copy, PartialEq, Eq)]
#[rasn(enumerated)]
#[non_exhaustive]
pub(crate) enum CurvatureCalculationMode {
    YawRateUsed = 0,
    YawRateNotUsed = 1,
    Unavailable = 2,
}

/// `ProtectedZoneType`, an extensible ENUMERATED with one addition.
#[derive(AsnType, Encode, Decode, Debug, Clone, Copy, PartialEq, Eq)]
#[rasn(enumerated)]
#[non_exhaustive]
pub(crate) enum ProtectedZoneType {
    PermanentCenDsrcTolling = 0,
    #[rasn(extension_addition)]
    TemporaryCenDsrcTolling = 1,
}
