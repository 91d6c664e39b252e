//! What every CAM of a road side unit says: zones around toll stations, if any.
//!
//! Standard: ETSI EN 302 637-2 v1.4.1, `RSUContainerHighFrequency`.

use alloc::vec::Vec;

use super::high_frequency::TollingZoneId;
use crate::wire::WireError;
use crate::wire::asn1::cam as asn1;
use crate::wire::bounded::List;
use crate::wire::its_time::ItsTime;
use crate::wire::number::{Coded, Number, number, optional};
use crate::wire::reference_position::{Latitude, Longitude};

/// What kind of zone it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProtectedZoneKind {
    /// A toll station that stays.
    PermanentTolling,
    /// A toll station that is there for a while.
    TemporaryTolling,
}

number! {
    /// The radius of a zone.
    ZoneRadius: u8 = "protectedZoneRadius", 1..=255, 1.0 per Meters
}

/// A zone in which the radio of a toll station must not be disturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProtectedZone {
    /// What kind of zone it is.
    pub kind: ProtectedZoneKind,
    /// Until when it is there.
    pub expiry: Option<ItsTime>,
    /// Degrees north of its middle.
    pub latitude: Option<Latitude>,
    /// Degrees east of its middle.
    pub longitude: Option<Longitude>,
    /// Its radius.
    pub radius: Option<ZoneRadius>,
    /// Its identity.
    pub id: Option<TollingZoneId>,
}

/// What every CAM of a road side unit says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RsuHighFrequency {
    /// Zones around toll stations nearby.
    pub protected_zones: Option<List<ProtectedZone, 1, 16>>,
}

impl RsuHighFrequency {
    pub(super) fn to_asn1(&self) -> asn1::RsuContainerHighFrequency {
        asn1::RsuContainerHighFrequency {
            protected_communication_zones_rsu: self
                .protected_zones
                .as_ref()
                .map(|zones| zones.iter().map(|zone| zone.to_asn1()).collect::<Vec<_>>()),
        }
    }

    pub(super) fn from_asn1(unit: asn1::RsuContainerHighFrequency) -> Result<Self, WireError> {
        let zones = unit.protected_communication_zones_rsu.map(|zones| {
            List::convert("protectedCommunicationZonesRSU", zones, |zone| {
                ProtectedZone::from_asn1(&zone)
            })
        });
        Ok(Self {
            protected_zones: zones.transpose()?,
        })
    }
}

impl ProtectedZone {
    fn to_asn1(self) -> asn1::ProtectedCommunicationZone {
        asn1::ProtectedCommunicationZone {
            protected_zone_type: match self.kind {
                ProtectedZoneKind::PermanentTolling => {
                    asn1::ProtectedZoneType::PermanentCenDsrcTolling
                }
                ProtectedZoneKind::TemporaryTolling => {
                    asn1::ProtectedZoneType::TemporaryCenDsrcTolling
                }
            },
            expiry_time: self.expiry.map(Number::number),
            protected_zone_latitude: self.latitude.coded(),
            protected_zone_longitude: self.longitude.coded(),
            protected_zone_radius: self.radius.map(Number::number),
            protected_zone_id: self.id.map(Number::number),
        }
    }

    fn from_asn1(zone: &asn1::ProtectedCommunicationZone) -> Result<Self, WireError> {
        Ok(Self {
            kind: match zone.protected_zone_type {
                asn1::ProtectedZoneType::PermanentCenDsrcTolling => {
                    ProtectedZoneKind::PermanentTolling
                }
                asn1::ProtectedZoneType::TemporaryCenDsrcTolling => {
                    ProtectedZoneKind::TemporaryTolling
                }
            },
            expiry: optional(zone.expiry_time)?,
            latitude: Latitude::known(zone.protected_zone_latitude)?,
            longitude: Longitude::known(zone.protected_zone_longitude)?,
            radius: optional(zone.protected_zone_radius)?,
            id: optional(zone.protected_zone_id)?,
        })
    }
}
