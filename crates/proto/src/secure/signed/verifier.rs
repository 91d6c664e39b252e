//! Whether a packet may be believed: all checks in order, the cheap ones before any signature.
//!
//! Standard: IEEE 1609.2 and ETSI TS 103 097 v1.3.1. Nothing else may look at a packet's
//! content before it comes out of here.

use core::time::Duration;

use super::certificate_store::{CertificateStore, Trusted};
use super::chain::lies_in;
use super::hash::digest_to_sign;
use super::refusal::Refusal;
use super::replay_window::ReplayWindow;
use crate::wire::Wire;
use crate::wire::btp::BtpPort;
use crate::wire::cam::Cam;
use crate::wire::certificate::{HashedId8, Permission, Psid, Ssp};
use crate::wire::denm::Denm;
use crate::wire::evcsn::Evcsn;
use crate::wire::geonet::GnPdu;
use crate::wire::its_time::GenerationTime;
use crate::wire::packet::{Content, Packet};
use crate::wire::secured::{HeaderInfo, SignedData, Signer};
use crate::wire::vehicle_data::VehicleData;

/// How far the generation time of a message may lie from the clock here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// Into the past.
    pub past: Duration,
    /// Into the future.
    pub future: Duration,
}

impl Default for Freshness {
    /// Two seconds either way: clocks disagree by less, and a frame never waits that long.
    fn default() -> Self {
        Self {
            past: Duration::from_secs(2),
            future: Duration::from_secs(2),
        }
    }
}

/// A message that may be believed.
#[expect(
    clippy::large_enum_variant,
    reason = "a box would cost every message an allocation"
)]
#[derive(Debug, Clone, PartialEq)]
pub enum VerifiedMessage {
    /// Cooperative awareness.
    Cam(Cam),
    /// Environmental notification.
    Denm(Denm),
    /// Vehicle data of our own.
    VehicleData(VehicleData),
    /// What a charging station offers.
    Evcsn(Evcsn),
}

/// A packet that may be believed.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedPacket {
    /// Whose certificate signed it.
    pub signer: HashedId8,
    /// When, where and with which requests it was signed.
    pub header: HeaderInfo,
    /// Where it came from and for whom it was.
    pub pdu: GnPdu,
    /// The message.
    pub message: VerifiedMessage,
}

/// Verifies packets, one after the other.
#[derive(Debug, Clone, Default)]
pub struct Verifier {
    /// The certificates that are trusted.
    pub certificates: CertificateStore,
    /// How far clocks may disagree.
    pub freshness: Freshness,
    replays: ReplayWindow,
    /// A fault that the simulator plants.
    forgets: bool,
}

impl Verifier {
    /// A verifier for simulated towns: it also believes marked fakes.
    #[must_use]
    pub fn for_simulation() -> Self {
        Self {
            certificates: CertificateStore::for_simulation(),
            ..Self::default()
        }
    }

    /// The same with a fault: it forgets at once what it has accepted, so that replays pass. The
    /// simulator plants it to see whether its checkers notice.
    #[must_use]
    pub fn forgetful_for_simulation(self) -> Self {
        Self {
            forgets: true,
            ..self
        }
    }

    /// Verifies the bytes of one packet, at a moment of the clock here. That clock must be known;
    /// when it is set back, what was forgotten as too old stays refused.
    ///
    /// # Errors
    /// Says why the packet may not be believed. [`Refusal::UnknownSigner`] calls for a request.
    pub fn verify(
        &mut self,
        now: GenerationTime,
        packet: &[u8],
    ) -> Result<VerifiedPacket, Refusal> {
        match Packet::parse(packet)?.content {
            Content::Signed(signed) => self.verify_signed(now, &signed),
            Content::Plain(pdu) => Err(Refusal::NotSigned {
                port: pdu.btp.port.get(),
            }),
        }
    }

    /// As [`Self::verify`], of a packet that was parsed already.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub fn verify_signed(
        &mut self,
        now: GenerationTime,
        signed: &SignedData,
    ) -> Result<VerifiedPacket, Refusal> {
        let pdu = signed.to_be_signed.pdu()?;
        let message = message_of(&pdu)?;
        let header = &signed.to_be_signed.header;
        check_header(&message, header)?;
        self.check_freshness(now, header.generation_time)?;
        let signer = self.check_signature(signed, &pdu, &message)?;
        let oldest_fresh = GenerationTime::from_micros(micros_before(now, self.freshness.past));
        if !self.forgets {
            self.replays
                .accept(signer, header.generation_time, oldest_fresh);
        }
        Ok(VerifiedPacket {
            signer,
            header: signed.to_be_signed.header.clone(),
            pdu,
            message,
        })
    }

    /// What was accepted lately.
    #[must_use]
    pub const fn replays(&self) -> &ReplayWindow {
        &self.replays
    }

    fn check_freshness(
        &self,
        now: GenerationTime,
        generation: GenerationTime,
    ) -> Result<(), Refusal> {
        let oldest = micros_before(now, self.freshness.past);
        let future = u64::try_from(self.freshness.future.as_micros()).unwrap_or(u64::MAX);
        let newest = now.as_micros().saturating_add(future);
        if (oldest..=newest).contains(&generation.as_micros()) {
            Ok(())
        } else {
            Err(Refusal::NotFresh { generation, now })
        }
    }

    fn check_signature(
        &mut self,
        signed: &SignedData,
        pdu: &GnPdu,
        message: &VerifiedMessage,
    ) -> Result<HashedId8, Refusal> {
        let generation = signed.to_be_signed.header.generation_time;
        let name = match &signed.signer {
            Signer::Digest(name) => *name,
            Signer::Certificate(certificate) => {
                if !certificate.to_be_signed.validity.contains(generation) {
                    return Err(Refusal::CertificateExpired(generation));
                }
                self.certificates.add_ticket((**certificate).clone())?
            }
        };
        if self.replays.contains(name, generation) {
            return Err(Refusal::Replay);
        }
        let ticket = self
            .certificates
            .ticket(name)
            .ok_or(Refusal::UnknownSigner(name))?;
        check_permission(ticket, generation, pdu, message)?;
        let digest = digest_to_sign(&signed.to_be_signed, ticket.hash);
        if ticket.signed(&digest, &signed.signature) {
            Ok(name)
        } else {
            Err(Refusal::Signature)
        }
    }
}

fn micros_before(now: GenerationTime, past: Duration) -> u64 {
    let past = u64::try_from(past.as_micros()).unwrap_or(u64::MAX);
    now.as_micros().saturating_sub(past)
}

fn message_of(pdu: &GnPdu) -> Result<VerifiedMessage, Refusal> {
    match pdu.btp.port {
        BtpPort::CAM => Ok(VerifiedMessage::Cam(Cam::parse(&pdu.message)?)),
        BtpPort::DENM => Ok(VerifiedMessage::Denm(Denm::parse(&pdu.message)?)),
        BtpPort::VEHICLE_DATA => VehicleData::parse(&pdu.message)
            .map(VerifiedMessage::VehicleData)
            .map_err(Into::into),
        BtpPort::EVCSN => Ok(VerifiedMessage::Evcsn(Evcsn::parse(&pdu.message)?)),
        other => Err(Refusal::UnknownService { port: other.get() }),
    }
}

fn check_header(message: &VerifiedMessage, header: &HeaderInfo) -> Result<(), Refusal> {
    let (expected, with_location) = match message {
        VerifiedMessage::Cam(_) => (Psid::CAM, false),
        VerifiedMessage::Denm(_) => (Psid::DENM, true),
        VerifiedMessage::VehicleData(_) => (Psid::VEHICLE_DATA, false),
        VerifiedMessage::Evcsn(_) => (Psid::EVCSN, false),
    };
    if header.psid != expected {
        let seen = header.psid;
        return Err(Refusal::PsidMismatch { seen, expected });
    }
    if header.generation_location.is_some() == with_location {
        Ok(())
    } else {
        Err(Refusal::GenerationLocation)
    }
}

/// Whether the ticket allows this message at this time and place.
fn check_permission(
    ticket: &Trusted,
    generation: GenerationTime,
    pdu: &GnPdu,
    message: &VerifiedMessage,
) -> Result<(), Refusal> {
    let says = &ticket.certificate.to_be_signed;
    if !says.validity.contains(generation) {
        return Err(Refusal::CertificateExpired(generation));
    }
    let source = pdu.transport.source();
    if let Some(region) = &says.region
        && !lies_in(region, source.latitude, source.longitude)
    {
        return Err(Refusal::OutsideRegion);
    }
    let permissions = says.permissions.as_deref().unwrap_or_default();
    let granted = |psid| permissions.iter().find(move |it| it.psid == psid);
    // Some have no parts that would need a permission of their own.
    let whole = |psid| {
        let permission = granted(psid).map(|_| ());
        permission.ok_or(Refusal::NotPermitted(psid))
    };
    match message {
        VerifiedMessage::Cam(cam) => {
            let granted = granted(Psid::CAM).ok_or(Refusal::NotPermitted(Psid::CAM))?;
            covers(granted, &cam.required_permissions())
        }
        VerifiedMessage::Denm(denm) => {
            let granted = granted(Psid::DENM).ok_or(Refusal::NotPermitted(Psid::DENM))?;
            let required = denm.required_permissions().ok_or(Refusal::NotCovered)?;
            covers(granted, &required)
        }
        VerifiedMessage::VehicleData(_) => whole(Psid::VEHICLE_DATA),
        VerifiedMessage::Evcsn(_) => whole(Psid::EVCSN),
    }
}

/// Whether a permission has every bit that a message needs; the first byte is the version.
fn covers(granted: &Permission, required: &[u8]) -> Result<(), Refusal> {
    let Some(Ssp::Bitmap(bits)) = &granted.ssp else {
        return Err(Refusal::NotCovered);
    };
    let (version, needed) = required.split_at(1);
    let covered = bits.len() == required.len()
        && bits.starts_with(version)
        && bits[1..]
            .iter()
            .zip(needed)
            .all(|(has, needs)| needs & !has == 0);
    if covered {
        Ok(())
    } else {
        Err(Refusal::NotCovered)
    }
}
