//! The certificates that are trusted: roots, authorities, and the tickets of neighbours.
//!
//! Nothing gets in before its whole chain is verified. Every table is bounded.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::chain::check_issued;
use super::hash::{CertificateHash, digest_to_sign};
use super::refusal::Refusal;
use super::scheme::AnyVerifier;
use crate::wire::certificate::{Certificate, HashedId3, HashedId8, Issuer, Signature};

/// Roots and authorities: a fleet has one or two of each, and its guests theirs.
pub const MAX_AUTHORITIES: usize = 16;
/// Tickets of neighbours: 50 cars that change theirs while still in sight, twice.
pub const MAX_TICKETS: usize = 256;
/// Revoked certificates, which the operator's list keeps only until they expire.
pub const MAX_REVOKED: usize = 1024;

/// A certificate whose chain was verified.
#[derive(Debug, Clone)]
pub(super) struct Trusted {
    pub(super) hash: CertificateHash,
    pub(super) certificate: Certificate,
    key: AnyVerifier,
    last_used: u64,
}

impl Trusted {
    /// Whether a signature over a digest is by the key of this certificate.
    pub(super) fn signed(&self, digest: &[u8; 32], signature: &Signature) -> bool {
        self.key.get().has_signed(digest, signature)
    }
}

/// The certificates that are trusted.
#[derive(Debug, Clone, Default)]
pub struct CertificateStore {
    authorities: Vec<Trusted>,
    tickets: Vec<Trusted>,
    revoked: BTreeSet<HashedId8>,
    uses: u64,
    displaced: u64,
    takes_fakes: bool,
}

impl CertificateStore {
    /// A store for simulated towns: it takes marked fakes beside real signatures.
    #[must_use]
    pub fn for_simulation() -> Self {
        Self {
            takes_fakes: true,
            ..Self::default()
        }
    }

    /// Trusts a root, which must have signed itself. Where it comes from is the operator's care.
    ///
    /// # Errors
    /// It did not sign itself, its key is none, or there are [`MAX_AUTHORITIES`] already.
    pub fn add_root(&mut self, root: Certificate) -> Result<HashedId8, Refusal> {
        if root.issuer != Issuer::Itself {
            return Err(Refusal::UntrustedRoot);
        }
        let digest = digest_to_sign(&root.to_be_signed, CertificateHash::of_nothing());
        let trusted = self.trusted(root)?;
        if !trusted.signed(&digest, &trusted.certificate.signature) {
            return Err(Refusal::CertificateSignature);
        }
        self.keep_authority(trusted)
    }

    /// Trusts an authority below a trusted one.
    ///
    /// # Errors
    /// Its chain does not hold, or there are [`MAX_AUTHORITIES`] already.
    pub fn add_authority(&mut self, authority: Certificate) -> Result<HashedId8, Refusal> {
        let trusted = self.verified(authority)?;
        self.keep_authority(trusted)
    }

    /// Keeps the ticket of a neighbour below a trusted authority. When [`MAX_TICKETS`] are kept,
    /// the one that was not used for the longest time makes room; [`Self::displaced`] counts them.
    ///
    /// # Errors
    /// Its chain does not hold.
    pub fn add_ticket(&mut self, ticket: Certificate) -> Result<HashedId8, Refusal> {
        let name = CertificateHash::of(&ticket).name();
        if self.ticket(name).is_some() {
            return Ok(name);
        }
        let mut trusted = self.verified(ticket)?;
        trusted.last_used = self.next_use();
        if self.tickets.len() >= MAX_TICKETS {
            let used = |(_, ticket): &(usize, &Trusted)| ticket.last_used;
            if let Some((oldest, _)) = self.tickets.iter().enumerate().min_by_key(used) {
                self.tickets.swap_remove(oldest);
                self.displaced += 1;
            }
        }
        self.tickets.push(trusted);
        Ok(name)
    }

    /// Believes a certificate no more, nor any that it issued.
    ///
    /// # Errors
    /// There are [`MAX_REVOKED`] already: it is forgotten, but may come back.
    pub fn revoke(&mut self, name: HashedId8) -> Result<(), Refusal> {
        let issued_by = |it: &Trusted| it.certificate.issuer == Issuer::Digest(name);
        self.tickets
            .retain(|it| it.hash.name() != name && !issued_by(it));
        self.authorities.retain(|it| it.hash.name() != name);
        let below: Vec<_> = self
            .authorities
            .iter()
            .filter(|it| issued_by(it))
            .map(|it| it.hash.name())
            .collect();
        for issued in below {
            self.revoke(issued)?;
        }
        if self.revoked.len() >= MAX_REVOKED && !self.revoked.contains(&name) {
            return Err(Refusal::Full { limit: MAX_REVOKED });
        }
        self.revoked.insert(name);
        Ok(())
    }

    /// How many tickets had to make room for others.
    #[must_use]
    pub const fn displaced(&self) -> u64 {
        self.displaced
    }

    /// Whether the ticket with a name is kept. It does not count as used.
    #[must_use]
    pub fn knows(&self, name: HashedId8) -> bool {
        self.tickets.iter().any(|it| it.hash.name() == name)
    }

    /// The certificate, ours or a neighbour's, that a request names.
    #[must_use]
    pub fn requested(&self, name: HashedId3) -> Option<&Certificate> {
        let mut all = self.authorities.iter().chain(&self.tickets);
        all.find(|it| it.hash.name().short() == name)
            .map(|it| &it.certificate)
    }

    /// The ticket with a name; it counts as used.
    pub(super) fn ticket(&mut self, name: HashedId8) -> Option<&Trusted> {
        let now = self.next_use();
        let ticket = self.tickets.iter_mut().find(|it| it.hash.name() == name)?;
        ticket.last_used = now;
        Some(ticket)
    }

    /// A certificate whose chain holds up to a trusted authority.
    pub(super) fn verified(&self, certificate: Certificate) -> Result<Trusted, Refusal> {
        let Issuer::Digest(issuer) = certificate.issuer else {
            return Err(Refusal::UntrustedRoot);
        };
        let authority = self
            .authorities
            .iter()
            .find(|it| it.hash.name() == issuer)
            .ok_or(Refusal::UnknownIssuer(issuer))?;
        check_issued(
            &authority.certificate.to_be_signed,
            &certificate.to_be_signed,
        )?;
        let digest = digest_to_sign(&certificate.to_be_signed, authority.hash);
        let trusted = self.trusted(certificate)?;
        let name = trusted.hash.name();
        if self.revoked.contains(&name) {
            return Err(Refusal::Revoked(name));
        }
        if !authority.signed(&digest, &trusted.certificate.signature) {
            return Err(Refusal::CertificateSignature);
        }
        Ok(trusted)
    }

    fn keep_authority(&mut self, authority: Trusted) -> Result<HashedId8, Refusal> {
        let name = authority.hash.name();
        if self.revoked.contains(&name) {
            return Err(Refusal::Revoked(name));
        }
        if self.authorities.iter().any(|it| it.hash.name() == name) {
            return Ok(name);
        }
        if self.authorities.len() >= MAX_AUTHORITIES {
            return Err(Refusal::Full {
                limit: MAX_AUTHORITIES,
            });
        }
        self.authorities.push(authority);
        Ok(name)
    }

    const fn next_use(&mut self) -> u64 {
        self.uses += 1;
        self.uses
    }

    /// A certificate with its hash and key, whose chain is still to be verified.
    fn trusted(&self, certificate: Certificate) -> Result<Trusted, Refusal> {
        let key = &certificate.to_be_signed.verification_key;
        Ok(Trusted {
            hash: CertificateHash::of(&certificate),
            key: AnyVerifier::read(key, self.takes_fakes)?,
            certificate,
            last_used: 0,
        })
    }
}
