//! Who is at the other end of the radio, and a channel to it that nobody else can read or speak on.
//!
//! Not what is said on the channel (`v2g`). The format to the byte, for whoever writes another
//! end, is `docs/protocol/v2g.md`. Nothing outside this module sees a key.
//!
//! | file | what it holds |
//! |---|---|
//! | [`credential`] | the operator's signed word on whose keys these are |
//! | [`authority`] | signs credentials and revocation lists |
//! | [`revocation`] | what no longer counts |
//! | [`trust`] | whether to believe a credential, and every reason why not |
//! | [`identity`] | a unit's private keys |
//! | [`name`] | names of slots and cars |
//! | [`signature`] | ECDSA over P-256 |
//! | [`noise`] | the handshake and its primitives |
//! | [`datagram`] | headers on the air |
//! | `tunnel`, `replay_window`, `record` | sealing, each number once, what is inside |
//! | `candidates`, `passed_over` | who has answered a car's call, and whom it does not speak with for a while |
//! | `initiator`, `responder`, `peer` | who sends what when, and what is kept of each car |
//! | [`counters`] | what was not taken, by reason |

pub mod authority;
mod candidates;
pub mod counters;
pub mod credential;
pub mod datagram;
pub mod identity;
pub(crate) mod initiator;
pub mod name;
pub mod noise;
mod passed_over;
mod peer;
mod record;
mod replay_window;
pub(crate) mod responder;
pub mod revocation;
pub mod signature;
pub mod trust;
mod tunnel;

pub use authority::Authority;
pub use counters::AirCounters;
pub use credential::{Credential, Fingerprint, Role, Serial, Subject, UtcSecond, Validity};
pub use datagram::{ChannelId, Datagram};
pub use identity::{Identity, PrivateKeys, PublicKeys};
pub use name::Name;
pub use record::Body;
pub use revocation::RevocationList;
pub use signature::Signature;
pub use trust::{ClockUnknown, CredentialError, RevocationError, Trust};
