//! ASN.1 structures of the decentralized environmental notification message.
//!
//! Standard: ETSI EN 302 637-3 v1.3.1; the message itself is `wire/denm.rs`.

use alloc::vec::Vec;

use rasn::prelude::*;

use super::cdd::{
    ActionId, CauseCode, ClosedLanes, DeltaReferencePosition, Heading, ItsPduHeader, PathHistory,
    ReferencePosition, Speed, TimestampIts, TrafficRule,
};

/// What `validityDuration` means when it is left out, in seconds.
pub(crate) const DEFAULT_VALIDITY_S: u32 = 600;

fn default_validity() -> i64 {
    i64::from(DEFAULT_VALIDITY_S)
}

sequence! {
    Denm {
        pub(crate) header: ItsPduHeader,
        pub(crate) denm: DecentralizedEnvironmentalNotificationMessage,
    }

    DecentralizedEnvironmentalNotificationMessage {
        pub(crate) management: ManagementContainer,
        pub(crate) situation: Option<SituationContainer>,
        pub(crate) location: Option<LocationContainer>,
        pub(crate) alacarte: Option<AlacarteContainer>,
    }

    #[non_exhaustive]
    ManagementContainer {
        pub(crate) action_id: ActionId,
        #[rasn(value("0..=4398046511103"))]
        pub(crate) detection_time: TimestampIts,
        #[rasn(value("0..=4398046511103"))]
        pub(crate) reference_time: TimestampIts,
        #[rasn(value("0..=1"))]
        pub(crate) termination: Option<i64>,
        pub(crate) event_position: ReferencePosition,
        #[rasn(value("0..=7"))]
        pub(crate) relevance_distance: Option<i64>,
        #[rasn(value("0..=3"))]
        pub(crate) relevance_traffic_direction: Option<i64>,
        #[rasn(value("0..=86400"), default = "default_validity")]
        pub(crate) validity_duration: i64,
        #[rasn(value("1..=10000"))]
        pub(crate) transmission_interval: Option<i64>,
        #[rasn(value("0..=255"))]
        pub(crate) station_type: i64,
    }

    #[non_exhaustive]
    SituationContainer {
        #[rasn(value("0..=7"))]
        pub(crate) information_quality: i64,
        pub(crate) event_type: CauseCode,
        pub(crate) linked_cause: Option<CauseCode>,
        #[rasn(size("1..=23"))]
        pub(crate) event_history: Option<Vec<EventPoint>>,
    }

    EventPoint {
        pub(crate) event_position: DeltaReferencePosition,
        #[rasn(value("1..=65535", extensible))]
        pub(crate) event_delta_time: Option<i64>,
        #[rasn(value("0..=7"))]
        pub(crate) information_quality: i64,
    }

    #[non_exhaustive]
    LocationContainer {
        pub(crate) event_speed: Option<Speed>,
        pub(crate) event_position_heading: Option<Heading>,
        #[rasn(size("1..=7"))]
        pub(crate) traces: Vec<Trace>,
        #[rasn(value("0..=3"))]
        pub(crate) road_type: Option<i64>,
    }

    #[non_exhaustive]
    AlacarteContainer {
        #[rasn(value("-1..=14"))]
        pub(crate) lane_position: Option<i64>,
        pub(crate) impact_reduction: Option<ImpactReductionContainer>,
        #[rasn(value("-60..=67"))]
        pub(crate) external_temperature: Option<i64>,
        pub(crate) road_works: Option<RoadWorksContainerExtended>,
        pub(crate) positioning_solution: Option<PositioningSolutionType>,
        pub(crate) stationary_vehicle: Option<StationaryVehicleContainer>,
    }

    ImpactReductionContainer {
        #[rasn(value("1..=100"))]
        pub(crate) height_lon_carr_left: i64,
        #[rasn(value("1..=100"))]
        pub(crate) height_lon_carr_right: i64,
        #[rasn(value("1..=127"))]
        pub(crate) pos_lon_carr_left: i64,
        #[rasn(value("1..=127"))]
        pub(crate) pos_lon_carr_right: i64,
        #[rasn(size("1..=3", extensible))]
        pub(crate) position_of_pillars: Vec<Pillar>,
        #[rasn(value("1..=63"))]
        pub(crate) pos_cent_mass: i64,
        #[rasn(value("1..=127"))]
        pub(crate) wheel_base_vehicle: i64,
        #[rasn(value("1..=255"))]
        pub(crate) turning_radius: i64,
        #[rasn(value("1..=20"))]
        pub(crate) pos_front_ax: i64,
        #[rasn(value("0..=1048575"))]
        pub(crate) position_of_occupants: i64,
        #[rasn(value("1..=1024"))]
        pub(crate) vehicle_mass: i64,
        #[rasn(value("0..=1"))]
        pub(crate) request_response_indication: i64,
    }

    RoadWorksContainerExtended {
        #[rasn(value("0..=3"))]
        pub(crate) light_bar_siren_in_use: Option<i64>,
        pub(crate) closed_lanes: Option<ClosedLanes>,
        #[rasn(size("1..=3", extensible))]
        pub(crate) restriction: Option<Vec<RestrictedType>>,
        #[rasn(value("1..=255"))]
        pub(crate) speed_limit: Option<i64>,
        pub(crate) incident_indication: Option<CauseCode>,
        #[rasn(size("1..=40"))]
        pub(crate) recommended_path: Option<Vec<ReferencePosition>>,
        pub(crate) starting_point_speed_limit: Option<DeltaReferencePosition>,
        pub(crate) traffic_flow_rule: Option<TrafficRule>,
        #[rasn(size("1..=8", extensible))]
        pub(crate) reference_denms: Option<Vec<ActionId>>,
    }

    StationaryVehicleContainer {
        #[rasn(value("0..=3"))]
        pub(crate) stationary_since: Option<i64>,
        pub(crate) stationary_cause: Option<CauseCode>,
        pub(crate) carrying_dangerous_goods: Option<DangerousGoodsExtended>,
        #[rasn(value("0..=127"))]
        pub(crate) number_of_occupants: Option<i64>,
        pub(crate) vehicle_identification: Option<VehicleIdentification>,
        #[rasn(value("0..=127"))]
        pub(crate) energy_storage_type: Option<i64>,
    }

    #[non_exhaustive]
    DangerousGoodsExtended {
        #[rasn(value("0..=19"))]
        pub(crate) dangerous_goods_type: i64,
        #[rasn(value("0..=9999"))]
        pub(crate) un_number: i64,
        pub(crate) elevated_temperature: bool,
        pub(crate) tunnels_restricted: bool,
        pub(crate) limited_quantity: bool,
        #[rasn(size("1..=24"))]
        pub(crate) emergency_action_code: Option<Ia5String>,
        #[rasn(size("1..=16"))]
        pub(crate) phone_number: Option<NumericString>,
        pub(crate) company_name: Option<Utf8String>,
    }

    #[non_exhaustive]
    VehicleIdentification {
        #[rasn(size("1..=3"))]
        pub(crate) wmi_number: Option<Ia5String>,
        #[rasn(size("6"))]
        pub(crate) vds: Option<Ia5String>,
    }
}

/// One way that leads to the event.
#[derive(AsnType, Encode, Decode, Debug, Clone, PartialEq, Eq)]
#[rasn(delegate, size("0..=40"))]
pub(crate) struct Trace(pub(crate) PathHistory);

/// `PosPillar`, in decimetres.
#[derive(AsnType, Encode, Decode, Debug, Clone, Copy, PartialEq, Eq)]
#[rasn(delegate, value("1..=30"))]
pub(crate) struct Pillar(pub(crate) i64);

/// A `StationType` that may not pass.
#[derive(AsnType, Encode, Decode, Debug, Clone, Copy, PartialEq, Eq)]
#[rasn(delegate, value("0..=255"))]
pub(crate) struct RestrictedType(pub(crate) i64);

/// `PositioningSolutionType`, an extensible ENUMERATED.
#[derive(AsnType, Encode, Decode, Debug, Clone, Copy, PartialEq, Eq)]
#[rasn(enumerated)]
#[non_exhaustive]
pub(crate) enum PositioningSolutionType {
    NoPositioningSolution = 0,
    SGnss = 1,
    DGnss = 2,
    SGnssPlusDr = 3,
    DGnssPlusDr = 4,
    Dr = 5,
}
