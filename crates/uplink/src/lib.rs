//! ThingsBoard and plain MQTT: topics, payloads, pacing, the session that empties the outbox, and
//! the server's end of both for the hub.
//!
//! This is the only crate that knows topic names. What is worth sending is decided in `roles`,
//! what is sent next in `outbox`; the thread that owns the store meets the session over a
//! [`mod@supply`], so that neither waits for the other.
//!
//! ```text
//! store's thread                                   session's runtime
//! Outbox + Store ── OutboxEnd ◄─ next, acknowledge, release, set aside ── SessionEnd ── MQTT
//!                        └──────────── batches of entries ───────────────────┘
//! ```
//!
//! | file | what it holds |
//! |---|---|
//! | [`broker`] | the address `mqtt://host:port` |
//! | [`token`] | secrets that never print |
//! | [`thingsboard`] | topics, values, messages of the ThingsBoard device API |
//! | [`thingsboard::server`] | the same API as a server hears and answers it |
//! | [`endpoint`] | the server's end of an MQTT connection |
//! | [`vss`] | plain MQTT: a topic per VSS quantity |
//! | [`mod@supply`] | the two ends between outbox and session |
//! | [`session`] | connect, publish, match acknowledgements, reconnect |
//! | [`backoff`] | when to try again |
//! | [`pacer`] | how fast the server wants it |
//! | [`doorkeeper`] | which commands are carried out, and which came twice, too late or too often |
//! | [`suspects`] | which entry a server will never take |
//! | `tls` | whom to trust when the connection is encrypted |

#![forbid(unsafe_code)]

pub mod backoff;
pub mod broker;
pub mod doorkeeper;
pub mod endpoint;
pub mod pacer;
pub mod session;
pub mod supply;
pub mod suspects;
pub mod thingsboard;
mod tls;
pub mod token;
pub mod vss;

pub use broker::{BrokerUrl, BrokerUrlError};
pub use doorkeeper::{Doorkeeper, Verdict};
pub use pacer::{Limits, Window};
pub use session::commands::{CommandsEnd, commands};
pub use session::shared::{SharedChanges, SharedEnd, shared};
pub use session::{Chance, Clock, Down, Identity, Login, Session, SessionEvent, Settings, Trust};
pub use supply::{OutboxEnd, Request, SessionEnd, supply};
pub use token::{Token, TokenError};
pub use vss::{Form, TopicPrefix, TopicPrefixError, VssName, VssNames, VssTopics, Whose};
