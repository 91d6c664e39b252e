//! Signatures of ours, over messages and certificates.
//!
//! Standard: ECDSA on P-256 over a digest, with the nonce of RFC 6979, so that no random numbers
//! are needed and the same message always has the same signature.

use core::fmt;

use p256::ecdsa::signature::hazmat::PrehashSigner;

use super::hash::{CertificateHash, digest_to_sign};
use crate::wire::certificate::{Certificate, Issuer, PublicKey, Signature, ToBeSignedCertificate};
use crate::wire::secured::{SignedData, Signer, ToBeSigned};

/// A private key; it is never printed.
#[derive(Clone)]
pub struct SigningKey(p256::ecdsa::SigningKey);

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
            .map(Self)
            .map_err(|_| KeyError)
    }

    /// The public key that belongs to it.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        let point = self.0.verifying_key().to_sec1_point(true);
        let mut x = [0; 32];
        let (tag, coordinate) = point.as_bytes().split_at(1);
        x.copy_from_slice(coordinate);
        PublicKey {
            y_is_odd: tag == [3],
            x,
        }
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
        let signature: p256::ecdsa::Signature = self
            .0
            .sign_prehash(digest)
            .expect("a digest of 32 bytes can always be signed");
        let (r, s) = signature.split_bytes();
        Signature::new(r.into(), s.into())
    }
}
