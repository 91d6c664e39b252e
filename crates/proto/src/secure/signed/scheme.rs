//! Kinds of signatures: ECDSA on P-256, and a marked fake for simulated towns.
//!
//! The product signs by ECDSA and believes nothing else. Towns of a thousand cars would spend all
//! their time on signatures, so a simulator may take [`FakeKey`] instead, which proves nothing.
//! It cannot be mistaken for the other, nor chosen by a daemon:
//!
//! - the public key of a fake begins with [`MARK`], which as a number lies beyond the field of
//!   P-256, so that no such key exists and every other implementation refuses it;
//! - only a verifier made by [`super::Verifier::for_simulation`] knows fakes; bytes of a key file
//!   never give one ([`super::SigningKey::from_bytes`]). Tidy's `simulation_only` holds where
//!   these may be named.

use p256::ecdsa::signature::hazmat::{PrehashSigner as _, PrehashVerifier as _};

use super::refusal::Refusal;
use crate::wire::certificate::{PublicKey, Signature};

/// How the public key of a fake begins: "FAKE" behind eight bytes that no coordinate has.
const MARK: [u8; 12] = *b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFFAKE";

/// A private key of one kind.
pub(super) trait Signs {
    /// The public key that belongs to it.
    fn public_key(&self) -> PublicKey;
    /// Signs a digest.
    fn sign(&self, digest: &[u8; 32]) -> Signature;
}

/// A public key of one kind.
pub(super) trait Verifies {
    /// Whether a signature over a digest is by this key.
    fn has_signed(&self, digest: &[u8; 32], signature: &Signature) -> bool;
}

impl Signs for p256::ecdsa::SigningKey {
    fn public_key(&self) -> PublicKey {
        let point = self.verifying_key().to_sec1_point(true);
        let mut x = [0; 32];
        let (tag, coordinate) = point.as_bytes().split_at(1);
        x.copy_from_slice(coordinate);
        PublicKey {
            y_is_odd: tag == [3],
            x,
        }
    }

    fn sign(&self, digest: &[u8; 32]) -> Signature {
        let signature: p256::ecdsa::Signature = self
            .sign_prehash(digest)
            .expect("a digest of 32 bytes can always be signed");
        let (r, s) = signature.split_bytes();
        Signature::new(r.into(), s.into())
    }
}

impl Verifies for p256::ecdsa::VerifyingKey {
    fn has_signed(&self, digest: &[u8; 32], signature: &Signature) -> bool {
        p256::ecdsa::Signature::from_scalars(signature.r, signature.s)
            .is_ok_and(|signature| self.verify_prehash(digest, &signature).is_ok())
    }
}

/// The key of a fake: its number is all there is to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FakeKey([u8; 32]);

impl FakeKey {
    pub(super) fn numbered(number: u64) -> Self {
        let mut x = [0; 32];
        x[..MARK.len()].copy_from_slice(&MARK);
        x[24..].copy_from_slice(&number.to_be_bytes());
        Self(x)
    }

    /// The fake that a public key is marked as.
    fn of(key: &PublicKey) -> Option<Self> {
        key.x.starts_with(&MARK).then_some(Self(key.x))
    }
}

impl Signs for FakeKey {
    fn public_key(&self) -> PublicKey {
        PublicKey {
            y_is_odd: false,
            x: self.0,
        }
    }

    fn sign(&self, digest: &[u8; 32]) -> Signature {
        Signature::new(self.0, *digest)
    }
}

impl Verifies for FakeKey {
    fn has_signed(&self, digest: &[u8; 32], signature: &Signature) -> bool {
        (signature.r, signature.s) == (self.0, *digest)
    }
}

/// A private key of either kind.
#[derive(Clone)]
pub(super) enum AnySigner {
    P256(p256::ecdsa::SigningKey),
    Fake(FakeKey),
}

impl AnySigner {
    pub(super) fn get(&self) -> &dyn Signs {
        match self {
            Self::P256(key) => key,
            Self::Fake(key) => key,
        }
    }
}

/// A public key of either kind.
#[derive(Debug, Clone)]
pub(super) enum AnyVerifier {
    P256(p256::ecdsa::VerifyingKey),
    Fake(FakeKey),
}

impl AnyVerifier {
    /// Reads a public key; a fake only for whoever takes fakes.
    pub(super) fn read(key: &PublicKey, takes_fakes: bool) -> Result<Self, Refusal> {
        if takes_fakes && let Some(fake) = FakeKey::of(key) {
            return Ok(Self::Fake(fake));
        }
        p256::ecdsa::VerifyingKey::from_sec1_bytes(&key.sec1())
            .map(Self::P256)
            .map_err(|_| Refusal::BadKey)
    }

    pub(super) fn get(&self) -> &dyn Verifies {
        match self {
            Self::P256(key) => key,
            Self::Fake(key) => key,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secure::{CertificateStore, SigningKey, profile};
    use crate::wire::certificate::{Certificate, DurationUnit, ValidityPeriod};

    fn fake_root() -> Certificate {
        let validity = ValidityPeriod {
            start: 1,
            amount: 1,
            unit: DurationUnit::Years,
        };
        let key = SigningKey::fake(7);
        key.issue_root(profile::root("fake", validity, key.public_key()).unwrap())
    }

    #[test]
    fn fake_is_believed_in_a_simulation_and_by_nobody_else() {
        let refused = CertificateStore::default().add_root(fake_root());
        assert_eq!(refused, Err(Refusal::BadKey));
        let mut simulated = CertificateStore::for_simulation();
        assert!(simulated.add_root(fake_root()).is_ok());
    }

    #[test]
    fn fake_over_other_bytes_or_by_another_key_is_refused_even_there() {
        let mut root = fake_root();
        root.signature = Signature::new(root.signature.r, [1; 32]);
        let refused = CertificateStore::for_simulation().add_root(root);
        assert_eq!(refused, Err(Refusal::CertificateSignature));
        let (one, other) = (FakeKey::numbered(1), FakeKey::numbered(2));
        assert!(one.has_signed(&[9; 32], &one.sign(&[9; 32])));
        assert!(!other.has_signed(&[9; 32], &one.sign(&[9; 32])));
    }
}
