//! Bytes of the radio to values and back: what is in a message, and nothing about when to send one.
//!
//! | message | file | standard | direction |
//! |---|---|---|---|
//! | CAM, cooperative awareness | `cam.rs` | ETSI EN 302 637-2 v1.4.1 | all to all |
//! | DENM, environmental notification | `denm.rs` | ETSI EN 302 637-3 v1.3.1 | car to all |
//! | EVCSN, charging spot notification | `evcsn.rs` | ETSI TS 101 556-1 v1.1.1 | station to all |
//! | EV-RSR, pre-reservation of a spot | `ev_rsr.rs` | ETSI TS 101 556-3 v1.1.1 | car and station |
//! | vehicle data, opt-in | `vehicle_data.rs` | none: our own, our port | car to all |
//! | certificates on their own | `certificate_message.rs` | IEEE 1609.2, our port | all to all |
//! | packet, plain or signed | `packet.rs` | ETSI EN 302 636-4-1 v1.3.1, 9.6 | around all these |
//! | GeoNetworking headers | `geonet.rs` | ETSI EN 302 636-4-1 v1.3.1, 9.7, 9.8 | in each packet |
//! | BTP-B header | `btp.rs` | ETSI EN 302 636-5-1 | in each packet |
//! | signed data | `secured.rs` | IEEE 1609.2, ETSI TS 103 097 v1.3.1 | in each signed packet |
//! | certificate | `certificate.rs` | IEEE 1609.2, ETSI TS 103 097 v1.3.1 | certificate messages |
//! | capture | `pcap.rs` | pcap 2.4, EtherType 0x8947 | to Wireshark |
//!
//! Shared by several messages: `station.rs`, `its_time.rs`, `reference_position.rs`, `motion.rs`
//! (ETSI TS 102 894-2 v1.3.1). Below them: `asn1/` and `uper.rs` (UPER by `rasn`), `coer.rs` and
//! `reader.rs` (octets), `number.rs` and `bounded.rs` (what a field can hold), `untouched.rs`
//! (parts that go through as they came), `error.rs`.
//!
//! Four promises, held for everything that implements [`Wire`] by `tests/wire_promises.rs`:
//!
//! 1. Parsing any bytes never panics; what is no message is refused with the field and its value.
//! 2. `parse(emit(x)) == x`. Whoever holds a value holds a valid one: what the standard calls
//!    *unavailable* is `None`, what lies outside a field's range cannot be built.
//! 3. Emitting into [`Wire::encoded_len`] bytes never fails.
//! 4. Headers, signed data and certificates have one encoding each: where `parse` accepts bytes,
//!    apart from the reserved bits of GeoNetworking, `emit` gives the same bytes back. A hash over
//!    what is emitted is therefore a hash over what was received.
//!
//! What fits into a frame of the radio is decided last, by
//! [`Packet::to_frame`](packet::Packet::to_frame): 250 bytes in ESP-NOW version 1, else an error
//! with the size.

mod asn1;
mod bounded;
mod coer;
mod error;
mod number;
mod reader;
mod untouched;
mod uper;

pub mod btp;
pub mod cam;
pub mod certificate;
pub mod certificate_message;
pub mod denm;
pub mod ev_rsr;
pub mod evcsn;
pub mod geonet;
pub mod its_time;
pub mod motion;
pub mod packet;
pub mod pcap;
pub mod reference_position;
pub mod secured;
pub mod station;
pub mod vehicle_data;

use alloc::vec::Vec;

pub use self::bounded::{AsciiText, List, PhoneNumber, Text};
pub use self::error::WireError;
pub use self::number::Ranged;

/// What every message and header here can do.
pub trait Wire: Sized {
    /// The name of the message in its standard.
    const NAME: &'static str;

    /// Reads a message from exactly these bytes.
    ///
    /// # Errors
    /// The bytes are no such message; the error names the field and what was seen.
    fn parse(bytes: &[u8]) -> Result<Self, WireError>;

    /// The bytes of the message.
    fn encode(&self) -> Vec<u8>;

    /// How many bytes the message takes.
    fn encoded_len(&self) -> usize {
        self.encode().len()
    }

    /// Writes the message to the start of a buffer and returns how many bytes it took.
    ///
    /// # Errors
    /// The buffer has fewer than [`Wire::encoded_len`] bytes.
    fn emit(&self, buffer: &mut [u8]) -> Result<usize, WireError> {
        let bytes = self.encode();
        let have = buffer.len();
        let start = buffer
            .get_mut(..bytes.len())
            .ok_or(WireError::BufferTooSmall {
                need: bytes.len(),
                have,
            })?;
        start.copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}
