//! The golden vectors of ETSI messages, packets and certificates, byte for byte in both directions.
//!
//! The vectors were made by asn1tools and pycrate and confirmed by rasn and tshark. Each is parsed;
//! its values, written out again in the vectors' own notation by code that knows nothing of our
//! encoder, must be the vector's values; its bytes must be the vector's bytes.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says when it cannot run"
)]

mod cam;
mod certificate;
mod charging;
mod data_dictionary;
mod denm;
mod packet;
#[path = "../wire_shared/mod.rs"]
mod shared;

use serde_json::Value;
use v2x_proto::wire::cam::Cam;
use v2x_proto::wire::certificate::{Certificate, CircularRegion};
use v2x_proto::wire::certificate_message::CertificateMessage;
use v2x_proto::wire::denm::Denm;
use v2x_proto::wire::ev_rsr::EvRsr;
use v2x_proto::wire::evcsn::Evcsn;
use v2x_proto::wire::packet::{Content, EspNow, Packet};
use v2x_proto::wire::reference_position::{Latitude, Longitude};
use v2x_proto::wire::secured::{Signer, ToBeSigned};
use v2x_proto::wire::{Wire, WireError};

use crate::shared::{bytes_of, vectors};

/// Parses a vector, compares its values and its bytes.
fn meets<T: Wire>(vector: &Value, written_out: impl Fn(&T) -> Value) {
    let name = &vector["name"];
    let bytes = bytes_of(&vector["hex"]);
    let message = T::parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(written_out(&message), vector["value"], "{name}");
    assert_eq!(message.encode(), bytes, "{name}");
}

#[test]
fn every_message_vector_is_met_in_both_directions() {
    let Some(vectors) = vectors() else { return };
    let messages = vectors["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 25);
    for vector in messages {
        match vector["type"].as_str().unwrap() {
            "CAM" => meets::<Cam>(vector, cam::written_out),
            "DENM" => meets::<Denm>(vector, denm::written_out),
            "EvcsnPdu" => meets::<Evcsn>(vector, charging::evcsn),
            "EV-RSR" => meets::<EvRsr>(vector, charging::ev_rsr),
            other => panic!("unknown type {other}"),
        }
    }
}

#[test]
fn every_certificate_vector_is_met_in_both_directions() {
    let Some(vectors) = vectors() else { return };
    for vector in vectors["certificates"].as_array().unwrap() {
        meets::<Certificate>(vector, certificate::written_out);
        let name = &vector["name"];
        let parsed = Certificate::parse(&bytes_of(&vector["hex"])).unwrap();
        let canonical = bytes_of(&vector["canonical_hex"]);
        assert_eq!(parsed.canonical().encode(), canonical, "{name}");
        let to_be_signed = bytes_of(&vector["to_be_signed_hex"]);
        assert_eq!(parsed.to_be_signed.encode(), to_be_signed, "{name}");
    }
}

/// asn1tools encodes `Ieee1609dot2Peer2PeerPDU` with two entries as 01 80 01 02 and the entries.
#[test]
fn certificate_message_is_what_asn1tools_makes_of_the_same_chain() {
    let Some(vectors) = vectors() else { return };
    let certificates = vectors["certificates"].as_array().unwrap();
    let named = |name: &str| certificates.iter().find(|it| it["name"] == name).unwrap();
    let chain = ["at", "aa"].map(|name| bytes_of(&named(name)["hex"]));
    let bytes = [&[0x01, 0x80, 0x01, 0x02], &chain[0][..], &chain[1]].concat();
    let message = CertificateMessage::parse(&bytes).unwrap();
    assert_eq!(message.certificates.len(), 2);
    assert_eq!(message.certificates[1].encode(), chain[1]);
    assert_eq!(message.encode(), bytes);
}

/// asn1tools encodes this circle as 80 f8a432eb 3ade68b1 1388.
#[test]
fn region_of_a_certificate_is_what_asn1tools_makes_of_the_same_circle() {
    let Some(vectors) = vectors() else { return };
    let certificates = vectors["certificates"].as_array().unwrap();
    let ticket = certificates.iter().find(|it| it["name"] == "at").unwrap();
    let mut ticket = Certificate::parse(&bytes_of(&ticket["hex"])).unwrap();
    let without = ticket.to_be_signed.encode();
    ticket.to_be_signed.region = Some(CircularRegion {
        latitude: Latitude::new(-123_456_789).unwrap(),
        longitude: Longitude::new(987_654_321).unwrap(),
        radius: 5000,
    });
    let circle = [
        0x80, 0xF8, 0xA4, 0x32, 0xEB, 0x3A, 0xDE, 0x68, 0xB1, 0x13, 0x88,
    ];
    // Preamble, id, two revocation fields and validity come before the region.
    let (before, after) = without.split_at(1 + 1 + 3 + 2 + 7);
    let mut expected = [before, &circle[..], after].concat();
    expected[0] |= 0x40;
    assert_eq!(ticket.to_be_signed.encode(), expected);
    assert_eq!(Certificate::parse(&ticket.encode()), Ok(ticket));
}

#[test]
fn every_packet_vector_is_met_in_both_directions() {
    let Some(vectors) = vectors() else { return };
    let packets = vectors["packets"].as_array().unwrap();
    assert_eq!(packets.len(), 17);
    for vector in packets {
        let name = &vector["name"];
        let bytes = bytes_of(&vector["gn_packet_hex"]);
        let parsed = Packet::parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(parsed.encode(), bytes, "{name}");
        match &parsed.content {
            Content::Plain(pdu) => packet::check_layers(vector, &parsed, pdu),
            Content::Signed(signed) => {
                let security = &vector["security"];
                assert_eq!(packet::signed_data(signed), security["value"], "{name}");
                let to_be_signed = bytes_of(&security["to_be_signed_data_hex"]);
                assert_eq!(signed.to_be_signed.encode(), to_be_signed, "{name}");
                assert_eq!(
                    ToBeSigned::parse(&to_be_signed).as_ref(),
                    Ok(&signed.to_be_signed)
                );
            }
        }
        let message = packet::message_of(&parsed);
        let named = vectors["messages"].as_array().unwrap().iter();
        let expected = named
            .clone()
            .find(|it| it["name"] == vector["layers"]["message"]);
        assert_eq!(message, bytes_of(&expected.unwrap()["hex"]), "{name}");
    }
}

#[test]
fn every_size_of_the_vectors_is_met_and_fits_a_frame_or_is_refused_with_its_size() {
    let Some(vectors) = vectors() else { return };
    for vector in vectors["packets"].as_array().unwrap() {
        let size = usize::try_from(vector["gn_packet_length"].as_u64().unwrap()).unwrap();
        let packet = Packet::parse(&bytes_of(&vector["gn_packet_hex"])).unwrap();
        assert_eq!(packet.encoded_len(), size);
        assert!(packet.to_frame(EspNow::V2).is_ok());
        let refused = WireError::TooLong {
            what: "GeoNetworking packet",
            size,
            limit: 250,
        };
        match packet.to_frame(EspNow::V1) {
            Ok(frame) => assert!(frame.len() == size && size <= 250),
            Err(error) => assert_eq!(error, refused),
        }
    }
}

#[test]
fn negative_vectors_that_are_well_formed_are_read_and_the_truncated_one_is_not() {
    let Some(vectors) = vectors() else { return };
    let negative = vectors["negative"].as_array().unwrap();
    assert_eq!(negative.len(), 10);
    for vector in negative {
        let bytes = bytes_of(&vector["gn_packet_hex"]);
        let parsed = Packet::parse(&bytes);
        if vector["name"] == "neg_truncated" {
            let truncated = WireError::Truncated {
                field: "sSig",
                at: 151,
                need: 32,
                have: 22,
            };
            assert_eq!(parsed, Err(truncated));
        } else {
            assert_eq!(parsed.unwrap().encode(), bytes, "{}", vector["name"]);
        }
    }
}

#[test]
fn compressed_signature_point_changes_neither_r_nor_the_canonical_certificate() {
    let Some(vectors) = vectors() else { return };
    let packets = vectors["packets"].as_array().unwrap();
    let named = |name: &str| packets.iter().find(|it| it["name"] == name).unwrap();
    let signed = |name: &str| {
        let bytes = bytes_of(&named(name)["gn_packet_hex"]);
        match Packet::parse(&bytes).unwrap().content {
            Content::Signed(signed) => signed,
            Content::Plain(_) => panic!("{name} is not signed"),
        }
    };
    let plain = signed("shb_cam_secured_digest").signature;
    let compressed = signed("shb_cam_secured_digest_r_compressed").signature;
    assert_eq!((plain.r, plain.s), (compressed.r, compressed.s));
    assert_ne!(plain, compressed);
    let Signer::Certificate(carried) =
        signed("shb_cam_secured_certificate_r_compressed_cert").signer
    else {
        panic!("the signer is a certificate");
    };
    assert_ne!(carried.canonical(), *carried);
}
