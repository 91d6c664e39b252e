//! ASN.1 structures of the electric vehicle charging spot notification.
//!
//! Standard: ETSI TS 101 556-1 v1.1.1; the message itself is `wire/evcsn.rs`.

use alloc::vec::Vec;

use rasn::prelude::*;

use super::cdd::{ItsPduHeader, ReferencePosition, TimestampIts};

sequence! {
    EvcsnPdu {
        pub(crate) header: ItsPduHeader,
        pub(crate) evcsn: EvChargingSpotNotificationPoiMessage,
    }

    EvChargingSpotNotificationPoiMessage {
        pub(crate) poi_header: ItsPoiHeader,
        pub(crate) evcsn_data: ItsEvcsnData,
    }

    ItsPoiHeader {
        #[rasn(value("0..=65535"))]
        pub(crate) poi_type: i64,
        #[rasn(value("0..=4398046511103"))]
        pub(crate) time_stamp: TimestampIts,
        pub(crate) relay_capable: bool,
    }

    ItsEvcsnData {
        #[rasn(value("1..=256"))]
        pub(crate) total_number_of_stations: i64,
        #[rasn(size("1..=256"))]
        pub(crate) charging_stations_data: Vec<ItsChargingStationData>,
    }

    #[non_exhaustive]
    ItsChargingStationData {
        #[rasn(value("0..=4294967295"))]
        pub(crate) charging_station_id: i64,
        pub(crate) utility_distributor_id: Option<Utf8String>,
        pub(crate) provider_id: Option<Utf8String>,
        pub(crate) charging_station_location: ReferencePosition,
        pub(crate) address: Option<Utf8String>,
        #[rasn(size("1..=16"))]
        pub(crate) phone_number: Option<NumericString>,
        pub(crate) accessibility: Utf8String,
        #[rasn(size("1..=256"))]
        pub(crate) digital_map: Option<Vec<ReferencePosition>>,
        pub(crate) opening_days_hours: Utf8String,
        pub(crate) pricing: Utf8String,
        pub(crate) booking_contact_info: Option<Utf8String>,
        pub(crate) payment: Option<Utf8String>,
        #[rasn(size("1..=16"))]
        pub(crate) charging_spots_available: Vec<ItsChargingSpotDataElements>,
    }

    ItsChargingSpotDataElements {
        pub(crate) charging_spot_type: BitString,
        pub(crate) ev_equipment_id: Option<Utf8String>,
        pub(crate) type_of_receptacle: BitString,
        pub(crate) energy_availability: Utf8String,
        #[rasn(size("1..=4"))]
        pub(crate) parking_places_data: Option<Vec<SpotAvailability>>,
    }

    SpotAvailability {
        #[rasn(value("0..=1400"))]
        pub(crate) max_waiting_time_minutes: i64,
        pub(crate) blocking: bool,
    }
}
