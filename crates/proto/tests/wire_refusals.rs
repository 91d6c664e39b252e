//! What is refused on the way in and on the way out, and in which words.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use v2x_proto::wire::btp::BtpPort;
use v2x_proto::wire::cam::Cam;
use v2x_proto::wire::certificate::Certificate;
use v2x_proto::wire::denm::{Denm, InformationQuality, Management, Situation, ValidityDuration};
use v2x_proto::wire::ev_rsr::EvRsr;
use v2x_proto::wire::evcsn::Receptacle;
use v2x_proto::wire::geonet::{GnAddress, GnPdu, LongPositionVector};
use v2x_proto::wire::its_time::ItsTime;
use v2x_proto::wire::motion::SpeedValue;
use v2x_proto::wire::packet::Packet;
use v2x_proto::wire::reference_position::{AltitudeConfidence, Latitude, ReferencePosition};
use v2x_proto::wire::station::{ActionId, CauseCode, SequenceNumber, StationId, StationType};
use v2x_proto::wire::{AsciiText, List, PhoneNumber, Ranged, Text, Wire};
use v2x_units::{Degrees, MacAddress, Meters, MetersPerSecond};

/// A CAM with nothing known but its sender: `cam_minimal` of the vectors.
const CAM: &str =
    "0202010203040000000d693a403ad274803ffffffc23b7743e00e11fdffffebfe9ed0737feebfff600";
/// A single-hop broadcast of it, from 48.858370, 2.294481.
const HEADERS: &str = "1100500120500280002d0100\
    1400020000000001 1af2fa52 1d1f3214 015e1c2a 84e2 0389 00000000 07d10000";

fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.split_whitespace().collect();
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

/// The words with which a packet is refused after one of its bytes is replaced.
fn packet_with(at: usize, byte: u8) -> String {
    let mut packet = bytes(&[HEADERS, CAM].concat());
    assert!(Packet::parse(&packet).is_ok());
    packet[at] = byte;
    Packet::parse(&packet).unwrap_err().to_string()
}

#[test]
fn headers_that_are_not_spoken_are_refused_by_field_place_and_value() {
    for (at, byte, words) in [
        (
            0,
            0x01,
            "basic version at byte 0 is 0x0, which is not spoken here; spoken are version 1",
        ),
        (
            0,
            0x10,
            "basic next header at byte 0 is 0x0, which is not spoken here; spoken are common \
             header 1 and secured packet 2",
        ),
        (
            4,
            0x10,
            "common next header at byte 0 is 0x1, which is not spoken here; spoken are BTP-B 2",
        ),
        (
            5,
            0x60,
            "header type at byte 1 is 0x60, which is not spoken here; spoken are single-hop \
             broadcast 0x50 and geo-broadcast 0x40 to 0x42",
        ),
        (
            9,
            0x2E,
            "payload length at byte 4 is 46, but 45 bytes follow from byte 36",
        ),
        (
            24,
            0x7F,
            "latitude is 2132750868; it must be -900000000 to 900000000 (in steps of the field)",
        ),
        (
            34,
            0x0F,
            "headingValue is 3977; it must be 0 to 3600 (in steps of the field)",
        ),
    ] {
        assert_eq!(packet_with(at, byte), words);
    }
}

#[test]
fn message_of_another_kind_or_version_is_refused_by_its_header() {
    let cam = bytes(CAM);
    let of_version = |version| [&[version], &cam[1..]].concat();
    assert!(Cam::parse(&of_version(2)).is_ok());
    assert_eq!(
        Cam::parse(&of_version(1)).unwrap_err().to_string(),
        "no CAM: the header says message 2, version 1"
    );
    let refused = Denm::parse(&cam).unwrap_err().to_string();
    assert!(refused.starts_with("no DENM"), "{refused}");
}

#[test]
fn truncated_cam_is_refused_with_the_field_in_which_it_ends() {
    let refused = Cam::parse(&bytes(CAM)[..20]).unwrap_err().to_string();
    assert_eq!(
        refused,
        "no CAM in UPER: PosConfidenceEllipse.semi_minor_confidence: Need more data to continue: \
         Size(3)"
    );
}

#[test]
fn reservation_messages_that_are_not_spoken_are_refused_by_their_number() {
    // The third alternative of the body, with 27 bytes after it.
    let reservation = [&[1, 7, 1, 2, 3, 4, 0x20][..], &[0; 27]].concat();
    assert_eq!(
        EvRsr::parse(&reservation).unwrap_err().to_string(),
        "messageBody at byte 6 is 0x2, which is not spoken here; spoken are pre-reservation \
         request 0 and response 1"
    );
}

#[test]
fn certificate_of_another_curve_is_refused_where_it_names_it() {
    let start = "80030080c250c110dedfa74e108300000000002a4448b78400a80101000124 80 81";
    assert_eq!(
        Certificate::parse(&bytes(start)).unwrap_err().to_string(),
        "verificationKey at byte 32 is 0x81, which is not spoken here; spoken are NIST P-256 0x80"
    );
}

#[test]
fn quantities_that_a_field_cannot_carry_are_refused_and_not_cut() {
    let speed = |mps| SpeedValue::rounded_up(MetersPerSecond::new(mps));
    assert_eq!(speed(163.82), Ok(SpeedValue::MAX));
    assert!(speed(163.83).is_err() && speed(-0.1).is_err() && speed(f64::NAN).is_err());
    assert!(Latitude::nearest(Degrees::new(90.1)).is_err());
    assert!(ItsTime::from_millis(4_398_046_511_104).is_err());
    assert!(GnAddress::new(StationType::new(32).unwrap(), MacAddress::BROADCAST).is_err());
    let beyond = AltitudeConfidence::covering(Meters::new(200.1));
    assert_eq!(beyond, Ranged::OutOfRange);
}

#[test]
fn speeds_round_up_and_whole_steps_stay() {
    let steps = |mps| {
        SpeedValue::rounded_up(MetersPerSecond::new(mps))
            .unwrap()
            .raw()
    };
    assert_eq!(
        [steps(0.0), steps(0.001), steps(12.5), steps(12.501)],
        [0, 1, 1250, 1251]
    );
    assert_eq!(steps(0.07), 7, "0.07 times 100 lies above 7 in binary");
}

#[test]
fn texts_and_lists_outside_their_size_or_alphabet_are_refused() {
    assert!(Text::<1, 32>::new("accessibility", "").is_err());
    assert!(
        Text::<1, 4>::new("label", "žluť").is_ok(),
        "characters count, not bytes"
    );
    assert!(AsciiText::<1, 24>::new("emergencyActionCode", "3YÉ").is_err());
    assert_eq!(
        PhoneNumber::new("+212 5").unwrap_err().to_string(),
        "phoneNumber cannot carry the character '+' at 0"
    );
    assert!(List::<u8, 1, 2>::new("list", vec![1, 2, 3]).is_err());
    assert!(Receptacle::new(&[true; 65]).is_err());
}

fn denm_of(cause: CauseCode) -> Denm {
    let station = StationId::new(1).unwrap();
    let time = ItsTime::from_millis(0).unwrap();
    Denm {
        station,
        management: Management {
            action: ActionId {
                originator: station,
                sequence: SequenceNumber::new(0).unwrap(),
            },
            detection_time: time,
            reference_time: time,
            termination: None,
            position: ReferencePosition::default(),
            relevance_distance: None,
            relevance_direction: None,
            validity: ValidityDuration::default(),
            transmission_interval: None,
            station_type: StationType::UNKNOWN,
        },
        situation: Some(Situation {
            quality: InformationQuality::MIN,
            event: cause,
            linked_cause: None,
            history: None,
        }),
        location: None,
        alacarte: None,
    }
}

#[test]
fn causes_of_a_light_vehicle_need_the_permissions_of_the_reference() {
    let causes = [
        CauseCode::SLOW_VEHICLE,
        CauseCode::LACK_OF_BATTERY_POWER,
        CauseCode::STATIONARY_VEHICLE,
        CauseCode::EMERGENCY_BRAKE,
    ];
    let mut needed = [0; 4];
    for cause in causes {
        let required = denm_of(cause).required_permissions().unwrap();
        for (all, one) in needed.iter_mut().zip(required) {
            *all |= one;
        }
    }
    assert_eq!(needed, [0x01, 0x00, 0x05, 0x21]);
    assert_eq!(denm_of(CauseCode::new(200, 0)).required_permissions(), None);
}

#[test]
fn ordinary_car_needs_no_permission_beyond_the_version() {
    let cam = Cam::parse(&bytes(CAM)).unwrap();
    assert_eq!(cam.required_permissions(), [1, 0, 0]);
}

#[test]
fn pdu_of_the_packet_names_the_service_and_the_sender() {
    let packet = bytes(&[HEADERS, CAM].concat());
    let pdu = GnPdu::parse(&packet[4..]).unwrap();
    assert_eq!(pdu.btp.port, BtpPort::CAM);
    let source = pdu.transport.source();
    assert_eq!(source.address.mac(), MacAddress::new([2, 0, 0, 0, 0, 1]));
    assert_eq!(source.address.station_type(), StationType::PASSENGER_CAR);
    assert!((source.latitude.get().get() - 48.858_37).abs() < 1e-9);
}

/// The speed is 15 bits in two's complement beside the accuracy bit: -125 is 0x7f83 or 0xff83.
#[test]
fn backward_speed_is_negative_with_and_without_the_accuracy_bit() {
    for (motion, accurate) in [("7f83", false), ("ff83", true)] {
        let hex = [
            "1400020000000001 1af2fa52 1d1f3214 015e1c2a",
            motion,
            "0389",
        ]
        .concat();
        let source = LongPositionVector::parse(&bytes(&hex)).unwrap();
        assert_eq!((source.speed.raw(), source.accurate), (-125, accurate));
        assert_eq!(source.encode(), bytes(&hex));
    }
}

#[test]
fn table_of_the_wire_room_names_every_message_file() {
    let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/wire");
    let table = fs::read_to_string(room.join("mod.rs")).unwrap();
    for entry in fs::read_dir(&room).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let told = table.contains(&format!("`{name}`")) || name == "mod.rs" || !name.contains('.');
        assert!(told, "{name} is not named in wire/mod.rs");
    }
}
