//! Whether to believe a credential: known authority, genuine, in time, not revoked, right role.
//!
//! Not the proof that the other end owns the keys: the handshake gives that (`noise.rs`), and
//! [`Trust::prove`] asks that both speak of the same key.

use heapless::Vec;
use p256::ecdsa::VerifyingKey;
use thiserror::Error;
use v2x_units::UtcTime;

use super::credential::{AuthorityId, CONTEXT, Credential, Role, Serial, UtcSecond};
use super::revocation::RevocationList;
use crate::limits::AUTHORITIES_MAX;
use crate::link::body::BodyError;

/// What to do with credentials as long as the time is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockUnknown {
    /// Believe nobody until it is.
    Refuse,
    /// Leave the validity open and look at it as soon as the time is known.
    AcceptForNow,
}

/// Why a credential does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CredentialError {
    /// The bytes are no credential.
    #[error("malformed: {0}")]
    Malformed(BodyError),
    /// Signed by an authority that this unit does not know.
    #[error("signed by the authority {0}, which is not known here")]
    UnknownAuthority(AuthorityId),
    /// The signature is not the authority's.
    #[error("its signature is not that of the authority it names")]
    BadSignature,
    /// It speaks of another key than the handshake proved.
    #[error("it speaks of another key than the one that the handshake proved")]
    OtherKey,
    /// A car where a station is wanted, or the other way round.
    #[error("it makes its owner a {seen}; a {wanted} is wanted")]
    WrongRole {
        /// What it says.
        seen: Role,
        /// What would be right.
        wanted: Role,
    },
    /// Its time has not come.
    #[error("it holds only from {} on", .0.utc())]
    NotYetValid(UtcSecond),
    /// Its time is over.
    #[error("it ended at {}", .0.utc())]
    Expired(UtcSecond),
    /// It is on the revocation list.
    #[error("the credential with serial {0} is revoked")]
    Revoked(Serial),
    /// Its time cannot be judged, and the policy is to believe nobody then.
    #[error("the time is not known, and without it no credential counts here")]
    ClockUnknown,
    /// The revocation list is missing or stale, and the policy asks for a fresh one.
    #[error("no fresh revocation list, and without one no credential counts here")]
    RevocationsStale,
}

impl CredentialError {
    /// The byte that says this to the other end.
    pub(super) const fn code(&self) -> u8 {
        match self {
            Self::Malformed(_) => 1,
            Self::UnknownAuthority(_) => 2,
            Self::BadSignature => 3,
            Self::OtherKey => 4,
            Self::WrongRole { .. } => 5,
            Self::NotYetValid(_) => 6,
            Self::Expired(_) => 7,
            Self::Revoked(_) => 8,
            Self::ClockUnknown => 9,
            Self::RevocationsStale => 10,
        }
    }
}

/// Why a revocation list is not taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RevocationError {
    /// Signed by an authority that this unit does not know.
    #[error("signed by the authority {0}, which is not known here")]
    UnknownAuthority(AuthorityId),
    /// The signature is not the authority's.
    #[error("its signature is not that of the authority it names")]
    BadSignature,
    /// An older list than the one in use: somebody may want a revoked unit back.
    #[error("list {seen} is not newer than list {held}, which is in use")]
    NotNewer {
        /// The number of the list that was offered.
        seen: u32,
        /// The number of the list in use.
        held: u32,
    },
}

/// More authorities than a unit trusts at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a unit trusts at most {AUTHORITIES_MAX} authorities at once")]
pub struct TooManyAuthorities;

/// One authority and its newest revocation list.
#[derive(Debug, Clone)]
struct Anchor {
    id: AuthorityId,
    key: VerifyingKey,
    revoked: Option<RevocationList>,
}

/// Whom a unit believes.
#[derive(Debug, Clone)]
pub struct Trust {
    anchors: Vec<Anchor, AUTHORITIES_MAX>,
    clock_unknown: ClockUnknown,
    fresh_revocations: bool,
}

impl Trust {
    /// Believes these authorities.
    ///
    /// `fresh_revocations` asks for a list that is not past its next update; without it a stale
    /// list still revokes what it names.
    ///
    /// # Errors
    /// When there are more than two.
    pub fn new(
        authorities: &[VerifyingKey],
        clock_unknown: ClockUnknown,
        fresh_revocations: bool,
    ) -> Result<Self, TooManyAuthorities> {
        let mut anchors = Vec::new();
        for key in authorities {
            let anchor = Anchor {
                id: AuthorityId::of(key),
                key: *key,
                revoked: None,
            };
            anchors.push(anchor).map_err(|_| TooManyAuthorities)?;
        }
        Ok(Self {
            anchors,
            clock_unknown,
            fresh_revocations,
        })
    }

    /// Takes over a newer revocation list.
    ///
    /// # Errors
    /// When the list is not genuine or not newer; the one in use stays.
    pub fn take_revocations(&mut self, list: RevocationList) -> Result<(), RevocationError> {
        let anchor = self
            .anchors
            .iter_mut()
            .find(|anchor| anchor.id == list.authority)
            .ok_or(RevocationError::UnknownAuthority(list.authority))?;
        if !list.is_by(&anchor.key) {
            return Err(RevocationError::BadSignature);
        }
        if let Some(held) = anchor.revoked.as_ref().map(|held| held.number)
            && list.number <= held
        {
            let seen = list.number;
            return Err(RevocationError::NotNewer { seen, held });
        }
        anchor.revoked = Some(list);
        Ok(())
    }

    /// Believes bytes from a peer that owns `handshake_key`, or says why not.
    ///
    /// # Errors
    /// The first reason found; the order is that of [`CredentialError`].
    pub fn prove(
        &self,
        bytes: &[u8],
        handshake_key: &[u8; 32],
        wanted: Role,
        utc: Option<UtcTime>,
    ) -> Result<Credential, CredentialError> {
        let credential = Credential::parse(bytes).map_err(CredentialError::Malformed)?;
        let anchor = self.anchor(credential.authority)?;
        let signed = credential.signed_bytes();
        if !credential.signature.is_by(&anchor.key, &[CONTEXT, &signed]) {
            return Err(CredentialError::BadSignature);
        }
        if credential.handshake_key != *handshake_key {
            return Err(CredentialError::OtherKey);
        }
        let seen = credential.subject.role;
        if seen != wanted {
            return Err(CredentialError::WrongRole { seen, wanted });
        }
        self.check_now(&credential, utc)?;
        Ok(credential)
    }

    /// Looks again at a credential that was believed: the time goes on, and lists change.
    ///
    /// # Errors
    /// When it has expired, is revoked, or can no longer be judged.
    pub fn check_now(
        &self,
        credential: &Credential,
        utc: Option<UtcTime>,
    ) -> Result<(), CredentialError> {
        let now = utc.and_then(UtcSecond::of);
        let validity = credential.subject.validity;
        match now {
            Some(now) if now < validity.not_before => {
                return Err(CredentialError::NotYetValid(validity.not_before));
            }
            Some(now) if now > validity.not_after => {
                return Err(CredentialError::Expired(validity.not_after));
            }
            None if self.clock_unknown == ClockUnknown::Refuse => {
                return Err(CredentialError::ClockUnknown);
            }
            _ => {}
        }
        let revoked = self.anchor(credential.authority)?.revoked.as_ref();
        if revoked.is_some_and(|list| list.names(credential.subject.serial)) {
            return Err(CredentialError::Revoked(credential.subject.serial));
        }
        let fresh = revoked.is_some_and(|list| now.is_none_or(|now| now < list.next_update));
        if self.fresh_revocations && !fresh {
            return Err(CredentialError::RevocationsStale);
        }
        Ok(())
    }

    fn anchor(&self, id: AuthorityId) -> Result<&Anchor, CredentialError> {
        self.anchors
            .iter()
            .find(|anchor| anchor.id == id)
            .ok_or(CredentialError::UnknownAuthority(id))
    }
}
