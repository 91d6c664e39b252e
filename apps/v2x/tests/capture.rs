//! `v2x capture`: what is heard on the air opens in Wireshark as ITS traffic.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skips"
)]

mod bench;

use std::fs::File;
use std::net::{Ipv4Addr, UdpSocket};
use std::process::{Command, Stdio};

use bench::SOON;
use bench::program::{Process, v2x};
use v2x_proto::wire::List;
use v2x_proto::wire::Wire as _;
use v2x_proto::wire::btp::{BtpB, BtpPort};
use v2x_proto::wire::cam::{Cam, HighFrequency, VehicleHighFrequency};
use v2x_proto::wire::geonet::{
    ChannelLoad, GnAddress, GnPdu, GnSpeed, LongPositionVector, TrafficClass, Transport,
};
use v2x_proto::wire::its_time::ItsTime;
use v2x_proto::wire::motion::{Heading, Speed};
use v2x_proto::wire::packet::{Content, Packet};
use v2x_proto::wire::reference_position::{HeadingValue, Latitude, Longitude, ReferencePosition};
use v2x_proto::wire::station::{StationId, StationType};
use v2x_testbench::{parts_are_required, wait_until};
use v2x_units::{Degrees, MacAddress, MetersPerSecond, Position, UtcTime};

const MAC: [u8; 6] = [0x02, 0x10, 0x20, 0x30, 0x40, 0x50];
const STATION: u32 = 0xCAFE_F00D;

/// A CAM as a car would send it.
fn cam() -> Vec<u8> {
    let now = ItsTime::from_utc(UtcTime::from_millis(1_795_000_000_123)).unwrap();
    let place = Position::new(Degrees::new(-12.345_678_9), Degrees::new(98.765_432_1)).unwrap();
    let vehicle = VehicleHighFrequency {
        heading: Heading {
            value: None,
            confidence: None,
        },
        speed: Speed {
            value: None,
            confidence: None,
        },
        ..VehicleHighFrequency::default()
    };
    let cam = Cam {
        station: StationId::new(STATION.into()).unwrap(),
        generation_delta_time: now.generation_delta_time(),
        station_type: StationType::PASSENGER_CAR,
        position: ReferencePosition::at(place),
        high_frequency: HighFrequency::Vehicle(vehicle),
        low_frequency: None,
        special_vehicle: None,
    };
    let source = LongPositionVector {
        address: GnAddress::new(StationType::PASSENGER_CAR, MacAddress::new(MAC)).unwrap(),
        timestamp: now.geonetworking_timestamp(),
        latitude: Latitude::nearest(Degrees::new(-12.345_678_9)).unwrap(),
        longitude: Longitude::nearest(Degrees::new(98.765_432_1)).unwrap(),
        accurate: true,
        speed: GnSpeed::nearest(MetersPerSecond::new(1.25)).unwrap(),
        heading: HeadingValue::nearest(Degrees::new(0.0)).unwrap(),
    };
    let load = ChannelLoad::new(0, 0);
    let pdu = GnPdu {
        traffic_class: TrafficClass::CAM,
        mobile: true,
        max_hops: 1,
        transport: Transport::SingleHop { source, load },
        btp: BtpB::to(BtpPort::CAM),
        message: List::new("message", cam.encode()).unwrap(),
    };
    Packet::single_hop(Content::Plain(pdu)).encode()
}

/// A datagram of the multicast air, from its description in `air/multicast.rs`.
fn on_air(payload: &[u8]) -> Vec<u8> {
    [&b"V2X air\x01"[..], b"somebody", &MAC, &[0xFF; 6], payload].concat()
}

#[test]
fn captured_cam_opens_in_tshark_and_other_payloads_are_no_malformed_packets() {
    if Command::new("tshark")
        .arg("-v")
        .stdout(Stdio::null())
        .status()
        .is_err()
    {
        assert!(!parts_are_required(), "no tshark");
        println!("skipped: no tshark");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (file, log) = (folder.path().join("air.pcap"), folder.path().join("log"));
    let port = v2x_testbench::free_port();
    let group = format!("239.255.71.71:{port}");
    let mut command = v2x();
    command
        .args(["capture", "--udp", &group, "--count", "2", "--out"])
        .arg(&file);
    let mut capture = Process::start(command.stderr(File::create(&log).unwrap()));
    wait_until(SOON, "the air", || {
        let said = std::fs::read_to_string(&log).unwrap();
        assert!(!capture.has_ended(), "{said}");
        said.contains("simulated")
    });
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    rustix::net::sockopt::set_ip_multicast_if(&socket, &Ipv4Addr::LOCALHOST).unwrap();
    // A handshake of V2G, and something that is not of this air at all.
    let handshake = [&[0xA1, 1, 2, 3, 4][..], &[7; 32]].concat();
    for payload in [on_air(&cam()), b"noise".to_vec(), on_air(&handshake)] {
        socket.send_to(&payload, &group).unwrap();
    }
    assert!(capture.wait("the end of the capture").success());

    let shown = Command::new("tshark")
        .arg("-r")
        .arg(&file)
        .args([
            "-T",
            "fields",
            "-e",
            "eth.type",
            "-e",
            "its.stationID",
            "-e",
            "_ws.malformed",
        ])
        .output()
        .unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    let lines: Vec<_> = shown.lines().map(str::trim_end).collect();
    let cam_line = format!("0x8947\t{STATION}");
    let cam_line_old = format!("0x00008947\t{STATION}");
    assert_eq!(lines.len(), 2, "{shown}");
    assert!(lines[0] == cam_line || lines[0] == cam_line_old, "{shown}");
    assert!(lines[1].ends_with("88b5"), "{shown}");
}
