//! Who a unit is: its private keys and the credential that speaks of them.
//!
//! The only place of private keys beside the authority's (`authority.rs`); they are wiped when
//! dropped and never printed. How they are kept on disk is the application's part.

use core::fmt;

use p256::FieldBytes;
use p256::ecdsa::{SigningKey, VerifyingKey};
use p256::elliptic_curve::Generate;
use rand_core::CryptoRng;
use thiserror::Error;

use super::credential::Credential;
use super::noise::Secret;
use super::signature::Signature;

/// The two private keys of a station or a car, before or after it has a credential.
#[derive(Clone)]
pub struct PrivateKeys {
    pub(super) handshake: Secret,
    signing: SigningKey,
}

/// 64 bytes that are no pair of keys: the second half is zero or beyond the order of P-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the P-256 half of the private keys is 0 or beyond the order of the curve")]
pub struct PrivateKeysError;

impl PrivateKeys {
    /// Draws new ones.
    #[must_use]
    pub fn draw(rng: &mut dyn CryptoRng) -> Self {
        Self {
            handshake: Secret::draw(rng),
            signing: SigningKey::generate_from_rng(rng),
        }
    }

    /// Takes kept keys: 32 bytes of X25519, then 32 of P-256.
    ///
    /// # Errors
    /// When the second half is no key.
    pub fn from_bytes(bytes: &[u8; 64]) -> Result<Self, PrivateKeysError> {
        let (handshake, signing) = bytes.split_at(32);
        let mut secret = [0; 32];
        secret.copy_from_slice(handshake);
        Ok(Self {
            handshake: Secret::new(secret),
            signing: SigningKey::from_slice(signing).map_err(|_| PrivateKeysError)?,
        })
    }

    /// The secret bytes, for the file that keeps them; whoever holds them wipes them.
    #[must_use]
    pub fn expose(&self) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(self.handshake.bytes());
        let signing: FieldBytes = self.signing.to_bytes();
        bytes[32..].copy_from_slice(&signing);
        bytes
    }

    /// The public halves, which the authority signs.
    #[must_use]
    pub fn public(&self) -> PublicKeys {
        PublicKeys {
            handshake: self.handshake.public(),
            signing: *self.signing.verifying_key(),
        }
    }
}

impl fmt::Debug for PrivateKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKeys(not shown)")
    }
}

/// The public halves of [`PrivateKeys`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKeys {
    /// X25519, for handshakes.
    pub handshake: [u8; 32],
    /// P-256, for receipts.
    pub signing: VerifyingKey,
}

/// A station or car that can prove who it is.
#[derive(Clone)]
pub struct Identity {
    keys: PrivateKeys,
    credential: Credential,
}

/// Keys and a credential that speaks of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the credential speaks of other keys than these")]
pub struct ForeignCredential;

impl Identity {
    /// Takes keys and the credential made for them.
    ///
    /// # Errors
    /// When the credential speaks of other keys.
    pub fn new(keys: PrivateKeys, credential: Credential) -> Result<Self, ForeignCredential> {
        let public = keys.public();
        let fits = credential.handshake_key == public.handshake
            && credential.signing_key == public.signing;
        fits.then_some(Self { keys, credential })
            .ok_or(ForeignCredential)
    }

    /// What it shows to others.
    #[must_use]
    pub const fn credential(&self) -> &Credential {
        &self.credential
    }

    pub(super) const fn handshake_key(&self) -> &Secret {
        &self.keys.handshake
    }

    /// Signs parts, the first of which says what the signature is for.
    pub(crate) fn sign(&self, parts: &[&[u8]]) -> Signature {
        Signature::sign(&self.keys.signing, parts)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = &self.credential.subject;
        write!(f, "Identity({} {})", subject.role, subject.name)
    }
}
