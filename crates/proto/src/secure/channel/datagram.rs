//! The four datagrams on the air, with their headers to the byte.
//!
//! | kind | first byte | then | bytes |
//! |---|---|---|---|
//! | handshake 1 | `A1` | channel (4), ephemeral key (32) | 37 |
//! | handshake 2 | `A3` | channel (4), Noise message (96) | 101 |
//! | handshake 3 | `A5` | channel (4), Noise message (64) | 69 |
//! | transport | `A7` | channel (4), number (8), sealed plaintext (4 to 220 and a tag of 16) | 33 to 249 |
//!
//! The first byte is odd, above 100 and not FF, and every length is odd: no message of the
//! prototype looks so (its first byte is that of a MAC address, FF, or a state of charge), and no
//! GeoNetworking packet begins so. A new version of the protocol takes new first bytes.
//! Numbers are little-endian. Nothing here is secret or proven.

use heapless::Vec;
use thiserror::Error;

use super::noise::{MESSAGE_1, MESSAGE_2, MESSAGE_3, TAG};
use crate::limits::{DATAGRAM_MAX, PLAINTEXT_MAX};

const KIND_1: u8 = 0xA1;
const KIND_2: u8 = 0xA3;
const KIND_3: u8 = 0xA5;
const KIND_TRANSPORT: u8 = 0xA7;

/// Bytes of a handshake's header.
const HEADER: usize = 1 + 4;
/// Bytes of a transport header.
pub(super) const TRANSPORT_HEADER: usize = HEADER + 8;

/// Bytes for the air.
pub type Datagram = Vec<u8, DATAGRAM_MAX>;

/// Which of a radio's conversations a datagram belongs to: drawn by the car for each handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelId(u32);

impl ChannelId {
    /// Takes the number that the car drew.
    #[must_use]
    pub const fn new(drawn: u32) -> Self {
        Self(drawn)
    }
}

/// Why bytes of the radio are none of these datagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DatagramError {
    /// The first byte is none of ours: another protocol.
    #[error("first byte is {0:02x}; it would be a1, a3, a5 or a7")]
    Foreign(u8),
    /// There is not one byte.
    #[error("is empty")]
    Empty,
    /// The length is none that this kind has.
    #[error("datagram {kind:02x} has {seen} bytes, which it never has")]
    Length {
        /// The first byte.
        kind: u8,
        /// Bytes there are.
        seen: usize,
    },
}

/// One datagram, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts<'a> {
    Handshake1(ChannelId, &'a [u8; MESSAGE_1]),
    Handshake2(ChannelId, &'a [u8; MESSAGE_2]),
    Handshake3(ChannelId, &'a [u8; MESSAGE_3]),
    Transport(Sealed<'a>),
}

/// A transport datagram, still sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sealed<'a> {
    pub(super) channel: ChannelId,
    pub(super) number: u64,
    /// Authenticated with the text, not encrypted.
    pub(super) header: &'a [u8; TRANSPORT_HEADER],
    pub(super) text: &'a [u8],
}

/// Takes a datagram apart.
pub(super) fn parse(bytes: &[u8]) -> Result<Parts<'_>, DatagramError> {
    let (&kind, rest) = bytes.split_first().ok_or(DatagramError::Empty)?;
    let length = DatagramError::Length {
        kind,
        seen: bytes.len(),
    };
    if !matches!(kind, KIND_1 | KIND_2 | KIND_3 | KIND_TRANSPORT) {
        return Err(DatagramError::Foreign(kind));
    }
    let (channel, rest) = rest.split_first_chunk().ok_or(length)?;
    let channel = ChannelId(u32::from_le_bytes(*channel));
    let parts = match kind {
        KIND_1 => rest.try_into().ok().map(|m| Parts::Handshake1(channel, m)),
        KIND_2 => rest.try_into().ok().map(|m| Parts::Handshake2(channel, m)),
        KIND_3 => rest.try_into().ok().map(|m| Parts::Handshake3(channel, m)),
        _ => sealed(bytes, channel, rest).map(Parts::Transport),
    };
    parts.ok_or(length)
}

fn sealed<'a>(bytes: &'a [u8], channel: ChannelId, rest: &'a [u8]) -> Option<Sealed<'a>> {
    let (number, text) = rest.split_first_chunk()?;
    let plaintext = text.len().checked_sub(TAG)?;
    let fits = (4..=PLAINTEXT_MAX).contains(&plaintext) && plaintext.is_multiple_of(2);
    fits.then_some(Sealed {
        channel,
        number: u64::from_le_bytes(*number),
        header: bytes.first_chunk()?,
        text,
    })
}

/// Puts a handshake message behind its header.
pub(super) fn handshake<const N: usize>(channel: ChannelId, message: &[u8; N]) -> Datagram {
    let kind = match N {
        MESSAGE_1 => KIND_1,
        MESSAGE_2 => KIND_2,
        _ => KIND_3,
    };
    let mut datagram = Datagram::new();
    for part in [&[kind][..], &channel.0.to_le_bytes(), message] {
        datagram
            .extend_from_slice(part)
            .expect("the longest handshake message has 101 bytes");
    }
    datagram
}

/// The header of a transport datagram.
pub(super) fn transport_header(channel: ChannelId, number: u64) -> [u8; TRANSPORT_HEADER] {
    let mut header = [KIND_TRANSPORT; TRANSPORT_HEADER];
    header[1..HEADER].copy_from_slice(&channel.0.to_le_bytes());
    header[HEADER..].copy_from_slice(&number.to_le_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_the_prototype_are_never_ours() {
        let prototype = [12, 24, 36, 40, 44, 48, 52, 56, 68, 88];
        for kind in [KIND_1, KIND_2, KIND_3, KIND_TRANSPORT] {
            let bytes = [kind; DATAGRAM_MAX];
            for length in prototype {
                let seen = parse(&bytes[..length]);
                assert_eq!(seen, Err(DatagramError::Length { kind, seen: length }));
            }
        }
    }

    #[test]
    fn every_first_byte_but_our_four_is_foreign() {
        for first in 0..=u8::MAX {
            let ours = matches!(first, 0xA1 | 0xA3 | 0xA5 | 0xA7);
            let foreign = parse(&[first; 37]) == Err(DatagramError::Foreign(first));
            assert_eq!(foreign, !ours, "{first:02x}");
        }
    }

    #[test]
    fn header_is_kind_channel_and_number_little_endian() {
        let header = transport_header(ChannelId::new(0x0403_0201), 0x0C0B_0A09_0807_0605);
        assert_eq!(header, [0xA7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    }
}
