//! What else a DENM may say, beyond the event and its place.
//!
//! Standard: ETSI EN 302 637-3 v1.3.1, `AlacarteContainer`. Impact reduction and road works pass
//! through untouched.

use super::stationary_vehicle::StationaryVehicle;
use crate::wire::WireError;
use crate::wire::asn1::denm as asn1;
use crate::wire::cam::LanePosition;
use crate::wire::number::{Number, number, optional};
use crate::wire::untouched::Untouched;

number! {
    /// The temperature outside; the ends stand for everything beyond.
    ExternalTemperature: i8 = "externalTemperature", -60..=67, 1.0 per Celsius
}

/// How the position was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PositioningSolution {
    /// Not at all.
    None,
    /// By satellites.
    Gnss,
    /// By satellites with corrections.
    DifferentialGnss,
    /// By satellites and dead reckoning.
    GnssAndDeadReckoning,
    /// By satellites with corrections and dead reckoning.
    DifferentialGnssAndDeadReckoning,
    /// By dead reckoning alone.
    DeadReckoning,
}

/// Dimensions of a vehicle for those who cannot avoid it, not interpreted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImpactReduction(Untouched<asn1::ImpactReductionContainer>);

/// Details of road works, not interpreted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoadWorks(Untouched<asn1::RoadWorksContainerExtended>);

/// What else is known about the event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Alacarte {
    /// The lane.
    pub lane_position: Option<LanePosition>,
    /// Dimensions for an impact.
    pub impact_reduction: Option<ImpactReduction>,
    /// The temperature outside.
    pub external_temperature: Option<ExternalTemperature>,
    /// Road works.
    pub road_works: Option<RoadWorks>,
    /// How the position was found.
    pub positioning: Option<PositioningSolution>,
    /// The vehicle that stands.
    pub stationary_vehicle: Option<StationaryVehicle>,
}

impl Alacarte {
    pub(super) fn to_asn1(&self) -> asn1::AlacarteContainer {
        asn1::AlacarteContainer {
            lane_position: self.lane_position.map(Number::number),
            impact_reduction: self.impact_reduction.as_ref().map(|part| part.0.to_asn1()),
            external_temperature: self.external_temperature.map(Number::number),
            road_works: self.road_works.as_ref().map(|part| part.0.to_asn1()),
            positioning_solution: self.positioning.map(PositioningSolution::to_asn1),
            stationary_vehicle: self
                .stationary_vehicle
                .as_ref()
                .map(StationaryVehicle::to_asn1),
        }
    }

    pub(super) fn from_asn1(container: asn1::AlacarteContainer) -> Result<Self, WireError> {
        let impact_reduction = container
            .impact_reduction
            .map(|part| Untouched::new("impactReduction", part).map(ImpactReduction));
        let road_works = container
            .road_works
            .map(|part| Untouched::new("roadWorks", part).map(RoadWorks));
        Ok(Self {
            lane_position: optional(container.lane_position)?,
            impact_reduction: impact_reduction.transpose()?,
            external_temperature: optional(container.external_temperature)?,
            road_works: road_works.transpose()?,
            positioning: container
                .positioning_solution
                .map(PositioningSolution::from_asn1),
            stationary_vehicle: container
                .stationary_vehicle
                .map(StationaryVehicle::from_asn1)
                .transpose()?,
        })
    }
}

impl PositioningSolution {
    const fn to_asn1(self) -> asn1::PositioningSolutionType {
        use asn1::PositioningSolutionType as Asn1;
        match self {
            Self::None => Asn1::NoPositioningSolution,
            Self::Gnss => Asn1::SGnss,
            Self::DifferentialGnss => Asn1::DGnss,
            Self::GnssAndDeadReckoning => Asn1::SGnssPlusDr,
            Self::DifferentialGnssAndDeadReckoning => Asn1::DGnssPlusDr,
            Self::DeadReckoning => Asn1::Dr,
        }
    }

    const fn from_asn1(solution: asn1::PositioningSolutionType) -> Self {
        use asn1::PositioningSolutionType as Asn1;
        match solution {
            Asn1::NoPositioningSolution => Self::None,
            Asn1::SGnss => Self::Gnss,
            Asn1::DGnss => Self::DifferentialGnss,
            Asn1::SGnssPlusDr => Self::GnssAndDeadReckoning,
            Asn1::DGnssPlusDr => Self::DifferentialGnssAndDeadReckoning,
            Asn1::Dr => Self::DeadReckoning,
        }
    }
}
