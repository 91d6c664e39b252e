//! What a certificate says: whose it is, when and where it holds, what it allows, which keys.
//!
//! Standard: IEEE 1609.2 `ToBeSignedCertificate` within TS 103 097 v1.3.1.

use alloc::vec::Vec;

use super::constant;
use super::permissions::{IssuePermissions, Permission};
use super::points::PublicKey;
use crate::wire::bounded::{List, Text};
use crate::wire::coer::{read_list, read_octets, write_list, write_octets};
use crate::wire::its_time::GenerationTime;
use crate::wire::number::{Number, codes};
use crate::wire::reader::{Reader, spoken};
use crate::wire::reference_position::{Latitude, Longitude};
use crate::wire::{Wire, WireError};

/// Whose certificate it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CertificateId {
    /// Nobody's in particular: a pseudonym.
    None,
    /// That of the authority with this name.
    Name(Text<0, 255>),
}

codes! {
    /// The unit of a duration.
    DurationUnit = "duration" {
        /// Microseconds.
        Microseconds = 0,
        /// Milliseconds.
        Milliseconds = 1,
        /// Seconds.
        Seconds = 2,
        /// Minutes.
        Minutes = 3,
        /// Hours.
        Hours = 4,
        /// Times sixty hours.
        SixtyHours = 5,
        /// Mean years of 31,556,952 seconds.
        Years = 6,
    }
}

impl DurationUnit {
    const fn micros(self) -> u64 {
        match self {
            Self::Microseconds => 1,
            Self::Milliseconds => 1_000,
            Self::Seconds => 1_000_000,
            Self::Minutes => 60_000_000,
            Self::Hours => 3_600_000_000,
            Self::SixtyHours => 216_000_000_000,
            Self::Years => 31_556_952_000_000,
        }
    }
}

/// From when to when a certificate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ValidityPeriod {
    /// The beginning, in seconds since 2004 (TAI).
    pub start: u32,
    /// How many units it lasts.
    pub amount: u16,
    /// The unit.
    pub unit: DurationUnit,
}

impl ValidityPeriod {
    /// The first moment.
    #[must_use]
    pub fn begin(&self) -> GenerationTime {
        GenerationTime::from_micros(u64::from(self.start) * 1_000_000)
    }

    /// The first moment after it.
    #[must_use]
    pub fn end(&self) -> GenerationTime {
        let lasts = u64::from(self.amount) * self.unit.micros();
        GenerationTime::from_micros(self.begin().as_micros() + lasts)
    }

    /// Whether a moment lies in it.
    #[must_use]
    pub fn contains(&self, moment: GenerationTime) -> bool {
        (self.begin()..self.end()).contains(&moment)
    }
}

/// Where a certificate holds: within a distance from a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CircularRegion {
    /// Degrees north of the middle.
    pub latitude: Latitude,
    /// Degrees east of the middle.
    pub longitude: Longitude,
    /// The radius, in metres.
    pub radius: u16,
}

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ToBeSignedCertificate {
    /// Whose it is.
    pub id: CertificateId,
    /// Which authority revokes it; zeros for none.
    pub revocation_authority: [u8; 3],
    /// Which series of revocation lists it belongs to.
    pub revocation_series: u16,
    /// When it holds.
    pub validity: ValidityPeriod,
    /// Where it holds; everywhere its issuer's does when absent.
    pub region: Option<CircularRegion>,
    /// How well its key is kept, in the standard's code.
    pub assurance_level: Option<u8>,
    /// What its holder may sign.
    pub permissions: Option<List<Permission, 1, 8>>,
    /// What its holder may allow others to sign.
    pub issue_permissions: Option<List<IssuePermissions, 1, 8>>,
    /// The key to encrypt for its holder (AES-128 in CCM mode with ECIES).
    pub encryption_key: Option<PublicKey>,
    /// The key that its holder signs with.
    pub verification_key: PublicKey,
}

/// The presence bits of the optional members.
const REGION: u8 = 0x40;
const ASSURANCE_LEVEL: u8 = 0x20;
const PERMISSIONS: u8 = 0x10;
const ISSUE_PERMISSIONS: u8 = 0x08;
const ENCRYPTION_KEY: u8 = 0x01;
/// All of them; the other bits stand for what TS 103 097 forbids and for extensions.
const SPOKEN: u8 = REGION | ASSURANCE_LEVEL | PERMISSIONS | ISSUE_PERMISSIONS | ENCRYPTION_KEY;
/// The choices of the id.
const ID_NAME: u8 = 0x81;
const ID_NONE: u8 = 0x83;
/// The first choice: of a circle among regions, of a duration's microseconds, of a plain key.
const FIRST_CHOICE: u8 = 0x80;
/// The symmetric algorithm AES-128 in CCM mode.
const AES_128_CCM: u8 = 0;

impl ToBeSignedCertificate {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let at = reader.at();
        let preamble = reader.u8("toBeSigned preamble")?;
        spoken(
            (preamble & !SPOKEN == 0).then_some(()),
            "toBeSigned preamble",
            at,
            preamble,
            "region, assurance, permissions, issue permissions and encryption key 0x79",
        )?;
        let present = |member| preamble & member != 0;
        Ok(Self {
            id: CertificateId::read(reader)?,
            revocation_authority: reader.array("cracaId")?,
            revocation_series: reader.u16("crlSeries")?,
            validity: ValidityPeriod::read(reader)?,
            region: present(REGION)
                .then(|| CircularRegion::read(reader))
                .transpose()?,
            assurance_level: present(ASSURANCE_LEVEL)
                .then(|| reader.u8("assuranceLevel"))
                .transpose()?,
            permissions: present(PERMISSIONS)
                .then(|| read_list(reader, "appPermissions", Permission::read))
                .transpose()?,
            issue_permissions: present(ISSUE_PERMISSIONS)
                .then(|| read_list(reader, "certIssuePermissions", IssuePermissions::read))
                .transpose()?,
            encryption_key: present(ENCRYPTION_KEY)
                .then(|| read_encryption_key(reader))
                .transpose()?,
            verification_key: read_verification_key(reader)?,
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let bit = |present: bool, member| if present { member } else { 0 };
        out.push(
            bit(self.region.is_some(), REGION)
                | bit(self.assurance_level.is_some(), ASSURANCE_LEVEL)
                | bit(self.permissions.is_some(), PERMISSIONS)
                | bit(self.issue_permissions.is_some(), ISSUE_PERMISSIONS)
                | bit(self.encryption_key.is_some(), ENCRYPTION_KEY),
        );
        self.id.write(out);
        out.extend(self.revocation_authority);
        out.extend(self.revocation_series.to_be_bytes());
        self.validity.write(out);
        if let Some(region) = self.region {
            region.write(out);
        }
        out.extend(self.assurance_level);
        if let Some(permissions) = &self.permissions {
            write_list(out, permissions, Permission::write);
        }
        if let Some(permissions) = &self.issue_permissions {
            write_list(out, permissions, IssuePermissions::write);
        }
        if let Some(key) = self.encryption_key {
            out.push(AES_128_CCM);
            key.write(out);
        }
        out.push(FIRST_CHOICE);
        self.verification_key.write(out);
    }
}

fn read_encryption_key(reader: &mut Reader<'_>) -> Result<PublicKey, WireError> {
    constant(reader, "supportedSymmAlg", AES_128_CCM, "AES-128-CCM 0")?;
    PublicKey::read(reader, "encryptionKey")
}

fn read_verification_key(reader: &mut Reader<'_>) -> Result<PublicKey, WireError> {
    constant(
        reader,
        "verifyKeyIndicator",
        FIRST_CHOICE,
        "verificationKey 0x80",
    )?;
    PublicKey::read(reader, "verificationKey")
}

/// The bytes that the issuer signs.
impl Wire for ToBeSignedCertificate {
    const NAME: &'static str = "certificate to be signed";

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

impl CertificateId {
    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let at = reader.at();
        match reader.u8("certificate id")? {
            ID_NONE => Ok(Self::None),
            ID_NAME => {
                let name = read_octets(reader, "certificate name")?;
                let name = core::str::from_utf8(name).map_err(|error| WireError::NotUtf8 {
                    field: "certificate name",
                    at: at + 2 + error.valid_up_to(),
                })?;
                Text::new("certificate name", name).map(Self::Name)
            }
            seen => Err(WireError::Unsupported {
                field: "certificate id",
                at,
                seen: seen.into(),
                supported: "a name 0x81 and none 0x83",
            }),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::None => out.push(ID_NONE),
            Self::Name(name) => {
                out.push(ID_NAME);
                write_octets(out, name.as_bytes());
            }
        }
    }
}

impl ValidityPeriod {
    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let start = reader.u32("validity start")?;
        let at = reader.at();
        let tag = reader.u8("validity duration")?;
        let unit = DurationUnit::from_number(i64::from(tag) - i64::from(FIRST_CHOICE)).ok();
        Ok(Self {
            start,
            unit: spoken(unit, "validity duration", at, tag, "0x80 to 0x86")?,
            amount: reader.u16("validity duration")?,
        })
    }

    fn write(self, out: &mut Vec<u8>) {
        out.extend(self.start.to_be_bytes());
        out.push(FIRST_CHOICE | self.unit.code());
        out.extend(self.amount.to_be_bytes());
    }
}

impl CircularRegion {
    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        constant(reader, "region", FIRST_CHOICE, "a circle 0x80")?;
        Ok(Self {
            latitude: Latitude::from_number(reader.i32("region latitude")?.into())?,
            longitude: Longitude::from_number(reader.i32("region longitude")?.into())?,
            radius: reader.u16("region radius")?,
        })
    }

    fn write(self, out: &mut Vec<u8>) {
        out.push(FIRST_CHOICE);
        out.extend(self.latitude.raw().to_be_bytes());
        out.extend(self.longitude.raw().to_be_bytes());
        out.extend(self.radius.to_be_bytes());
    }
}
