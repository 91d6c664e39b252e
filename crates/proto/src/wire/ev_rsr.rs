//! EV-RSR, the reservation of a charging spot: only its first exchange, the pre-reservation.
//!
//! Standard: ETSI TS 101 556-3 v1.1.1, encoding UPER. Nothing here reserves anything yet.
//!
//! | part | treated how |
//! |---|---|
//! | header, pre-reservation request and response | read and written |
//! | the six other messages | refused by name |
//! | extension additions | skipped |

use alloc::string::ToString;
use alloc::vec::Vec;

use rasn::types::Integer;

use super::asn1::ev_rsr as asn1;
use super::bounded::{AsciiText, List, Text};
use super::evcsn::ProtocolVersion;
use super::number::{Number, codes, flags, number};
use super::station::StationId;
use super::{Wire, WireError, uper};

/// The message id of an EV-RSR in its header.
pub const MESSAGE_ID: u8 = 7;
/// 2013-01-01T00:00:00 UTC in Unix time: where the times of this message begin.
pub const EPOCH_UNIX_S: i64 = 1_356_998_400;

/// A moment, in seconds since 2013-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReservationTime(pub i64);

number! {
    /// How the vehicle wants to charge: mode 1 to 4 as 0 to 3, battery change 8, induction while
    /// standing 12 or driving 14.
    RechargingMode: u8 = "rechargingMode", 0..=15
}

number! {
    /// Which current it wants: none 0, one to three phases 1 to 3, direct 4, CHAdeMO 5.
    PowerSource: u8 = "powerSource", 0..=7
}

codes! {
    /// Whether there will be a spot.
    Availability = "availabilityStatus" {
        /// There will be one.
        Available = 0,
        /// All are taken.
        NoFreeCapacity = 1,
    }
}

flags! {
    /// How one can pay.
    PaymentTypes: u8 = "supportedPaymentTypes" {
        /// By contract.
        CONTRACT = 0b10,
        /// By a card or the like.
        EXTERNAL_IDENTIFICATION = 0b01,
    }
}

/// Asks for a spot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreReservationRequest {
    /// Where.
    pub evse_id: List<u8, 1, 32>,
    /// From when.
    pub arrival: ReservationTime,
    /// Until when.
    pub departure: Option<ReservationTime>,
    /// How.
    pub mode: RechargingMode,
    /// With which current.
    pub power_source: PowerSource,
    /// For which battery, in words.
    pub battery_type: Option<Text<1, 16>>,
}

/// Answers a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreReservationResponse {
    /// The name of the pre-reservation.
    pub id: AsciiText<8, 8>,
    /// Whether there will be a spot.
    pub availability: Availability,
    /// Until when it is kept.
    pub expiration: ReservationTime,
    /// How one can pay.
    pub payment_types: PaymentTypes,
}

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Asks for a spot.
    PreReservationRequest(PreReservationRequest),
    /// Answers a request.
    PreReservationResponse(PreReservationResponse),
}

/// A message about the reservation of a charging spot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvRsr {
    /// The version in the header.
    pub protocol_version: ProtocolVersion,
    /// Who sends it.
    pub station: StationId,
    /// What it says.
    pub body: Body,
}

impl Wire for EvRsr {
    const NAME: &'static str = "EV-RSR";

    fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        check_alternative(bytes)?;
        let message: asn1::EvRsr = uper::decode(Self::NAME, bytes)?;
        let station = uper::station(Self::NAME, MESSAGE_ID, &message.header, |_| true)?;
        Ok(Self {
            protocol_version: ProtocolVersion::from_number(message.header.protocol_version)?,
            station,
            body: Body::from_asn1(message.message_body)?,
        })
    }

    fn encode(&self) -> Vec<u8> {
        uper::encode(&asn1::EvRsr {
            header: uper::header(self.protocol_version.raw(), MESSAGE_ID, self.station),
            message_body: self.body.to_asn1(),
        })
    }
}

impl Body {
    fn to_asn1(&self) -> asn1::EvRsrBody {
        match self {
            Self::PreReservationRequest(request) => {
                asn1::EvRsrBody::PreReservationRequest(asn1::PreReservationRequest {
                    evse_id: request.evse_id.to_vec().into(),
                    arrival_time: request.arrival.0.into(),
                    departure_time: request.departure.map(|time| time.0.into()),
                    recharging_type: asn1::RechargingType {
                        recharging_mode: request.mode.number(),
                        power_source: request.power_source.number(),
                    },
                    battery_type: request.battery_type.as_deref().map(ToString::to_string),
                })
            }
            Self::PreReservationResponse(response) => {
                asn1::EvRsrBody::PreReservationResponse(asn1::PreReservationResponse {
                    pre_reservation_id: response.id.to_visible(),
                    availability_status: response.availability.number(),
                    pre_reservation_expiration_time: response.expiration.0.into(),
                    supported_payment_types: response.payment_types.number(),
                })
            }
        }
    }

    fn from_asn1(body: asn1::EvRsrBody) -> Result<Self, WireError> {
        match body {
            asn1::EvRsrBody::PreReservationRequest(request) => {
                PreReservationRequest::from_asn1(request).map(Self::PreReservationRequest)
            }
            asn1::EvRsrBody::PreReservationResponse(response) => {
                PreReservationResponse::from_asn1(&response).map(Self::PreReservationResponse)
            }
            asn1::EvRsrBody::ReservationRequest(()) => Err(not_spoken(2)),
            asn1::EvRsrBody::ReservationResponse(()) => Err(not_spoken(3)),
            asn1::EvRsrBody::CancellationRequest(()) => Err(not_spoken(4)),
            asn1::EvRsrBody::CancellationResponse(()) => Err(not_spoken(5)),
            asn1::EvRsrBody::UpdateRequest(()) => Err(not_spoken(6)),
            asn1::EvRsrBody::UpdateResponse(()) => Err(not_spoken(7)),
        }
    }
}

/// The body begins after the header, with the extension bit and three bits of its alternative.
const BODY_AT: usize = 6;

fn not_spoken(alternative: u8) -> WireError {
    WireError::Unsupported {
        field: "messageBody",
        at: BODY_AT,
        seen: alternative.into(),
        supported: "pre-reservation request 0 and response 1",
    }
}

/// Refuses a message that is not spoken by its number, before its content confuses the decoder.
fn check_alternative(bytes: &[u8]) -> Result<(), WireError> {
    match (bytes.get(1), bytes.get(BODY_AT)) {
        (Some(&MESSAGE_ID), Some(&body)) if (0x20..0x80).contains(&body) => {
            Err(not_spoken(body >> 4))
        }
        _ => Ok(()),
    }
}

impl PreReservationRequest {
    fn from_asn1(request: asn1::PreReservationRequest) -> Result<Self, WireError> {
        let battery_type = request
            .battery_type
            .map(|text| Text::new("batteryType", text));
        let departure = request
            .departure_time
            .as_ref()
            .map(|time| seconds("departureTime", time));
        Ok(Self {
            evse_id: List::new("evse-ID", request.evse_id.to_vec())?,
            arrival: seconds("arrivalTime", &request.arrival_time)?,
            departure: departure.transpose()?,
            mode: RechargingMode::from_number(request.recharging_type.recharging_mode)?,
            power_source: PowerSource::from_number(request.recharging_type.power_source)?,
            battery_type: battery_type.transpose()?,
        })
    }
}

impl PreReservationResponse {
    fn from_asn1(response: &asn1::PreReservationResponse) -> Result<Self, WireError> {
        Ok(Self {
            id: AsciiText::from_visible("preReservation-ID", &response.pre_reservation_id)?,
            availability: Availability::from_number(response.availability_status)?,
            expiration: seconds(
                "preReservationExpirationTime",
                &response.pre_reservation_expiration_time,
            )?,
            payment_types: PaymentTypes::from_number(response.supported_payment_types)?,
        })
    }
}

fn seconds(field: &'static str, time: &Integer) -> Result<ReservationTime, WireError> {
    i64::try_from(time)
        .map(ReservationTime)
        .map_err(|_| WireError::NotANumber { field })
}
