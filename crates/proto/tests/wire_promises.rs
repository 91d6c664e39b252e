//! What `wire/mod.rs` promises of every message, tried on damaged, cut and random bytes.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says when it cannot run"
)]

#[path = "wire_shared/mod.rs"]
mod shared;

use std::fmt::Debug;

use proptest::prelude::*;
use serde_json::Value;
use v2x_proto::wire::btp::BtpB;
use v2x_proto::wire::cam::Cam;
use v2x_proto::wire::certificate::{Certificate, ToBeSignedCertificate};
use v2x_proto::wire::certificate_message::CertificateMessage;
use v2x_proto::wire::denm::Denm;
use v2x_proto::wire::ev_rsr::EvRsr;
use v2x_proto::wire::evcsn::Evcsn;
use v2x_proto::wire::geonet::{GnPdu, LongPositionVector};
use v2x_proto::wire::packet::Packet;
use v2x_proto::wire::secured::{SignedData, ToBeSigned};
use v2x_proto::wire::vehicle_data::VehicleData;
use v2x_proto::wire::{Wire, WireError};

/// Promises 1 to 3 for some bytes; says whether they were a message.
fn keeps_promises<T: Wire + PartialEq + Debug>(bytes: &[u8]) -> Option<T> {
    let message = T::parse(bytes).ok()?;
    let mut buffer = vec![0xA5; message.encoded_len()];
    assert_eq!(message.emit(&mut buffer), Ok(buffer.len()));
    assert_eq!(T::parse(&buffer).as_ref(), Ok(&message), "{bytes:02x?}");
    if let Some(shorter) = buffer.len().checked_sub(1) {
        let refused = WireError::BufferTooSmall {
            need: buffer.len(),
            have: shorter,
        };
        assert_eq!(message.emit(&mut buffer[..shorter]), Err(refused));
    }
    Some(message)
}

/// Promise 4 on top.
fn keeps_bytes<T: Wire + PartialEq + Debug>(bytes: &[u8]) {
    if let Some(message) = keeps_promises::<T>(bytes) {
        assert_eq!(message.encode(), bytes);
    }
}

fn all_promises(bytes: &[u8]) {
    keeps_promises::<Cam>(bytes);
    keeps_promises::<Denm>(bytes);
    keeps_promises::<Evcsn>(bytes);
    keeps_promises::<EvRsr>(bytes);
    keeps_promises::<Packet>(bytes);
    keeps_promises::<GnPdu>(bytes);
    keeps_bytes::<LongPositionVector>(bytes);
    keeps_bytes::<BtpB>(bytes);
    keeps_bytes::<SignedData>(bytes);
    keeps_bytes::<ToBeSigned>(bytes);
    keeps_bytes::<Certificate>(bytes);
    keeps_bytes::<ToBeSignedCertificate>(bytes);
    keeps_bytes::<CertificateMessage>(bytes);
    keeps_bytes::<VehicleData>(bytes);
}

/// Messages, packets, certificates and what is inside them, as seeds for damage.
fn seeds() -> Vec<Vec<u8>> {
    let Some(vectors) = shared::vectors() else {
        return vec![vec![0; 40]];
    };
    let all = |list: &str, field: &str| -> Vec<Vec<u8>> {
        let list: &Vec<Value> = vectors[list].as_array().unwrap();
        list.iter().map(|it| shared::bytes_of(&it[field])).collect()
    };
    let packets = all("packets", "gn_packet_hex");
    let mut seeds = all("messages", "hex");
    seeds.extend(all("certificates", "hex"));
    seeds.extend(all("certificates", "to_be_signed_hex"));
    seeds.extend(packets.iter().map(|packet| packet[4..].to_vec()));
    seeds.extend(all("negative", "gn_packet_hex"));
    seeds.extend(
        all("certificates", "hex")
            .into_iter()
            .map(|mut certificate| {
                certificate.splice(0..0, [1, 0x80, 1, 1]);
                certificate
            }),
    );
    seeds.extend(packets);
    seeds
}

#[test]
fn undamaged_vectors_keep_every_promise() {
    for seed in seeds() {
        all_promises(&seed);
    }
}

#[test]
fn every_beginning_of_every_vector_keeps_every_promise() {
    for seed in seeds() {
        for end in 0..seed.len() {
            all_promises(&seed[..end]);
        }
    }
}

#[test]
fn every_single_bit_error_in_every_vector_keeps_every_promise() {
    for seed in seeds() {
        let mut damaged = seed.clone();
        for bit in 0..seed.len() * 8 {
            damaged[bit / 8] ^= 1 << (bit % 8);
            all_promises(&damaged);
            damaged[bit / 8] = seed[bit / 8];
        }
    }
}

proptest! {
    #[test]
    fn random_bytes_keep_every_promise(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        all_promises(&bytes);
    }

    #[test]
    fn random_bytes_behind_a_valid_header_keep_every_promise(
        header in prop::sample::select(vec![[2, 2], [2, 1], [1, 11], [1, 7]]),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        all_promises(&[&header[..], &bytes].concat());
    }

    #[test]
    fn vectors_with_several_bytes_replaced_keep_every_promise(
        seed in prop::sample::select(seeds()),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut damaged = seed;
        for (at, byte) in damage {
            let at = at.index(damaged.len());
            damaged[at] = byte;
        }
        all_promises(&damaged);
    }
}
