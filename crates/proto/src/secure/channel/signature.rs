//! ECDSA signatures over P-256 with SHA-256, and points as they travel.
//!
//! Not what is signed: each caller puts a context of its own before its bytes, so that a signature
//! over one thing never fits another. FIPS 186-5; nonces as in RFC 6979, so signing needs no
//! randomness; points compressed as in SEC 1 section 2.3.3.

use core::fmt;

use p256::CompressedPoint;
use p256::ecdsa::signature::{MultipartSigner, MultipartVerifier};
use p256::ecdsa::{SigningKey, VerifyingKey};

use crate::link::body::{BodyError, Problem, Reader};

/// A signature: `r`, then `s`, 32 bytes each, big-endian.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub(crate) [u8; Self::LENGTH]);

impl Signature {
    /// Bytes of a signature.
    pub const LENGTH: usize = 64;

    /// The bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// Takes bytes that may be a signature.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// Signs a context and what follows it.
    pub(crate) fn sign(key: &SigningKey, parts: &[&[u8]]) -> Self {
        let signature: p256::ecdsa::Signature = key.multipart_sign(parts);
        Self(signature.to_bytes().into())
    }

    /// Whether the owner of `key` signed these parts.
    pub(crate) fn is_by(&self, key: &VerifyingKey, parts: &[&[u8]]) -> bool {
        p256::ecdsa::Signature::from_slice(&self.0)
            .is_ok_and(|signature| key.multipart_verify(parts, &signature).is_ok())
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

/// A public key as 33 bytes.
pub(super) fn point_bytes(key: &VerifyingKey) -> [u8; 33] {
    CompressedPoint::from(key).into()
}

/// Reads a public key.
pub(super) fn point(from: &mut Reader<'_>, field: &'static str) -> Result<VerifyingKey, BodyError> {
    let bytes: [u8; 33] = from.array(field)?;
    // The library also takes 5, a form that leaves the sign out: the same key in other bytes.
    let is_compressed = matches!(bytes[0], 2 | 3);
    let key = VerifyingKey::from_sec1_bytes(&bytes).ok();
    key.filter(|_| is_compressed).ok_or_else(|| {
        let (seen, right) = (
            i64::from(bytes[0]),
            "33 bytes must be a compressed P-256 point",
        );
        from.error(field, Problem::Value { seen, right })
    })
}
