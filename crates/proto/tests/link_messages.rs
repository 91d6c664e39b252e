//! The three promises of every message: any bytes parse or are refused without a panic, a parsed
//! message emits the bytes it came from, and a message that was emitted parses to itself.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use core::time::Duration;

use proptest::prelude::*;
use v2x_proto::link::limits::BODY_MAX;
use v2x_proto::link::message::{
    Acknowledgement, BoardKind, BusState, Command, CommandResult, Contact, FirmwareVersion,
    FixDimension, FixQuality, GnssReport, Hello, LogLevel, LogLine, MeterFault, MeterReading,
    MeterValues, Order, Plug, PriceSchedule, PriceStep, RadioRate, RadioResult, SlotWish,
};
use v2x_proto::link::{BodyError, Message, Problem};
use v2x_units::{
    Amps, Degrees, GnssFix, KilometersPerHour, MacAddress, Meters, Position, UtcTime, Volts,
    WattHours, Watts,
};

fn emitted(message: &Message<'_>) -> Result<Vec<u8>, BodyError> {
    let mut body = vec![0; BODY_MAX];
    let length = message.emit(&mut body)?;
    body.truncate(length);
    Ok(body)
}

fn check_both_ways(message: &Message<'_>) {
    let body = emitted(message).unwrap();
    let back = Message::parse(message.frame_type(), &body).unwrap();
    assert_eq!(back.as_ref(), Some(message));
    for shorter in 0..body.len() {
        let out = &mut body.clone()[..shorter];
        assert!(
            message.emit(out).is_err(),
            "{message:?} fits into {shorter} bytes"
        );
    }
}

/// A body of plausible bytes, for only those get beyond the first field.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![0_u8..15, any::<u8>()];
    prop_oneof![
        prop::collection::vec(byte.clone(), 0..48),
        prop::collection::vec(byte, 0..BODY_MAX),
    ]
}

fn hundredths(range: std::ops::Range<i32>) -> impl Strategy<Value = f64> {
    range.prop_map(|steps| f64::from(steps) / 100.0)
}

prop_compose! {
    fn gnss_reports()(
        latitude in -900_000_000..=900_000_000_i32,
        longitude in -1_800_000_000..=1_800_000_000_i32,
        altitude in prop::option::of(hundredths(-40_000..2_000_000)),
        geoid in prop::option::of(hundredths(-11_000..9_000)),
        speed in prop::option::of(hundredths(0..65_535)),
        course in prop::option::of(hundredths(0..36_000)),
        hdop in prop::option::of(hundredths(0..10_000)),
        satellites in prop::option::of(0..=254_u8),
        quality in prop::sample::select(FixQuality::ALL),
        dimension in prop::sample::select(FixDimension::ALL),
        age in any::<u32>(),
        utc in prop::option::of(any::<i64>().prop_filter("not known", |utc| *utc != i64::MIN)),
        valid in any::<bool>(),
    ) -> GnssReport {
        let degrees = |steps: i32| Degrees::new(f64::from(steps) / 1e7);
        GnssReport {
            fix: GnssFix {
                position: Position::new(degrees(latitude), degrees(longitude)).unwrap(),
                altitude: altitude.map(Meters::new),
                speed: speed.map(KilometersPerHour::new),
                satellites,
                hdop,
                utc: utc.map(UtcTime::from_micros),
                valid,
            },
            geoid_separation: geoid.map(Meters::new),
            course: course.map(Degrees::new),
            quality,
            dimension,
            age: Duration::from_millis(u64::from(age)),
        }
    }
}

prop_compose! {
    fn meter_values()(
        voltage: u16, current: u32, power: u32, energy: u32, frequency: u16, factor: u8,
        alarm: bool,
    ) -> MeterValues {
        MeterValues {
            voltage: Volts::new(f64::from(voltage) / 10.0),
            current: Amps::new(f64::from(current) / 1000.0),
            power: Watts::new(f64::from(power) / 10.0),
            energy: WattHours::new(f64::from(energy)),
            frequency_hz: f64::from(frequency) / 10.0,
            power_factor: f64::from(factor) / 100.0,
            alarm,
        }
    }
}

proptest! {
    #[test]
    fn any_body_is_refused_or_emits_the_bytes_it_came_from(
        frame_type in 0_u8..24,
        body in bodies(),
    ) {
        if let Ok(Some(message)) = Message::parse(frame_type, &body) {
            prop_assert_eq!(message.frame_type(), frame_type);
            prop_assert_eq!(emitted(&message).unwrap(), body);
        }
    }

    #[test]
    fn gnss_report_survives_the_way_there_and_back(report in gnss_reports()) {
        check_both_ways(&Message::from(report));
    }

    #[test]
    fn meter_reading_survives_the_way_there_and_back(address: u8, values in meter_values()) {
        check_both_ways(&Message::from(MeterReading { address, values: Ok(values) }));
    }

    #[test]
    fn texts_survive_the_way_there_and_back(name in ".{0,60}", value in ".{0,60}", id: u16) {
        check_both_ways(&Message::from(Hello {
            kind: BoardKind::Radio,
            board: MacAddress::BROADCAST,
            firmware: FirmwareVersion { major: 1, minor: 2, patch: 3 },
            oldest_version: 1,
            newest_version: 4,
            name: &name,
        }));
        check_both_ways(&Message::from(LogLine { level: LogLevel::Debug, text: &value }));
        let order = Order::WriteSetting { key: &name, value: &value };
        check_both_ways(&Message::from(Command { id, order }));
        check_both_ways(&Message::from(Command { id, order: Order::ReadSetting { key: &name } }));
        let result = CommandResult::Done;
        check_both_ways(&Message::from(Acknowledgement { id, result, detail: &value }));
    }
}

#[test]
fn unknown_order_is_passed_on_so_that_it_can_be_answered() {
    let body = [9, 0, 99, 1, 2, 3];
    let message = Message::parse(Command::TYPE, &body).unwrap().unwrap();
    let (number, parameters) = (99, &body[3..]);
    let order = Order::Unknown { number, parameters };
    assert_eq!(message, Message::from(Command { id: 9, order }));
}

#[test]
fn bytes_after_the_last_field_are_refused() {
    let error = Message::parse(9, &[0, 1, 2, 3]).unwrap_err();
    assert_eq!(error.problem, Problem::Trailing(1));
    assert_eq!(
        error.to_string(),
        "slot state `relay seen` is the last field, but 1 bytes follow"
    );
}

#[test]
fn can_frame_of_nine_bytes_is_refused_by_field() {
    // Head 0x4955: a length of 9 for the id 0x155.
    let body = [0, 0, 0, 0, 0, 0x55, 0x49, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    let error = Message::parse(2, &body).unwrap_err();
    assert_eq!(
        error.to_string(),
        "CAN batch `head` is 9; a length must be 0 to 8"
    );
}

#[test]
fn delta_longer_than_needed_is_refused() {
    let body = [0, 0, 0, 0, 0x80, 0x00, 0x55, 0x01];
    let error = Message::parse(2, &body).unwrap_err();
    assert_eq!((error.message, error.field), ("CAN batch", "delta"));
}

#[test]
fn value_without_room_is_refused_and_not_bent() {
    let mut values = MeterValues {
        voltage: Volts::new(230.0),
        current: Amps::ZERO,
        power: Watts::ZERO,
        energy: WattHours::ZERO,
        frequency_hz: 50.0,
        power_factor: 1.0,
        alarm: false,
    };
    values.voltage = Volts::new(-0.1);
    let refused = |values| {
        let reading = MeterReading {
            address: 1,
            values: Ok(values),
        };
        emitted(&Message::from(reading)).unwrap_err()
    };
    assert_eq!(refused(values).field, "voltage");
    values.voltage = Volts::new(f64::NAN);
    assert_eq!(refused(values).problem, Problem::Range);
}

#[test]
fn codes_are_their_own_inverse_and_leave_gaps_alone() {
    macro_rules! check {
        ($($kind:ty),+) => {$(
            for value in <$kind>::ALL {
                assert_eq!(<$kind>::from_code(value.code()), Some(*value));
            }
            let known = (0..=255).filter(|code| <$kind>::from_code(*code).is_some()).count();
            assert_eq!(known, <$kind>::ALL.len());
        )+};
    }
    check!(
        BoardKind,
        BusState,
        CommandResult,
        Contact,
        FixDimension,
        FixQuality
    );
    check!(LogLevel, MeterFault, Plug, RadioRate, RadioResult);
}

#[test]
fn every_message_is_in_the_table_with_its_number_and_file() {
    let source = include_str!("../src/link/message.rs");
    let page = include_str!("../../../docs/protocol/link.md");
    let rows = source
        .lines()
        .filter_map(|line| line.strip_prefix("//! | "));
    let rows: Vec<Vec<&str>> = rows.map(|row| row.split(" | ").collect()).collect();
    for frame_type in Message::TYPES {
        let number = frame_type.to_string();
        let row = rows.iter().find(|row| row[0] == number);
        let file = row.unwrap()[2].trim_matches('`');
        let path = format!("{}/src/link/message/{file}", env!("CARGO_MANIFEST_DIR"));
        assert!(std::fs::exists(&path).unwrap(), "{path}");
        assert!(
            page.contains(&format!("## Type {number}: ")),
            "type {number} in link.md"
        );
    }
}

#[test]
fn radio_address_is_six_bytes_of_one_station() {
    // Laid out by hand from docs/protocol/link.md: id 0x0102, order 8, the address.
    let body = [0x02, 0x01, 8, 0x02, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE];
    let address = MacAddress::new([0x02, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE]);
    let order = Order::RadioAddress(address);
    let message = Message::from(Command { id: 0x0102, order });
    assert_eq!(Message::parse(Command::TYPE, &body), Ok(Some(message)));
    assert_eq!(emitted(&message).unwrap(), body);

    let mut group = body;
    group[3] = 0x03;
    let error = Message::parse(Command::TYPE, &group).unwrap_err();
    assert_eq!(
        error.to_string(),
        "command `radio address` is 3; the first byte must be even; an odd one is a group"
    );
    let order = Order::RadioAddress(MacAddress::BROADCAST);
    let error = emitted(&Message::from(Command { id: 1, order })).unwrap_err();
    assert_eq!(error.field, "radio address");
    let error = Message::parse(Command::TYPE, &body[..8]).unwrap_err();
    assert_eq!(error.problem, Problem::Cut { need: 6, have: 5 });
}

#[test]
fn price_schedule_that_means_nothing_is_refused_with_its_field() {
    let steps = [
        PriceStep {
            from: 1_767_225_600,
            per_kwh: 1_500_000,
            per_minute: 0,
        },
        PriceStep {
            from: 1_767_290_400,
            per_kwh: 900_000,
            per_minute: 50_000,
        },
    ];
    let bytes = steps.map(|step| step.bytes());
    let right = PriceSchedule {
        offer: &[],
        currency: *b"MAD",
        decimals: 2,
        complete: true,
        session_fee: 0,
        idle_per_minute: 500_000,
        idle_grace: 900,
        steps: &bytes.concat(),
    };
    check_both_ways(&Message::from(right));
    let read: Vec<_> = right.steps().collect();
    assert_eq!(read, steps);
    let falling = [bytes[1], bytes[0]].concat();
    let too_many = bytes[0].repeat(PriceSchedule::STEPS_MAX + 1);
    let wrong = [
        (
            PriceSchedule {
                currency: *b"mad",
                ..right
            },
            "currency",
        ),
        (
            PriceSchedule {
                decimals: 7,
                ..right
            },
            "decimals",
        ),
        (
            PriceSchedule {
                steps: &falling,
                ..right
            },
            "steps",
        ),
        (
            PriceSchedule {
                steps: &too_many,
                ..right
            },
            "steps",
        ),
        (
            PriceSchedule {
                steps: &falling[1..],
                ..right
            },
            "steps",
        ),
    ];
    for (schedule, field) in wrong {
        let error = emitted(&Message::from(schedule)).unwrap_err();
        assert_eq!(error.field, field);
    }
}

#[test]
fn wish_for_a_slot_and_parts_of_keys_survive_the_way_there_and_back() {
    for wish in SlotWish::ALL {
        let order = Order::Slot(*wish);
        check_both_ways(&Message::from(Command { id: 3, order }));
    }
    let order = Order::Keys {
        part: 2,
        bytes: &[1, 2, 3],
    };
    check_both_ways(&Message::from(Command { id: 4, order }));
    let error = Message::parse(Command::TYPE, &[1, 0, 9, 99]).unwrap_err();
    assert_eq!(error.field, "slot");
}
