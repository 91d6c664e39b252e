//! What the radio heard: verified before anything else uses it, then judged, then taken.

use alloc::boxed::Box;

use v2x_units::{Instant, MacAddress, Position};

use super::charging_stations::Announcement;
use super::claim::Claim;
use super::confidence::Confidence;
use super::event_table::{EventChange, Told};
use super::input::Heard;
use super::neighbour::Heard as HeardCam;
use super::output::{Received, Refused, V2vEvent};
use super::plausibility::Implausible;
use super::station::V2v;
use crate::secure::{CertificateHash, Refusal, VerifiedMessage, VerifiedPacket};
use crate::wire::Wire;
use crate::wire::btp::BtpPort;
use crate::wire::cam::Cam;
use crate::wire::certificate::{Certificate, HashedId8};
use crate::wire::certificate_message::CertificateMessage;
use crate::wire::denm::Denm;
use crate::wire::evcsn::Evcsn;
use crate::wire::geonet::{GnPdu, Transport};
use crate::wire::its_time::{GenerationTime, ItsTime};
use crate::wire::packet::{Content, Packet};
use crate::wire::secured::{SignedData, Signer};
use crate::wire::station::StationId;
use crate::wire::vehicle_data::VehicleData;

/// The first byte of a packet: version 1, then a common header or a secured packet.
const PLAIN: u8 = 0x11;
const SECURED: u8 = 0x12;
/// How far the place in a packet's header may lie from that in its message, in metres.
const HEADER_APART_MAX: f64 = 100.0;

/// Whether a payload of the radio is GeoNetworking, and so for V2V or the station's announcements;
/// the messages of V2G and of the prototype begin with other bytes.
#[must_use]
pub fn is_geonetworking(payload: &[u8]) -> bool {
    matches!(payload.first(), Some(&PLAIN | &SECURED))
}

/// Where a verified message came from.
#[derive(Debug, Clone, Copy)]
struct Origin {
    at: Instant,
    now: ItsTime,
    from: MacAddress,
    rssi_dbm: Option<i8>,
    signer: HashedId8,
    signed: ItsTime,
    generation: GenerationTime,
    own: Option<Position>,
    /// What is wrong around the message.
    doubt: Option<Implausible>,
}

impl V2v {
    pub(super) fn heard(&mut self, now: Instant, heard: Heard<'_>) {
        self.counters.heard += 1;
        self.congestion.on_air(now, heard.payload.len());
        if !is_geonetworking(heard.payload) {
            self.counters.foreign += 1;
            return;
        }
        let packet = match Packet::parse(heard.payload) {
            Ok(packet) => packet,
            Err(error) => return self.refuse(heard.from, Refused::Security(error.into())),
        };
        match packet.content {
            Content::Plain(pdu) => self.plain(now, heard.from, &pdu),
            Content::Signed(signed) => self.signed(now, &heard, &signed),
        }
    }

    /// Without a signature only certificates are heard: each is signed by itself.
    fn plain(&mut self, now: Instant, from: MacAddress, pdu: &GnPdu) {
        let port = pdu.btp.port;
        match port {
            BtpPort::CERTIFICATES => match CertificateMessage::parse(&pdu.message) {
                // Those after the first are its issuers, which the operator has to trust by itself.
                Ok(message) => {
                    if let Some(certificate) = message.certificates.first() {
                        self.certificate(now, from, certificate);
                    }
                }
                Err(error) => self.refuse(from, Refused::Security(error.into())),
            },
            BtpPort::CAM | BtpPort::DENM | BtpPort::VEHICLE_DATA | BtpPort::EVCSN => {
                let refusal = Refusal::NotSigned { port: port.get() };
                self.refuse(from, Refused::Security(refusal));
            }
            _ => self.counters.other_services += 1,
        }
    }

    fn is_ours(&self, signer: HashedId8) -> bool {
        self.pseudonyms.has(signer)
    }

    fn certificate(&mut self, now: Instant, from: MacAddress, certificate: &Certificate) {
        let name = CertificateHash::of(certificate).name();
        if self.is_ours(name) {
            self.counters.own_echoes += 1;
            return;
        }
        let Some(time) = self.generation_time(now) else {
            return self.refuse(from, Refused::ClockUnknown);
        };
        if self.verifier.certificates.knows(name) {
            self.counters.certificates_known += 1;
            return;
        }
        if !certificate.to_be_signed.validity.contains(time) {
            let refusal = Refusal::CertificateExpired(time);
            return self.refuse(from, Refused::Security(refusal));
        }
        if !self.exchange.may_check(now) {
            return self.refuse(from, Refused::CertificatePace);
        }
        match self.verifier.certificates.add_ticket(certificate.clone()) {
            Ok(name) => {
                self.counters.certificates += 1;
                self.exchange.known(name);
            }
            Err(refusal) => self.refuse(from, Refused::Security(refusal)),
        }
    }

    fn signed(&mut self, now: Instant, heard: &Heard<'_>, signed: &SignedData) {
        let signer = match &signed.signer {
            Signer::Digest(name) => *name,
            Signer::Certificate(certificate) => CertificateHash::of(certificate).name(),
        };
        if self.is_ours(signer) {
            self.counters.own_echoes += 1;
            return;
        }
        let (Some(time), Some(its)) = (self.generation_time(now), self.its_time(now)) else {
            return self.refuse(heard.from, Refused::ClockUnknown);
        };
        let brings_certificate = matches!(signed.signer, Signer::Certificate(_));
        if brings_certificate
            && !self.verifier.certificates.knows(signer)
            && !self.exchange.may_check(now)
        {
            return self.refuse(heard.from, Refused::CertificatePace);
        }
        let verified = match self.verifier.verify_signed(time, signed) {
            Ok(verified) => verified,
            Err(refusal) => {
                if let Refusal::UnknownSigner(name) = refusal {
                    self.exchange.unknown(now, name);
                }
                return self.refuse(heard.from, Refused::Security(refusal));
            }
        };
        if brings_certificate {
            self.exchange.known(signer);
        }
        self.verified(now, its, heard, verified);
    }

    /// From here on the content may be used.
    fn verified(&mut self, now: Instant, its: ItsTime, heard: &Heard<'_>, packet: VerifiedPacket) {
        let own_name = self.pseudonyms.current().map(|(own, _)| own.name().short());
        let requests = packet.header.certificate_requests.as_deref();
        if own_name.is_some_and(|own| requests.unwrap_or_default().contains(&own)) {
            self.exchange.ask();
        }
        if let Transport::SingleHop { load, .. } = &packet.pdu.transport {
            self.congestion.reported(now, packet.signer, *load);
        }
        let micros = packet.header.generation_time.as_micros() / 1000;
        let signed = i64::try_from(micros).ok();
        let signed = signed.and_then(|millis| ItsTime::from_millis(millis).ok());
        let named = packet.pdu.transport.source().address.mac();
        let origin = Origin {
            at: now,
            now: its,
            from: heard.from,
            rssi_dbm: heard.rssi_dbm,
            signer: packet.signer,
            signed: signed.unwrap_or(its),
            generation: packet.header.generation_time,
            own: self.own.at(now).ok().map(|car| car.position),
            doubt: (named != heard.from).then_some(Implausible::AddressMismatch),
        };
        let taken = match &packet.message {
            VerifiedMessage::Cam(cam) => self.cam(&origin, cam, &packet.pdu),
            VerifiedMessage::Denm(denm) => self.denm(&origin, denm),
            VerifiedMessage::VehicleData(data) => self.vehicle_data(&origin, data),
            VerifiedMessage::Evcsn(evcsn) => self.announcement(&origin, evcsn),
        };
        match taken {
            Ok(station) => self.received(&origin, station, packet.message),
            Err(kind) => self.refuse(heard.from, Refused::Implausible(kind)),
        }
    }

    fn received(&mut self, origin: &Origin, station: StationId, message: VerifiedMessage) {
        let distance = match (origin.own, self.map.by_signer(origin.signer)) {
            (Some(own), Some(neighbour)) => Some(neighbour.distance(origin.at, own)),
            _ => None,
        };
        self.map.signal(origin.signer, distance, origin.rssi_dbm);
        let confidence: Option<Confidence> = self.map.confidence_in(origin.at, origin.signer);
        self.tell(V2vEvent::Received(Box::new(Received {
            at: origin.at,
            from: origin.from,
            rssi_dbm: origin.rssi_dbm,
            signer: origin.signer,
            generation: origin.generation,
            station,
            message,
            distance,
            confidence,
        })));
    }

    fn is_own_station(&self, station: StationId) -> bool {
        let own = self.pseudonyms.current();
        own.is_some_and(|(_, identifiers)| identifiers.station == station)
    }

    fn cam(&mut self, origin: &Origin, cam: &Cam, pdu: &GnPdu) -> Result<StationId, Implausible> {
        if self.is_own_station(cam.station) {
            return Err(Implausible::StationIdTaken);
        }
        let moment = cam.generation_delta_time;
        let at = moment
            .resolve(origin.now, self.settings.clock_tolerance)
            .ok_or(Implausible::GenerationTime)?;
        let claim = Claim::of(cam, at).ok_or(Implausible::PositionMissing)?;
        let source = pdu.transport.source();
        let header = Position::new(source.latitude.get(), source.longitude.get()).ok();
        let far = |header: Position| header.distance_to(claim.position).get() > HEADER_APART_MAX;
        let header = header
            .is_none_or(far)
            .then_some(Implausible::HeaderMismatch);
        let heard = HeardCam {
            at: origin.at,
            station: cam.station,
            station_type: cam.station_type,
            signer: origin.signer,
            address: origin.from,
            claim,
            signed: origin.signed,
            lights: cam.low_frequency.as_ref().map(|it| it.exterior_lights),
            doubt: header.or(origin.doubt),
        };
        let taken = self.map.take(&heard, origin.own)?;
        self.counters.cams += 1;
        if let Some(doubt) = taken.doubt {
            self.counters.doubt(doubt.word());
        }
        if let Some(displaced) = taken.displaced {
            self.tell(V2vEvent::NeighbourLost(displaced));
        }
        if taken.is_new {
            self.tell(V2vEvent::NeighbourAppeared(cam.station));
        }
        Ok(cam.station)
    }

    fn denm(&mut self, origin: &Origin, denm: &Denm) -> Result<StationId, Implausible> {
        if self.is_own_station(denm.station) {
            return Err(Implausible::StationIdTaken);
        }
        let change = self.map.events.take(&Told {
            at: origin.at,
            now: origin.now,
            signer: origin.signer,
            denm,
            own: origin.own,
        })?;
        self.counters.denms += 1;
        if let Some(doubt) = origin.doubt {
            self.counters.doubt(doubt.word());
        }
        match change {
            EventChange::Known(action) => self.tell(V2vEvent::EventKnown(action)),
            EventChange::Over(action) => self.tell(V2vEvent::EventOver(action)),
            EventChange::Nothing => {}
        }
        Ok(denm.station)
    }

    fn announcement(&mut self, origin: &Origin, said: &Evcsn) -> Result<StationId, Implausible> {
        let told = Announcement {
            at: origin.at,
            signed: origin.signed,
            from: origin.from,
            rssi_dbm: origin.rssi_dbm,
            signer: origin.signer,
            own: origin.own,
            said,
        };
        let (is_news, displaced) = self.map.charging.take(&told)?;
        self.counters.announcements += 1;
        if let Some(doubt) = origin.doubt {
            self.counters.doubt(doubt.word());
        }
        if let Some(displaced) = displaced {
            self.tell(V2vEvent::ChargingStationLost(displaced));
        }
        if is_news {
            self.tell(V2vEvent::ChargingStation(said.station));
        }
        Ok(said.station)
    }

    fn vehicle_data(
        &mut self,
        origin: &Origin,
        data: &VehicleData,
    ) -> Result<StationId, Implausible> {
        if self.is_own_station(data.station) {
            return Err(Implausible::StationIdTaken);
        }
        if let Some(neighbour) = self.map.by_signer(origin.signer) {
            if neighbour.station != data.station {
                return Err(Implausible::StationIdChanged);
            }
            neighbour.vehicle_data = Some((origin.at, *data));
        }
        self.counters.vehicle_data += 1;
        Ok(data.station)
    }
}
