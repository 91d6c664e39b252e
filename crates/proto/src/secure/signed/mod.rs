//! Signed messages: who may be believed, and signing what others shall believe.
//!
//! Not the form of what is signed (`wire/secured.rs`, `wire/certificate.rs`), and no encryption.
//! Standards: IEEE 1609.2 and ETSI TS 103 097 v1.3.1; ECDSA on P-256 with SHA-256.
//!
//! | file | what it decides |
//! |---|---|
//! | `verifier.rs` | whether a packet may be believed: all checks in order, the cheap ones first |
//! | `certificate_store.rs` | which certificates are trusted, how many are kept |
//! | `chain.rs` | whether an issuer was allowed to say what a certificate says |
//! | `replay_window.rs` | whether a message was accepted before |
//! | `scheme.rs` | ECDSA, and the marked fake of simulated towns |
//! | `signing_key.rs` | signatures of ours, over messages and certificates |
//! | `profile.rs` | what the certificates of a small fleet say |
//! | `hash.rs` | what is hashed |
//! | `refusal.rs` | why a packet or certificate is not believed |
//!
//! A deviation from TS 103 097: certificates come in messages of their own, so a DENM may name its
//! signer by digest, as a CAM does.

mod certificate_store;
mod chain;
mod hash;
pub mod profile;
mod refusal;
mod replay_window;
mod scheme;
mod signing_key;
mod verifier;

pub use self::certificate_store::{CertificateStore, MAX_AUTHORITIES, MAX_REVOKED, MAX_TICKETS};
pub use self::hash::CertificateHash;
pub use self::refusal::Refusal;
pub use self::replay_window::{MAX_REMEMBERED, ReplayWindow};
pub use self::signing_key::{KeyError, SigningKey};
pub use self::verifier::{Freshness, VerifiedMessage, VerifiedPacket, Verifier};
