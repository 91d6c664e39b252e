//! The operator's authority: signs credentials and revocation lists.
//!
//! Used by the key tools on the operator's computer; boards and daemons only hold its public key.

use core::fmt;

use p256::ecdsa::{SigningKey, VerifyingKey};
use p256::elliptic_curve::Generate;
use rand_core::CryptoRng;
use thiserror::Error;

use super::credential::{self, AuthorityId, Credential, Serial, Subject, UtcSecond};
use super::identity::{PrivateKeysError, PublicKeys};
use super::revocation::{self, RevocationList};
use super::signature::Signature;
use crate::limits::REVOKED_MAX;

/// The private key that everybody's trust hangs on; wiped when dropped, never printed.
#[derive(Clone)]
pub struct Authority(SigningKey);

/// More serials than a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{0} serials; a list holds {REVOKED_MAX}: leave out credentials that have expired")]
pub struct TooManyRevoked(usize);

impl Authority {
    /// Draws a new one.
    #[must_use]
    pub fn draw(rng: &mut dyn CryptoRng) -> Self {
        Self(SigningKey::generate_from_rng(rng))
    }

    /// Takes a kept one: 32 bytes of P-256.
    ///
    /// # Errors
    /// When the bytes are no key.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, PrivateKeysError> {
        SigningKey::from_slice(bytes)
            .map(Self)
            .map_err(|_| PrivateKeysError)
    }

    /// The secret bytes, for the file that keeps them; whoever holds them wipes them.
    #[must_use]
    pub fn expose(&self) -> [u8; 32] {
        self.0.to_bytes().into()
    }

    /// What everybody must know to believe what it signs.
    #[must_use]
    pub fn public(&self) -> VerifyingKey {
        *self.0.verifying_key()
    }

    /// Signs a credential.
    #[must_use]
    pub fn issue(&self, subject: Subject, keys: PublicKeys) -> Credential {
        let mut credential = Credential {
            subject,
            authority: AuthorityId::of(self.0.verifying_key()),
            handshake_key: keys.handshake,
            signing_key: keys.signing,
            signature: Signature([0; Signature::LENGTH]),
        };
        let signed = credential.signed_bytes();
        credential.signature = Signature::sign(&self.0, &[credential::CONTEXT, &signed]);
        credential
    }

    /// Signs a revocation list.
    ///
    /// # Errors
    /// When there are more serials than a list holds.
    #[expect(
        clippy::missing_panics_doc,
        reason = "the second list is no longer than the first"
    )]
    pub fn revoke(
        &self,
        number: u32,
        issued: UtcSecond,
        next_update: UtcSecond,
        serials: &[Serial],
    ) -> Result<RevocationList, TooManyRevoked> {
        let mut rising = heapless::Vec::<Serial, REVOKED_MAX>::from_slice(serials)
            .map_err(|_| TooManyRevoked(serials.len()))?;
        rising.sort_unstable();
        let mut once = heapless::Vec::new();
        for serial in rising {
            if once.last() != Some(&serial) {
                once.push(serial)
                    .expect("no longer than the list it came from");
            }
        }
        let mut list = RevocationList {
            authority: AuthorityId::of(self.0.verifying_key()),
            number,
            issued,
            next_update,
            serials: once,
            signature: Signature([0; Signature::LENGTH]),
        };
        let signed = list.signed_bytes();
        list.signature = Signature::sign(&self.0, &[revocation::CONTEXT, &signed]);
        Ok(list)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = AuthorityId::of(self.0.verifying_key());
        write!(f, "Authority({id})")
    }
}
