//! The server's end of one MQTT connection, sans-IO: bytes in, events and bytes out.
//!
//! MQTT 3.1.1 and 5 as a ThingsBoard speaks them, not as a broker does: no session outlives its
//! connection, nothing is retained, QoS is at most 1, and a message is acknowledged when the owner
//! says that it is kept, in the order of arrival. The packets are those of the crate
//! `mqtt5-protocol` (decision 44). Not here: sockets, TLS, time, topics, who may log in.
//!
//! ```text
//! socket ── hear(bytes) ─► Conversation ── event() ─► Event (log-in, message, subscription)
//! socket ◄─ output() ─────      │ ◄── welcome, refuse, keep(ticket), grant, tell, part
//! ```
//!
//! Everything is bounded: a packet, what is not yet acknowledged, and what waits for a slow reader.

mod conversation;
mod frame;
mod words;

pub use conversation::{Conversation, Event, Hello, Message, Room, Ticket};
pub use words::{Farewell, Refusal, Verdict};

/// The largest packet of a device that has logged in, after its fixed header: that of ThingsBoard.
pub const PACKET_MAX_BYTES: usize = crate::thingsboard::MESSAGE_MAX_BYTES;
/// The largest first packet: nobody has logged in yet.
pub const HELLO_MAX_BYTES: usize = 4096;
/// Messages that a device may send before the first of them is acknowledged.
pub const WINDOW: usize = 100;
/// Messages that wait for a device that reads slowly or does not acknowledge; ThingsBoard's
/// `MQTT_MSG_QUEUE_SIZE_PER_DEVICE_LIMIT`.
pub const WAITING_MAX: usize = 100;
/// Bytes that wait for a device that reads slowly.
pub const WAITING_MAX_BYTES: usize = 256 * 1024;
/// Topic filters in one packet.
pub const FILTERS_MAX: usize = 32;
