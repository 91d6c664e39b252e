//! Certificates: who may sign what, from when to when, with which key.
//!
//! Not whether to believe one: chains, times and signatures are checked in `secure/`.
//! Standard: IEEE 1609.2 `ExplicitCertificate` within the profile of ETSI TS 103 097 v1.3.1, COER.
//!
//! | part | treated how |
//! |---|---|
//! | issuer, name or none, validity, permissions, P-256 keys and signature | read and written |
//! | region | a circle is read and written; the other kinds are refused by name |
//! | linkage data, binary id, request permissions, rollover | forbidden by TS 103 097: refused |
//! | implicit certificates, other curves and hashes, uncompressed keys | refused by name |

mod permissions;
mod points;
mod to_be_signed;

use alloc::vec::Vec;

pub use self::permissions::{
    ChainLength, EndEntityType, IssuePermissions, Permission, Psid, Ssp, SspBytes, SspRange,
    SubjectPermissions, SubjectRange,
};
pub use self::points::{PointForm, PublicKey, Signature};
pub use self::to_be_signed::{
    CertificateId, CircularRegion, DurationUnit, ToBeSignedCertificate, ValidityPeriod,
};
use super::reader::{Reader, spoken};
use super::{Wire, WireError};

/// The last eight bytes of the hash over a certificate in canonical form: its name in messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HashedId8(pub [u8; 8]);

/// The last three bytes of the same hash: its name in requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HashedId3(pub [u8; 3]);

impl HashedId8 {
    /// The shorter name of the same certificate.
    #[must_use]
    pub const fn short(self) -> HashedId3 {
        let [.., a, b, c] = self.0;
        HashedId3([a, b, c])
    }
}

/// Who signed a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Issuer {
    /// Its own key: the root of a chain.
    Itself,
    /// The key of the certificate with this name.
    Digest(HashedId8),
}

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Certificate {
    /// Who signed it.
    pub issuer: Issuer,
    /// What it says.
    pub to_be_signed: ToBeSignedCertificate,
    /// The signature over what it says.
    pub signature: Signature,
}

/// The first byte: a signature follows.
const SIGNATURE_PRESENT: u8 = 0x80;
/// The version of the structure.
const VERSION: u8 = 3;
/// The type: explicit, with a key and a signature of its own.
const EXPLICIT: u8 = 0;
/// The choices of the issuer.
const ISSUER_DIGEST: u8 = 0x80;
const ISSUER_SELF: u8 = 0x81;
/// The hash algorithm SHA-256.
const SHA_256: u8 = 0;

impl Certificate {
    /// The form that hashes are taken of: the point of the signature by its x-coordinate only.
    #[must_use]
    pub fn canonical(&self) -> Self {
        Self {
            signature: Signature {
                form: PointForm::XOnly,
                ..self.signature
            },
            ..self.clone()
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        constant(
            reader,
            "certificate preamble",
            SIGNATURE_PRESENT,
            "signed 0x80",
        )?;
        constant(reader, "certificate version", VERSION, "version 3")?;
        constant(reader, "certificate type", EXPLICIT, "explicit 0")?;
        let at = reader.at();
        let issuer = match reader.u8("issuer")? {
            ISSUER_DIGEST => Issuer::Digest(HashedId8(reader.array("issuer digest")?)),
            ISSUER_SELF => {
                constant(reader, "issuer hash", SHA_256, "SHA-256 0")?;
                Issuer::Itself
            }
            seen => {
                return Err(WireError::Unsupported {
                    field: "issuer",
                    at,
                    seen: seen.into(),
                    supported: "a SHA-256 digest 0x80 and itself 0x81",
                });
            }
        };
        Ok(Self {
            issuer,
            to_be_signed: ToBeSignedCertificate::read(reader)?,
            signature: Signature::read(reader)?,
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend([SIGNATURE_PRESENT, VERSION, EXPLICIT]);
        match self.issuer {
            Issuer::Digest(digest) => {
                out.push(ISSUER_DIGEST);
                out.extend(digest.0);
            }
            Issuer::Itself => out.extend([ISSUER_SELF, SHA_256]),
        }
        self.to_be_signed.write(out);
        self.signature.write(out);
    }
}

impl Wire for Certificate {
    const NAME: &'static str = "certificate";

    fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        let certificate = Self::read(&mut reader)?;
        reader.end(Self::NAME)?;
        Ok(certificate)
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }
}

/// Reads a byte that has one value only.
pub(super) fn constant(
    reader: &mut Reader<'_>,
    field: &'static str,
    value: u8,
    supported: &'static str,
) -> Result<(), WireError> {
    let at = reader.at();
    let seen = reader.u8(field)?;
    spoken((seen == value).then_some(()), field, at, seen, supported)
}
