//! ASN.1 structures of the charging spot reservation, as far as we read it.
//!
//! Standard: ETSI TS 101 556-3 v1.1.1; the message itself is `wire/ev_rsr.rs`.

use rasn::prelude::*;

use super::cdd::ItsPduHeader;

sequence! {
    EvRsr {
        pub(crate) header: ItsPduHeader,
        pub(crate) message_body: EvRsrBody,
    }

    #[non_exhaustive]
    PreReservationRequest {
        #[rasn(size("1..=32"))]
        pub(crate) evse_id: OctetString,
        pub(crate) arrival_time: Integer,
        pub(crate) departure_time: Option<Integer>,
        pub(crate) recharging_type: RechargingType,
        pub(crate) battery_type: Option<Utf8String>,
    }

    RechargingType {
        #[rasn(value("0..=15"))]
        pub(crate) recharging_mode: i64,
        #[rasn(value("0..=7"))]
        pub(crate) power_source: i64,
    }

    #[non_exhaustive]
    PreReservationResponse {
        #[rasn(size("8"))]
        pub(crate) pre_reservation_id: VisibleString,
        #[rasn(value("0..=1"))]
        pub(crate) availability_status: i64,
        pub(crate) pre_reservation_expiration_time: Integer,
        #[rasn(value("0..=3"))]
        pub(crate) supported_payment_types: i64,
    }
}

/// The eight messages of a reservation; six of them only keep their place in the numbering.
#[derive(AsnType, Encode, Decode, Debug, Clone, PartialEq, Eq)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub(crate) enum EvRsrBody {
    PreReservationRequest(PreReservationRequest),
    PreReservationResponse(PreReservationResponse),
    ReservationRequest(()),
    ReservationResponse(()),
    CancellationRequest(()),
    CancellationResponse(()),
    UpdateRequest(()),
    UpdateResponse(()),
}
