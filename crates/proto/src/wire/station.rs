//! Who sends and what happened: station ids and types, causes, action ids.
//!
//! Standard: ETSI TS 102 894-2 v1.3.1.

use super::asn1::cdd;
use super::error::WireError;
use super::number::{Number, number};

number! {
    /// The pseudonym of a station; changes together with its certificate and addresses.
    StationId: u32 = "stationID", 0..=4_294_967_295
}

number! {
    /// What kind of station it is.
    StationType: u8 = "stationType", 0..=255
}

impl StationType {
    /// The station does not say.
    pub const UNKNOWN: Self = Self(0);
    /// A motorcycle; newer stacks take it for a vulnerable road user.
    pub const MOTORCYCLE: Self = Self(4);
    /// A passenger car.
    pub const PASSENGER_CAR: Self = Self(5);
    /// A vehicle with a special role.
    pub const SPECIAL_VEHICLE: Self = Self(10);
    /// A road side unit, which a charging station is.
    pub const ROAD_SIDE_UNIT: Self = Self(15);
}

/// Why a warning is given: cause and sub-cause, where sub-cause 0 says no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CauseCode {
    /// The direct cause.
    pub cause: u8,
    /// The cause within the cause.
    pub sub_cause: u8,
}

impl CauseCode {
    /// A vehicle slower than the traffic.
    pub const SLOW_VEHICLE: Self = Self::new(26, 0);
    /// A vehicle that stopped for want of battery charge.
    pub const LACK_OF_BATTERY_POWER: Self = Self::new(91, 2);
    /// A stationary vehicle, without a reason given.
    pub const STATIONARY_VEHICLE: Self = Self::new(94, 0);
    /// A stationary vehicle that broke down.
    pub const STATIONARY_BREAKDOWN: Self = Self::new(94, 2);
    /// The electronic brake light: an emergency braking.
    pub const EMERGENCY_BRAKE: Self = Self::new(99, 1);

    /// Takes the two numbers of the standard's table.
    #[must_use]
    pub const fn new(cause: u8, sub_cause: u8) -> Self {
        Self { cause, sub_cause }
    }

    pub(crate) fn to_asn1(self) -> cdd::CauseCode {
        cdd::CauseCode {
            cause_code: i64::from(self.cause),
            sub_cause_code: i64::from(self.sub_cause),
        }
    }

    pub(crate) fn from_asn1(code: &cdd::CauseCode) -> Result<Self, WireError> {
        let byte = |field, seen| {
            u8::try_from(seen).map_err(|_| WireError::OutOfRange {
                field,
                seen,
                lowest: 0,
                highest: 255,
            })
        };
        Ok(Self {
            cause: byte("causeCode", code.cause_code)?,
            sub_cause: byte("subCauseCode", code.sub_cause_code)?,
        })
    }
}

number! {
    /// Counts the events of one station.
    SequenceNumber: u16 = "sequenceNumber", 0..=65_535
}

/// The identity of an event: kept in its updates and in its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionId {
    /// The station that reported the event first.
    pub originator: StationId,
    /// Its count of events.
    pub sequence: SequenceNumber,
}

impl ActionId {
    pub(crate) fn to_asn1(self) -> cdd::ActionId {
        cdd::ActionId {
            originating_station_id: self.originator.number(),
            sequence_number: self.sequence.number(),
        }
    }

    pub(crate) fn from_asn1(id: &cdd::ActionId) -> Result<Self, WireError> {
        Ok(Self {
            originator: StationId::from_number(id.originating_station_id)?,
            sequence: SequenceNumber::from_number(id.sequence_number)?,
        })
    }
}
