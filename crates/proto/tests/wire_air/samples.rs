//! Packets as a car and a station would send them, built from quantities only.
//!
//! Keys and signatures are placeholders: what is tried here is the form, not the cryptography.

use v2x_proto::wire::btp::{BtpB, BtpPort};
use v2x_proto::wire::cam::{
    AccelerationControl, Cam, ExteriorLights, HighFrequency, LowFrequency, TrailerPresence,
    VehicleHighFrequency, VehicleLengthValue, VehicleRole, VehicleWidth,
};
use v2x_proto::wire::certificate::{
    Certificate, CertificateId, DurationUnit, HashedId8, Issuer, Permission, Psid, PublicKey,
    Signature, Ssp, ToBeSignedCertificate, ValidityPeriod,
};
use v2x_proto::wire::certificate_message::CertificateMessage;
use v2x_proto::wire::denm::{
    Alacarte, Denm, EnergyStorage, InformationQuality, Location, Management, RelevanceDistance,
    RelevanceTrafficDirection, Situation, StationarySince, StationaryVehicle, TransmissionInterval,
    ValidityDuration,
};
use v2x_proto::wire::evcsn::{
    ChargeModes, ChargingSpot, ChargingStation, DEFAULT_PROTOCOL_VERSION, Evcsn, FreeText,
    ParkingPlace, PoiType, Receptacle, StationCount, WaitingMinutes,
};
use v2x_proto::wire::geonet::{
    Area, AreaShape, ChannelLoad, GnAddress, GnPdu, GnSpeed, LongPositionVector, TrafficClass,
    Transport,
};
use v2x_proto::wire::its_time::{GenerationTime, ItsTime};
use v2x_proto::wire::motion::{
    Acceleration, AccelerationValue, DriveDirection, Heading, HeadingConfidence, Speed, SpeedValue,
};
use v2x_proto::wire::packet::{Content, Packet};
use v2x_proto::wire::reference_position::{
    AltitudeConfidence, AltitudeValue, ConfidenceEllipse, DeltaLatitude, DeltaLongitude,
    DeltaPosition, HeadingValue, Latitude, Longitude, PathDeltaTime, PathPoint, ReferencePosition,
    SemiAxisLength,
};
use v2x_proto::wire::secured::{
    Elevation, GenerationLocation, HeaderInfo, SignedData, Signer, ToBeSigned,
};
use v2x_proto::wire::station::{ActionId, CauseCode, SequenceNumber, StationId, StationType};
use v2x_proto::wire::vehicle_data::VehicleData;
use v2x_proto::wire::{List, Ranged, Text, Wire};
use v2x_units::{
    Degrees, MacAddress, Meters, MetersPerSecond, MetersPerSecondSquared, Position, UtcTime,
};

/// The car's radio.
pub(crate) const MAC: MacAddress = MacAddress::new([0x02, 0x10, 0x20, 0x30, 0x40, 0x50]);
/// The name of the car's certificate.
pub(crate) const DIGEST: HashedId8 = HashedId8([0xD1, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8]);
/// A moment in 2026.
pub(crate) const NOW: UtcTime = UtcTime::from_millis(1_795_000_000_123);

fn now() -> ItsTime {
    ItsTime::from_utc(NOW).unwrap()
}

fn station() -> StationId {
    StationId::new(0xCAFE_F00D).unwrap()
}

fn position() -> ReferencePosition {
    let place = Position::new(Degrees::new(-12.345_678_9), Degrees::new(98.765_432_1)).unwrap();
    let axis = |meters| SemiAxisLength::rounded_up(Meters::new(meters)).map(Ranged::Within);
    ReferencePosition {
        confidence: ConfidenceEllipse {
            semi_major: axis(2.5).ok(),
            semi_minor: axis(1.75).ok(),
            orientation: HeadingValue::nearest(Degrees::new(12.3)).ok(),
        },
        altitude: AltitudeValue::nearest(Meters::new(41.5)).ok(),
        altitude_confidence: Some(AltitudeConfidence::covering(Meters::new(7.0))),
        ..ReferencePosition::at(place)
    }
}

fn heading() -> Heading {
    Heading {
        value: HeadingValue::nearest(Degrees::new(271.8)).ok(),
        confidence: HeadingConfidence::rounded_up(Degrees::new(3.0))
            .map(Ranged::Within)
            .ok(),
    }
}

fn path(points: usize) -> List<PathPoint, 0, 40> {
    let point = PathPoint {
        position: DeltaPosition {
            latitude: DeltaLatitude::nearest(Degrees::new(0.000_123_4)).ok(),
            longitude: DeltaLongitude::nearest(Degrees::new(-0.000_056_7)).ok(),
            altitude: None,
        },
        delta_time: PathDeltaTime::new(150).ok(),
    };
    List::new("path", vec![point; points]).unwrap()
}

/// A CAM of a moving car; with a path of so many points when they are given.
pub(crate) fn cam(path_points: Option<usize>) -> Cam {
    let vehicle = VehicleHighFrequency {
        heading: heading(),
        speed: Speed {
            value: SpeedValue::rounded_up(MetersPerSecond::new(17.43)).ok(),
            confidence: None,
        },
        drive_direction: Some(DriveDirection::Forward),
        length: VehicleLengthValue::rounded_up(Meters::new(2.338))
            .map(Ranged::Within)
            .ok(),
        trailer: Some(TrailerPresence::NoTrailer),
        width: VehicleWidth::rounded_up(Meters::new(1.237))
            .map(Ranged::Within)
            .ok(),
        longitudinal_acceleration: Acceleration {
            value: AccelerationValue::nearest(MetersPerSecondSquared::new(-2.1)).ok(),
            confidence: None,
        },
        acceleration_control: Some(AccelerationControl::BRAKE_PEDAL),
        ..VehicleHighFrequency::default()
    };
    Cam {
        station: station(),
        generation_delta_time: now().generation_delta_time(),
        station_type: StationType::PASSENGER_CAR,
        position: position(),
        high_frequency: HighFrequency::Vehicle(vehicle),
        low_frequency: path_points.map(|points| LowFrequency {
            role: VehicleRole::Default,
            exterior_lights: ExteriorLights::LOW_BEAM | ExteriorLights::LEFT_TURN_SIGNAL,
            path_history: path(points),
        }),
        special_vehicle: None,
    }
}

/// A DENM of a car that stands with an empty battery.
pub(crate) fn denm() -> Denm {
    Denm {
        station: station(),
        management: Management {
            action: ActionId {
                originator: station(),
                sequence: SequenceNumber::new(321).unwrap(),
            },
            detection_time: now(),
            reference_time: now(),
            termination: None,
            position: position(),
            relevance_distance: Some(RelevanceDistance::LessThan500M),
            relevance_direction: Some(RelevanceTrafficDirection::Upstream),
            validity: ValidityDuration::new(120).unwrap(),
            transmission_interval: TransmissionInterval::new(1000).ok(),
            station_type: StationType::PASSENGER_CAR,
        },
        situation: Some(Situation {
            quality: InformationQuality::new(5).unwrap(),
            event: CauseCode::STATIONARY_BREAKDOWN,
            linked_cause: None,
            history: None,
        }),
        location: Some(Location {
            speed: None,
            heading: Some(heading()),
            traces: List::new("traces", vec![path(1)]).unwrap(),
            road_type: None,
        }),
        alacarte: Some(Alacarte {
            stationary_vehicle: Some(StationaryVehicle {
                since: Some(StationarySince::LessThan2Minutes),
                cause: Some(CauseCode::LACK_OF_BATTERY_POWER),
                energy_storage: Some(EnergyStorage::ELECTRIC),
                ..StationaryVehicle::default()
            }),
            ..Alacarte::default()
        }),
    }
}

/// What a station with two slots says of itself, in words as short as people write them.
pub(crate) fn evcsn() -> Evcsn {
    let text = |text: &str| FreeText::new("text", text).unwrap();
    let spot = |number: &str, minutes| ChargingSpot {
        modes: ChargeModes::STANDARD_MODE_2,
        equipment_id: Some(text(number)),
        receptacle: Receptacle::default(),
        energy_availability: text("3 kW"),
        parking_places: Some(
            List::new(
                "parkingPlaces",
                vec![ParkingPlace {
                    max_waiting: WaitingMinutes::new(minutes).unwrap(),
                    blocking: false,
                }],
            )
            .unwrap(),
        ),
    };
    let station = ChargingStation {
        id: station(),
        utility_distributor: None,
        provider: Some(Text::new("providerID", "HELECAR").unwrap()),
        location: position(),
        address: None,
        phone_number: None,
        accessibility: Text::new("accessibility", "public").unwrap(),
        digital_map: None,
        opening_hours: text("24/7"),
        pricing: text("1.50 MAD/kWh"),
        booking_contact: None,
        payment: None,
        spots: List::new("spots", vec![spot("1", 0), spot("2", 90)]).unwrap(),
    };
    Evcsn {
        protocol_version: DEFAULT_PROTOCOL_VERSION,
        station: station.id,
        poi_type: PoiType::CHARGING_STATION,
        time: now(),
        relay_capable: false,
        total_stations: StationCount::new(1).unwrap(),
        stations: List::new("stations", vec![station]).unwrap(),
    }
}

/// What a car tells of its battery where its owner agreed.
pub(crate) fn vehicle_data() -> VehicleData {
    VehicleData {
        station: station(),
        sequence: 0,
        measured: 0,
        state_of_charge: None,
        voltage: None,
        current: None,
        available_energy: None,
        desired_state_of_charge: None,
        charging: None,
    }
}

/// An authorization ticket for CAM and DENM.
pub(crate) fn certificate() -> Certificate {
    let permission = |psid, bits: &[u8]| Permission {
        psid,
        ssp: List::new("ssp", bits.to_vec()).map(Ssp::Bitmap).ok(),
    };
    let permissions = vec![
        permission(Psid::CAM, &[1, 0, 0]),
        permission(Psid::DENM, &[1, 0, 5, 0x21]),
    ];
    Certificate {
        issuer: Issuer::Digest(HashedId8([0xAA; 8])),
        to_be_signed: ToBeSignedCertificate {
            id: CertificateId::None,
            revocation_authority: [0; 3],
            revocation_series: 0,
            validity: ValidityPeriod {
                start: 709_118_135,
                amount: 168,
                unit: DurationUnit::Hours,
            },
            region: None,
            assurance_level: None,
            permissions: List::new("appPermissions", permissions).ok(),
            issue_permissions: None,
            encryption_key: None,
            verification_key: PublicKey {
                y_is_odd: true,
                x: [0x4B; 32],
            },
        },
        signature: Signature::new([0xC1; 32], [0xC2; 32]),
    }
}

pub(crate) fn certificate_message() -> CertificateMessage {
    CertificateMessage {
        certificates: List::new("certificates", vec![certificate()]).unwrap(),
    }
}

fn source() -> LongPositionVector {
    LongPositionVector {
        address: GnAddress::new(StationType::PASSENGER_CAR, MAC).unwrap(),
        timestamp: now().geonetworking_timestamp(),
        latitude: Latitude::nearest(Degrees::new(-12.345_678_9)).unwrap(),
        longitude: Longitude::nearest(Degrees::new(98.765_432_1)).unwrap(),
        accurate: true,
        speed: GnSpeed::nearest(MetersPerSecond::new(-1.25)).unwrap(),
        heading: HeadingValue::nearest(Degrees::new(271.8)).unwrap(),
    }
}

fn pdu(transport: Transport, max_hops: u8, port: BtpPort, message: &impl Wire) -> GnPdu {
    GnPdu {
        traffic_class: TrafficClass::CAM,
        mobile: true,
        max_hops,
        transport,
        btp: BtpB::to(port),
        message: List::new("message", message.encode()).unwrap(),
    }
}

/// A message to everybody who hears the car.
pub(crate) fn single_hop(port: BtpPort, message: &impl Wire) -> GnPdu {
    let load = ChannelLoad::new(51, 26);
    let source = source();
    pdu(Transport::SingleHop { source, load }, 1, port, message)
}

/// A message to everybody within 300 m.
pub(crate) fn geo_broadcast(port: BtpPort, message: &impl Wire) -> GnPdu {
    let source = source();
    let area = Area {
        shape: AreaShape::Circle,
        latitude: source.latitude,
        longitude: source.longitude,
        distance_a: 300,
        distance_b: 0,
        angle: 0,
    };
    let transport = Transport::GeoBroadcast {
        sequence: 77,
        source,
        area,
    };
    pdu(transport, 3, port, message)
}

/// The packet, signed by the holder of the certificate with our digest.
pub(crate) fn signed(pdu: &GnPdu, psid: Psid) -> Packet {
    let mut header = HeaderInfo::new(psid, GenerationTime::from_utc(NOW).unwrap());
    if psid == Psid::DENM {
        header.generation_location = Some(GenerationLocation {
            latitude: Latitude::nearest(Degrees::new(-12.345_678_9)).ok(),
            longitude: Longitude::nearest(Degrees::new(98.765_432_1)).ok(),
            elevation: Elevation::nearest(Meters::new(41.5)).unwrap(),
        });
    }
    Packet::single_hop(Content::Signed(SignedData {
        to_be_signed: ToBeSigned::new(pdu, header).unwrap(),
        signer: Signer::Digest(DIGEST),
        signature: Signature::new([0x5A; 32], [0xA5; 32]),
    }))
}

/// The packet without a signature.
pub(crate) fn plain(pdu: GnPdu) -> Packet {
    Packet::single_hop(Content::Plain(pdu))
}
