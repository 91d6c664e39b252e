//! Whom to trust when the connection is encrypted, and who we are: TLS by rustls, cryptography by
//! ring.

use std::fmt;
use std::sync::Arc;

use rumqttc::TlsConfiguration;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

/// Which authorities may vouch for the broker.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Trust {
    /// Those of the operating system.
    #[default]
    System,
    /// Only these: the content of a PEM file.
    Own(Vec<u8>),
}

/// A certificate by which a device logs in, with its private key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Reads the certificate, with those between it and the authority, and its private key (PKCS
    /// #8, PKCS #1 or SEC1), both in PEM.
    ///
    /// # Errors
    /// Says which of the two is unusable or that they do not belong together, never the key.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, IdentityError> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
        let chain = chain.map_err(|error| IdentityError::Certificate(error.to_string()))?;
        if chain.is_empty() {
            return Err(IdentityError::Certificate("none was found".to_owned()));
        }
        let key = PrivateKeyDer::from_pem_slice(key)
            // The library's words may quote the file.
            .map_err(|_| IdentityError::Key)?;
        let identity = Self { chain, key };
        let checked = config_with(RootCertStore::empty(), Some(&identity));
        checked.map_err(|error| IdentityError::Pair(error.to_string()))?;
        Ok(identity)
    }
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Self {
            chain: self.chain.clone(),
            key: self.key.clone_key(),
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Identity({} certificates, key redacted)",
            self.chain.len()
        )
    }
}

/// Why a certificate and a key are no identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The PEM text has no certificate or a broken one.
    #[error("the client certificate is unusable ({0}); it must be PEM, BEGIN CERTIFICATE")]
    Certificate(String),
    /// The PEM text has no private key or a broken one.
    #[error("the client key is unusable; it must be PEM without a password, BEGIN PRIVATE KEY")]
    Key,
    /// They do not belong together, or the key is of a kind that is not known.
    #[error("certificate and key do not fit together: {0}")]
    Pair(String),
}

/// Why no encrypted connection can be set up.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The operating system has no authorities to trust.
    #[error(
        "this computer has no trusted certificates ({0}); install ca-certificates or name the \
         broker's own CA file"
    )]
    NoneInSystem(String),
    /// The PEM text has no certificate or a broken one.
    #[error("the CA file has no usable certificate ({0}); it must be PEM, BEGIN CERTIFICATE")]
    NoneInFile(String),
    /// The library refuses its own settings.
    #[error("TLS cannot be set up: {0}")]
    Library(#[from] rustls::Error),
}

/// What rumqttc needs for an encrypted connection.
pub(crate) fn configuration(
    trust: &Trust,
    identity: Option<&Identity>,
) -> Result<TlsConfiguration, TrustError> {
    let config = config_with(roots(trust)?, identity)?;
    Ok(TlsConfiguration::Rustls(Arc::new(config)))
}

/// Whether the authorities can be used at all.
///
/// # Errors
/// Says why not.
pub fn check_trust(trust: &Trust) -> Result<(), TrustError> {
    roots(trust).map(drop)
}

fn config_with(
    roots: RootCertStore,
    identity: Option<&Identity>,
) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    match identity {
        None => Ok(builder.with_no_client_auth()),
        Some(Identity { chain, key }) => {
            builder.with_client_auth_cert(chain.clone(), key.clone_key())
        }
    }
}

fn roots(trust: &Trust) -> Result<RootCertStore, TrustError> {
    let mut roots = RootCertStore::empty();
    match trust {
        Trust::System => {
            let found = rustls_native_certs::load_native_certs();
            // A system list may hold certificates that rustls does not take: the others count.
            let (added, _refused) = roots.add_parsable_certificates(found.certs);
            if added == 0 {
                let errors: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
                return Err(TrustError::NoneInSystem(errors.join("; ")));
            }
        }
        Trust::Own(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate =
                    certificate.map_err(|error| TrustError::NoneInFile(error.to_string()))?;
                roots
                    .add(certificate)
                    .map_err(|error| TrustError::NoneInFile(error.to_string()))?;
            }
            if roots.is_empty() {
                return Err(TrustError::NoneInFile("none was found".to_owned()));
            }
        }
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ca_file_without_a_certificate_is_refused_with_what_it_must_be() {
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for pem in ["", "hello", broken] {
            let refused = check_trust(&Trust::Own(pem.into())).unwrap_err();
            assert!(refused.to_string().contains("it must be PEM"), "{refused}");
        }
    }
}
