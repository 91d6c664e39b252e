//! The ThingsBoard device API over MQTT: topics, values, messages; the server's end in [`server`].
//!
//! `interfaces/mqtt/thingsboard.md` is the page for readers. Behaviour after the ThingsBoard 4
//! sources and its reference "MQTT Device API". The connection is in [`crate::session`].

pub mod gateway;
pub(crate) mod message;
pub mod rpc;
pub mod server;
pub mod shared;
mod value;

pub use message::{Message, description, pack, pack_together};
pub use value::{NumericText, Value, Values};

/// Where telemetry is published.
pub const TELEMETRY_TOPIC: &str = "v1/devices/me/telemetry";

/// Where client attributes are published.
pub const ATTRIBUTES_TOPIC: &str = "v1/devices/me/attributes";

/// The largest MQTT message that ThingsBoard accepts after its fixed header
/// (`NETTY_MAX_PAYLOAD_SIZE`): topic, packet identifier and payload together.
pub const MESSAGE_MAX_BYTES: usize = 65_536;

/// The largest payload on any of our topics.
pub const PAYLOAD_MAX_BYTES: usize = MESSAGE_MAX_BYTES - 2 - ATTRIBUTES_TOPIC.len() - 2;
