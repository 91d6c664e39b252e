//! Every state of the car with every answer: in the table, or a sequence error.

use super::*;
use crate::secure::Role;
use crate::v2g::fixture::{Counting, enrolled};
use crate::v2g::message::*;

const STATES: [EvccState; 17] = [
    EvccState::ExpectPlug,
    EvccState::ExpectStation,
    EvccState::ExpectSessionSetup,
    EvccState::ExpectAuthorization,
    EvccState::ExpectChargeParameterDiscovery,
    EvccState::ExpectPowerDelivery(ChargeProgress::Start),
    EvccState::ExpectPowerDelivery(ChargeProgress::Stop),
    EvccState::ExpectPowerDelivery(ChargeProgress::Renegotiate),
    EvccState::ExpectStatusTime,
    EvccState::ExpectChargingStatus,
    EvccState::ExpectMeteringReceipt,
    EvccState::ExpectReceiptKept,
    EvccState::ExpectSessionStop,
    EvccState::ExpectUnplug,
    EvccState::ExpectReportTime,
    EvccState::ExpectBatteryData,
    EvccState::ExpectPlugCheck,
];

/// Where a state stands in [`STATES`]: one that is missing there does not compile here.
fn place(state: EvccState) -> usize {
    use ChargeProgress as P;
    match state {
        EvccState::ExpectPlug => 0,
        EvccState::ExpectStation => 1,
        EvccState::ExpectSessionSetup => 2,
        EvccState::ExpectAuthorization => 3,
        EvccState::ExpectChargeParameterDiscovery => 4,
        EvccState::ExpectPowerDelivery(P::Start) => 5,
        EvccState::ExpectPowerDelivery(P::Stop) => 6,
        EvccState::ExpectPowerDelivery(P::Renegotiate) => 7,
        EvccState::ExpectStatusTime => 8,
        EvccState::ExpectChargingStatus => 9,
        EvccState::ExpectMeteringReceipt => 10,
        EvccState::ExpectReceiptKept => 11,
        EvccState::ExpectSessionStop => 12,
        EvccState::ExpectUnplug => 13,
        EvccState::ExpectReportTime => 14,
        EvccState::ExpectBatteryData => 15,
        EvccState::ExpectPlugCheck => 16,
    }
}

/// Where an answer stands in [`responses`]; refusals have a test of their own.
fn number(response: &Response) -> Option<usize> {
    match response {
        Response::SessionSetup(_) => Some(0),
        Response::Authorization(_) => Some(1),
        Response::ChargeParameterDiscovery(_) => Some(2),
        Response::PowerDelivery(_) => Some(3),
        Response::ChargingStatus(_) => Some(4),
        Response::MeteringReceipt(MeteringReceiptRes::Receipt(_)) => Some(5),
        Response::MeteringReceipt(MeteringReceiptRes::Kept) => Some(6),
        Response::SessionStop(_) => Some(7),
        Response::BatteryData(_) => Some(8),
        Response::PlugCheck(_) => Some(9),
        Response::Refusal(_) => None,
    }
}

#[test]
fn states_and_answers_of_these_tests_are_all_there_are() {
    assert!(STATES.into_iter().map(place).eq(0..STATES.len()));
    let numbers = responses().map(|response| number(&response).unwrap());
    assert!(numbers.into_iter().eq(0..numbers.len()));
}

fn session() -> SessionId {
    SessionId::new([7; 8]).unwrap()
}

fn responses() -> [Response; 10] {
    let (station, _) = enrolled(Role::Station);
    let (car, _) = enrolled(Role::Vehicle);
    let receipt = Receipt {
        session: session(),
        started: None,
        ended: None,
        energy: None,
        meter: MeterKind::Uncertified,
        cost: None,
        tariff: Default::default(),
        evse: station.credential().subject.name.clone(),
        evcc: car.credential().subject.name.clone(),
    };
    let signed = SignedReceipt::sign(receipt, &station).unwrap();
    [
        SessionSetupRes {
            outcome: SetupOutcome::New,
            session: session(),
        }
        .into(),
        AuthorizationRes.into(),
        ChargeParameterDiscoveryRes::default().into(),
        PowerDeliveryRes.into(),
        ChargingStatusRes {
            notification: Notification::None,
            meter: MeterReading::default(),
        }
        .into(),
        MeteringReceiptRes::Receipt(signed).into(),
        MeteringReceiptRes::Kept.into(),
        SessionStopRes.into(),
        BatteryDataRes.into(),
        PlugCheckRes { confirmed: true }.into(),
    ]
}

/// The table at the top of `sequence.rs`: which answer leads where, when nothing is stopped.
fn next(state: EvccState, response: &Response) -> Option<EvccState> {
    use EvccState as S;
    use Response as R;
    Some(match (state, response) {
        (S::ExpectSessionSetup, R::SessionSetup(_)) => S::ExpectAuthorization,
        (S::ExpectAuthorization, R::Authorization(_)) => S::ExpectChargeParameterDiscovery,
        (S::ExpectChargeParameterDiscovery, R::ChargeParameterDiscovery(_)) => {
            S::ExpectPowerDelivery(ChargeProgress::Start)
        }
        (S::ExpectPowerDelivery(ChargeProgress::Start), R::PowerDelivery(_)) => S::ExpectStatusTime,
        (S::ExpectPowerDelivery(ChargeProgress::Stop), R::PowerDelivery(_)) => {
            S::ExpectMeteringReceipt
        }
        (S::ExpectPowerDelivery(ChargeProgress::Renegotiate), R::PowerDelivery(_)) => {
            S::ExpectChargeParameterDiscovery
        }
        (S::ExpectPlugCheck, R::PlugCheck(_)) => S::ExpectChargingStatus,
        (S::ExpectChargingStatus, R::ChargingStatus(_)) => S::ExpectStatusTime,
        (S::ExpectMeteringReceipt, R::MeteringReceipt(MeteringReceiptRes::Receipt(_))) => {
            S::ExpectReceiptKept
        }
        (S::ExpectReceiptKept, R::MeteringReceipt(MeteringReceiptRes::Kept)) => {
            S::ExpectSessionStop
        }
        (S::ExpectSessionStop, R::SessionStop(_)) => S::ExpectUnplug,
        (S::ExpectBatteryData, R::BatteryData(_)) => S::ExpectReportTime,
        _ => return None,
    })
}

/// A car in the middle of its session, in this state.
fn car_in(state: EvccState) -> Evcc {
    let (identity, trust) = enrolled(Role::Vehicle);
    let mut evcc = Evcc::new(identity, trust, EvccSettings::default());
    evcc.plug = Plug::In;
    evcc.station = Some(enrolled(Role::Station).0.credential().clone());
    evcc.session.id = Some(session());
    evcc.session.plugging = Some(evcc.pluggings);
    evcc.state = state;
    evcc
}

#[test]
fn every_answer_in_every_state_is_in_the_table_or_a_sequence_error() {
    let now = Instant::BOOT;
    let mut in_table = 0;
    for state in STATES {
        for response in responses() {
            let mut evcc = car_in(state);
            let expected = next(state, &response);
            sequence::answer(&mut evcc, now, response.message_type(), response.clone());
            let errors = sequence_errors(&mut evcc);
            match expected {
                Some(after) => {
                    assert_eq!((evcc.state, errors), (after, 0), "{state:?} {response:?}");
                    in_table += 1;
                }
                None => {
                    assert_eq!(errors, 1, "{state:?} {response:?}");
                    assert_eq!(
                        evcc.state,
                        EvccState::ExpectStation,
                        "{state:?} {response:?}"
                    );
                }
            }
        }
    }
    assert_eq!(in_table, 12);
}

/// How often the car says that the station broke the order.
fn sequence_errors(evcc: &mut Evcc) -> usize {
    let mut errors = 0;
    while let Some(event) = evcc.events.pop() {
        errors += usize::from(matches!(event, EvccEvent::SequenceError { .. }));
    }
    errors
}

#[test]
fn type_that_is_no_answer_and_body_that_is_none_are_sequence_errors_in_every_state() {
    let mut evcc = car_in(EvccState::ExpectPlug);
    for state in STATES {
        for kind in 0..=u8::MAX {
            // No answer has a body of so many bytes of 0xFF.
            evcc.state = state;
            sequence::take(&mut evcc, Instant::BOOT, kind, &[0xFF; 216]);
            assert_eq!(sequence_errors(&mut evcc), 1, "{state:?} {kind:02x}");
            assert_eq!(evcc.state, EvccState::ExpectStation);
        }
    }
}

#[test]
fn every_refusal_in_every_state_leads_to_a_state_that_goes_on() {
    for state in STATES {
        for code in ResponseCode::ALL {
            let mut evcc = car_in(state);
            refused::take(&mut evcc, Instant::BOOT, *code);
            if (state, *code) == (EvccState::ExpectPlugCheck, ResponseCode::SequenceError) {
                assert_eq!(
                    evcc.state,
                    EvccState::ExpectChargingStatus,
                    "it cannot be asked"
                );
                continue;
            }
            assert!(
                matches!(
                    evcc.state,
                    EvccState::ExpectStation
                        | EvccState::ExpectSessionSetup
                        | EvccState::ExpectSessionStop
                        | EvccState::ExpectUnplug
                        | EvccState::ExpectPlug
                ),
                "{state:?} {code:?} {:?}",
                evcc.state
            );
        }
    }
}

#[test]
fn station_that_always_refuses_the_sequence_is_left_after_three_times() {
    let mut evcc = car_in(EvccState::ExpectAuthorization);
    for _ in 0..2 {
        refused::take(&mut evcc, Instant::BOOT, ResponseCode::SequenceError);
        assert_eq!(evcc.state, EvccState::ExpectSessionSetup);
    }
    refused::take(&mut evcc, Instant::BOOT, ResponseCode::SequenceError);
    assert_eq!(evcc.state, EvccState::ExpectStation);
    assert_eq!(evcc.session(), None);
}

#[test]
fn receipt_of_another_session_car_or_station_is_not_countersigned() {
    let Response::MeteringReceipt(MeteringReceiptRes::Receipt(good)) = responses()[5].clone()
    else {
        unreachable!("the sixth is the receipt")
    };
    let (station, _) = enrolled(Role::Station);
    let (car, _) = enrolled(Role::Vehicle);
    let changes: [fn(&mut Receipt); 3] = [
        |receipt| receipt.session = SessionId::new([8; 8]).unwrap(),
        |receipt| receipt.evcc = crate::secure::Name::new("C2").unwrap(),
        |receipt| receipt.evse = crate::secure::Name::new("S2").unwrap(),
    ];
    let mut bad: heapless::Vec<SignedReceipt, 4> = changes
        .iter()
        .map(|change| {
            let mut receipt = good.receipt.clone();
            change(&mut receipt);
            SignedReceipt::sign(receipt, &station).unwrap()
        })
        .collect();
    bad.push(SignedReceipt::sign(good.receipt, &car).unwrap())
        .unwrap();
    for signed in bad {
        let mut evcc = car_in(EvccState::ExpectMeteringReceipt);
        let res = MeteringReceiptRes::Receipt(signed.clone());
        sequence::answer(&mut evcc, Instant::BOOT, 0x95, res.into());
        assert_eq!(evcc.state, EvccState::ExpectSessionStop);
        assert_eq!(evcc.events.pop(), Some(EvccEvent::ReceiptDisputed(signed)));
    }
}

#[test]
fn reading_that_no_field_can_hold_is_left_out_instead_of_blocking_the_request() {
    let mut evcc = car_in(EvccState::ExpectStatusTime);
    evcc.initiator
        .connect(Instant::BOOT, &evcc.identity, &mut Counting(9));
    evcc.battery.voltage = Some(v2x_units::Volts::new(f64::NAN));
    expect_charging_status::enter(&mut evcc, Instant::BOOT);
    assert_eq!(evcc.state, EvccState::ExpectChargingStatus);
    assert!(evcc.initiator.waiting_since().is_some());
}

#[test]
fn station_that_does_not_know_the_question_is_asked_once_and_the_charge_goes_on() {
    let mut evcc = car_in(EvccState::ExpectStatusTime);
    evcc.senses.mains = Sense::On(None);
    expect_status_time::run(&mut evcc, Instant::BOOT);
    assert_eq!(evcc.state, EvccState::ExpectPlugCheck);
    refused::take(&mut evcc, Instant::BOOT, ResponseCode::SequenceError);
    assert_eq!(evcc.state, EvccState::ExpectChargingStatus);
    evcc.state = EvccState::ExpectStatusTime;
    evcc.due = Instant::BOOT;
    expect_status_time::run(&mut evcc, Instant::BOOT);
    assert_eq!(evcc.state, EvccState::ExpectChargingStatus, "not again");
}

#[test]
fn car_whose_bus_sleeps_asks_nothing_that_it_cannot_answer_itself() {
    let mut evcc = car_in(EvccState::ExpectStatusTime);
    expect_status_time::run(&mut evcc, Instant::BOOT);
    assert_eq!(evcc.state, EvccState::ExpectChargingStatus);
}

#[test]
fn car_in_another_slot_forgets_the_session_and_calls_another() {
    let mut evcc = car_in(EvccState::ExpectPlugCheck);
    refused::take(&mut evcc, Instant::BOOT, ResponseCode::OtherPlug);
    assert_eq!(
        (evcc.state, evcc.session()),
        (EvccState::ExpectStation, None)
    );
    let events: heapless::Vec<_, 8> = core::iter::from_fn(|| evcc.events.pop()).collect();
    assert!(events.contains(&EvccEvent::OtherPlug));
    assert!(events.contains(&EvccEvent::SessionEnded(session())));
}
