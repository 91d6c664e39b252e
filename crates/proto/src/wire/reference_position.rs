//! Where: positions with their confidence, and paths as steps from one.
//!
//! Not positions of GeoNetworking, which know no "unavailable": those are in `geonet.rs`.
//! Standard: ETSI TS 102 894-2 v1.3.1. Whether a path's points count from each other or all from
//! the reference position is not settled for this version; the steps are carried as they are.

use v2x_units::{Meters, Position};

use super::asn1::cdd;
use super::bounded::List;
use super::error::WireError;
use super::number::{Coded, Number, Ranged, bounds, number, optional};

number! {
    /// Degrees north.
    Latitude: i32 = "latitude", -900_000_000..=900_000_000,
    unavailable 900_000_001, 10_000_000.0 per Degrees
}

number! {
    /// Degrees east.
    Longitude: i32 = "longitude", -1_800_000_000..=1_800_000_000,
    unavailable 1_800_000_001, 10_000_000.0 per Degrees
}

number! {
    /// Half an axis of the ellipse that holds the true position in 95 % of cases.
    SemiAxisLength: u16 = "semiAxisLength", 0..=4093,
    out_of_range 4094, unavailable 4095, 100.0 per Meters
}

number! {
    /// A direction, clockwise from true north.
    HeadingValue: u16 = "headingValue", 0..=3600, unavailable 3601, 10.0 per Degrees
}

number! {
    /// Height above the ellipsoid (not above the sea); the ends stand for everything beyond.
    AltitudeValue: i32 = "altitudeValue", -100_000..=800_000, unavailable 800_001, 100.0 per Meters
}

bounds! {
    /// How far off the height is in 95 % of cases, at most.
    AltitudeConfidence = "altitudeConfidence", Meters, 14,
    [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0],
    out_of_range 14, unavailable 15
}

/// The ellipse that holds the true position in 95 % of cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ConfidenceEllipse {
    /// The longer half axis.
    pub semi_major: Option<Ranged<SemiAxisLength>>,
    /// The shorter half axis.
    pub semi_minor: Option<Ranged<SemiAxisLength>>,
    /// The direction of the longer axis.
    pub orientation: Option<HeadingValue>,
}

/// A place with all that is known about its accuracy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ReferencePosition {
    /// Degrees north.
    pub latitude: Option<Latitude>,
    /// Degrees east.
    pub longitude: Option<Longitude>,
    /// The accuracy of both.
    pub confidence: ConfidenceEllipse,
    /// Height above the ellipsoid.
    pub altitude: Option<AltitudeValue>,
    /// The accuracy of the height.
    pub altitude_confidence: Option<Ranged<AltitudeConfidence>>,
}

impl ReferencePosition {
    /// A place of which nothing else is known.
    #[must_use]
    pub fn at(position: Position) -> Self {
        Self {
            latitude: Latitude::nearest(position.latitude()).ok(),
            longitude: Longitude::nearest(position.longitude()).ok(),
            ..Self::default()
        }
    }

    /// The place, when both coordinates are known.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        Position::new(self.latitude?.get(), self.longitude?.get()).ok()
    }

    /// The height above the ellipsoid, when it is known.
    #[must_use]
    pub fn height(&self) -> Option<Meters> {
        self.altitude.map(AltitudeValue::get)
    }

    pub(crate) fn to_asn1(self) -> cdd::ReferencePosition {
        cdd::ReferencePosition {
            latitude: self.latitude.coded(),
            longitude: self.longitude.coded(),
            position_confidence_ellipse: cdd::PosConfidenceEllipse {
                semi_major_confidence: self.confidence.semi_major.coded(),
                semi_minor_confidence: self.confidence.semi_minor.coded(),
                semi_major_orientation: self.confidence.orientation.coded(),
            },
            altitude: cdd::Altitude {
                altitude_value: self.altitude.coded(),
                altitude_confidence: self.altitude_confidence.coded(),
            },
        }
    }

    pub(crate) fn from_asn1(place: &cdd::ReferencePosition) -> Result<Self, WireError> {
        let ellipse = &place.position_confidence_ellipse;
        Ok(Self {
            latitude: Latitude::known(place.latitude)?,
            longitude: Longitude::known(place.longitude)?,
            confidence: ConfidenceEllipse {
                semi_major: SemiAxisLength::ranged(ellipse.semi_major_confidence)?,
                semi_minor: SemiAxisLength::ranged(ellipse.semi_minor_confidence)?,
                orientation: HeadingValue::known(ellipse.semi_major_orientation)?,
            },
            altitude: AltitudeValue::known(place.altitude.altitude_value)?,
            altitude_confidence: AltitudeConfidence::ranged(place.altitude.altitude_confidence)?,
        })
    }
}

number! {
    /// A step north or south.
    DeltaLatitude: i32 = "deltaLatitude", -131_071..=131_071,
    unavailable 131_072, 10_000_000.0 per Degrees
}

number! {
    /// A step east or west.
    DeltaLongitude: i32 = "deltaLongitude", -131_071..=131_071,
    unavailable 131_072, 10_000_000.0 per Degrees
}

number! {
    /// A step up or down.
    DeltaAltitude: i16 = "deltaAltitude", -12_700..=12_799, unavailable 12_800, 100.0 per Meters
}

/// A place as steps from another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DeltaPosition {
    /// North or south.
    pub latitude: Option<DeltaLatitude>,
    /// East or west.
    pub longitude: Option<DeltaLongitude>,
    /// Up or down.
    pub altitude: Option<DeltaAltitude>,
}

impl DeltaPosition {
    pub(crate) fn to_asn1(self) -> cdd::DeltaReferencePosition {
        cdd::DeltaReferencePosition {
            delta_latitude: self.latitude.coded(),
            delta_longitude: self.longitude.coded(),
            delta_altitude: self.altitude.coded(),
        }
    }

    pub(crate) fn from_asn1(delta: &cdd::DeltaReferencePosition) -> Result<Self, WireError> {
        Ok(Self {
            latitude: DeltaLatitude::known(delta.delta_latitude)?,
            longitude: DeltaLongitude::known(delta.delta_longitude)?,
            altitude: DeltaAltitude::known(delta.delta_altitude)?,
        })
    }
}

number! {
    /// How long ago a point of a path was passed, in hundredths of a second.
    PathDeltaTime: u16 = "pathDeltaTime", 1..=65_535
}

/// One point of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PathPoint {
    /// Where, as steps.
    pub position: DeltaPosition,
    /// How long ago.
    pub delta_time: Option<PathDeltaTime>,
}

/// Where a vehicle came from, newest point first.
pub type PathHistory = List<PathPoint, 0, 40>;

pub(crate) fn path_to_asn1(path: &PathHistory) -> cdd::PathHistory {
    path.iter()
        .map(|point| cdd::PathPoint {
            path_position: point.position.to_asn1(),
            path_delta_time: point.delta_time.map(Number::number),
        })
        .collect()
}

pub(crate) fn path_from_asn1(path: cdd::PathHistory) -> Result<PathHistory, WireError> {
    List::convert("pathHistory", path, |point| {
        Ok(PathPoint {
            position: DeltaPosition::from_asn1(&point.path_position)?,
            delta_time: optional(point.path_delta_time)?,
        })
    })
}
