//! An authority that vouches for brokers and devices: certificates made for one test.

use std::fmt;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
};

/// Who signs certificates; every one is another.
#[derive(Clone)]
pub struct Authority {
    issuer: Arc<CertifiedIssuer<'static, KeyPair>>,
    pem: String,
}

impl Authority {
    /// A new one, with a key of its own.
    ///
    /// # Panics
    /// When the computer has no randomness.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "each is another one")]
    pub fn new() -> Self {
        let mut about = CertificateParams::new(Vec::new()).expect("no names are fine");
        about.distinguished_name = named("authority of a test");
        about.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("randomness");
        let issuer = CertifiedIssuer::self_signed(about, key).expect("a key that signs");
        let pem = issuer.pem();
        let issuer = Arc::new(issuer);
        Self { issuer, pem }
    }

    /// Its own certificate, in PEM.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.pem
    }

    /// A certificate for these names and addresses, and its private key, both in PEM.
    ///
    /// # Panics
    /// When a name is none.
    #[must_use]
    pub fn issue(&self, names: &[&str]) -> (String, String) {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let common_name = names.concat();
        let mut about = CertificateParams::new(names).expect("names of hosts");
        // Another name than the authority's, or it would pass for signed by itself.
        about.distinguished_name = named(&common_name);
        let key = KeyPair::generate().expect("randomness");
        let certificate = about
            .signed_by(&key, &self.issuer)
            .expect("a key that signs");
        (certificate.pem(), key.serialize_pem())
    }
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority")
    }
}

impl PartialEq for Authority {
    fn eq(&self, other: &Self) -> bool {
        self.pem == other.pem
    }
}

impl Eq for Authority {}
