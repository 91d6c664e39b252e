//! What goes over the air: its sizes, and whether Wireshark reads what we put in.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says when it cannot run"
)]

mod samples;
mod tshark;

use v2x_proto::wire::WireError;
use v2x_proto::wire::btp::BtpPort;
use v2x_proto::wire::certificate::Psid;
use v2x_proto::wire::packet::{EspNow, Packet};

use crate::samples::{
    cam, certificate_message, denm, evcsn, geo_broadcast, plain, signed, single_hop, vehicle_data,
};

fn signed_cam(path_points: Option<usize>) -> Packet {
    signed(&single_hop(BtpPort::CAM, &cam(path_points)), Psid::CAM)
}

/// Every packet of the standard side, with its name on the public page.
fn packets() -> Vec<(&'static str, Packet)> {
    vec![
        ("CAM, signed", signed_cam(None)),
        ("CAM, signed, with an empty path", signed_cam(Some(0))),
        ("CAM, signed, with a path of 7 points", signed_cam(Some(7))),
        (
            "DENM, signed, to all who hear it",
            signed(&single_hop(BtpPort::DENM, &denm()), Psid::DENM),
        ),
        (
            "DENM, signed, to an area",
            signed(&geo_broadcast(BtpPort::DENM, &denm()), Psid::DENM),
        ),
        (
            "vehicle data, signed",
            signed(
                &single_hop(BtpPort::VEHICLE_DATA, &vehicle_data()),
                Psid::VEHICLE_DATA,
            ),
        ),
        (
            "certificate message, one ticket",
            plain(single_hop(BtpPort::CERTIFICATES, &certificate_message())),
        ),
        (
            "EVCSN, a station with two slots",
            plain(single_hop(BtpPort::EVCSN, &evcsn())),
        ),
    ]
}

#[test]
fn every_packet_fits_into_a_frame_of_version_1_and_the_page_says_how_long_it_is() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/protocol/sizes.md");
    let page = std::fs::read_to_string(path).unwrap();
    let row = |(name, packet): (&str, Packet)| {
        let frame = packet.to_frame(EspNow::V1).unwrap();
        format!("| {name} | {} |", frame.len())
    };
    let rows: Vec<String> = packets().into_iter().map(row).collect();
    println!("{}", rows.join("\n"));
    for row in rows {
        assert!(page.contains(&row), "the page lacks: {row}");
    }
}

#[test]
fn path_that_is_too_long_is_refused_when_the_frame_is_built_and_fits_version_2() {
    let packet = signed_cam(Some(10));
    let refused = WireError::TooLong {
        what: "GeoNetworking packet",
        size: 268,
        limit: 250,
    };
    assert_eq!(packet.to_frame(EspNow::V1), Err(refused));
    assert_eq!(packet.to_frame(EspNow::V2).unwrap().len(), 268);
}
