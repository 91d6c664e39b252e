//! Prototype cars at our station.

use v2x_proto::legacy_mode::{LegacyStation, LegacyStationEvent, LegacyStationInput, SlotNow};
use v2x_units::{Instant, MacAddress};

use crate::prototype::{CAR, ITEM, PrototypeCar, number, whole};
use crate::{OURS, at, bytes, drain_station, slot};

fn switched_on() -> LegacyStation {
    let mut station = LegacyStation::new(OURS);
    station.handle(Instant::BOOT, LegacyStationInput::SwitchedOn(true));
    let (frames, events) = drain_station(&mut station, Instant::BOOT);
    assert_eq!(frames, []);
    assert_eq!(events, [LegacyStationEvent::SwitchedOn(true)]);
    station
}

#[test]
fn prototype_car_hears_energy_and_cost_of_its_charge_at_our_station() {
    let (mut ours, mut car) = (switched_on(), PrototypeCar::default());
    let (mut sent, mut heard, mut replies) = (0_usize, 0_usize, 0_usize);
    for second in 10..=70 {
        let now = at(second);
        let energy = f64::from(u32::try_from(second).unwrap() - 10) * 0.5;
        ours.handle(now, LegacyStationInput::Slot(slot(energy)));
        let mut to_ours = car.tick(now);
        let (frames, events) = drain_station(&mut ours, now);
        heard += events.len();
        for (to, frame) in frames {
            assert_eq!(to, MacAddress::BROADCAST);
            assert_eq!(frame.len(), 56);
            assert_eq!(whole(&frame, 48), 7, "the session of the books");
            assert!((f64::from(number(&frame, 36)) - energy / 1_000.0).abs() < 1e-6);
            sent += 1;
            to_ours.extend(car.hear(now, OURS, &frame));
        }
        for (to, frame) in to_ours {
            assert_eq!(to, OURS);
            replies += 1;
            ours.handle(now, LegacyStationInput::Heard(CAR, &frame));
        }
    }
    let (_, events) = drain_station(&mut ours, at(70));
    // One every five seconds, however often the car answers.
    assert_eq!((sent, car.heard), (13, 13));
    assert!(replies >= 25);
    assert_eq!(heard + events.len(), replies);
    assert!((car.cost - 0.045).abs() < 1e-4, "{}", car.cost);
    assert_eq!(ours.cars().count(), 1);

    // The plug is out: our station says nothing any more, and forgets the car.
    ours.handle(at(71), LegacyStationInput::Slot(SlotNow::default()));
    assert_eq!(drain_station(&mut ours, at(90)).0, []);
    assert_eq!(ours.cars().count(), 0);
}

#[test]
fn second_car_is_served_as_soon_as_the_first_has_left() {
    let mut ours = switched_on();
    let other = MacAddress::new([0xEC, 0x64, 0xC9, 0x91, 0xB2, 0x92]);
    let (mut first, mut second) = (PrototypeCar::default(), PrototypeCar::default());
    ours.handle(at(10), LegacyStationInput::Slot(slot(1.0)));
    for (now, mac, car) in [(at(10), CAR, &mut first), (at(100), other, &mut second)] {
        let (frames, _) = drain_station(&mut ours, now);
        let replies = car.hear(now, OURS, &frames[0].1);
        let mut reply = replies[0].1.clone();
        reply[..6].copy_from_slice(&mac.octets());
        ours.handle(now, LegacyStationInput::Heard(mac, &reply));
        assert_eq!(ours.cars().map(|said| said.mac).last(), Some(mac));
        let (frames, _) = drain_station(&mut ours, now);
        assert_eq!(frames, [], "nobody is answered");
    }
}

#[test]
fn stop_of_anybody_is_told_once_and_changes_nothing() {
    let mut ours = switched_on();
    ours.handle(at(10), LegacyStationInput::Slot(slot(100.0)));
    drain_station(&mut ours, at(10));
    let mut car = PrototypeCar::default();
    let mut stop = car.hear(at(10), OURS, &charging_frame()).remove(0).1;
    stop[41] = 1;
    let mut told = 0;
    for second in 11..20 {
        ours.handle(at(second), LegacyStationInput::Heard(CAR, &stop));
        let (frames, events) = drain_station(&mut ours, at(second));
        told += events
            .iter()
            .filter(|event| **event == LegacyStationEvent::StopWanted(CAR))
            .count();
        for (_, frame) in frames {
            assert_eq!(frame[44], 0, "power flows on, and it says so");
        }
    }
    assert_eq!(told, 1);
    // Of another session it is not even told.
    let stranger = MacAddress::new([0x02, 0, 0, 0, 0, 9]);
    stop[..6].copy_from_slice(&stranger.octets());
    stop[44] = 99;
    ours.handle(at(21), LegacyStationInput::Heard(stranger, &stop));
    let (_, events) = drain_station(&mut ours, at(21));
    assert!(matches!(events[..], [LegacyStationEvent::Heard(_)]));
}

/// What our station says of the slot of these tests.
fn charging_frame() -> Vec<u8> {
    let mut ours = switched_on();
    ours.handle(at(1), LegacyStationInput::Slot(slot(100.0)));
    drain_station(&mut ours, at(1)).0.remove(0).1
}

#[test]
fn station_that_is_off_neither_hears_nor_speaks() {
    let mut ours = LegacyStation::new(OURS);
    assert!(!ours.is_on());
    ours.handle(at(1), LegacyStationInput::Slot(slot(1.0)));
    ours.handle(at(1), LegacyStationInput::Heard(CAR, &bytes(ITEM)));
    assert_eq!(drain_station(&mut ours, at(60)), (Vec::new(), Vec::new()));
    ours.handle(at(61), LegacyStationInput::SwitchedOn(true));
    assert_eq!(drain_station(&mut ours, at(61)).0.len(), 1);
    ours.handle(at(62), LegacyStationInput::SwitchedOn(false));
    let (frames, events) = drain_station(&mut ours, at(120));
    assert_eq!(frames, []);
    assert_eq!(events, [LegacyStationEvent::SwitchedOn(false)]);
}

#[test]
fn prototypes_are_not_spoken_to_while_a_proven_car_has_the_slot() {
    let mut ours = switched_on();
    let proven = SlotNow {
        proven: true,
        ..slot(1.0)
    };
    ours.handle(at(1), LegacyStationInput::Slot(proven));
    assert_eq!(drain_station(&mut ours, at(60)).0, []);
}

#[test]
fn number_that_is_missing_or_impossible_is_not_made_up_but_counted() {
    let mut ours = switched_on();
    type Spoil = fn(&mut SlotNow);
    let spoils: [Spoil; 5] = [
        |slot| slot.voltage = None,
        |slot| slot.cost_per_kwh = None,
        |slot| slot.energy = None,
        |slot| slot.cost = None,
        |slot| slot.cost = Some(f64::NAN),
    ];
    for (number, spoil) in (1..).zip(spoils) {
        let mut spoiled = slot(1.0);
        spoil(&mut spoiled);
        let now = at(u64::from(number) * 10);
        ours.handle(now, LegacyStationInput::Slot(spoiled));
        assert_eq!(drain_station(&mut ours, now).0, []);
        assert_eq!(ours.counters().unsaid, number);
    }
    // Before power flows there is no energy, and that is no secret.
    let waiting = SlotNow {
        charging: false,
        energy: None,
        cost: None,
        ..slot(0.0)
    };
    ours.handle(at(60), LegacyStationInput::Slot(waiting));
    let (frames, _) = drain_station(&mut ours, at(60));
    assert_eq!(frames[0].1[44], 1, "it is available");
}

#[test]
fn car_of_august_hears_the_layout_that_it_knows() {
    let mut ours = switched_on();
    let mut old = include_str!("../legacy_vectors/vectors.txt").lines();
    let old = old
        .find_map(|line| line.strip_prefix("vehicle_to_evcs_v1 "))
        .unwrap();
    ours.handle(at(1), LegacyStationInput::Heard(CAR, &bytes(old)));
    ours.handle(at(1), LegacyStationInput::Slot(slot(1.0)));
    let lengths = |frames: Vec<(MacAddress, Vec<u8>)>| -> Vec<usize> {
        frames.iter().map(|(_, frame)| frame.len()).collect()
    };
    assert_eq!(lengths(drain_station(&mut ours, at(1)).0), [56, 44]);
    // Once it is gone the newest alone is said.
    assert_eq!(lengths(drain_station(&mut ours, at(17)).0), [56]);
}

#[test]
fn flood_is_counted_and_cars_make_room_when_full() {
    let mut ours = switched_on();
    let template = charging_frame();
    let status = PrototypeCar::default()
        .hear(at(1), OURS, &template)
        .remove(0)
        .1;
    for number in 0..200_u8 {
        let mac = MacAddress::new([0x02, 0, 0, 0, 1, number]);
        let mut forged = status.clone();
        forged[..6].copy_from_slice(&mac.octets());
        ours.handle(at(2), LegacyStationInput::Heard(mac, &forged));
    }
    let counters = ours.counters();
    assert_eq!(counters.over_pace, 180);
    assert_eq!(ours.cars().count(), 8);
    assert_eq!(counters.crowded_out, 12);
    assert_eq!(ours.events_dropped(), 4);
    let foreign: [(&[u8], MacAddress); 3] =
        [(&[1, 2, 3], CAR), (&status, OURS), (&[0xFF; 56], CAR)];
    for (payload, from) in foreign {
        ours.handle(at(9), LegacyStationInput::Heard(from, payload));
    }
    let counters = ours.counters();
    assert_eq!(counters.other_length, 1);
    assert_eq!(counters.other_sender, 1);
    assert_eq!(counters.implausible, 1);
    assert!(ours.last_error().is_some());
}
