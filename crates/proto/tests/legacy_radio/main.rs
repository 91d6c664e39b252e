//! The prototype's radio structs: golden bytes both ways, every layout by date, and what is
//! refused with which words.
//!
//! `VEHICLE_ITEM` and its neighbours are the vectors of the reference page on the prototype's wire
//! formats; the layouts are from `legacy_vectors/make.py`, in which ctypes places the fields.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod layouts;
mod stream;

use proptest::prelude::*;
use v2x_proto::legacy::radio::item::{Driving, Gear, PackState};
use v2x_proto::legacy::radio::{
    EvcsLayout, EvcsToVehicle, Item, ItemFix, ItemLayout, RadioError, RadioMessage, SaidBattery,
    VehicleItem, VehicleLayout, VehicleToEvcs,
};
use v2x_units::{
    Amps, BatteryCurrent, Degrees, KilometersPerHour, MacAddress, Meters, Position, StateOfCharge,
    Volts, WattHours, Watts,
};

const VEHICLE_ITEM: &str = "48000000000066420000014 29a9989402a0000000000000000000000 4e657500
    00000000c8f107421632d7c033330f43010100000000c84201ec64c991b29000
    40e20100000000000000000000000000 0000000000000000";
const STATION_ITEM: &str = "ffff000066e66143000050410000003e00000000000000000000000000000000
    00000000e9f107422933d7c00000000000000000000000000 04c11aeb3843000
    005f0c000000403e0000c03f00803b453a00000000000000";
const EVCS_TO_VEHICLE: &str = "4c11aeb384300000 e9f10742 2933d7c0 00000000 66e66143 00005041
    00803b45 0000c03f 0000003e 0000403e 00000000 3a000000 005f0c00";
const VEHICLE_TO_EVCS: &str = "ec64c991b2900000 c8f10742 1632d7c0 33330f43 01 00 4800 00006642
    00000142 3333c340 0000c842 01 00 0000 3a000000 40e20100";

const CAR: MacAddress = MacAddress::new([0xEC, 0x64, 0xC9, 0x91, 0xB2, 0x90]);
const STATION: MacAddress = MacAddress::new([0x4C, 0x11, 0xAE, 0xB3, 0x84, 0x30]);

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

/// One line of `vectors.txt`.
fn layout(name: &str) -> Vec<u8> {
    let file = include_str!("../legacy_vectors/vectors.txt");
    let mut lines = file.lines().filter_map(|line| line.split_once(' '));
    bytes(lines.find(|(named, _)| *named == name).unwrap().1)
}

fn place(latitude: f64, longitude: f64) -> Position {
    Position::new(Degrees::new(latitude), Degrees::new(longitude)).unwrap()
}

/// What the prototype makes of a number: 32 bits.
fn short(value: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it is what the prototype does"
    )]
    f64::from(value as f32)
}

fn percent(value: f64) -> StateOfCharge {
    StateOfCharge::from_percent(value).unwrap()
}

fn into_battery(amps: f64) -> BatteryCurrent {
    BatteryCurrent::from_signed(Amps::new(amps))
}

/// Both ways: the bytes give the message, and the message the bytes.
fn meets(from: MacAddress, bytes: &[u8], message: RadioMessage) {
    assert_eq!(RadioMessage::parse(from, bytes), Ok(message));
    assert_eq!(message.emit().unwrap(), bytes);
}

#[test]
fn item_of_a_car_meets_the_vector_of_the_reference() {
    let item = VehicleItem {
        layout: ItemLayout::V5,
        state_of_charge: percent(72.0),
        speed: KilometersPerHour::ZERO,
        dashboard: None,
        current: Some(into_battery(32.25)),
        pack: Some(PackState {
            voltage: Volts::new(57.5),
            available_energy: WattHours::from_kilowatt_hours(short(4.3)),
            charging_status: 0x2A,
        }),
        driving: Some(Driving {
            pedal_percent: 0.0,
            gear: Some(Gear::Neutral),
            brake: false,
            fix: Some(ItemFix {
                position: place(short(33.986115), short(-6.724864)),
                altitude: Meters::new(short(143.2)),
                hour: 1,
            }),
            charging: true,
            desired_soc: percent(100.0),
            ready_to_charge: true,
            timestamp: 123_456,
        }),
        mac: CAR,
    };
    meets(
        CAR,
        &bytes(VEHICLE_ITEM),
        RadioMessage::Item(Item::Vehicle(item)),
    );
}

fn station_says() -> EvcsToVehicle {
    EvcsToVehicle {
        layout: EvcsLayout::V2,
        mac: STATION,
        position: Some(place(short(33.986242), short(-6.724995))),
        altitude: Meters::ZERO,
        voltage: Volts::new(short(225.9)),
        max_current: Amps::new(13.0),
        max_power: Watts::new(3_000.0),
        cost_per_kwh: 1.5,
        energy: WattHours::new(125.0),
        cost: 0.1875,
        charging_available: false,
        session_id: 58,
        uptime_ms: 810_752,
    }
}

#[test]
fn station_meets_its_vectors_on_the_air_and_on_the_serial_line() {
    let said = station_says();
    meets(
        STATION,
        &bytes(EVCS_TO_VEHICLE),
        RadioMessage::EvcsToVehicle(said),
    );
    let record = bytes(STATION_ITEM);
    assert_eq!(Item::parse(&record), Ok(Item::Station(said)));
    assert_eq!(*Item::Station(said).emit().unwrap(), *record);
}

#[test]
fn car_to_station_meets_the_vector_of_the_reference() {
    let said = VehicleToEvcs {
        layout: VehicleLayout::V2,
        mac: CAR,
        fix: Some(ItemFix {
            position: place(short(33.986115), short(-6.724864)),
            altitude: Meters::new(short(143.2)),
            hour: 1,
        }),
        battery: Some(SaidBattery {
            state_of_charge: percent(72.0),
            voltage: Volts::new(57.5),
            current: into_battery(32.25),
        }),
        capacity: WattHours::from_kilowatt_hours(short(6.1)),
        desired_soc: percent(100.0),
        ready_to_charge: true,
        stop_charging: false,
        session_id: 58,
        uptime_ms: 123_456,
    };
    meets(
        CAR,
        &bytes(VEHICLE_TO_EVCS),
        RadioMessage::VehicleToEvcs(said),
    );
}

#[test]
fn struct_of_36_bytes_is_told_apart_by_the_address_it_begins_with() {
    let (asks, item) = (layout("vehicle_to_evcs_v1"), layout("item_v2"));
    assert!(matches!(
        RadioMessage::parse(CAR, &asks),
        Ok(RadioMessage::VehicleToEvcs(_))
    ));
    assert!(matches!(
        RadioMessage::parse(CAR, &item),
        Ok(RadioMessage::Item(_))
    ));
    // Where both would fit, padding does not decide; the words to a station come first. Fuzzing
    // found an Item that became the other when it was written again.
    let nobody = MacAddress::new([0; 6]);
    for padding in [[0, 0], [0, 0x24]] {
        let mut zeros = [0; 36];
        zeros[2..4].copy_from_slice(&padding);
        let read = RadioMessage::parse(nobody, &zeros);
        assert!(!matches!(read, Ok(RadioMessage::Item(_))), "{read:?}");
    }
    // From anybody else the words of a car to a station are no Item either.
    assert!(RadioMessage::parse(STATION, &asks).is_err());
}

#[test]
fn what_a_prototype_makes_up_for_unknown_values_is_not_known() {
    let mut item = bytes(VEHICLE_ITEM);
    item[4..8].fill(0);
    item[12..17].fill(0);
    let Ok(Item::Vehicle(read)) = Item::parse(&item) else {
        panic!("it is the Item of a car");
    };
    assert_eq!(read.pack, None);
    assert_eq!(read.current, Some(into_battery(32.25)));

    let mut asks = bytes(VEHICLE_TO_EVCS);
    asks[22..24].copy_from_slice(&50_u16.to_le_bytes());
    asks[24..28].copy_from_slice(&58.0_f32.to_le_bytes());
    assert_eq!(VehicleToEvcs::parse(&asks).unwrap().battery, None);

    let mut nowhere = bytes(EVCS_TO_VEHICLE);
    nowhere[8..16].fill(0);
    assert_eq!(EvcsToVehicle::parse(&nowhere).unwrap().position, None);
}

/// What is said of a vector after some of its bytes were replaced.
fn refusal(vector: &str, from: MacAddress, at: usize, with: &[u8]) -> String {
    let mut bytes = bytes(vector);
    bytes[at..at + with.len()].copy_from_slice(with);
    RadioMessage::parse(from, &bytes).unwrap_err().to_string()
}

#[test]
fn refusal_says_field_place_what_was_seen_and_what_would_be_right() {
    let nan = f32::NAN.to_le_bytes();
    let cases = [
        (
            refusal(VEHICLE_ITEM, CAR, 0, &[101, 0]),
            "SOC of the Item at byte 0 is 101; it must be 0 to 100 %",
        ),
        (
            refusal(VEHICLE_ITEM, CAR, 8, &nan),
            "battery_current of the Item at byte 8 is NaN; it must be -600 to 600 A",
        ),
        (
            refusal(VEHICLE_ITEM, CAR, 28, b"Gas\0"),
            "gear of the Item at byte 28 is \"Gas\\x00\"; it must be Dri, Neu, Rev, Unk, one of \
             their first letters, or nothing",
        ),
        (
            refusal(VEHICLE_ITEM, CAR, 48, &[25]),
            "gps_valid of the Item at byte 48 is 25; it must be 0 to 24",
        ),
        (
            refusal(EVCS_TO_VEHICLE, STATION, 36, &(-3.25_f32).to_le_bytes()),
            "current_energy_delivered of the evcs_to_vehicle_t at byte 36 is -3.25; it must be 0 \
             to 1000 kWh",
        ),
        (
            refusal(EVCS_TO_VEHICLE, STATION, 44, &[7]),
            "charging_available of the evcs_to_vehicle_t at byte 44 is 7; it must be 0 or 1",
        ),
        (
            refusal(VEHICLE_TO_EVCS, CAR, 41, &[2]),
            "stop_charging of the vehicle_to_evcs_t at byte 41 is 2; it must be 0 or 1",
        ),
        (
            refusal(VEHICLE_TO_EVCS, STATION, 0, &[]),
            "the vehicle_to_evcs_t names EC:64:C9:91:B2:90, but the frame came from \
             4C:11:AE:B3:84:30",
        ),
    ];
    for (said, expected) in cases {
        assert_eq!(said, expected);
    }
    let mut typed = layout("vehicle_v2v_data");
    typed[36] = 3;
    assert_eq!(
        RadioMessage::parse(CAR, &typed).unwrap_err().to_string(),
        "message_type of the vehicle_v2v_data_t at byte 36 is 3; it must be 1 or 2"
    );
    assert_eq!(
        RadioMessage::parse(CAR, &[0; 57]).unwrap_err().to_string(),
        "57 bytes are no message of the prototype; its messages have 12, 24, 36, 40, 44, 48, 52, \
         56, 68 or 88"
    );
    let mut record = bytes(STATION_ITEM);
    record[84] = 1;
    assert_eq!(
        Item::parse(&record).unwrap_err().to_string(),
        "evcs_charging_available of the Item at byte 84 is 1; it must be the same as at byte 48"
    );
}

#[test]
fn value_that_would_be_refused_is_not_written_either() {
    let mut said = station_says();
    said.cost = f64::NAN;
    assert!(matches!(
        said.emit(),
        Err(RadioError::Implausible {
            field: "current_cost",
            ..
        })
    ));
    said.cost = 1e300;
    assert!(said.emit().is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_come_back_as_they_were_understood(
        from in any::<[u8; 6]>(),
        length in prop::sample::select(vec![12_usize, 24, 36, 40, 44, 48, 52, 56, 68, 88, 13]),
        noise in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        begins_with_sender in any::<bool>(),
    ) {
        let mut bytes = vec![0; length];
        for (place, byte) in noise {
            bytes[place.index(length)] = byte;
        }
        if begins_with_sender {
            bytes[..6].copy_from_slice(&from);
        }
        let from = MacAddress::new(from);
        match RadioMessage::parse(from, &bytes) {
            Ok(message) => {
                let again = message.emit().unwrap();
                prop_assert_eq!(again.len(), length);
                prop_assert_eq!(RadioMessage::parse(from, &again), Ok(message));
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
