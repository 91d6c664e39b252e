//! Packets out of a stream of bytes: MQTT 3.1.1 and 5, section 2.

use bytes::{Buf as _, Bytes, BytesMut};
use mqtt5_protocol::packet::{FixedHeader, MqttPacket, Packet};

use super::words::Farewell;

/// The most bytes of a remaining length.
const LENGTH_BYTES: usize = 4;

/// Takes the next whole packet off the front: its header and its body. `None`: more bytes are
/// needed.
pub(super) fn take(
    inbox: &mut BytesMut,
    body_max: usize,
) -> Result<Option<(FixedHeader, Bytes)>, Farewell> {
    let length_bytes = inbox.iter().skip(1).take(LENGTH_BYTES);
    let Some(last) = length_bytes.clone().position(|byte| byte & 0x80 == 0) else {
        return match inbox.len() > LENGTH_BYTES {
            true => Err(Farewell::Malformed),
            false => Ok(None),
        };
    };
    let head = 2 + last;
    let header = FixedHeader::decode(&mut &inbox[..head]).map_err(|_| Farewell::Malformed)?;
    let body = usize::try_from(header.remaining_length).map_err(|_| Farewell::Malformed)?;
    if body > body_max {
        return Err(Farewell::Malformed);
    }
    if inbox.len() < head + body {
        return Ok(None);
    }
    let mut packet = inbox.split_to(head + body);
    packet.advance(head);
    Ok(Some((header, packet.freeze())))
}

/// Reads a packet of a conversation in this version.
pub(super) fn read(header: &FixedHeader, mut body: Bytes, version: u8) -> Result<Packet, Farewell> {
    let kind = header.packet_type;
    Packet::decode_from_body_with_version(kind, header, &mut body, version)
        .map_err(|_| Farewell::Malformed)
}

/// Writes a packet.
pub(super) fn write(packet: &impl MqttPacket, out: &mut BytesMut) {
    // Only a text that is too long or has a NUL cannot be written; nothing of ours is either.
    let length = out.len();
    if packet.encode(out).is_err() {
        out.truncate(length);
    }
}
