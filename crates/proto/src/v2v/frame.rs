//! Messages of ours in their packets: addressed, signed, and never longer than a frame.
//!
//! Not when to send one. Standard: ETSI EN 302 636-4-1 v1.3.1 (single-hop broadcast for CAM,
//! geo-broadcast for DENM), TS 103 097 v1.3.1 (header of what is signed).

use alloc::vec::Vec;
use core::time::Duration;

use v2x_units::{Meters, MetersPerSecond};

use super::input::V2vSettings;
use super::own::OwnNow;
use super::pseudonym::{Identifiers, Pseudonym};
use crate::wire::btp::{BtpB, BtpPort};
use crate::wire::certificate::{HashedId3, Psid};
use crate::wire::certificate_message::CertificateMessage;
use crate::wire::geonet::{
    Area, AreaShape, ChannelLoad, GnAddress, GnPdu, GnSpeed, LongPositionVector, TrafficClass,
    Transport,
};
use crate::wire::its_time::{GenerationTime, ItsTime};
use crate::wire::packet::{Content, Lifetime, Packet};
use crate::wire::reference_position::{HeadingValue, Latitude, Longitude};
use crate::wire::secured::{Elevation, GenerationLocation, HeaderInfo, Signer, ToBeSigned};
use crate::wire::station::StationType;
use crate::wire::{List, Wire, WireError};

/// Bytes of a packet around what is signed: basic header, versions, digest and signature.
pub(crate) const AROUND_SIGNED: usize = 4 + 3 + 9 + 66;
/// A position less accurate than this is not flagged as good for addressing.
const ACCURATE: Meters = Meters::new(40.0);
/// A kind of station that GeoNetworking's five bits can hold.
const LARGEST_STATION_TYPE: u8 = 31;

/// What every packet of one moment needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sender<'a> {
    pub(super) pseudonym: &'a Pseudonym,
    pub(super) identifiers: &'a Identifiers,
    pub(super) car: &'a OwnNow,
    pub(super) settings: &'a V2vSettings,
    pub(super) its: ItsTime,
    /// Another one for each packet that is signed.
    pub(super) generation: GenerationTime,
    pub(super) load: ChannelLoad,
}

/// What is signed besides the message.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Signing<'a> {
    pub(super) requests: &'a [HashedId3],
    pub(super) with_location: bool,
}

impl Sender<'_> {
    fn position_vector(&self) -> Result<LongPositionVector, WireError> {
        let kind = self.settings.station_type;
        let kind = if kind.raw() > LARGEST_STATION_TYPE {
            StationType::UNKNOWN
        } else {
            kind
        };
        let heading = self.car.heading.map(super::geometry::normal);
        let accuracy = self.car.accuracy.map(|accuracy| accuracy.semi_major);
        Ok(LongPositionVector {
            address: GnAddress::new(kind, self.identifiers.address)?,
            timestamp: self.its.geonetworking_timestamp(),
            latitude: Latitude::nearest(self.car.position.latitude())?,
            longitude: Longitude::nearest(self.car.position.longitude())?,
            accurate: accuracy.is_some_and(|accuracy| accuracy <= ACCURATE),
            speed: GnSpeed::nearest(self.car.speed.unwrap_or(MetersPerSecond::ZERO))
                .unwrap_or(GnSpeed::MAX),
            heading: heading
                .and_then(|heading| HeadingValue::nearest(heading).ok())
                .unwrap_or(HeadingValue::MIN),
        })
    }

    /// A packet for everybody who hears the car.
    pub(super) fn single_hop(
        &self,
        class: TrafficClass,
        port: BtpPort,
        message: &impl Wire,
    ) -> Result<GnPdu, WireError> {
        let transport = Transport::SingleHop {
            source: self.position_vector()?,
            load: self.load,
        };
        pdu(class, transport, port, message)
    }

    /// A packet for everybody around the car, within a distance. Nobody of ours sends it on.
    pub(super) fn geo_broadcast(
        &self,
        port: BtpPort,
        message: &impl Wire,
        radius_m: u16,
    ) -> Result<GnPdu, WireError> {
        let source = self.position_vector()?;
        let transport = Transport::GeoBroadcast {
            sequence: self.identifiers.packet_sequence,
            source,
            area: Area {
                shape: AreaShape::Circle,
                latitude: source.latitude,
                longitude: source.longitude,
                distance_a: radius_m,
                distance_b: 0,
                angle: 0,
            },
        };
        pdu(TrafficClass::DENM, transport, port, message)
    }

    fn signable(
        &self,
        pdu: &GnPdu,
        psid: Psid,
        signing: Signing<'_>,
    ) -> Result<ToBeSigned, WireError> {
        let mut header = HeaderInfo::new(psid, self.generation);
        if !signing.requests.is_empty() {
            let requests = List::new("inlineP2pcdRequest", signing.requests.to_vec())?;
            header.certificate_requests = Some(requests);
        }
        if signing.with_location {
            let height = self.car.altitude.unwrap_or(Meters::ZERO);
            header.generation_location = Some(GenerationLocation {
                latitude: Latitude::nearest(self.car.position.latitude()).ok(),
                longitude: Longitude::nearest(self.car.position.longitude()).ok(),
                elevation: Elevation::nearest(height).or(Elevation::nearest(Meters::ZERO))?,
            });
        }
        ToBeSigned::new(pdu, header)
    }

    /// How many bytes of a frame are left when a packet is signed; `None` when it does not fit.
    pub(super) fn room(
        &self,
        pdu: &GnPdu,
        psid: Psid,
        signing: Signing<'_>,
    ) -> Result<Option<usize>, WireError> {
        let signed = self.signable(pdu, psid, signing)?.encoded_len() + AROUND_SIGNED;
        Ok(self.settings.radio.capacity().checked_sub(signed))
    }

    /// The frame of a signed packet.
    pub(super) fn signed(
        &self,
        pdu: &GnPdu,
        psid: Psid,
        signing: Signing<'_>,
        lifetime: Duration,
    ) -> Result<Vec<u8>, WireError> {
        let to_be_signed = self.signable(pdu, psid, signing)?;
        let (key, hash) = (self.pseudonym.key(), self.pseudonym.hash());
        let signed = key.sign(to_be_signed, hash);
        debug_assert!(matches!(signed.signer, Signer::Digest(_)));
        self.frame(Content::Signed(signed), lifetime)
    }

    /// The frame of the certificate on its own.
    pub(super) fn certificate(&self, lifetime: Duration) -> Result<Vec<u8>, WireError> {
        let certificate = self.pseudonym.certificate().clone();
        let message = CertificateMessage {
            certificates: List::new("certificates", Vec::from([certificate]))?,
        };
        let pdu = self.single_hop(TrafficClass::CAM, BtpPort::CERTIFICATES, &message)?;
        self.frame(Content::Plain(pdu), lifetime)
    }

    fn frame(&self, content: Content, lifetime: Duration) -> Result<Vec<u8>, WireError> {
        let packet = Packet {
            lifetime: Lifetime::covering(lifetime),
            ..Packet::single_hop(content)
        };
        packet.to_frame(self.settings.radio)
    }
}

fn pdu(
    traffic_class: TrafficClass,
    transport: Transport,
    port: BtpPort,
    message: &impl Wire,
) -> Result<GnPdu, WireError> {
    Ok(GnPdu {
        traffic_class,
        mobile: true,
        max_hops: 1,
        transport,
        btp: BtpB::to(port),
        message: List::new("message", message.encode())?,
    })
}
