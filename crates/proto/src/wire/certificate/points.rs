//! Points on the curve P-256: public keys and signatures, as bytes.
//!
//! Whether a point lies on the curve is found out where it is used, in `secure/`.
//! Standard: IEEE 1609.2 `EccP256CurvePoint`, `PublicVerificationKey`, `Signature`.

use alloc::vec::Vec;

use super::constant;
use crate::wire::WireError;
use crate::wire::reader::{Reader, spoken};

/// How a point is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PointForm {
    /// By its x-coordinate alone.
    XOnly,
    /// By its x-coordinate and whether y is odd.
    Compressed {
        /// Whether y is odd.
        y_is_odd: bool,
    },
}

impl PointForm {
    const fn tag(self) -> u8 {
        match self {
            Self::XOnly => 0x80,
            Self::Compressed { y_is_odd: false } => 0x82,
            Self::Compressed { y_is_odd: true } => 0x83,
        }
    }

    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, WireError> {
        let at = reader.at();
        let tag = reader.u8(field)?;
        let form = match tag {
            0x80 => Some(Self::XOnly),
            0x82 => Some(Self::Compressed { y_is_odd: false }),
            0x83 => Some(Self::Compressed { y_is_odd: true }),
            _ => None,
        };
        spoken(
            form,
            field,
            at,
            tag,
            "x-only 0x80 and compressed 0x82, 0x83",
        )
    }
}

/// The choice "P-256" among the curves.
const NIST_P256: u8 = 0x80;

/// A public key on P-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey {
    /// Whether y is odd.
    pub y_is_odd: bool,
    /// The x-coordinate.
    pub x: [u8; 32],
}

impl PublicKey {
    /// The point in the compressed form of SEC 1, as libraries take it.
    #[must_use]
    pub fn sec1(&self) -> [u8; 33] {
        let mut bytes = [0; 33];
        bytes[0] = if self.y_is_odd { 3 } else { 2 };
        bytes[1..].copy_from_slice(&self.x);
        bytes
    }

    pub(super) fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, WireError> {
        constant(reader, field, NIST_P256, "NIST P-256 0x80")?;
        let at = reader.at();
        match PointForm::read(reader, field)? {
            PointForm::Compressed { y_is_odd } => Ok(Self {
                y_is_odd,
                x: reader.array(field)?,
            }),
            PointForm::XOnly => Err(WireError::Unsupported {
                field,
                at,
                seen: PointForm::XOnly.tag().into(),
                supported: "compressed 0x82, 0x83",
            }),
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let form = PointForm::Compressed {
            y_is_odd: self.y_is_odd,
        };
        out.extend([NIST_P256, form.tag()]);
        out.extend(self.x);
    }
}

/// An ECDSA signature on P-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signature {
    /// How the point that `r` comes from is written.
    pub form: PointForm,
    /// The number r, big-endian.
    pub r: [u8; 32],
    /// The number s, big-endian.
    pub s: [u8; 32],
}

impl Signature {
    /// A signature in its canonical form.
    #[must_use]
    pub const fn new(r: [u8; 32], s: [u8; 32]) -> Self {
        Self {
            form: PointForm::XOnly,
            r,
            s,
        }
    }

    pub(in crate::wire) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        constant(
            reader,
            "signature algorithm",
            NIST_P256,
            "ECDSA on NIST P-256 0x80",
        )?;
        Ok(Self {
            form: PointForm::read(reader, "rSig")?,
            r: reader.array("rSig")?,
            s: reader.array("sSig")?,
        })
    }

    pub(in crate::wire) fn write(&self, out: &mut Vec<u8>) {
        out.extend([NIST_P256, self.form.tag()]);
        out.extend(self.r);
        out.extend(self.s);
    }
}
