//! The promises of every V2G message, credential and revocation list: any bytes, there and back,
//! and the most bytes that each takes on the air.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod v2g_world;

use proptest::prelude::*;
use v2g_world::{Operator, Seeded};
use v2x_proto::limits::{DATAGRAM_MAX, NAME_MAX, TARIFF_NAME_MAX};
use v2x_proto::secure::credential::CREDENTIAL_MAX;
use v2x_proto::secure::{
    Credential, Name, PrivateKeys, RevocationList, Role, Signature, UtcSecond,
};
use v2x_proto::v2g::message::*;
use v2x_proto::v2g::{BatteryReport, CurrencyCode, Money, TariffName};
use v2x_units::{
    Amps, BatteryCurrent, Degrees, KilometersPerHour, Position, StateOfCharge, Volts, WattHours,
    Watts,
};

fn money() -> impl Strategy<Value = Option<Money>> {
    let amount = (any::<i64>(), 0_u8..=6, "[A-Z]{3}");
    proptest::option::of(amount.prop_map(|(units, decimals, code)| {
        Money::new(units, decimals, CurrencyCode::new(&code).unwrap()).unwrap()
    }))
}

/// A number on the steps of its field, or none.
fn steps(end: u32, per_unit: f64) -> impl Strategy<Value = Option<f64>> {
    proptest::option::of((0..end).prop_map(move |raw| f64::from(raw) / per_unit))
}

fn charge() -> impl Strategy<Value = Option<StateOfCharge>> {
    steps(10_001, 100.0).prop_map(|v| v.and_then(StateOfCharge::from_percent))
}

fn position() -> impl Strategy<Value = Option<Position>> {
    let degrees = (
        -900_000_000..=900_000_000_i32,
        -1_800_000_000..=1_800_000_000_i32,
    );
    proptest::option::of(degrees.prop_map(|(latitude, longitude)| {
        let degree = |raw: i32| Degrees::new(f64::from(raw) / 1e7);
        Position::new(degree(latitude), degree(longitude)).unwrap()
    }))
}

fn battery() -> impl Strategy<Value = BatteryReport> {
    let current = proptest::option::of(
        (i32::MIN + 1..=i32::MAX)
            .prop_map(|raw| BatteryCurrent::from_signed(Amps::new(f64::from(raw) / 1000.0))),
    );
    let flag = any::<Option<bool>>();
    (
        charge(),
        steps(65_535, 10.0),
        current,
        steps(u32::MAX, 1.0),
        charge(),
        flag,
    )
        .prop_map(
            |(state_of_charge, voltage, current, energy, desired, charging)| BatteryReport {
                state_of_charge,
                voltage: voltage.map(Volts::new),
                current,
                available_energy: energy.map(WattHours::new),
                desired_state_of_charge: desired,
                charging,
            },
        )
}

fn second() -> impl Strategy<Value = Option<UtcSecond>> {
    proptest::option::of((0..u32::MAX).prop_map(UtcSecond))
}

fn signature() -> impl Strategy<Value = Signature> {
    any::<([u8; 32], [u8; 32])>().prop_map(|(r, s)| {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&r);
        bytes[32..].copy_from_slice(&s);
        Signature::from_bytes(bytes)
    })
}

fn session() -> impl Strategy<Value = SessionId> {
    any::<[u8; 8]>().prop_filter_map("a session is never 0", SessionId::new)
}

fn request() -> impl Strategy<Value = Request> {
    let wishes = (
        charge(),
        steps(u32::MAX, 1.0),
        charge(),
        second(),
        steps(65_535, 10.0),
        money(),
    );
    prop_oneof![
        proptest::option::of(session()).prop_map(|session| SessionSetupReq { session }.into()),
        Just(AuthorizationReq.into()),
        wishes.prop_map(
            |(state_of_charge, capacity, desired, departure, current, cost_limit)| {
                ChargeParameterDiscoveryReq {
                    state_of_charge,
                    capacity: capacity.map(WattHours::new),
                    desired_state_of_charge: desired,
                    departure,
                    max_current: current.map(Amps::new),
                    cost_limit,
                }
                .into()
            }
        ),
        proptest::sample::select(ChargeProgress::ALL)
            .prop_map(|progress| PowerDeliveryReq { progress }.into()),
        battery().prop_map(|battery| ChargingStatusReq { battery }.into()),
        Just(MeteringReceiptReq::Give.into()),
        signature().prop_map(|signature| MeteringReceiptReq::Countersign(signature).into()),
        Just(SessionStopReq.into()),
        (battery(), steps(65_535, 10.0), position()).prop_map(|(battery, speed, position)| {
            BatteryDataReq {
                battery,
                speed: speed.map(KilometersPerHour::new),
                position,
            }
            .into()
        }),
        (felt(), felt()).prop_map(|(mains, charging)| PlugCheckReq { mains, charging }.into()),
    ]
}

/// What a car feels, in whole milliseconds.
fn felt() -> impl Strategy<Value = Felt> {
    let age = proptest::option::of(0..u64::from(u32::MAX));
    prop_oneof![
        Just(Felt::NotKnown),
        Just(Felt::Off),
        age.prop_map(|age| Felt::On(age.map(core::time::Duration::from_millis))),
    ]
}

fn receipt() -> impl Strategy<Value = Response> {
    let text = "[!-~]{1,37}";
    let money = (steps(u32::MAX, 1.0), money(), "[ -~]{0,16}");
    (
        session(),
        second(),
        second(),
        money,
        text,
        text,
        any::<bool>(),
        signature(),
    )
        .prop_map(
            |(
                session,
                started,
                ended,
                (energy, cost, tariff),
                evse,
                evcc,
                certified,
                signature,
            )| {
                let meter = if certified {
                    MeterKind::Certified
                } else {
                    MeterKind::Uncertified
                };
                let receipt = Receipt {
                    session,
                    started,
                    ended,
                    energy: energy.map(WattHours::new),
                    meter,
                    cost,
                    tariff: TariffName::try_from(tariff.as_str()).unwrap(),
                    evse: Name::new(&evse).unwrap(),
                    evcc: Name::new(&evcc).unwrap(),
                };
                MeteringReceiptRes::Receipt(SignedReceipt { receipt, signature }).into()
            },
        )
}

fn response() -> impl Strategy<Value = Response> {
    let offer = (
        position(),
        steps(65_535, 10.0),
        steps(65_535, 10.0),
        steps(u32::MAX, 1.0),
        steps(u32::MAX, 1.0),
        money(),
        "[ -~]{0,16}",
    );
    let meter = (
        proptest::sample::select(Notification::ALL),
        steps(65_535, 10.0),
        steps(u32::MAX, 1000.0),
        steps(u32::MAX, 10.0),
        steps(65_535, 100.0),
        steps(u32::MAX, 1.0),
        money(),
    );
    prop_oneof![
        (proptest::sample::select(SetupOutcome::ALL), session())
            .prop_map(|(outcome, session)| SessionSetupRes { outcome, session }.into()),
        Just(AuthorizationRes.into()),
        offer.prop_map(
            |(position, voltage, current, power, energy, price_per_kwh, tariff)| {
                ChargeParameterDiscoveryRes {
                    position,
                    nominal_voltage: voltage.map(Volts::new),
                    max_current: current.map(Amps::new),
                    max_power: power.map(Watts::new),
                    energy_limit: energy.map(WattHours::new),
                    price_per_kwh,
                    tariff: TariffName::try_from(tariff.as_str()).unwrap(),
                }
                .into()
            }
        ),
        Just(PowerDeliveryRes.into()),
        meter.prop_map(
            |(notification, voltage, current, power, power_factor, energy, cost)| {
                let meter = MeterReading {
                    voltage: voltage.map(Volts::new),
                    current: current.map(Amps::new),
                    power: power.map(Watts::new),
                    power_factor,
                    energy: energy.map(WattHours::new),
                    cost,
                };
                ChargingStatusRes {
                    notification,
                    meter,
                }
                .into()
            }
        ),
        receipt(),
        Just(MeteringReceiptRes::Kept.into()),
        Just(SessionStopRes.into()),
        Just(BatteryDataRes.into()),
        any::<bool>().prop_map(|confirmed| PlugCheckRes { confirmed }.into()),
        (any::<u8>(), proptest::sample::select(ResponseCode::ALL))
            .prop_map(|(request, code)| { Refusal { request, code }.into() }),
    ]
}

proptest! {
    #[test]
    fn request_that_is_emitted_comes_back_the_same(request in request()) {
        let body = request.emit().unwrap();
        prop_assert_eq!(Request::parse(request.message_type(), &body).unwrap(), Some(request));
    }

    #[test]
    fn response_that_is_emitted_comes_back_the_same(response in response()) {
        let body = response.emit().unwrap();
        prop_assert_eq!(Response::parse(response.message_type(), &body).unwrap(), Some(response));
    }

    #[test]
    fn any_bytes_are_a_message_with_one_encoding_or_an_error(
        kind in any::<u8>(),
        bytes in proptest::collection::vec(any::<u8>(), 0..=216),
    ) {
        if let Ok(Some(request)) = Request::parse(kind, &bytes) {
            prop_assert_eq!(request.emit().unwrap().to_vec(), bytes.clone());
        }
        if let Ok(Some(response)) = Response::parse(kind, &bytes) {
            prop_assert_eq!(response.emit().unwrap().to_vec(), bytes.clone());
        }
        if let Ok(credential) = Credential::parse(&bytes) {
            prop_assert_eq!(credential.emit().to_vec(), bytes.clone());
        }
        if let Ok(list) = RevocationList::parse(&bytes) {
            prop_assert_eq!(list.emit().to_vec(), bytes.clone());
        }
    }

    #[test]
    fn cut_or_prolonged_message_is_refused(
        response in response(),
        cut in any::<prop::sample::Index>(),
    ) {
        let body = response.emit().unwrap();
        let kind = response.message_type();
        if !body.is_empty() {
            prop_assert!(Response::parse(kind, &body[..cut.index(body.len())]).is_err());
        }
        let mut long = body.to_vec();
        long.push(0);
        prop_assert!(Response::parse(kind, &long).is_err());
    }
}

#[test]
fn value_that_has_no_room_in_its_field_is_refused_by_name() {
    let battery = BatteryReport {
        voltage: Some(Volts::new(6_553.5)),
        ..BatteryReport::default()
    };
    let error = Request::from(ChargingStatusReq { battery })
        .emit()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "ChargingStatusReq `voltage` is a number that the field cannot hold"
    );
    let error = Response::parse(0x94, &[9]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ChargingStatusRes `notification` is 9; docs/protocol/v2g.md lists the codes"
    );
}

/// Bytes on the air of a body: header 13, number and type 3, end 1 or 2, tag 16.
fn on_the_air(body: usize) -> usize {
    13 + (3 + body + 1).next_multiple_of(2) + 16
}

fn longest_receipt() -> Response {
    let name = Name::new(&"N".repeat(NAME_MAX)).unwrap();
    let receipt = Receipt {
        session: SessionId::new([1; 8]).unwrap(),
        started: None,
        ended: None,
        energy: None,
        meter: MeterKind::Certified,
        cost: None,
        tariff: TariffName::try_from("T".repeat(TARIFF_NAME_MAX).as_str()).unwrap(),
        evse: name.clone(),
        evcc: name,
    };
    let signature = Signature::from_bytes([0; 64]);
    MeteringReceiptRes::Receipt(SignedReceipt { receipt, signature }).into()
}

fn longest_offer() -> Response {
    ChargeParameterDiscoveryRes {
        tariff: TariffName::try_from("T".repeat(TARIFF_NAME_MAX).as_str()).unwrap(),
        ..Default::default()
    }
    .into()
}

/// The most bytes of every datagram, as `docs/protocol/sizes.md` has them.
fn sizes() -> Vec<(&'static str, usize)> {
    let request = |request: Request| on_the_air(request.emit().unwrap().len());
    let response = |response: Response| on_the_air(response.emit().unwrap().len());
    let progress = ChargeProgress::Start;
    let countersignature = Signature::from_bytes([0; 64]);
    let setup = SessionSetupRes {
        outcome: SetupOutcome::New,
        session: SessionId::new([1; 8]).unwrap(),
    };
    let status = ChargingStatusRes {
        notification: Notification::None,
        meter: MeterReading::default(),
    };
    let refusal = Refusal {
        request: 0x10,
        code: ResponseCode::SequenceError,
    };
    vec![
        ("handshake 1", 37),
        ("handshake 2", 101),
        ("handshake 3", 69),
        ("credential", on_the_air(CREDENTIAL_MAX)),
        ("verdict", on_the_air(1)),
        (
            "SessionSetupReq",
            request(SessionSetupReq { session: None }.into()),
        ),
        ("SessionSetupRes", response(setup.into())),
        ("AuthorizationReq", request(AuthorizationReq.into())),
        ("AuthorizationRes", response(AuthorizationRes.into())),
        (
            "ChargeParameterDiscoveryReq",
            request(ChargeParameterDiscoveryReq::default().into()),
        ),
        ("ChargeParameterDiscoveryRes", response(longest_offer())),
        (
            "PowerDeliveryReq",
            request(PowerDeliveryReq { progress }.into()),
        ),
        ("PowerDeliveryRes", response(PowerDeliveryRes.into())),
        (
            "ChargingStatusReq",
            request(ChargingStatusReq::default().into()),
        ),
        ("ChargingStatusRes", response(status.into())),
        (
            "MeteringReceiptReq, give",
            request(MeteringReceiptReq::Give.into()),
        ),
        (
            "MeteringReceiptReq, countersign",
            request(MeteringReceiptReq::Countersign(countersignature).into()),
        ),
        ("MeteringReceiptRes, receipt", response(longest_receipt())),
        (
            "MeteringReceiptRes, kept",
            response(MeteringReceiptRes::Kept.into()),
        ),
        ("SessionStopReq", request(SessionStopReq.into())),
        ("SessionStopRes", response(SessionStopRes.into())),
        ("BatteryDataReq", request(BatteryDataReq::default().into())),
        ("BatteryDataRes", response(BatteryDataRes.into())),
        ("PlugCheckReq", request(PlugCheckReq::default().into())),
        (
            "PlugCheckRes",
            response(PlugCheckRes { confirmed: true }.into()),
        ),
        ("Refusal", response(refusal.into())),
    ]
}

#[test]
fn every_datagram_fits_the_radio_and_the_protocol_page_says_how_long_it_is() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/protocol/sizes.md");
    let page = std::fs::read_to_string(path).unwrap();
    for (message, bytes) in sizes() {
        println!("| {message} | {bytes} |");
    }
    for (message, bytes) in sizes() {
        assert!(bytes <= DATAGRAM_MAX, "{message}");
        assert!(!bytes.is_multiple_of(2), "{message}");
        let row = format!("| {message} | {bytes} |");
        assert!(page.contains(&row), "the page lacks: {row}");
    }
}

#[test]
fn longest_credential_is_as_long_as_its_bound() {
    let mut operator = Operator::new(1);
    let subject = operator.subject(Role::Vehicle, &"N".repeat(NAME_MAX));
    let keys = PrivateKeys::draw(&mut Seeded(3));
    let credential = operator.authority.issue(subject, keys.public());
    assert_eq!(credential.emit().len(), CREDENTIAL_MAX);
}

#[test]
fn name_that_is_empty_long_or_not_visible_is_refused() {
    for text in [
        "",
        "with blank",
        "Stra\u{df}e",
        "tab\t",
        &"N".repeat(NAME_MAX + 1),
    ] {
        assert!(Name::new(text).is_err(), "{text}");
    }
}
