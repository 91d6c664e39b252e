//! The signed form of a packet: what was signed, by whom, and the signature.
//!
//! No cryptography: signing and verifying are in `secure/`. Standard: IEEE 1609.2
//! `Ieee1609Dot2Data` within the profile of ETSI TS 103 097 v1.3.1, COER.
//!
//! | part | treated how |
//! |---|---|
//! | signed data, signer a digest or one certificate, ECDSA P-256 | read and written |
//! | generation time and location, requests for and answers with certificates | read and written |
//! | expiry time, encryption key, other extension additions | refused by name |
//! | learning request, missing CRL, self as signer, external payload | forbidden, refused |
//!
//! What is signed is SHA-256(SHA-256(tbs) || SHA-256(signer's certificate in canonical form)),
//! tbs being the bytes of [`ToBeSigned`].

mod header_info;

use alloc::boxed::Box;
use alloc::vec::Vec;

pub use self::header_info::{Elevation, GenerationLocation, HeaderInfo};
use super::bounded::List;
use super::certificate::{Certificate, HashedId8, Signature, constant};
use super::coer::{read_list, read_octets, write_list, write_octets};
use super::geonet::{GnPdu, MessageBytes};
use super::reader::{Reader, spoken};
use super::{Wire, WireError};

/// The version of IEEE 1609.2.
const VERSION: u8 = 3;
/// The choices of the content.
const UNSECURED_DATA: u8 = 0x80;
const SIGNED_DATA: u8 = 0x81;
/// The hash algorithm SHA-256.
const SHA_256: u8 = 0;
/// The payload's first byte: the data themselves, not only their hash.
const PAYLOAD_IS_DATA: u8 = 0x40;
/// The choices of the signer.
const SIGNER_DIGEST: u8 = 0x80;
const SIGNER_CERTIFICATE: u8 = 0x81;

/// What a signature covers, together with the signer's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ToBeSigned {
    /// The packet from its common header on: the bytes of a [`GnPdu`].
    pub payload: MessageBytes,
    /// When, where and for which application it was signed.
    pub header: HeaderInfo,
}

impl ToBeSigned {
    /// Takes a packet to sign.
    ///
    /// # Errors
    /// The packet is longer than any frame of the radio.
    pub fn new(pdu: &GnPdu, header: HeaderInfo) -> Result<Self, WireError> {
        Ok(Self {
            payload: List::new("signed payload", pdu.encode())?,
            header,
        })
    }

    /// The packet that was signed. To be read only after the signature is verified.
    ///
    /// # Errors
    /// The payload is no packet.
    pub fn pdu(&self) -> Result<GnPdu, WireError> {
        GnPdu::parse(&self.payload)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        constant(reader, "payload preamble", PAYLOAD_IS_DATA, "data 0x40")?;
        constant(reader, "inner version", VERSION, "version 3")?;
        constant(
            reader,
            "inner content",
            UNSECURED_DATA,
            "unsecured data 0x80",
        )?;
        let payload = read_octets(reader, "unsecuredData")?;
        Ok(Self {
            payload: List::new("unsecuredData", payload.to_vec())?,
            header: HeaderInfo::read(reader)?,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend([PAYLOAD_IS_DATA, VERSION, UNSECURED_DATA]);
        write_octets(out, &self.payload);
        self.header.write(out);
    }
}

/// The bytes that are hashed first.
impl Wire for ToBeSigned {
    const NAME: &'static str = "data to be signed";

    fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        let to_be_signed = Self::read(&mut reader)?;
        reader.end(Self::NAME)?;
        Ok(to_be_signed)
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }
}

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Signer {
    /// The holder of the certificate with this name.
    Digest(HashedId8),
    /// The holder of this certificate.
    Certificate(Box<Certificate>),
}

/// Data with a signature, not yet verified.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SignedData {
    /// What was signed.
    pub to_be_signed: ToBeSigned,
    /// By whom.
    pub signer: Signer,
    /// The signature.
    pub signature: Signature,
}

impl SignedData {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        constant(reader, "security version", VERSION, "version 3")?;
        constant(reader, "security content", SIGNED_DATA, "signed data 0x81")?;
        constant(reader, "hashId", SHA_256, "SHA-256 0")?;
        Ok(Self {
            to_be_signed: ToBeSigned::read(reader)?,
            signer: Signer::read(reader)?,
            signature: Signature::read(reader)?,
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend([VERSION, SIGNED_DATA, SHA_256]);
        self.to_be_signed.write(out);
        self.signer.write(out);
        self.signature.write(out);
    }
}

impl Signer {
    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let at = reader.at();
        let tag = reader.u8("signer")?;
        let signer = match tag {
            SIGNER_DIGEST => Some(Self::Digest(HashedId8(reader.array("signer digest")?))),
            SIGNER_CERTIFICATE => {
                let chain: List<_, 1, 1> =
                    read_list(reader, "signer certificates", Certificate::read)?;
                chain.first().cloned().map(Box::new).map(Self::Certificate)
            }
            _ => None,
        };
        spoken(
            signer,
            "signer",
            at,
            tag,
            "digest 0x80 and certificate 0x81",
        )
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Digest(digest) => {
                out.push(SIGNER_DIGEST);
                out.extend(digest.0);
            }
            Self::Certificate(certificate) => {
                out.push(SIGNER_CERTIFICATE);
                write_list(
                    out,
                    core::slice::from_ref(&**certificate),
                    Certificate::write,
                );
            }
        }
    }
}

impl Wire for SignedData {
    const NAME: &'static str = "signed data";

    fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        let signed = Self::read(&mut reader)?;
        reader.end(Self::NAME)?;
        Ok(signed)
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }
}
