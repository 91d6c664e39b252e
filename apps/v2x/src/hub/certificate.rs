//! The hub's certificate: one that was given, or its own, made at the first start with an authority
//! of its own whose key is thrown away.
//!
//! A device that shows a certificate proves that it has the key; whose it is says its hash. So any
//! certificate is let through to the log-in, as in ThingsBoard.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName as Name, RootCertStore,
    ServerConfig, SignatureScheme,
};
use tracing::info;
use v2x_units::UtcTime;

use crate::failure::{Blame, Context as _, Failure, read_text};

/// The certificate of the authority, for devices to trust.
const AUTHORITY_FILE: &str = "hub-ca.pem";
const CERTIFICATE_FILE: &str = "hub-cert.pem";
const KEY_FILE: &str = "hub-key.pem";

/// Whether a certificate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Validity {
    Holds,
    NotYet,
    Over,
}

/// Where certificate and key are, both in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Files {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Files {
    /// The hub's own in its folder, made where they are missing, for this name of the computer.
    pub(crate) fn own(folder: &Path, host: &str) -> Result<Self, Failure> {
        let files = Self {
            certificate: folder.join(CERTIFICATE_FILE),
            key: folder.join(KEY_FILE),
        };
        if !files.certificate.exists() || !files.key.exists() {
            let authority = folder.join(AUTHORITY_FILE);
            let made = files.make(&authority, host);
            made.blame(Blame::Runtime, format_args!("{}", authority.display()))?;
            info!(
                "made a certificate for {host}; devices trust it by {}",
                authority.display()
            );
        }
        Ok(files)
    }

    /// The hub's own in its folder, where they are there.
    pub(crate) fn of_folder(folder: &Path) -> Option<Self> {
        let files = Self {
            certificate: folder.join(CERTIFICATE_FILE),
            key: folder.join(KEY_FILE),
        };
        (files.certificate.exists() && files.key.exists()).then_some(files)
    }

    /// Whether the certificate holds at a moment, as a client sees it that trusts whoever signed
    /// it.
    pub(crate) fn validity(&self, at: UtcTime) -> Result<Validity, Failure> {
        let chain = self.chain()?;
        let mut roots = RootCertStore::empty();
        let Some(((own, between), last)) = chain.split_first().zip(chain.last()) else {
            return Ok(Validity::Holds);
        };
        if roots.add(last.clone()).is_err() {
            return Ok(Validity::Holds);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let (Ok(verifier), Ok(name)) = (verifier.build(), ServerName::try_from("localhost")) else {
            return Ok(Validity::Holds);
        };
        let seconds = u64::try_from(at.as_millis() / 1000).unwrap_or_default();
        let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let seen = verifier.verify_server_cert(own, between, &name, &[], at);
        Ok(match seen {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::Expired | CertificateError::ExpiredContext { .. },
            )) => Validity::Over,
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
            )) => Validity::NotYet,
            // Names and who vouches are the clients' matter.
            _ => Validity::Holds,
        })
    }

    fn wrong(path: &Path, what: &str) -> Failure {
        let seen = format_args!("{}: {what}", path.display());
        let failure = Failure::new(Blame::Configuration, seen);
        failure.hint("certificate and key are PEM files that belong together")
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, Failure> {
        let chain = read_text(Blame::Configuration, "certificate", &self.certificate)?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain.as_bytes()).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        chain.ok_or_else(|| Self::wrong(&self.certificate, "no certificate in PEM"))
    }

    fn make(&self, authority: &Path, host: &str) -> Result<(), Box<dyn std::error::Error>> {
        let mut about = CertificateParams::new(Vec::new())?;
        about.distinguished_name = named("Twizy V2X hub, its own authority");
        about.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let issuer = CertifiedIssuer::self_signed(about, KeyPair::generate()?)?;
        let mut names = vec![
            "localhost".to_owned(),
            "127.0.0.1".to_owned(),
            "::1".to_owned(),
        ];
        if !names.iter().any(|name| name == host) {
            names.push(host.to_owned());
        }
        let mut about = CertificateParams::new(names)?;
        about.distinguished_name = named(host);
        let key = KeyPair::generate()?;
        let certificate = about.signed_by(&key, &issuer)?;
        write(&self.key, &key.serialize_pem(), 0o600)?;
        write(authority, &issuer.pem(), 0o644)?;
        write(&self.certificate, &certificate.pem(), 0o644)?;
        Ok(())
    }

    /// What a server needs to encrypt by them.
    pub(crate) fn server_config(&self) -> Result<ServerConfig, Failure> {
        let wrong = Self::wrong;
        let chain = self.chain()?;
        let key = read_text(Blame::Configuration, "key", &self.key)?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes());
        let key = key.map_err(|_| wrong(&self.key, "no private key in PEM without a password"))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let anybody = Arc::new(AnyCertificate(Arc::clone(&provider)));
        ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(&self.certificate, &error.to_string()))?
            .with_client_cert_verifier(anybody)
            .with_single_cert(chain, key)
            .map_err(|error| wrong(&self.certificate, &error.to_string()))
    }
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

fn write(path: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    if path.exists() {
        fs::remove_file(path)?;
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Takes any certificate whose key the client has; none is needed.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[Name] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        // The log-in asks whose it is.
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificate_that_is_over_and_one_that_does_not_hold_yet_are_seen() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files {
            certificate: folder.path().join("cert.pem"),
            key: folder.path().join("key.pem"),
        };
        let mut about = CertificateParams::new(vec!["hub.example".to_owned()]).unwrap();
        about.not_before = rcgen::date_time_ymd(2026, 3, 1);
        about.not_after = rcgen::date_time_ymd(2026, 6, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = about.self_signed(&key).unwrap();
        write(&files.certificate, &certificate.pem(), 0o644).unwrap();
        write(&files.key, &key.serialize_pem(), 0o600).unwrap();
        // The first of February, April and July 2026.
        for (seconds, validity) in [
            (1_769_904_000, Validity::NotYet),
            (1_775_001_600, Validity::Holds),
            (1_782_864_000, Validity::Over),
        ] {
            let at = UtcTime::from_millis(seconds * 1000);
            assert_eq!(files.validity(at).unwrap(), validity, "{seconds}");
        }
        let own = Files::own(folder.path(), "hub.example").unwrap();
        let now = UtcTime::from_millis(1_795_514_400_000);
        assert_eq!(own.validity(now).unwrap(), Validity::Holds);
        assert_eq!(Files::of_folder(folder.path()), Some(own));
    }
}
