//! The vectors of `v2g_vectors/vectors.txt`, byte for byte, in both directions.
//!
//! They were made by `v2g_vectors/make.py` from the protocol page, with Python's `noiseprotocol`
//! and `cryptography` and without any code of ours.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod v2g_world;

use core::convert::Infallible;
use core::time::Duration;

use rand_core::{TryCryptoRng, TryRng};
use v2g_world::{BEGINNING, CAR, STATION, dirham, offer};
use v2x_proto::secure::{
    Authority, ClockUnknown, Credential, Identity, Name, PrivateKeys, Role, Serial, Subject, Trust,
    UtcSecond, Validity,
};
use v2x_proto::v2g::evcc::EvccState;
use v2x_proto::v2g::message::*;
use v2x_proto::v2g::{
    BatteryReport, Evcc, EvccInput, EvccSettings, Output, Secc, SeccInput, SeccSettings,
};
use v2x_units::{
    Amps, BatteryCurrent, Instant, KilometersPerHour, StateOfCharge, Volts, WattHours, Watts,
};

/// The bytes with this name.
fn vector(name: &str) -> Vec<u8> {
    let line = include_str!("v2g_vectors/vectors.txt")
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let hex = line.unwrap_or_else(|| panic!("vectors.txt has no {name}"));
    (0..hex.len() / 2)
        .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}

/// Gives bytes that were chosen before.
struct Chosen(Vec<u8>);

impl TryRng for Chosen {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        let rest = self.0.split_off(bytes.len());
        bytes.copy_from_slice(&self.0);
        self.0 = rest;
        Ok(())
    }
}

impl TryCryptoRng for Chosen {}

fn authority() -> Authority {
    Authority::from_bytes(&vector("authority_p256").try_into().unwrap()).unwrap()
}

fn keys(owner: &str) -> PrivateKeys {
    let mut bytes = vector(&format!("{owner}_x25519"));
    bytes.extend(vector(&format!("{owner}_p256")));
    PrivateKeys::from_bytes(&bytes.try_into().unwrap()).unwrap()
}

fn identity(owner: &str) -> Identity {
    let credential = Credential::parse(&vector(&format!("{owner}_credential"))).unwrap();
    Identity::new(keys(owner), credential).unwrap()
}

fn trust() -> Trust {
    Trust::new(&[authority().public()], ClockUnknown::Refuse, false).unwrap()
}

#[test]
fn credentials_and_revocations_are_those_of_the_other_implementation() {
    let validity = Validity {
        not_before: UtcSecond(BEGINNING - 86_400),
        not_after: UtcSecond(BEGINNING + 86_400),
    };
    for (owner, role, name, serial) in [
        ("car", Role::Vehicle, "twizy-1", 0x1122_3344_5566_7788),
        ("station", Role::Station, "MA*HEL*E0001*1", 7),
    ] {
        let subject = Subject {
            role,
            name: Name::new(name).unwrap(),
            battery_data_after_unplugging: role == Role::Vehicle,
            serial: Serial(serial),
            validity,
        };
        let issued = authority().issue(subject, keys(owner).public());
        let wanted = vector(&format!("{owner}_credential"));
        assert_eq!(issued.emit(), wanted.as_slice());
        let utc = Some(UtcSecond(BEGINNING).utc());
        let seen = trust().prove(&wanted, &issued.handshake_key, role, utc);
        assert_eq!(seen, Ok(issued));
    }
    let (from, to) = (UtcSecond(BEGINNING), UtcSecond(BEGINNING + 86_400));
    let list = authority()
        .revoke(5, from, to, &[Serial(9), Serial(3)])
        .unwrap();
    assert_eq!(list.emit(), vector("revocations").as_slice());
    assert_eq!(trust().take_revocations(list), Ok(()));
}

#[test]
fn every_datagram_from_the_call_to_authorization_is_that_of_the_other_implementation() {
    let now = Instant::BOOT + Duration::from_secs(1);
    let utc = Some(UtcSecond(BEGINNING).utc());
    let mut of_car = Chosen(0x0A0B_0C0D_u32.to_le_bytes().to_vec());
    of_car.0.extend(vector("car_ephemeral"));
    let mut of_station = Chosen(vector("station_ephemeral"));
    of_station.0.extend(1..=8);
    let mut evcc = Evcc::new(identity("car"), trust(), EvccSettings::default());
    let settings = SeccSettings {
        offer: offer(),
        meter: MeterKind::Uncertified,
    };
    let mut secc = Secc::new(identity("station"), trust(), settings, now, None);
    evcc.handle(now, EvccInput::Clock(utc), &mut of_car);
    secc.handle(now, SeccInput::Clock(utc), &mut of_station);
    secc.handle(now, SeccInput::Plugged(true), &mut of_station);
    evcc.handle(now, EvccInput::Plugged(true), &mut of_car);
    let expected = [
        "handshake_1",
        "handshake_2",
        "handshake_3",
        "station_shows_credential",
        "car_shows_credential",
        "verdict",
        "session_setup_req",
        "session_setup_res",
        "authorization_req",
        "authorization_res",
    ];
    for pair in expected.chunks(2) {
        let asked = loop {
            if let Output::Send { datagram, .. } = evcc.poll(now, &mut of_car) {
                break datagram;
            }
        };
        assert_eq!(asked.as_slice(), vector(pair[0]), "{}", pair[0]);
        secc.handle(now, SeccInput::Heard(CAR, &asked), &mut of_station);
        let answered = loop {
            if let Output::Send { datagram, .. } = secc.poll(now) {
                break datagram;
            }
        };
        assert_eq!(answered.as_slice(), vector(pair[1]), "{}", pair[1]);
        evcc.handle(now, EvccInput::Heard(STATION, &answered), &mut of_car);
    }
    assert_eq!(evcc.state(), EvccState::ExpectChargeParameterDiscovery);
}

#[test]
fn receipt_and_both_signatures_are_those_of_the_other_implementation() {
    let receipt = Receipt {
        session: SessionId::new([1, 2, 3, 4, 5, 6, 7, 8]).unwrap(),
        started: Some(UtcSecond(BEGINNING)),
        ended: Some(UtcSecond(BEGINNING + 900)),
        energy: Some(WattHours::new(501.0)),
        meter: MeterKind::Uncertified,
        cost: Some(dirham(7_515, 4)),
        tariff: "day-2026".try_into().unwrap(),
        evse: Name::new("MA*HEL*E0001*1").unwrap(),
        evcc: Name::new("twizy-1").unwrap(),
    };
    assert_eq!(
        receipt.signed_bytes().unwrap(),
        vector("receipt").as_slice()
    );
    let read = Receipt::from_signed_bytes(&vector("receipt"));
    assert_eq!(read.as_ref(), Ok(&receipt));
    let (longer, shorter) = (
        [&vector("receipt")[..], &[0]].concat(),
        &vector("receipt")[1..],
    );
    assert!(Receipt::from_signed_bytes(&longer).is_err());
    assert!(Receipt::from_signed_bytes(shorter).is_err());
    let signed = SignedReceipt::sign(receipt, &identity("station")).unwrap();
    assert_eq!(
        signed.signature.bytes(),
        vector("receipt_signature").as_slice()
    );
    let countersignature = signed.countersign(&identity("car")).unwrap();
    assert_eq!(
        countersignature.bytes(),
        vector("receipt_countersignature").as_slice()
    );
    let car = identity("car").credential().signing_key;
    assert!(signed.is_countersigned_by(&car, &countersignature));
}

fn battery() -> BatteryReport {
    BatteryReport {
        state_of_charge: StateOfCharge::from_percent(72.5),
        voltage: Some(Volts::new(57.5)),
        current: Some(BatteryCurrent::charging(Amps::new(32.25))),
        available_energy: Some(WattHours::new(4_300.0)),
        desired_state_of_charge: StateOfCharge::from_percent(100.0),
        charging: Some(true),
    }
}

#[test]
fn bodies_of_requests_are_those_of_the_other_implementation() {
    let wishes = ChargeParameterDiscoveryReq {
        state_of_charge: StateOfCharge::from_percent(72.5),
        capacity: Some(WattHours::new(6_100.0)),
        desired_state_of_charge: StateOfCharge::from_percent(100.0),
        departure: Some(UtcSecond(BEGINNING + 7_200)),
        max_current: Some(Amps::new(10.0)),
        cost_limit: Some(dirham(45, 0)),
    };
    let progress = ChargeProgress::Renegotiate;
    let report = BatteryDataReq {
        battery: battery(),
        speed: Some(KilometersPerHour::new(12.3)),
        position: Some(v2g_world::place(10.0, -20.0)),
    };
    let felt = PlugCheckReq {
        mains: Felt::On(Some(core::time::Duration::from_millis(12_345))),
        charging: Felt::On(None),
    };
    let requests: [(&str, Request); 5] = [
        ("charge_parameter_discovery_req", wishes.into()),
        ("power_delivery_req", PowerDeliveryReq { progress }.into()),
        (
            "charging_status_req",
            ChargingStatusReq { battery: battery() }.into(),
        ),
        ("battery_data_req", report.into()),
        ("plug_check_req", felt.into()),
    ];
    for (name, request) in requests {
        assert_eq!(request.emit().unwrap(), vector(name).as_slice(), "{name}");
        let parsed = Request::parse(request.message_type(), &vector(name)).unwrap();
        assert_eq!(parsed, Some(request));
    }
}

#[test]
fn bodies_of_responses_are_those_of_the_other_implementation() {
    let meter = MeterReading {
        voltage: Some(Volts::new(229.4)),
        current: Some(Amps::new(8.91)),
        power: Some(Watts::new(2_000.0)),
        power_factor: Some(0.98),
        energy: Some(WattHours::new(501.0)),
        cost: Some(dirham(7_515, 4)),
    };
    let status = ChargingStatusRes {
        notification: Notification::StopCharging,
        meter,
    };
    let refusal = Refusal {
        request: 0x13,
        code: ResponseCode::PowerDeliveryNotApplied,
    };
    let responses: [(&str, Response); 4] = [
        ("charge_parameter_discovery_res", offer().into()),
        ("charging_status_res", status.into()),
        ("plug_check_res", PlugCheckRes { confirmed: true }.into()),
        ("refusal", refusal.into()),
    ];
    for (name, response) in responses {
        assert_eq!(response.emit().unwrap(), vector(name).as_slice(), "{name}");
        let parsed = Response::parse(response.message_type(), &vector(name)).unwrap();
        assert_eq!(parsed, Some(response));
    }
}
