//! Captures that open in Wireshark as ITS traffic: packets of the radio as Ethernet frames.
//!
//! Not a reader, and no file: whoever calls writes the bytes. Format: classic pcap 2.4 with
//! microseconds, link type Ethernet, because only there is GeoNetworking dissected (by its
//! EtherType). The Ethernet header stands in for the radio's own, with the same addresses.

use alloc::vec::Vec;

use v2x_units::{MacAddress, UtcTime};

use super::geonet::ETHER_TYPE;

/// The little-endian form of the format, in microseconds.
const MAGIC: u32 = 0xA1B2_C3D4;
/// The version of the format.
const VERSION: [u16; 2] = [2, 4];
/// The longest frame that the file may hold.
const SNAP_LENGTH: u32 = 65_535;
/// The link type Ethernet.
const LINK_TYPE_ETHERNET: u32 = 1;

/// The bytes that a capture begins with.
#[must_use]
pub fn file_header() -> Vec<u8> {
    let mut out = Vec::with_capacity(24);
    out.extend(MAGIC.to_le_bytes());
    out.extend(VERSION.iter().flat_map(|part| part.to_le_bytes()));
    out.extend([0; 8]); // The time zone and its accuracy, which nobody uses.
    out.extend(SNAP_LENGTH.to_le_bytes());
    out.extend(LINK_TYPE_ETHERNET.to_le_bytes());
    out
}

/// The EtherType for experiments in one house (IEEE 802, 9.2.4): payloads that no dissector knows.
const ETHER_TYPE_LOCAL: u16 = 0x88B5;

/// One payload of the radio that is no GeoNetworking packet, as V2G and the prototype's messages,
/// under an EtherType that Wireshark shows as plain data.
#[must_use]
pub fn record_of_other(
    heard: UtcTime,
    source: MacAddress,
    destination: MacAddress,
    payload: &[u8],
) -> Vec<u8> {
    framed(heard, source, destination, ETHER_TYPE_LOCAL, payload)
}

/// One packet of the radio, with when it was heard, from whom and for whom.
///
/// Times before 1970 and after 2106 are written as the nearest that the format has. Of a packet
/// that is longer than the format allows, the beginning is written and the length told.
#[must_use]
pub fn record(
    heard: UtcTime,
    source: MacAddress,
    destination: MacAddress,
    packet: &[u8],
) -> Vec<u8> {
    framed(heard, source, destination, ETHER_TYPE, packet)
}

fn framed(
    heard: UtcTime,
    source: MacAddress,
    destination: MacAddress,
    ether_type: u16,
    packet: &[u8],
) -> Vec<u8> {
    let mut frame = Vec::with_capacity(14 + packet.len());
    frame.extend(destination.octets());
    frame.extend(source.octets());
    frame.extend(ether_type.to_be_bytes());
    frame.extend_from_slice(packet);
    let length = u32::try_from(frame.len()).unwrap_or(u32::MAX);
    frame.truncate(usize::try_from(SNAP_LENGTH).unwrap_or(usize::MAX));
    let kept = length.min(SNAP_LENGTH);

    let (seconds, micros) = heard.split();
    let seconds = u32::try_from(seconds.max(0)).unwrap_or(u32::MAX);
    let micros = u32::try_from(micros).unwrap_or(0);
    let mut out = Vec::with_capacity(16 + frame.len());
    for field in [seconds, micros, kept, length] {
        out.extend(field.to_le_bytes());
    }
    out.extend(frame);
    out
}
