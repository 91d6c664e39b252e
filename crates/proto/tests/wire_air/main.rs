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

use crate::samples::{cam, certificate_message, denm, geo_broadcast, plain, signed, single_hop};

fn signed_cam(path_points: Option<usize>) -> Packet {
    signed(&single_hop(BtpPort::CAM, &cam(path_points)), Psid::CAM)
}

/// Sizes that the public protocol document tells; all in bytes of one radio frame.
#[test]
fn every_packet_of_a_car_fits_into_a_frame_of_esp_now_version_1() {
    let certificates = single_hop(BtpPort::CERTIFICATES, &certificate_message());
    for (name, packet, size) in [
        ("CAM, signed", signed_cam(None), 179),
        ("CAM, signed, empty path", signed_cam(Some(0)), 181),
        ("CAM, signed, path of 7", signed_cam(Some(7)), 242),
        (
            "DENM, signed, to all",
            signed(&single_hop(BtpPort::DENM, &denm()), Psid::DENM),
            212,
        ),
        (
            "DENM, signed, to an area",
            signed(&geo_broadcast(BtpPort::DENM, &denm()), Psid::DENM),
            228,
        ),
        ("certificate", plain(certificates), 196),
    ] {
        let frame = packet.to_frame(EspNow::V1).unwrap();
        println!("{name}: {} bytes", frame.len());
        assert_eq!(frame.len(), size, "{name}");
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
