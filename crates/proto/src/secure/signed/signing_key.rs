//! Signatures of ours, over messages and certificates.
//!
//! Standard: ECDSA on P-256 over a digest, with the nonce of RFC 6979, so that no random numbers
//! are needed and the same message always has the same signature.

use core::fmt;

use super::hash::{CertificateHash, digest_to_sign};
use super::scheme::{AnySigner, FakeKey};
use crate::wire::certificate::{Certificate, Issuer, PublicKey, Signature, ToBeSignedCertificate};
use crate::wire::secured::{SignedData, Signer, ToBeSigned};

/// A private key; it is never printed.
#[derive(Clone)]
pub struct SigningKey(AnySigner);

/// These bytes are no private key on P-256: the number is 0 or not below the curve's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a private key on P-256: the number must be above 0 and below the order of the curve")]
pub struct KeyError;

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

impl SigningKey {
    /// Takes the private number, big-endian.
    ///
    /// # Errors
    /// The number is no private key on P-256.
    pub fn from_bytes(number: &[u8; 32]) -> Result<Self, KeyError> {
        p256::ecdsa::SigningKey::from_slice(number)
            .map(|key| Self(AnySigner::P256(key)))
            .map_err(|_| KeyError)
    }

    /// A key whose signatures prove nothing, and say so by their mark: for simulated towns of many
    /// cars. Nobody but a verifier made for simulations believes them.
    #[must_use]
    pub fn fake(number: u64) -> Self {
        Self(AnySigner::Fake(FakeKey::numbered(number)))
    }

    /// The public key that belongs to it.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.0.get().public_key()
    }

    /// Signs a message by the digest of the certificate that holds this key. No two messages of a
    /// key may have the same generation time: the second would pass for a replay.
    #[must_use]
    pub fn sign(&self, to_be_signed: ToBeSigned, certificate: CertificateHash) -> SignedData {
        SignedData {
            signature: self.sign_digest(&digest_to_sign(&to_be_signed, certificate)),
            to_be_signed,
            signer: Signer::Digest(certificate.name()),
        }
    }

    /// Issues a certificate under the certificate that holds this key.
    #[must_use]
    pub fn issue(&self, says: ToBeSignedCertificate, issuer: CertificateHash) -> Certificate {
        Certificate {
            issuer: Issuer::Digest(issuer.name()),
            signature: self.sign_digest(&digest_to_sign(&says, issuer)),
            to_be_signed: says,
        }
    }

    /// Issues the certificate of this key itself: the root of a chain.
    #[must_use]
    pub fn issue_root(&self, says: ToBeSignedCertificate) -> Certificate {
        Certificate {
            issuer: Issuer::Itself,
            signature: self.sign_digest(&digest_to_sign(&says, CertificateHash::of_nothing())),
            to_be_signed: says,
        }
    }

    fn sign_digest(&self, digest: &[u8; 32]) -> Signature {
        self.0.get().sign(digest)
    }
}
