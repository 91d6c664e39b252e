//! What happened and the ways that lead there.
//!
//! Standard: ETSI EN 302 637-3 v1.3.1, `SituationContainer` and `LocationContainer`.

use crate::wire::WireError;
use crate::wire::asn1::denm as asn1;
use crate::wire::bounded::List;
use crate::wire::motion::{Heading, Speed};
use crate::wire::number::{Number, codes, number, optional};
use crate::wire::reference_position::{
    DeltaPosition, PathDeltaTime, PathHistory, path_from_asn1, path_to_asn1,
};
use crate::wire::station::CauseCode;

number! {
    /// How sure the sender is of the event: 1 lowest, 7 highest, 0 unavailable.
    InformationQuality: u8 = "informationQuality", 0..=7
}

/// Where the event was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventPoint {
    /// Where, as steps.
    pub position: DeltaPosition,
    /// How long ago.
    pub delta_time: Option<PathDeltaTime>,
    /// How sure the sender was.
    pub quality: InformationQuality,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Situation {
    /// How sure the sender is.
    pub quality: InformationQuality,
    /// What it is.
    pub event: CauseCode,
    /// What it comes from.
    pub linked_cause: Option<CauseCode>,
    /// Where it was before.
    pub history: Option<List<EventPoint, 1, 23>>,
}

codes! {
    /// The kind of road.
    RoadType = "roadType" {
        /// In a town, nothing between the directions.
        UrbanUndivided = 0,
        /// In a town, the directions divided.
        UrbanDivided = 1,
        /// Outside, nothing between the directions.
        NonUrbanUndivided = 2,
        /// Outside, the directions divided.
        NonUrbanDivided = 3,
    }
}

/// How the event moves and which ways lead to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// How fast the event moves.
    pub speed: Option<Speed>,
    /// Where it moves to.
    pub heading: Option<Heading>,
    /// The ways that lead to it; one may be empty.
    pub traces: List<PathHistory, 1, 7>,
    /// The kind of road.
    pub road_type: Option<RoadType>,
}

impl Situation {
    pub(super) fn to_asn1(&self) -> asn1::SituationContainer {
        asn1::SituationContainer {
            information_quality: self.quality.number(),
            event_type: self.event.to_asn1(),
            linked_cause: self.linked_cause.map(CauseCode::to_asn1),
            event_history: self
                .history
                .as_ref()
                .map(|points| points.iter().map(|point| point.to_asn1()).collect()),
        }
    }

    pub(super) fn from_asn1(container: asn1::SituationContainer) -> Result<Self, WireError> {
        let history = container.event_history.map(|points| {
            List::convert("eventHistory", points, |point| {
                EventPoint::from_asn1(&point)
            })
        });
        Ok(Self {
            quality: InformationQuality::from_number(container.information_quality)?,
            event: CauseCode::from_asn1(&container.event_type)?,
            linked_cause: container
                .linked_cause
                .as_ref()
                .map(CauseCode::from_asn1)
                .transpose()?,
            history: history.transpose()?,
        })
    }
}

impl EventPoint {
    fn to_asn1(self) -> asn1::EventPoint {
        asn1::EventPoint {
            event_position: self.position.to_asn1(),
            event_delta_time: self.delta_time.map(Number::number),
            information_quality: self.quality.number(),
        }
    }

    fn from_asn1(point: &asn1::EventPoint) -> Result<Self, WireError> {
        Ok(Self {
            position: DeltaPosition::from_asn1(&point.event_position)?,
            delta_time: optional(point.event_delta_time)?,
            quality: InformationQuality::from_number(point.information_quality)?,
        })
    }
}

impl Location {
    pub(super) fn to_asn1(&self) -> asn1::LocationContainer {
        asn1::LocationContainer {
            event_speed: self.speed.map(Speed::to_asn1),
            event_position_heading: self.heading.map(Heading::to_asn1),
            traces: self
                .traces
                .iter()
                .map(|trace| asn1::Trace(path_to_asn1(trace)))
                .collect(),
            road_type: self.road_type.map(Number::number),
        }
    }

    pub(super) fn from_asn1(container: asn1::LocationContainer) -> Result<Self, WireError> {
        Ok(Self {
            speed: container
                .event_speed
                .as_ref()
                .map(Speed::from_asn1)
                .transpose()?,
            heading: container
                .event_position_heading
                .as_ref()
                .map(Heading::from_asn1)
                .transpose()?,
            traces: List::convert("traces", container.traces, |trace| path_from_asn1(trace.0))?,
            road_type: optional(container.road_type)?,
        })
    }
}
