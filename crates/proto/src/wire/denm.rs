//! DENM, the decentralized environmental notification message: something happened here.
//!
//! Not when to send, repeat or end one: that is `v2v/`. Standard: ETSI EN 302 637-3 v1.3.1, UPER.
//!
//! | part | treated how |
//! |---|---|
//! | header, management, situation, location | read and written |
//! | à la carte: lane, temperature, positioning, stationary vehicle | read and written |
//! | à la carte: impact reduction, road works | pass through untouched |
//! | extension additions | skipped |
//! | protocol versions other than 2, unknown alternatives | refused by name |

mod alacarte;
mod permissions;
mod situation;
mod stationary_vehicle;

use alloc::vec::Vec;

pub use self::alacarte::{
    Alacarte, ExternalTemperature, ImpactReduction, PositioningSolution, RoadWorks,
};
pub use self::situation::{EventPoint, InformationQuality, Location, RoadType, Situation};
pub use self::stationary_vehicle::{
    DangerousGoods, DangerousGoodsClass, EnergyStorage, NumberOfOccupants, StationarySince,
    StationaryVehicle, UnNumber, VehicleIdentification,
};
use super::asn1::denm as asn1;
use super::its_time::ItsTime;
use super::number::{Number, codes, number, optional};
use super::reference_position::ReferencePosition;
use super::station::{ActionId, StationId, StationType};
use super::{Wire, WireError, uper};

/// The message id of a DENM in its header.
pub const MESSAGE_ID: u8 = 1;
/// The protocol version of a DENM in its header.
pub const PROTOCOL_VERSION: u8 = 2;

codes! {
    /// How an event ends.
    Termination = "termination" {
        /// The station that reported it says that it is over.
        Cancellation = 0,
        /// Another station says that it is not there any more.
        Negation = 1,
    }
}

codes! {
    /// Up to which distance the event matters.
    RelevanceDistance = "relevanceDistance" {
        /// Less than 50 m.
        LessThan50M = 0,
        /// Less than 100 m.
        LessThan100M = 1,
        /// Less than 200 m.
        LessThan200M = 2,
        /// Less than 500 m.
        LessThan500M = 3,
        /// Less than 1 km.
        LessThan1000M = 4,
        /// Less than 5 km.
        LessThan5Km = 5,
        /// Less than 10 km.
        LessThan10Km = 6,
        /// Beyond 10 km.
        Over10Km = 7,
    }
}

codes! {
    /// For whom the event matters.
    RelevanceTrafficDirection = "relevanceTrafficDirection" {
        /// For everybody.
        All = 0,
        /// For those who come towards it from behind.
        Upstream = 1,
        /// For those who have passed it.
        Downstream = 2,
        /// For those on the other side of the road.
        Opposite = 3,
    }
}

number! {
    /// How long the event is valid after its detection, in seconds.
    ValidityDuration: u32 = "validityDuration", 0..=86_400
}

impl Default for ValidityDuration {
    /// What the standard means when nothing is said: ten minutes.
    fn default() -> Self {
        Self(asn1::DEFAULT_VALIDITY_S)
    }
}

number! {
    /// The time between two repetitions, in milliseconds.
    TransmissionInterval: u16 = "transmissionInterval", 1..=10_000
}

/// What every DENM says about its event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Management {
    /// The identity of the event.
    pub action: ActionId,
    /// When it was detected, changed or ended.
    pub detection_time: ItsTime,
    /// When this version was made; a newer one replaces an older one.
    pub reference_time: ItsTime,
    /// Whether and how it ended.
    pub termination: Option<Termination>,
    /// Where it is.
    pub position: ReferencePosition,
    /// Up to which distance it matters.
    pub relevance_distance: Option<RelevanceDistance>,
    /// For whom it matters.
    pub relevance_direction: Option<RelevanceTrafficDirection>,
    /// How long it is valid.
    pub validity: ValidityDuration,
    /// How often it is repeated.
    pub transmission_interval: Option<TransmissionInterval>,
    /// What kind of station reports it.
    pub station_type: StationType,
}

/// A decentralized environmental notification message.
#[derive(Debug, Clone, PartialEq)]
pub struct Denm {
    /// Who sends it.
    pub station: StationId,
    /// Which event, where and until when.
    pub management: Management,
    /// What happened.
    pub situation: Option<Situation>,
    /// The ways that lead there.
    pub location: Option<Location>,
    /// What else is known.
    pub alacarte: Option<Alacarte>,
}

impl Management {
    fn to_asn1(&self) -> asn1::ManagementContainer {
        asn1::ManagementContainer {
            action_id: self.action.to_asn1(),
            detection_time: self.detection_time.number(),
            reference_time: self.reference_time.number(),
            termination: self.termination.map(Number::number),
            event_position: self.position.to_asn1(),
            relevance_distance: self.relevance_distance.map(Number::number),
            relevance_traffic_direction: self.relevance_direction.map(Number::number),
            validity_duration: self.validity.number(),
            transmission_interval: self.transmission_interval.map(Number::number),
            station_type: self.station_type.number(),
        }
    }

    fn from_asn1(container: &asn1::ManagementContainer) -> Result<Self, WireError> {
        Ok(Self {
            action: ActionId::from_asn1(&container.action_id)?,
            detection_time: ItsTime::from_number(container.detection_time)?,
            reference_time: ItsTime::from_number(container.reference_time)?,
            termination: optional(container.termination)?,
            position: ReferencePosition::from_asn1(&container.event_position)?,
            relevance_distance: optional(container.relevance_distance)?,
            relevance_direction: optional(container.relevance_traffic_direction)?,
            validity: ValidityDuration::from_number(container.validity_duration)?,
            transmission_interval: optional(container.transmission_interval)?,
            station_type: StationType::from_number(container.station_type)?,
        })
    }
}

impl Wire for Denm {
    const NAME: &'static str = "DENM";

    fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        let asn1::Denm { header, denm } = uper::decode(Self::NAME, bytes)?;
        let station = uper::station(Self::NAME, MESSAGE_ID, &header, |version| {
            version == i64::from(PROTOCOL_VERSION)
        })?;
        Ok(Self {
            station,
            management: Management::from_asn1(&denm.management)?,
            situation: denm.situation.map(Situation::from_asn1).transpose()?,
            location: denm.location.map(Location::from_asn1).transpose()?,
            alacarte: denm.alacarte.map(Alacarte::from_asn1).transpose()?,
        })
    }

    fn encode(&self) -> Vec<u8> {
        uper::encode(&asn1::Denm {
            header: uper::header(PROTOCOL_VERSION, MESSAGE_ID, self.station),
            denm: asn1::DecentralizedEnvironmentalNotificationMessage {
                management: self.management.to_asn1(),
                situation: self.situation.as_ref().map(Situation::to_asn1),
                location: self.location.as_ref().map(Location::to_asn1),
                alacarte: self.alacarte.as_ref().map(Alacarte::to_asn1),
            },
        })
    }
}
