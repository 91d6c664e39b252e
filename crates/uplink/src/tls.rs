//! Whom to trust when the connection is encrypted: TLS by rustls, cryptography by ring.

use std::sync::Arc;

use rumqttc::TlsConfiguration;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
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
pub(crate) fn configuration(trust: &Trust) -> Result<TlsConfiguration, TrustError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots(trust)?)
        .with_no_client_auth();
    Ok(TlsConfiguration::Rustls(Arc::new(config)))
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
            let refused = configuration(&Trust::Own(pem.into())).unwrap_err();
            assert!(refused.to_string().contains("it must be PEM"), "{refused}");
        }
    }
}
