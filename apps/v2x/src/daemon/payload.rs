//! Whose protocol a payload of the radio is; the same question for vehicle and station.

use v2x_proto::v2v::is_geonetworking;

/// Whether a payload is neither GeoNetworking nor of V2G: only such may be a prototype's.
pub(crate) fn is_of_no_protocol_of_ours(payload: &[u8]) -> bool {
    !is_geonetworking(payload) && !is_v2g(payload)
}

/// Whether a payload is a datagram of V2G, by its first byte (docs/protocol/v2g.md).
fn is_v2g(payload: &[u8]) -> bool {
    matches!(payload.first(), Some(0xA1 | 0xA3 | 0xA5 | 0xA7)) && payload.len() % 2 == 1
}
