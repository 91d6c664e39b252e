//! A credential: the operator's word, signed, that two public keys belong to a station or a car.
//!
//! Not whether to believe it now: that asks for time and revocations (`trust.rs`). Not the
//! certificates of V2V, which change and name nobody. A format of our own, because a certificate
//! of IEEE 1609.2 has no room for two keys and a name in one datagram.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | version | 1 | 1 |
//! | role | 1 | code of [`Role`] |
//! | permissions | 1 | bit 0: the car's owner lets stations have its battery data after unplugging |
//! | authority | 8 | last 8 bytes of SHA-256 over the authority's compressed P-256 point |
//! | serial | 8 | the authority gives each number once |
//! | not before | 4 | seconds since 1970 |
//! | not after | 4 | seconds since 1970; the last second in which it holds |
//! | X25519 key | 32 | the static key of the handshake |
//! | P-256 key | 33 | compressed point; signs and countersigns receipts |
//! | name | 1 + n | length and text, see [`Name`] |
//! | signature | 64 | ECDSA P-256 with SHA-256, `r` then `s`, over `twizy-v2x credential 1`, a zero byte and all fields before |
//!
//! Numbers are little-endian; keys and signatures are in their standards' order.

use core::fmt;
use core::time::Duration;

use heapless::Vec;
use p256::ecdsa::VerifyingKey;
use sha2::{Digest, Sha256};
use v2x_units::UtcTime;

use super::name::Name;
use super::signature::{Signature, point, point_bytes};
use crate::limits::NAME_MAX;
use crate::link::body::{BodyError, Problem, Reader, Writer, coded};

/// What the signature covers before the fields, so that it fits nothing else.
pub(super) const CONTEXT: &[u8] = b"twizy-v2x credential 1\0";

const MESSAGE: &str = "credential";
const VERSION: u8 = 1;
const BATTERY_DATA: u8 = 1;

/// Bytes without name and signature.
const FIXED: usize = 3 + 8 + 8 + 4 + 4 + 32 + 33 + 1;

/// The most bytes of a credential.
pub const CREDENTIAL_MAX: usize = FIXED + NAME_MAX + Signature::LENGTH;

/// The bytes of a credential, as they were signed.
pub type CredentialBytes = Vec<u8, CREDENTIAL_MAX>;

coded! {
    /// What a credential's owner is.
    Role {
        /// One slot of a charging station (SECC).
        Station = 1,
        /// A car (EVCC).
        Vehicle = 2,
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Station => "station",
            Self::Vehicle => "vehicle",
        })
    }
}

/// The number that an authority gives to one credential only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Serial(pub u64);

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Which authority signed: the last 8 bytes of SHA-256 over its compressed P-256 point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AuthorityId(pub(super) [u8; 8]);

impl AuthorityId {
    /// The identifier of the authority with this public key.
    #[must_use]
    pub fn of(key: &VerifyingKey) -> Self {
        let digest: [u8; 32] = Sha256::digest(point_bytes(key)).into();
        let [.., a, b, c, d, e, f, g, h] = digest;
        Self([a, b, c, d, e, f, g, h])
    }
}

impl fmt::Display for AuthorityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

/// A moment in whole seconds since 1970, as far as 2106.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UtcSecond(pub u32);

impl UtcSecond {
    /// The second in which a moment lies; `None` before 1970 and after 2106.
    #[must_use]
    pub fn of(moment: UtcTime) -> Option<Self> {
        u32::try_from(moment.split().0).ok().map(Self)
    }

    /// Its beginning.
    #[must_use]
    pub fn utc(self) -> UtcTime {
        UtcTime::from_micros(0) + Duration::from_secs(self.0.into())
    }
}

/// When a credential holds, both seconds included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first second.
    pub not_before: UtcSecond,
    /// The last second.
    pub not_after: UtcSecond,
}

/// What an authority says of one station or car.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Station or vehicle.
    pub role: Role,
    /// Its name.
    pub name: Name,
    /// Whether a car's owner agreed, when it was enrolled, that stations get its battery data
    /// after unplugging.
    pub battery_data_after_unplugging: bool,
    /// Its number at this authority.
    pub serial: Serial,
    /// When this holds.
    pub validity: Validity,
}

/// A credential whose fields make sense; whether it is genuine only `Trust` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Who it is about.
    pub subject: Subject,
    /// Who signed it.
    pub authority: AuthorityId,
    /// The static key of its owner's handshakes (X25519).
    pub handshake_key: [u8; 32],
    /// The key that its owner signs receipts with (P-256).
    pub signing_key: VerifyingKey,
    /// The authority's signature.
    pub(super) signature: Signature,
}

impl Credential {
    /// Reads a credential.
    ///
    /// # Errors
    /// Names the field that is cut or has no meaning.
    pub fn parse(bytes: &[u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(MESSAGE, bytes);
        let version = from.u8("version")?;
        if version != VERSION {
            let (seen, right) = (i64::from(version), "this version reads 1");
            return Err(from.error("version", Problem::Value { seen, right }));
        }
        let role = from.code("role", Role::from_code)?;
        let permissions = from.u8("permissions")?;
        if permissions > BATTERY_DATA {
            let (seen, right) = (i64::from(permissions), "only bit 0 has a meaning");
            return Err(from.error("permissions", Problem::Value { seen, right }));
        }
        let authority = AuthorityId(from.array("authority")?);
        let serial = Serial(from.u64("serial")?);
        let validity = Validity {
            not_before: UtcSecond(from.u32("not before")?),
            not_after: UtcSecond(from.u32("not after")?),
        };
        let handshake_key = from.array("X25519 key")?;
        let signing_key = point(&mut from, "P-256 key")?;
        let text = from.short_text("name")?;
        let name = Name::new(text).map_err(|_| from.error("name", Problem::Text))?;
        let signature = Signature(from.array("signature")?);
        from.end("signature")?;
        Ok(Self {
            subject: Subject {
                role,
                name,
                battery_data_after_unplugging: permissions == BATTERY_DATA,
                serial,
                validity,
            },
            authority,
            handshake_key,
            signing_key,
            signature,
        })
    }

    /// The bytes that travel.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "the bound leaves room for the signature"
    )]
    pub fn emit(&self) -> CredentialBytes {
        let mut bytes = self.signed_bytes();
        bytes
            .extend_from_slice(&self.signature.0)
            .expect("the longest name leaves room for the signature");
        bytes
    }

    /// The bytes that the signature covers, after its context.
    pub(super) fn signed_bytes(&self) -> CredentialBytes {
        let mut bytes = [0; CREDENTIAL_MAX];
        let mut to = Writer::new(MESSAGE, &mut bytes);
        let used = self
            .write(&mut to)
            .map(|()| to.used())
            .expect("a name is at most 37 bytes, everything else is fixed");
        CredentialBytes::from_slice(&bytes[..used]).expect("both have the same bound")
    }

    fn write(&self, to: &mut Writer<'_>) -> Result<(), BodyError> {
        let subject = &self.subject;
        to.u8("version", VERSION)?;
        to.u8("role", subject.role.code())?;
        to.u8(
            "permissions",
            u8::from(subject.battery_data_after_unplugging),
        )?;
        to.bytes("authority", &self.authority.0)?;
        to.u64("serial", subject.serial.0)?;
        to.u32("not before", subject.validity.not_before.0)?;
        to.u32("not after", subject.validity.not_after.0)?;
        to.bytes("X25519 key", &self.handshake_key)?;
        to.bytes("P-256 key", &point_bytes(&self.signing_key))?;
        to.short_text("name", subject.name.as_str())
    }

    /// What a person compares to be sure that two credentials are the same.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.emit())
    }
}

/// The first 16 bytes of SHA-256 over a credential, shown as `3f2a 90c1 …` in eight groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        Self(
            *digest
                .first_chunk()
                .expect("a digest of SHA-256 has 32 bytes"),
        )
    }

    /// Its first 8 bytes, by which books name a credential.
    #[must_use]
    pub const fn short(&self) -> [u8; 8] {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        [a, b, c, d, e, f, g, h]
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (group, pair) in self.0.chunks(2).enumerate() {
            if group > 0 {
                f.write_str(" ")?;
            }
            for byte in pair {
                write!(f, "{byte:02x}")?;
            }
        }
        Ok(())
    }
}
