//! Every state of the station with every request: in the table, or refused as out of sequence.

use super::*;
use crate::secure::{Role, Signature};
use crate::v2g::fixture::{Counting, enrolled};
use crate::v2g::message::*;

const STATES: [SeccState; 9] = [
    SeccState::ExpectSessionSetup,
    SeccState::ExpectAuthorization,
    SeccState::ExpectChargeParameterDiscovery,
    SeccState::ExpectPowerDelivery,
    SeccState::ExpectChargingStatus,
    SeccState::ExpectMeteringReceipt,
    SeccState::ExpectCountersignature,
    SeccState::ExpectSessionStop,
    SeccState::ExpectBatteryData,
];

/// Where a state stands in [`STATES`]: one that is missing there does not compile here.
fn place(state: SeccState) -> usize {
    match state {
        SeccState::ExpectSessionSetup => 0,
        SeccState::ExpectAuthorization => 1,
        SeccState::ExpectChargeParameterDiscovery => 2,
        SeccState::ExpectPowerDelivery => 3,
        SeccState::ExpectChargingStatus => 4,
        SeccState::ExpectMeteringReceipt => 5,
        SeccState::ExpectCountersignature => 6,
        SeccState::ExpectSessionStop => 7,
        SeccState::ExpectBatteryData => 8,
    }
}

/// Where a request stands in [`requests`].
fn number(request: &Request) -> usize {
    match request {
        Request::SessionSetup(_) => 0,
        Request::Authorization(_) => 1,
        Request::ChargeParameterDiscovery(_) => 2,
        Request::PowerDelivery(req) => match req.progress {
            ChargeProgress::Start => 3,
            ChargeProgress::Stop => 4,
            ChargeProgress::Renegotiate => 5,
        },
        Request::ChargingStatus(_) => 6,
        Request::MeteringReceipt(MeteringReceiptReq::Give) => 7,
        Request::MeteringReceipt(MeteringReceiptReq::Countersign(_)) => 8,
        Request::SessionStop(_) => 9,
        Request::BatteryData(_) => 10,
        Request::PlugCheck(_) => 11,
    }
}

/// A slot whose session is bound to this car; the receipt is written.
fn station(car: &Identity) -> Secc {
    let (identity, trust) = enrolled(Role::Station);
    let settings = SeccSettings {
        offer: Default::default(),
        meter: MeterKind::Uncertified,
    };
    let saved = SavedSession {
        id: SessionId::new([7; 8]).unwrap(),
        car: car.credential().subject.name.clone(),
        started: None,
        cost_limit: None,
        powered: true,
        ended: false,
        confirmed: true,
    };
    let mut secc = Secc::new(identity, trust, settings, Instant::BOOT, Some(saved));
    secc.plugged = true;
    expect_metering_receipt::answer(&mut secc, Instant::BOOT, car.credential()).unwrap();
    secc
}

fn requests(car: &Identity) -> [Request; 12] {
    let signed = station(car).session.unwrap().receipt.unwrap();
    let power = |progress| PowerDeliveryReq { progress }.into();
    [
        SessionSetupReq { session: None }.into(),
        AuthorizationReq.into(),
        ChargeParameterDiscoveryReq::default().into(),
        power(ChargeProgress::Start),
        power(ChargeProgress::Stop),
        power(ChargeProgress::Renegotiate),
        ChargingStatusReq::default().into(),
        MeteringReceiptReq::Give.into(),
        MeteringReceiptReq::Countersign(signed.countersign(car).unwrap()).into(),
        SessionStopReq.into(),
        BatteryDataReq::default().into(),
        PlugCheckReq::default().into(),
    ]
}

/// The table at the top of `sequence.rs`, rows by state, in the order of [`requests`].
fn next(state: SeccState, request: usize) -> Option<SeccState> {
    use SeccState as S;
    match (state, request) {
        (_, 0) => Some(S::ExpectAuthorization),
        (S::ExpectAuthorization, 1) => Some(S::ExpectChargeParameterDiscovery),
        (S::ExpectChargeParameterDiscovery, 2) => Some(S::ExpectPowerDelivery),
        (S::ExpectPowerDelivery, 3) => Some(S::ExpectChargingStatus),
        (S::ExpectPowerDelivery | S::ExpectChargingStatus, 4) => Some(S::ExpectMeteringReceipt),
        (S::ExpectChargingStatus, 5) => Some(S::ExpectChargeParameterDiscovery),
        (S::ExpectChargingStatus, 6) => Some(S::ExpectChargingStatus),
        (S::ExpectMeteringReceipt, 7) => Some(S::ExpectCountersignature),
        (S::ExpectCountersignature, 8) => Some(S::ExpectSessionStop),
        (
            S::ExpectAuthorization
            | S::ExpectChargeParameterDiscovery
            | S::ExpectPowerDelivery
            | S::ExpectMeteringReceipt
            | S::ExpectCountersignature
            | S::ExpectSessionStop,
            9,
        ) => Some(S::ExpectBatteryData),
        (S::ExpectBatteryData, 10) => Some(S::ExpectBatteryData),
        (S::ExpectChargingStatus, 11) => Some(S::ExpectChargingStatus),
        _ => None,
    }
}

fn ask(secc: &mut Secc, state: SeccState, car: &Identity, request: Request) -> Answer {
    sequence::answer(secc, asked(state, car), request, &mut Counting(0))
}

fn asked(state: SeccState, car: &Identity) -> sequence::Asked<'_> {
    sequence::Asked {
        now: Instant::BOOT,
        channel: ChannelId::new(1),
        state,
        car: car.credential(),
    }
}

#[test]
fn states_and_requests_of_these_tests_are_all_there_are() {
    let (car, _) = enrolled(Role::Vehicle);
    assert!(STATES.into_iter().map(place).eq(0..STATES.len()));
    let numbers = requests(&car).map(|request| number(&request));
    assert!(numbers.into_iter().eq(0..numbers.len()));
}

#[test]
fn type_that_is_no_request_and_body_that_is_none_change_nothing_in_any_state() {
    let (car, _) = enrolled(Role::Vehicle);
    let mut secc = station(&car);
    let before = secc.session().cloned();
    for state in STATES {
        for kind in 0..=u8::MAX {
            let asked = asked(state, &car);
            // No request has a body of so many bytes of 0xFF.
            let body = [0xFF; 216];
            let answer = sequence::carry_out(&mut secc, asked, kind, &body, &mut Counting(0));
            let expected = if Request::TYPES.contains(&kind) {
                ResponseCode::Malformed
            } else {
                ResponseCode::SequenceError
            };
            assert_eq!(answer, Err(expected), "{state:?} {kind:02x}");
            assert_eq!(secc.session(), before.as_ref());
        }
    }
}

#[test]
fn every_request_in_every_state_is_in_the_table_or_out_of_sequence() {
    let (car, _) = enrolled(Role::Vehicle);
    for state in STATES {
        for (number, request) in requests(&car).into_iter().enumerate() {
            let mut secc = station(&car);
            let before = secc.session().cloned();
            let answer = ask(&mut secc, state, &car, request.clone());
            match next(state, number) {
                Some(after) => {
                    let (response, seen) = answer.unwrap();
                    assert_eq!(seen, after, "{state:?} {request:?}");
                    assert_eq!(response.message_type(), request.message_type() | 0x80);
                }
                None => {
                    assert_eq!(
                        answer,
                        Err(ResponseCode::SequenceError),
                        "{state:?} {request:?}"
                    );
                    assert_eq!(secc.session().cloned(), before);
                }
            }
        }
    }
}

#[test]
fn request_of_another_car_never_counts_in_a_session_that_is_not_its_own() {
    let (car, _) = enrolled(Role::Vehicle);
    for state in STATES {
        for (number, request) in requests(&car).into_iter().enumerate() {
            let mut secc = station(&car);
            let session = secc.session.as_mut().unwrap();
            session.saved.car = crate::secure::Name::new("C2").unwrap();
            session.power = Power::On;
            let before = secc.session().cloned();
            let answer = ask(&mut secc, state, &car, request);
            match (number, state) {
                (0, _) => assert_eq!(answer, Err(ResponseCode::SlotOccupied)),
                (10, SeccState::ExpectBatteryData) => assert!(answer.is_ok()),
                _ if next(state, number).is_none() => {
                    assert_eq!(answer, Err(ResponseCode::SequenceError));
                }
                _ => assert_eq!(answer, Err(ResponseCode::UnknownSession)),
            }
            assert_eq!(secc.session().cloned(), before, "{state:?} {number}");
            assert!(secc.power_is_on());
        }
    }
}

#[test]
fn countersignature_of_anybody_else_is_refused() {
    let (car, _) = enrolled(Role::Vehicle);
    let (other, _) = enrolled(Role::Station);
    let mut secc = station(&car);
    let signed = secc.session.as_ref().unwrap().receipt.clone().unwrap();
    for signature in [
        signed.countersign(&other).unwrap(),
        signed.signature,
        Signature::from_bytes([0; 64]),
    ] {
        let request = MeteringReceiptReq::Countersign(signature).into();
        let answer = ask(&mut secc, SeccState::ExpectCountersignature, &car, request);
        assert_eq!(answer, Err(ResponseCode::MeteringSignatureNotValid));
    }
}

/// What comes of a check in a session of this car, and whether there is a receipt after it.
fn checked(live: Option<Onset>, req: PlugCheckReq, now: Instant) -> (Answer, bool, Secc) {
    let (car, _) = enrolled(Role::Vehicle);
    let mut secc = station(&car);
    secc.live = live;
    let session = secc.session.as_mut().unwrap();
    (session.power, session.receipt, session.saved.confirmed) = (Power::On, None, false);
    let asked = sequence::Asked {
        now,
        ..asked(SeccState::ExpectChargingStatus, &car)
    };
    let answer = sequence::answer(&mut secc, asked, req.into(), &mut Counting(0));
    let receipt = expect_metering_receipt::answer(&mut secc, now, car.credential());
    (answer, receipt.is_ok(), secc)
}

fn second(number: u64) -> Instant {
    Instant::BOOT + core::time::Duration::from_secs(number)
}

fn since(seconds: f64) -> Felt {
    Felt::On(Some(core::time::Duration::from_secs_f64(seconds)))
}

#[test]
fn car_whose_mains_came_with_the_slots_is_confirmed_and_one_with_others_loses_session_and_power() {
    let now = second(100);
    let mains = |mains| PlugCheckReq {
        mains,
        charging: since(50.0),
    };
    let live = Some(Onset::Mains(second(80)));
    for (felt, outcome) in [
        (since(22.1), Err(ResponseCode::OtherPlug)),
        (since(21.9), Ok(true)),
        (since(20.0), Ok(true)),
        (since(17.1), Ok(true)),
        (since(16.9), Err(ResponseCode::OtherPlug)),
        (Felt::Off, Err(ResponseCode::OtherPlug)),
        (Felt::On(None), Ok(false)),
        (Felt::NotKnown, Ok(false)),
    ] {
        let (answer, has_receipt, mut secc) = checked(live, mains(felt), now);
        match (answer, outcome) {
            (Ok((response, state)), Ok(confirmed)) => {
                assert_eq!(response, PlugCheckRes { confirmed }.into(), "{felt:?}");
                assert_eq!(state, SeccState::ExpectChargingStatus);
                assert_eq!(has_receipt, confirmed, "{felt:?}");
                assert!(secc.power_is_on(), "charging goes on");
            }
            (answer, Err(code)) => {
                assert_eq!(answer, Err(code), "{felt:?}");
                assert!(!has_receipt && secc.session().is_none(), "{felt:?}");
                let off =
                    |event: &_| matches!(event, SeccEvent::PowerOff(_, PowerOffReason::OtherPlug));
                assert!(core::iter::from_fn(|| secc.events.pop()).any(|it| off(&it)));
            }
            (answer, outcome) => panic!("{felt:?}: {answer:?}, not {outcome:?}"),
        }
    }
}

#[test]
fn car_whose_bus_sleeps_beside_a_slot_that_feeds_nobody_is_not_in_it() {
    let live = Some(Onset::Mains(second(40)));
    let req = PlugCheckReq {
        mains: Felt::NotKnown,
        charging: Felt::NotKnown,
    };
    for (current, now, expected) in [
        (Some(0.0), 89, true),
        (Some(0.0), 90, false),
        // Somebody charges: this car's collector may be silent.
        (Some(9.0), 90, true),
        (None, 90, true),
    ] {
        let (car, _) = enrolled(Role::Vehicle);
        let mut secc = station(&car);
        secc.live = live;
        secc.meter.current = current.map(v2x_units::Amps::new);
        let session = secc.session.as_mut().unwrap();
        (session.power, session.saved.confirmed) = (Power::On, false);
        let asked = sequence::Asked {
            now: second(now),
            ..asked(SeccState::ExpectChargingStatus, &car)
        };
        let answer = sequence::answer(&mut secc, asked, req.into(), &mut Counting(0));
        assert_eq!(answer.is_ok(), expected, "{current:?} A at {now} s");
    }
}

#[test]
fn slot_that_knows_no_moment_confirms_nobody_and_sends_nobody_away() {
    for live in [None, Some(Onset::Mains(second(95)))] {
        let req = PlugCheckReq {
            mains: Felt::Off,
            charging: Felt::Off,
        };
        let (answer, has_receipt, secc) = checked(live, req, second(100));
        let not_yet = PlugCheckRes { confirmed: false };
        assert_eq!(answer.unwrap().0, not_yet.into());
        assert!(!has_receipt && secc.session().is_some());
    }
}

#[test]
fn where_mains_always_flow_the_chargers_work_is_compared_with_the_current() {
    let live = Some(Onset::Current(second(80)));
    for (charging, expected) in [
        (since(24.0), true),
        (since(16.0), true),
        (since(30.0), false),
    ] {
        let mains = since(4_000.0);
        let req = PlugCheckReq { mains, charging };
        let (answer, has_receipt, _) = checked(live, req, second(100));
        assert_eq!(answer.is_ok() && has_receipt, expected, "{charging:?}");
    }
}
