//! tshark reads a capture of ours with the values that we put in and calls no packet malformed.

use std::process::Command;

use v2x_proto::wire::btp::BtpPort;
use v2x_proto::wire::certificate::Psid;
use v2x_proto::wire::packet::{EspNow, Packet};
use v2x_proto::wire::pcap;
use v2x_units::MacAddress;

use crate::samples::{
    MAC, NOW, cam, certificate_message, denm, geo_broadcast, plain, signed, single_hop,
};

/// Fields of tshark with the value that it must show.
type Fields = &'static [(&'static str, &'static str)];

/// What tshark must show of the first values of each field; the rest of the line is the packet's.
const CAM_FIELDS: Fields = &[
    ("its.protocolVersion", "2"),
    ("its.messageID", "2"),
    ("its.stationID", "3405705229"),
    // 1,795,000,000,123 ms of Unix time plus 5 leap seconds, from 2004 on, modulo 65,536.
    ("cam.generationDeltaTime", "47619"),
    ("cam.stationType", "5"),
    ("its.latitude", "-123456789"),
    ("its.longitude", "987654321"),
    ("its.semiMajorConfidence", "250"),
    ("its.semiMinorConfidence", "175"),
    ("its.semiMajorOrientation", "123"),
    ("its.altitudeValue", "4150"),
    ("its.altitudeConfidence", "9"),
    ("its.headingValue", "2718"),
    ("its.headingConfidence", "30"),
    ("its.speedValue", "1743"),
    ("its.speedConfidence", "127"),
    ("cam.driveDirection", "0"),
    ("its.vehicleLengthValue", "24"),
    ("its.vehicleLengthConfidenceIndication", "0"),
    ("cam.vehicleWidth", "13"),
    ("its.longitudinalAccelerationValue", "-21"),
    ("its.longitudinalAccelerationConfidence", "102"),
    ("its.curvatureValue", "1023"),
    ("cam.curvatureCalculationMode", "2"),
    ("its.yawRateValue", "32767"),
    ("cam.accelerationControl", "80"),
    ("cam.vehicleRole", "0"),
    ("cam.exteriorLights", "a0"),
    ("its.deltaLatitude", "1234"),
    ("its.deltaLongitude", "-567"),
    ("its.deltaAltitude", "12800"),
    ("its.pathDeltaTime", "150"),
];

const DENM_FIELDS: Fields = &[
    ("its.protocolVersion", "2"),
    ("its.messageID", "1"),
    ("its.stationID", "3405705229"),
    ("its.originatingStationID", "3405705229"),
    ("its.sequenceNumber", "321"),
    ("denm.detectionTime", "722084805123"),
    ("denm.referenceTime", "722084805123"),
    ("its.latitude", "-123456789"),
    ("its.longitude", "987654321"),
    ("denm.relevanceDistance", "3"),
    ("denm.relevanceTrafficDirection", "1"),
    ("denm.validityDuration", "120"),
    ("denm.transmissionInterval", "1000"),
    ("denm.stationType", "5"),
    ("denm.informationQuality", "5"),
    ("its.causeCode", "94"),
    ("its.subCauseCode", "2"),
    ("its.headingValue", "2718"),
    ("denm.stationarySince", "1"),
    ("denm.energyStorageType", "40"),
];

const HEADER_FIELDS: Fields = &[
    ("geonw.bh.version", "1"),
    ("geonw.bh.lt.mult", "1"),
    ("geonw.bh.lt.base", "1"),
    ("geonw.bh.rhl", "1"),
    ("geonw.ch.nh", "2"),
    ("geonw.ch.tclass", "2"),
    ("geonw.ch.flags.mob", "1"),
    ("geonw.src_pos.addr", "1400021020304050"),
    ("geonw.src_pos.addr.type", "5"),
    ("geonw.src_pos.addr.mid", "02:10:20:30:40:50"),
    ("geonw.src_pos.tst", "530299395"),
    ("geonw.src_pos.lat", "-123456789"),
    ("geonw.src_pos.long", "987654321"),
    ("geonw.src_pos.pai", "1"),
    ("geonw.src_pos.speed", "-125"),
    ("geonw.src_pos.hdg", "2718"),
    ("eth.src", "02:10:20:30:40:50"),
    ("eth.dst", "ff:ff:ff:ff:ff:ff"),
    ("frame.time_epoch", "1795000000.123000000"),
];

const SIGNATURE_FIELDS: Fields = &[
    ("geonw.bh.nh", "2"),
    ("ieee1609dot2.protocolVersion", "3"),
    ("ieee1609dot2.hashId", "0"),
    ("ieee1609dot2.generationTime", "722084805123000"),
    ("ieee1609dot2.digest", "d1d2d3d4d5d6d7d8"),
    ("ieee1609dot2.x_only", R),
    ("ieee1609dot2.sSig", S),
];

const AREA_FIELDS: Fields = &[
    ("geonw.ch.htype", "0x40"),
    ("geonw.ch.mhl", "3"),
    ("geonw.seq_num", "0x004d"),
    ("geonw.gxc.latitude", "-123456789"),
    ("geonw.gxc.longitude", "987654321"),
    ("geonw.gxc.radius", "300"),
];

const LOCATION_FIELDS: Fields = &[
    ("ieee1609dot2.psid", "37"),
    ("ieee1609dot2.latitude", "-123456789"),
    ("ieee1609dot2.longitude", "987654321"),
    ("ieee1609dot2.elevation", "4511"),
];

/// The placeholder signature.
const R: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";
const S: &str = "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5";

/// Each packet with the fields that tshark must show of it.
fn conversation() -> Vec<(Packet, Vec<Fields>)> {
    let cam = single_hop(BtpPort::CAM, &cam(Some(3)));
    let denm_to_all = single_hop(BtpPort::DENM, &denm());
    let denm_to_area = geo_broadcast(BtpPort::DENM, &denm());
    let certificates = single_hop(BtpPort::CERTIFICATES, &certificate_message());
    let single_hop: &[_] = &[("geonw.ch.htype", "0x50"), ("geonw.ch.mhl", "1")];
    let cam_port: &[_] = &[("btpb.dstport", "2001")];
    let denm_port: &[_] = &[("btpb.dstport", "2002")];
    let cam_psid: &[_] = &[("ieee1609dot2.psid", "36")];
    let plainly: &[_] = &[("geonw.bh.nh", "1")];
    vec![
        (
            signed(&cam, Psid::CAM),
            vec![
                HEADER_FIELDS,
                single_hop,
                cam_port,
                SIGNATURE_FIELDS,
                cam_psid,
                CAM_FIELDS,
            ],
        ),
        (
            signed(&denm_to_all, Psid::DENM),
            vec![
                HEADER_FIELDS,
                single_hop,
                denm_port,
                SIGNATURE_FIELDS,
                LOCATION_FIELDS,
                DENM_FIELDS,
            ],
        ),
        (
            signed(&denm_to_area, Psid::DENM),
            vec![
                HEADER_FIELDS,
                AREA_FIELDS,
                denm_port,
                SIGNATURE_FIELDS,
                DENM_FIELDS,
            ],
        ),
        (
            plain(cam),
            vec![HEADER_FIELDS, single_hop, cam_port, plainly, CAM_FIELDS],
        ),
        (
            plain(denm_to_area),
            vec![HEADER_FIELDS, AREA_FIELDS, denm_port, plainly, DENM_FIELDS],
        ),
        (
            plain(certificates),
            vec![
                HEADER_FIELDS,
                single_hop,
                plainly,
                &[("btpb.dstport", "65025")],
            ],
        ),
    ]
}

/// Runs tshark on a capture; `None`, said on the output, when there is no tshark.
fn tshark(capture: &std::path::Path, arguments: &[&str]) -> Option<String> {
    let run = Command::new("tshark")
        .arg("-r")
        .arg(capture)
        .args(arguments)
        .output();
    let required = std::env::var_os("V2X_REQUIRE_SHARED").is_some_and(|value| value == "1");
    match run {
        Ok(output) => {
            let complaint = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{complaint}");
            Some(String::from_utf8(output.stdout).unwrap())
        }
        Err(error) if required => panic!("tshark: {error}"),
        Err(_) => {
            println!("skipped: no tshark");
            None
        }
    }
}

#[test]
fn tshark_shows_the_values_of_every_packet_and_none_malformed() {
    let conversation = conversation();
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("air.pcap");
    let mut bytes = pcap::file_header();
    for (packet, _) in &conversation {
        let frame = packet.to_frame(EspNow::V1).unwrap();
        bytes.extend(pcap::record(NOW, MAC, MacAddress::BROADCAST, &frame));
    }
    std::fs::write(&capture, bytes).unwrap();

    let Some(malformed) = tshark(&capture, &["-Y", "_ws.malformed"]) else {
        return;
    };
    assert_eq!(malformed, "");
    for (number, (_, fields)) in (1..).zip(&conversation) {
        let fields: Vec<_> = fields.concat();
        let filter = format!("frame.number == {number}");
        let mut arguments = vec!["-Y", &filter, "-T", "fields", "-E", "occurrence=f"];
        arguments.extend(fields.iter().flat_map(|(name, _)| ["-e", *name]));
        let line = tshark(&capture, &arguments).unwrap();
        let shown = line.trim_end_matches('\n').split('\t');
        let shown: Vec<_> = fields.iter().map(|(name, _)| *name).zip(shown).collect();
        assert_eq!(shown, fields, "packet {number}");
    }
}
