//! What is hashed: certificates for their names, messages and certificates for their signatures.
//!
//! Standard: IEEE 1609.2; every hash is SHA-256.

use sha2::{Digest, Sha256};

use crate::wire::Wire;
use crate::wire::certificate::{Certificate, HashedId8};

/// The hash over a certificate in its canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CertificateHash([u8; 32]);

impl CertificateHash {
    /// Hashes a certificate.
    #[must_use]
    pub fn of(certificate: &Certificate) -> Self {
        Self(Sha256::digest(certificate.canonical().encode()).into())
    }

    /// What stands in place of the issuer of a certificate that signed itself.
    pub(super) fn of_nothing() -> Self {
        Self(Sha256::digest([]).into())
    }

    /// The name of the certificate in messages: the last eight bytes.
    #[must_use]
    pub const fn name(&self) -> HashedId8 {
        let [.., a, b, c, d, e, f, g, h] = self.0;
        HashedId8([a, b, c, d, e, f, g, h])
    }
}

/// What a signature is made over: what is signed, and the certificate of who signs.
pub(super) fn digest_to_sign(to_be_signed: &impl Wire, signer: CertificateHash) -> [u8; 32] {
    let mut outer = Sha256::new();
    outer.update(Sha256::digest(to_be_signed.encode()));
    outer.update(signer.0);
    outer.finalize().into()
}
