//! Our car at prototype stations and among prototype cars.

use v2x_proto::legacy::radio::RadioMessage;
use v2x_proto::legacy_mode::{CarNow, LegacyCar, LegacyCarEvent, LegacyCarInput, LegacyStop};
use v2x_units::{
    Amps, BatteryCurrent, Instant, KilometersPerHour, MacAddress, Meters, StateOfCharge, Volts,
    WattHours,
};

use crate::prototype::{CAR, Frame, ITEM, PrototypeCar, PrototypeStation, STATION};
use crate::{OURS, at, bytes, drain_car, place};

const OTHER: MacAddress = MacAddress::new([0x4C, 0x11, 0xAE, 0xB3, 0x84, 0x32]);

fn known() -> CarNow {
    CarNow {
        state_of_charge: StateOfCharge::from_percent(72.4),
        voltage: Some(Volts::new(57.5)),
        current: Some(BatteryCurrent::charging(Amps::new(32.25))),
        available_energy: Some(WattHours::new(4_300.0)),
        capacity: Some(WattHours::new(6_100.0)),
        charging_status: Some(0x2A),
        speed: Some(KilometersPerHour::ZERO),
        place: Some((place(10.25, -20.5), Meters::new(143.0))),
        ..CarNow::default()
    }
}

fn switched_on() -> LegacyCar {
    let mut car = LegacyCar::new(OURS);
    car.handle(Instant::BOOT, LegacyCarInput::SwitchedOn(true));
    let (frames, events) = drain_car(&mut car, Instant::BOOT);
    assert_eq!(frames, [], "nothing is known that could be said");
    assert_eq!(events, [LegacyCarEvent::SwitchedOn(true)]);
    car.handle(Instant::BOOT, LegacyCarInput::Car(known()));
    car
}

/// The frames to a station, without what is said to everybody.
fn to_stations(frames: Vec<Frame>) -> Vec<Frame> {
    frames
        .into_iter()
        .filter(|(to, _)| !to.is_group())
        .collect()
}

/// Plays a second between our car and prototype stations; gives what was sent to stations.
fn second(
    car: &mut LegacyCar,
    stations: &mut [&mut PrototypeStation],
    now: Instant,
    events: &mut Vec<LegacyCarEvent>,
) -> Vec<Frame> {
    for station in stations.iter_mut() {
        for (to, frame) in station.tick(now) {
            if to.is_group() || to == OURS {
                car.handle(now, LegacyCarInput::Heard(station.mac, &frame));
            }
        }
    }
    let (frames, told) = drain_car(car, now);
    events.extend(told);
    let frames = to_stations(frames);
    for (to, frame) in &frames {
        // One that is silent does not hear either.
        if let Some(station) = stations.iter_mut().find(|station| station.mac == *to) {
            station.hear(OURS, frame);
        }
    }
    frames
}

fn session(events: &[LegacyCarEvent]) -> v2x_proto::legacy_mode::LegacySession {
    let mut ended = events.iter().filter_map(|event| match event {
        LegacyCarEvent::SessionEnded(session) => Some(*session),
        _ => None,
    });
    let session = ended.next().unwrap();
    assert_eq!(ended.next(), None);
    session
}

#[test]
fn our_car_charges_at_a_prototype_station_from_plug_to_plug() {
    let (mut car, mut station) = (switched_on(), PrototypeStation::new(STATION));
    let (mut events, mut sent) = (Vec::new(), Vec::new());
    station.connect(true);
    car.handle(at(1), LegacyCarInput::Plugged(true));
    for now in (1..=61).map(at) {
        station.energy += 0.001;
        sent.extend(second(&mut car, &mut [&mut station], now, &mut events));
    }
    assert!(events.contains(&LegacyCarEvent::Following(STATION)));
    // At once and then every five seconds, and each as the prototype lays it out.
    assert_eq!(sent.len(), 13);
    for (to, frame) in &sent {
        assert_eq!((*to, frame.len()), (STATION, 52));
        assert_eq!(frame[..6], OURS.octets());
        assert_eq!(frame[22], 72);
        assert_eq!(frame[40..42], [1, 0], "ready, and no stop");
        assert_eq!(frame[44], 129, "the station's session");
    }
    car.handle(at(62), LegacyCarInput::Plugged(false));
    let (_, told) = drain_car(&mut car, at(62));
    let session = session(&told);
    assert_eq!((session.station, session.session_id), (STATION, 129));
    assert_eq!((session.began, session.ended), (at(1), at(61)));
    assert!(
        (session.energy.get() - 61.0).abs() < 0.01,
        "{}",
        session.energy
    );
    assert!((session.cost - 0.0915).abs() < 1e-4);
    // Unplugged, it says nothing to the station any more, whatever that says.
    for now in (63..80).map(at) {
        assert_eq!(second(&mut car, &mut [&mut station], now, &mut events), []);
    }
}

#[test]
fn cost_stop_is_really_on_the_air_at_once_and_stays() {
    let (mut car, mut station) = (switched_on(), PrototypeStation::new(STATION));
    let (mut events, mut sent) = (Vec::new(), Vec::new());
    car.handle(at(1), LegacyCarInput::CostLimit(Some(10.0)));
    station.connect(true);
    car.handle(at(1), LegacyCarInput::Plugged(true));
    for now in (1..=30).map(at) {
        station.energy = if now < at(16) { 6.6 } else { 6.7 };
        sent.extend(second(&mut car, &mut [&mut station], now, &mut events));
    }
    let stops: Vec<u8> = sent.iter().map(|(_, frame)| frame[41]).collect();
    let ready: Vec<u8> = sent.iter().map(|(_, frame)| frame[40]).collect();
    assert_eq!(stops, [0, 0, 0, 1, 1, 1], "6.7 kWh at 1.5 are above 10");
    assert_eq!(ready, [1, 1, 1, 0, 0, 0]);
    assert!(events.contains(&LegacyCarEvent::Stopping(LegacyStop::CostLimit)));
    assert!(!station.in_session, "the prototype has ended its books");
    car.handle(at(31), LegacyCarInput::Plugged(false));
    let session = session(&drain_car(&mut car, at(31)).1);
    // Not the zeros that the station says after its session.
    assert!((session.cost - 10.05).abs() < 1e-4, "{}", session.cost);
    assert_eq!(session.stop, Some(LegacyStop::CostLimit));
    // A new plug is a new session.
    station.connect(false);
    station.connect(true);
    car.handle(at(40), LegacyCarInput::Plugged(true));
    let frames = second(&mut car, &mut [&mut station], at(40), &mut events);
    assert_eq!(frames[0].1[40..42], [1, 0]);
}

#[test]
fn driver_stops_a_charge_without_waiting_for_the_period() {
    let (mut car, mut station) = (switched_on(), PrototypeStation::new(STATION));
    let mut events = Vec::new();
    station.connect(true);
    car.handle(at(1), LegacyCarInput::Plugged(true));
    second(&mut car, &mut [&mut station], at(1), &mut events);
    car.handle(at(3), LegacyCarInput::Stop);
    let frames = to_stations(drain_car(&mut car, at(3)).0);
    assert_eq!(frames.len(), 1);
    assert_eq!(frames[0].1[40..42], [0, 1]);
}

#[test]
fn two_that_say_items_never_answer_each_others_answers() {
    let (mut ours, mut second_of_ours) = (switched_on(), switched_on());
    let mut prototype = PrototypeCar::default();
    let (mut sent, mut answers) = (0_usize, 0_usize);
    for now in (2..62).map(at) {
        let (frames, _) = drain_car(&mut ours, now);
        sent += frames.len();
        for (to, frame) in frames {
            assert_eq!((to, frame.len()), (MacAddress::BROADCAST, 88));
            second_of_ours.handle(now, LegacyCarInput::Heard(OURS, &frame));
            for (_, answer) in prototype.hear(now, OURS, &frame) {
                answers += 1;
                ours.handle(now, LegacyCarInput::Heard(CAR, &answer));
            }
        }
        assert_eq!(to_stations(drain_car(&mut ours, now).0), []);
        assert_eq!(to_stations(drain_car(&mut second_of_ours, now).0), []);
    }
    assert_eq!((sent, answers), (30, 30), "one in two seconds");
}

#[test]
fn item_of_ours_is_what_a_prototype_would_send() {
    let mut car = switched_on();
    let (frames, _) = drain_car(&mut car, at(123));
    let mut expected = bytes(ITEM);
    expected[20..24].fill(0);
    expected[28..32].fill(0);
    expected[36..40].copy_from_slice(&10.25_f32.to_le_bytes());
    expected[40..44].copy_from_slice(&(-20.5_f32).to_le_bytes());
    expected[44..48].copy_from_slice(&143.0_f32.to_le_bytes());
    expected[57..63].copy_from_slice(&OURS.octets());
    expected[64..68].copy_from_slice(&123_000_u32.to_le_bytes());
    assert_eq!(frames, [(MacAddress::BROADCAST, expected)]);
}

#[test]
fn car_without_state_of_charge_or_speed_says_nothing_instead_of_zero() {
    let mut car = switched_on();
    for unknown in [
        CarNow {
            state_of_charge: None,
            ..known()
        },
        CarNow {
            speed: None,
            ..known()
        },
    ] {
        car.handle(at(1), LegacyCarInput::Car(unknown));
        let before = car.counters().unsaid;
        let now = at(10 + u64::from(before) * 10);
        assert_eq!(drain_car(&mut car, now).0, []);
        assert_eq!(car.counters().unsaid, before + 1);
    }
}

#[test]
fn first_station_heard_is_left_for_the_one_that_charges() {
    let mut car = switched_on();
    let mut waits = PrototypeStation::new(OTHER);
    let mut charges = PrototypeStation::new(STATION);
    let (mut events, mut sent) = (Vec::new(), Vec::new());
    // The other station's session is over, and it goes on calling.
    waits.connect(true);
    waits.in_session = false;
    car.handle(at(1), LegacyCarInput::Plugged(true));
    for now in (1..20).map(at) {
        if now == at(8) {
            charges.connect(true);
        }
        sent.extend(second(
            &mut car,
            &mut [&mut waits, &mut charges],
            now,
            &mut events,
        ));
    }
    assert_eq!(sent.first().unwrap().0, OTHER);
    assert!(
        sent.iter().skip(2).all(|(to, _)| *to == STATION),
        "{sent:?}"
    );
}

#[test]
fn station_that_is_silent_for_fifteen_seconds_is_left_for_another() {
    let mut car = switched_on();
    let mut stations = [OTHER, STATION].map(PrototypeStation::new);
    let [first, second_one] = &mut stations;
    let mut events = Vec::new();
    first.connect(true);
    second_one.connect(true);
    car.handle(at(1), LegacyCarInput::Plugged(true));
    second(&mut car, &mut [first], at(1), &mut events);
    for now in (2..=16).map(at) {
        second(&mut car, &mut [second_one], now, &mut events);
    }
    let followed: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            LegacyCarEvent::Following(mac) => Some(*mac),
            _ => None,
        })
        .collect();
    assert_eq!(followed, [OTHER, STATION]);
    assert_eq!(session(&events).station, OTHER);
}

/// A car beside [`STATION`], which charges, and what [`OTHER`] farther off says, which charges too.
fn beside_a_station() -> (LegacyCar, PrototypeStation, Vec<u8>) {
    let near = CarNow {
        place: Some((place(33.986_242, -6.724_995), Meters::ZERO)),
        ..known()
    };
    let mut car = switched_on();
    car.handle(at(1), LegacyCarInput::Car(near));
    let mut far = PrototypeStation::new(OTHER);
    far.connect(true);
    let mut frame = far.tick(at(1)).remove(0).1;
    frame[8..12].copy_from_slice(&34.0_f32.to_le_bytes());
    let mut close = PrototypeStation::new(STATION);
    close.connect(true);
    (car, close, frame)
}

#[test]
fn station_that_charges_comes_before_a_nearer_one_that_waits() {
    let (mut car, mut close, far) = beside_a_station();
    close.in_session = false;
    car.handle(at(1), LegacyCarInput::Heard(OTHER, &far));
    car.handle(at(3), LegacyCarInput::Plugged(true));
    let waits = &close.tick(at(4))[0].1;
    car.handle(at(4), LegacyCarInput::Heard(STATION, waits));
    let frames = to_stations(drain_car(&mut car, at(4)).0);
    assert_eq!(frames[0].0, OTHER);
}

#[test]
fn nearer_of_two_stations_that_charge_is_followed() {
    let (mut car, mut close, frame) = beside_a_station();
    // Both are heard before the plug is in.
    car.handle(
        at(1),
        LegacyCarInput::Heard(STATION, &close.tick(at(1))[0].1),
    );
    car.handle(at(2), LegacyCarInput::Heard(OTHER, &frame));
    car.handle(at(3), LegacyCarInput::Plugged(true));
    car.handle(at(4), LegacyCarInput::Heard(OTHER, &frame));
    let frames = to_stations(drain_car(&mut car, at(4)).0);
    assert_eq!(frames[0].0, STATION);
}

#[test]
fn car_that_is_off_neither_hears_nor_speaks() {
    let mut car = LegacyCar::new(OURS);
    assert!(!car.is_on());
    car.handle(at(1), LegacyCarInput::Car(known()));
    car.handle(at(1), LegacyCarInput::Plugged(true));
    car.handle(at(1), LegacyCarInput::Heard(CAR, &bytes(ITEM)));
    assert_eq!(drain_car(&mut car, at(100)), (Vec::new(), Vec::new()));
    car.handle(at(101), LegacyCarInput::SwitchedOn(true));
    car.handle(at(101), LegacyCarInput::Heard(CAR, &bytes(ITEM)));
    let (frames, events) = drain_car(&mut car, at(101));
    assert_eq!(frames.len(), 1);
    let [_, LegacyCarEvent::Heard(heard)] = events[..] else {
        panic!("it is on, and hears: {events:?}");
    };
    assert_eq!((heard.from, heard.at), (CAR, at(101)));
    assert!(matches!(heard.message, RadioMessage::Item(_)));
    car.handle(at(102), LegacyCarInput::SwitchedOn(false));
    assert_eq!(drain_car(&mut car, at(200)).0, []);
}

#[test]
fn stations_make_room_when_full_but_not_the_one_that_is_followed() {
    let (mut car, mut station) = (switched_on(), PrototypeStation::new(STATION));
    let mut events = Vec::new();
    station.connect(true);
    car.handle(at(1), LegacyCarInput::Plugged(true));
    second(&mut car, &mut [&mut station], at(1), &mut events);
    let template = station.tick(at(6)).remove(0).1;
    for number in 0..10_u8 {
        let mac = MacAddress::new([0x02, 0, 0, 0, 3, number]);
        let mut forged = template.clone();
        forged[..6].copy_from_slice(&mac.octets());
        car.handle(at(6), LegacyCarInput::Heard(mac, &forged));
    }
    assert_eq!(car.counters().crowded_out, 7);
    let frames = to_stations(drain_car(&mut car, at(6)).0);
    assert_eq!(frames[0].0, STATION);
}
