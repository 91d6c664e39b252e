//! ASN.1 structures that several messages share.
//!
//! Standard: ETSI TS 102 894-2 v1.3.1 (common data dictionary).

use alloc::vec::Vec;

use rasn::prelude::*;

/// ITS time of generation of a POI or DENM, milliseconds since 2004 (42 bits).
pub(crate) type TimestampIts = i64;
/// The past of a vehicle, newest point first.
pub(crate) type PathHistory = Vec<PathPoint>;

sequence! {
    ItsPduHeader {
        #[rasn(value("0..=255"))]
        pub(crate) protocol_version: i64,
        #[rasn(value("0..=255"))]
        pub(crate) message_id: i64,
        #[rasn(value("0..=4294967295"))]
        pub(crate) station_id: i64,
    }

    PosConfidenceEllipse {
        #[rasn(value("0..=4095"))]
        pub(crate) semi_major_confidence: i64,
        #[rasn(value("0..=4095"))]
        pub(crate) semi_minor_confidence: i64,
        #[rasn(value("0..=3601"))]
        pub(crate) semi_major_orientation: i64,
    }

    Altitude {
        #[rasn(value("-100000..=800001"))]
        pub(crate) altitude_value: i64,
        #[rasn(value("0..=15"))]
        pub(crate) altitude_confidence: i64,
    }

    ReferencePosition {
        #[rasn(value("-900000000..=900000001"))]
        pub(crate) latitude: i64,
        #[rasn(value("-1800000000..=1800000001"))]
        pub(crate) longitude: i64,
        pub(crate) position_confidence_ellipse: PosConfidenceEllipse,
        pub(crate) altitude: Altitude,
    }

    DeltaReferencePosition {
        #[rasn(value("-131071..=131072"))]
        pub(crate) delta_latitude: i64,
        #[rasn(value("-131071..=131072"))]
        pub(crate) delta_longitude: i64,
        #[rasn(value("-12700..=12800"))]
        pub(crate) delta_altitude: i64,
    }

    PathPoint {
        pub(crate) path_position: DeltaReferencePosition,
        #[rasn(value("1..=65535", extensible))]
        pub(crate) path_delta_time: Option<i64>,
    }

    Heading {
        #[rasn(value("0..=3601"))]
        pub(crate) heading_value: i64,
        #[rasn(value("1..=127"))]
        pub(crate) heading_confidence: i64,
    }

    Speed {
        #[rasn(value("0..=16383"))]
        pub(crate) speed_value: i64,
        #[rasn(value("1..=127"))]
        pub(crate) speed_confidence: i64,
    }

    #[non_exhaustive]
    CauseCode {
        #[rasn(value("0..=255"))]
        pub(crate) cause_code: i64,
        #[rasn(value("0..=255"))]
        pub(crate) sub_cause_code: i64,
    }

    ActionId {
        #[rasn(value("0..=4294967295"))]
        pub(crate) originating_station_id: i64,
        #[rasn(value("0..=65535"))]
        pub(crate) sequence_number: i64,
    }

    #[non_exhaustive]
    ClosedLanes {
        #[rasn(value("0..=2"))]
        pub(crate) innerhard_shoulder_status: Option<i64>,
        #[rasn(value("0..=2"))]
        pub(crate) outerhard_shoulder_status: Option<i64>,
        #[rasn(size("1..=13"))]
        pub(crate) driving_lane_status: Option<BitString>,
    }
}

/// `TrafficRule`, an extensible ENUMERATED.
#[derive(AsnType, Encode, Decode, Debug, Clone, Copy, PartialEq, Eq)]
#[rasn(enumerated)]
#[non_exhaustive]
pub(crate) enum TrafficRule {
    NoPassing = 0,
    NoPassingForTrucks = 1,
    PassToRight = 2,
    PassToLeft = 3,
}
