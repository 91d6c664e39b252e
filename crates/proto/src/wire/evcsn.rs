//! EVCSN, the charging spot notification: where one can charge, how, and what is free.
//!
//! Not the session that follows: that is `v2g/`. Standard: ETSI TS 101 556-1 v1.1.1, UPER.
//!
//! | part | treated how |
//! |---|---|
//! | header, POI header, stations, spots, parking places | read and written |
//! | header version | any is read; the standard's number is not certain, so it is a setting |
//! | bits of `typeOfReceptacle` | carried as they are; their meaning is not in the ASN.1 |
//! | extension additions | skipped |

mod charging_station;

use alloc::vec::Vec;

pub use self::charging_station::{
    ChargeModes, ChargingSpot, ChargingStation, FreeText, ParkingPlace, Receptacle, WaitingMinutes,
};
use super::asn1::evcsn as asn1;
use super::bounded::List;
use super::its_time::ItsTime;
use super::number::{Number, number};
use super::station::StationId;
use super::{Wire, WireError, uper};

/// The message id of an EVCSN in its header.
pub const MESSAGE_ID: u8 = 11;
/// The protocol version that we send unless told otherwise.
pub const DEFAULT_PROTOCOL_VERSION: ProtocolVersion = ProtocolVersion(1);

number! {
    /// The protocol version in the header of an EVCSN.
    ProtocolVersion: u8 = "protocolVersion", 0..=255
}

number! {
    /// The kind of place; a charging station is 1.
    PoiType: u16 = "poiType", 0..=65_535
}

impl PoiType {
    /// A place to charge electric vehicles.
    pub const CHARGING_STATION: Self = Self(1);
}

number! {
    /// How many stations there are in all.
    StationCount: u16 = "totalNumberOfStations", 1..=256
}

/// A charging spot notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evcsn {
    /// The version in the header.
    pub protocol_version: ProtocolVersion,
    /// Who sends it.
    pub station: StationId,
    /// The kind of place.
    pub poi_type: PoiType,
    /// When it was true.
    pub time: ItsTime,
    /// Whether others may pass it on.
    pub relay_capable: bool,
    /// How many stations there are in all.
    pub total_stations: StationCount,
    /// The stations that this message tells of.
    pub stations: List<ChargingStation, 1, 256>,
}

impl Wire for Evcsn {
    const NAME: &'static str = "EVCSN";

    fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        let asn1::EvcsnPdu { header, evcsn } = uper::decode(Self::NAME, bytes)?;
        let station = uper::station(Self::NAME, MESSAGE_ID, &header, |_| true)?;
        let data = evcsn.evcsn_data;
        Ok(Self {
            protocol_version: ProtocolVersion::from_number(header.protocol_version)?,
            station,
            poi_type: PoiType::from_number(evcsn.poi_header.poi_type)?,
            time: ItsTime::from_number(evcsn.poi_header.time_stamp)?,
            relay_capable: evcsn.poi_header.relay_capable,
            total_stations: StationCount::from_number(data.total_number_of_stations)?,
            stations: List::convert(
                "chargingStationsData",
                data.charging_stations_data,
                ChargingStation::from_asn1,
            )?,
        })
    }

    fn encode(&self) -> Vec<u8> {
        uper::encode(&asn1::EvcsnPdu {
            header: uper::header(self.protocol_version.raw(), MESSAGE_ID, self.station),
            evcsn: asn1::EvChargingSpotNotificationPoiMessage {
                poi_header: asn1::ItsPoiHeader {
                    poi_type: self.poi_type.number(),
                    time_stamp: self.time.number(),
                    relay_capable: self.relay_capable,
                },
                evcsn_data: asn1::ItsEvcsnData {
                    total_number_of_stations: self.total_stations.number(),
                    charging_stations_data: self
                        .stations
                        .iter()
                        .map(ChargingStation::to_asn1)
                        .collect(),
                },
            },
        })
    }
}
