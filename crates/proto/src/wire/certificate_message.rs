//! Certificates that travel by themselves, because none fits into a frame beside a message.
//!
//! The structure is the standard's: IEEE 1609.2 `Ieee1609dot2Peer2PeerPDU`, COER. That it carries
//! vehicles' own certificates, once per second and on request, over a BTP port of ours
//! ([`BtpPort::CERTIFICATES`](super::btp::BtpPort::CERTIFICATES)), is our deviation from TS 103
//! 097, which puts them into CAM and DENM. The packet is not signed: each certificate is, by its
//! issuer, and nothing else in the packet may be believed.

use alloc::vec::Vec;

use super::bounded::List;
use super::certificate::{Certificate, constant};
use super::coer::{read_list, write_list};
use super::reader::Reader;
use super::{Wire, WireError};

/// The version of the structure.
const VERSION: u8 = 1;
/// The choice of what it carries.
const CERTIFICATES: u8 = 0x80;

/// Certificates, each issued by the next one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CertificateMessage {
    /// The sender's own first; three make a whole chain.
    pub certificates: List<Certificate, 1, 3>,
}

impl Wire for CertificateMessage {
    const NAME: &'static str = "certificate message";

    fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        constant(
            &mut reader,
            "certificate message version",
            VERSION,
            "version 1",
        )?;
        constant(
            &mut reader,
            "certificate message content",
            CERTIFICATES,
            "certificates 0x80",
        )?;
        let certificates = read_list(&mut reader, "certificates", Certificate::read)?;
        reader.end(Self::NAME)?;
        Ok(Self { certificates })
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::from([VERSION, CERTIFICATES]);
        write_list(&mut out, &self.certificates, Certificate::write);
        out
    }
}
