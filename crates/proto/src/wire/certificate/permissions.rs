//! What the holder of a certificate may sign, and what it may allow others to sign.
//!
//! Standard: IEEE 1609.2 `PsidSsp`, `PsidGroupPermissions`. Whether a permission covers a message
//! is decided in `secure/`.

use alloc::vec::Vec;

use crate::wire::WireError;
use crate::wire::bounded::List;
use crate::wire::coer::{
    read_list, read_octets, read_unsigned, read_wrapped, write_list, write_octets, write_unsigned,
};
use crate::wire::number::number;
use crate::wire::reader::{Reader, spoken};

/// A kind of application (ITS-AID).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Psid(pub u64);

impl Psid {
    /// Cooperative awareness.
    pub const CAM: Self = Self(36);
    /// Environmental notification.
    pub const DENM: Self = Self(37);
    /// Vehicle data of our own: not registered, from the end of the numbers of four bytes
    /// (0p EF-FF-FF-FE), so that it meets none of the registered ones.
    pub const VEHICLE_DATA: Self = Self(270_549_118);
    /// Charging spot notification: no registered number is known, so this one is ours too
    /// (0p EF-FF-FF-FD).
    pub const EVCSN: Self = Self(270_549_117);

    pub(in crate::wire) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        read_unsigned(reader, "psid").map(Self)
    }

    pub(in crate::wire) fn write(self, out: &mut Vec<u8>) {
        write_unsigned(out, self.0);
    }
}

/// Which messages of an application may be signed: at most 31 bytes, by the application's rules.
pub type SspBytes = List<u8, 0, 31>;

/// Which messages of an application may be signed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ssp {
    /// In a form of the application.
    Opaque(SspBytes),
    /// One bit for each kind.
    Bitmap(SspBytes),
}

/// One application that the holder may sign for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Permission {
    /// The application.
    pub psid: Psid,
    /// Which of its messages; the application's default when absent.
    pub ssp: Option<Ssp>,
}

/// The first byte of a structure with one optional member, when that is there.
const PRESENT: u8 = 0x80;
/// The choices of a permission: as it is, and as a bitmap (an extension, wrapped in a length).
const SSP_OPAQUE: u8 = 0x80;
const SSP_BITMAP: u8 = 0x81;

impl Permission {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let has_ssp = flag(reader, "permission preamble")?;
        let psid = Psid::read(reader)?;
        if !has_ssp {
            return Ok(Self { psid, ssp: None });
        }
        let at = reader.at();
        let tag = reader.u8("ssp")?;
        let ssp = match tag {
            SSP_OPAQUE => Some(Ssp::Opaque(read_ssp(reader, "opaque ssp")?)),
            SSP_BITMAP => {
                let bits = read_wrapped(reader, "ssp", |inner| read_ssp(inner, "bitmapSsp"))?;
                Some(Ssp::Bitmap(bits))
            }
            _ => None,
        };
        let ssp = spoken(ssp, "ssp", at, tag, "opaque 0x80 and bitmap 0x81")?;
        Ok(Self {
            psid,
            ssp: Some(ssp),
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.push(if self.ssp.is_some() { PRESENT } else { 0 });
        self.psid.write(out);
        match &self.ssp {
            Some(Ssp::Opaque(bytes)) => {
                out.push(SSP_OPAQUE);
                write_octets(out, bytes);
            }
            Some(Ssp::Bitmap(bytes)) => {
                out.push(SSP_BITMAP);
                write_wrapped(out, |inner| write_octets(inner, bytes));
            }
            None => {}
        }
    }
}

/// Which permissions for an application may be given on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SspRange {
    /// All.
    All,
    /// Those that agree with `value` in every bit that is set in `mask`.
    Bitmap {
        /// What the permission must be.
        value: SspBytes,
        /// In which bits.
        mask: SspBytes,
    },
}

/// One application for which permissions may be given on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SubjectRange {
    /// The application.
    pub psid: Psid,
    /// Which permissions; only the default one when absent.
    pub range: Option<SspRange>,
}

/// For which applications permissions may be given on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SubjectPermissions {
    /// For these.
    Explicit(List<SubjectRange, 1, 8>),
    /// For all.
    All,
}

bitflags::bitflags! {
    /// For whom permissions may be given.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub struct EndEntityType: u8 {
        /// For those who sign messages.
        const APPLICATION = 0x80;
        /// For those who ask for certificates.
        const ENROLLMENT = 0x40;
    }
}

number! {
    /// A number of certificates in a chain.
    ChainLength: u8 = "chainLength", 0..=127
}

/// Permissions that the holder may give on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IssuePermissions {
    /// For which applications.
    pub subjects: SubjectPermissions,
    /// How many certificates a chain below must have at least; usually 1.
    pub min_chain_length: ChainLength,
    /// How many more it may have; usually 0.
    pub chain_length_range: ChainLength,
    /// For whom; usually for those who sign messages.
    pub end_entity: EndEntityType,
}

/// The presence bits of the members that have a default.
const MIN_CHAIN_LENGTH: u8 = 0x80;
const CHAIN_LENGTH_RANGE: u8 = 0x40;
const END_ENTITY: u8 = 0x20;
/// The defaults, which are never written.
const DEFAULT_MIN_CHAIN_LENGTH: ChainLength = ChainLength(1);
const DEFAULT_CHAIN_LENGTH_RANGE: ChainLength = ChainLength(0);
const DEFAULT_END_ENTITY: EndEntityType = EndEntityType::APPLICATION;
/// The choices of subjects and of ranges.
const EXPLICIT: u8 = 0x80;
const ALL: u8 = 0x81;
const BITMAP_RANGE: u8 = 0x82;

impl IssuePermissions {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let at = reader.at();
        let preamble = reader.u8("issue permissions preamble")?;
        let present = |member| preamble & member != 0;
        let subjects_at = reader.at();
        let tag = reader.u8("subjectPermissions")?;
        let subjects = match tag {
            EXPLICIT => Some(SubjectPermissions::Explicit(read_list(
                reader,
                "subjectPermissions",
                SubjectRange::read,
            )?)),
            ALL => Some(SubjectPermissions::All),
            _ => None,
        };
        let permissions = Self {
            subjects: spoken(
                subjects,
                "subjectPermissions",
                subjects_at,
                tag,
                "0x80 and 0x81",
            )?,
            min_chain_length: if present(MIN_CHAIN_LENGTH) {
                ChainLength::read(reader, "minChainLength")?
            } else {
                DEFAULT_MIN_CHAIN_LENGTH
            },
            chain_length_range: if present(CHAIN_LENGTH_RANGE) {
                ChainLength::read(reader, "chainLengthRange")?
            } else {
                DEFAULT_CHAIN_LENGTH_RANGE
            },
            end_entity: if present(END_ENTITY) {
                let at = reader.at();
                let bits = reader.u8("eeType")?;
                let known = EndEntityType::from_bits(bits);
                spoken(
                    known,
                    "eeType",
                    at,
                    bits,
                    "application 0x80 and enrolment 0x40",
                )?
            } else {
                DEFAULT_END_ENTITY
            },
        };
        // A default that is written out, or a bit that is none of the three, is not canonical.
        if permissions.preamble() == preamble {
            Ok(permissions)
        } else {
            let field = "issue permissions preamble";
            Err(WireError::NotCanonical { field, at })
        }
    }

    fn preamble(&self) -> u8 {
        let unless_default = |is_default, member| if is_default { 0 } else { member };
        unless_default(
            self.min_chain_length == DEFAULT_MIN_CHAIN_LENGTH,
            MIN_CHAIN_LENGTH,
        ) | unless_default(
            self.chain_length_range == DEFAULT_CHAIN_LENGTH_RANGE,
            CHAIN_LENGTH_RANGE,
        ) | unless_default(self.end_entity == DEFAULT_END_ENTITY, END_ENTITY)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let preamble = self.preamble();
        out.push(preamble);
        match &self.subjects {
            SubjectPermissions::Explicit(subjects) => {
                out.push(EXPLICIT);
                write_list(out, subjects, SubjectRange::write);
            }
            SubjectPermissions::All => out.push(ALL),
        }
        if preamble & MIN_CHAIN_LENGTH != 0 {
            self.min_chain_length.write(out);
        }
        if preamble & CHAIN_LENGTH_RANGE != 0 {
            self.chain_length_range.write(out);
        }
        if preamble & END_ENTITY != 0 {
            out.push(self.end_entity.bits());
        }
    }
}

impl SubjectRange {
    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let has_range = flag(reader, "psid range preamble")?;
        let psid = Psid::read(reader)?;
        if !has_range {
            return Ok(Self { psid, range: None });
        }
        let at = reader.at();
        let tag = reader.u8("sspRange")?;
        let range = match tag {
            ALL => Some(SspRange::All),
            BITMAP_RANGE => Some(read_wrapped(reader, "sspRange", |inner| {
                Ok(SspRange::Bitmap {
                    value: read_ssp(inner, "sspValue")?,
                    mask: read_ssp(inner, "sspBitmask")?,
                })
            })?),
            _ => None,
        };
        let range = spoken(range, "sspRange", at, tag, "all 0x81 and bitmap 0x82")?;
        Ok(Self {
            psid,
            range: Some(range),
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push(if self.range.is_some() { PRESENT } else { 0 });
        self.psid.write(out);
        match &self.range {
            Some(SspRange::All) => out.push(ALL),
            Some(SspRange::Bitmap { value, mask }) => {
                out.push(BITMAP_RANGE);
                write_wrapped(out, |inner| {
                    write_octets(inner, value);
                    write_octets(inner, mask);
                });
            }
            None => {}
        }
    }
}

fn flag(reader: &mut Reader<'_>, field: &'static str) -> Result<bool, WireError> {
    let at = reader.at();
    match reader.u8(field)? {
        0 => Ok(false),
        PRESENT => Ok(true),
        _ => Err(WireError::NotCanonical { field, at }),
    }
}

fn read_ssp(reader: &mut Reader<'_>, field: &'static str) -> Result<SspBytes, WireError> {
    List::new(field, read_octets(reader, field)?.to_vec())
}

/// The content of an extension, with the length that wraps it.
fn write_wrapped(out: &mut Vec<u8>, write: impl Fn(&mut Vec<u8>)) {
    let mut inner = Vec::new();
    write(&mut inner);
    write_octets(out, &inner);
}

impl ChainLength {
    /// The standard's INTEGER has no bounds; up to 127 it is one byte with its length.
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, WireError> {
        let at = reader.at();
        match read_octets(reader, field)? {
            [value] if *value <= Self::MAX.0 => Ok(Self(*value)),
            octets => Err(WireError::Unsupported {
                field,
                at,
                seen: octets.first().copied().unwrap_or_default().into(),
                supported: "0 to 127",
            }),
        }
    }

    fn write(self, out: &mut Vec<u8>) {
        write_octets(out, &[self.0]);
    }
}
