//! Why a packet or a certificate is not believed.

use thiserror::Error;

use crate::wire::WireError;
use crate::wire::certificate::{HashedId8, Psid};
use crate::wire::its_time::GenerationTime;

/// Why a packet or a certificate is not believed; each reason is counted by itself.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The bytes are no packet, or the signed bytes no message.
    #[error(transparent)]
    Malformed(#[from] WireError),
    /// The packet is not signed.
    #[error("the packet for port {port} is not signed")]
    NotSigned {
        /// The service it is for.
        port: u16,
    },
    /// No signed messages are expected for this service.
    #[error("signed messages for port {port} are not spoken here; spoken are 2001, 2002 and 65026")]
    UnknownService {
        /// The service it is for.
        port: u16,
    },
    /// It was signed for another application than it is for.
    #[error("signed for psid {}, but the message is of psid {}", seen.0, expected.0)]
    PsidMismatch {
        /// The application it was signed for.
        seen: Psid,
        /// The application it is for.
        expected: Psid,
    },
    /// A DENM must say where it was signed, a CAM must not.
    #[error("a generation location is required in a DENM and forbidden in a CAM")]
    GenerationLocation,
    /// Nobody here knows the signer: its certificate is to be asked for.
    #[error("the signer {0:x?} is not known; its certificate is to be asked for")]
    UnknownSigner(HashedId8),
    /// Nobody here knows or trusts the issuer of the certificate.
    #[error("the issuer {0:x?} is not known or may not issue")]
    UnknownIssuer(HashedId8),
    /// A certificate signed itself and is no root that was configured.
    #[error("a certificate that signed itself is no root of trust here")]
    UntrustedRoot,
    /// The certificate was revoked.
    #[error("the certificate {0:x?} was revoked")]
    Revoked(HashedId8),
    /// The public key is no point on the curve.
    #[error("the certificate's key is no point on P-256")]
    BadKey,
    /// The signature of the certificate is not its issuer's.
    #[error("the signature of the certificate is not its issuer's")]
    CertificateSignature,
    /// The certificate holds longer or elsewhere than its issuer's.
    #[error("the certificate reaches beyond its issuer's validity or region")]
    BeyondIssuer,
    /// The issuer may not give what the certificate allows.
    #[error("the issuer may not give the permission for psid {}", .0.0)]
    NotGiven(Psid),
    /// The message was signed before or after its certificate holds.
    #[error("signed at {0:?}, when the certificate does not hold")]
    CertificateExpired(GenerationTime),
    /// The message is from outside the region of its certificate.
    #[error("sent from outside the region of the certificate")]
    OutsideRegion,
    /// The certificate does not allow this application.
    #[error("the certificate does not allow psid {}", .0.0)]
    NotPermitted(Psid),
    /// The certificate does not allow what the message contains.
    #[error("the certificate does not allow what the message contains")]
    NotCovered,
    /// The message is too old, or from the future.
    #[error("signed at {generation:?}, which is not fresh at {now:?}")]
    NotFresh {
        /// When it was signed.
        generation: GenerationTime,
        /// What the clock here says.
        now: GenerationTime,
    },
    /// The message was accepted before.
    #[error("accepted before: same signer, same generation time")]
    Replay,
    /// The signature is not that of the signer over these bytes.
    #[error("the signature is not the signer's over these bytes")]
    Signature,
    /// There is no room for another trusted certificate.
    #[error("{limit} certificates are kept already")]
    Full {
        /// How many are kept at most.
        limit: usize,
    },
}

impl Refusal {
    /// A word for counters.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::NotSigned { .. } => "not_signed",
            Self::UnknownService { .. } => "unknown_service",
            Self::PsidMismatch { .. } => "psid_mismatch",
            Self::GenerationLocation => "generation_location",
            Self::UnknownSigner(_) => "unknown_signer",
            Self::UnknownIssuer(_) => "unknown_issuer",
            Self::UntrustedRoot => "untrusted_root",
            Self::Revoked(_) => "revoked",
            Self::BadKey => "bad_key",
            Self::CertificateSignature => "certificate_signature",
            Self::BeyondIssuer => "beyond_issuer",
            Self::NotGiven(_) => "not_given",
            Self::CertificateExpired(_) => "certificate_expired",
            Self::OutsideRegion => "outside_region",
            Self::NotPermitted(_) => "not_permitted",
            Self::NotCovered => "not_covered",
            Self::NotFresh { .. } => "not_fresh",
            Self::Replay => "replay",
            Self::Signature => "signature",
            Self::Full { .. } => "full",
        }
    }
}
