//! What is written is read back equal, and no bytes at all make a reader panic.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use v2x_recording::{
    Gear, MergedRow, Origin, Recording, SnapshotRing, can_data, candump, gps_data, merged,
};
use v2x_units::{
    Amps, BatteryCurrent, CanFrame, CanId, Celsius, Degrees, GnssFix, Kilometers,
    KilometersPerHour, Meters, Position, StateOfCharge, UtcTime, Volts, WattHours,
};

/// Whole microseconds from 1970 to 2100.
fn times() -> impl Strategy<Value = UtcTime> {
    (0_i64..4_102_444_800_000_000).prop_map(UtcTime::from_micros)
}

fn frames() -> impl Strategy<Value = CanFrame> {
    let ids = prop_oneof![
        (0_u32..=0x7FF).prop_map(|raw| CanId::standard(raw).unwrap()),
        (0_u32..=0x1FFF_FFFF).prop_map(|raw| CanId::extended(raw).unwrap()),
    ];
    let data = prop::collection::vec(any::<u8>(), 0..=8);
    (ids, data, 0_u8..8).prop_map(|(id, data, remote)| {
        if remote == 0 {
            CanFrame::remote(id, u8::try_from(data.len()).unwrap()).unwrap()
        } else {
            CanFrame::new(id, &data).unwrap()
        }
    })
}

/// A number with `decimals` digits after the point, as its column writes it.
fn stepped(low: i32, high: i32, decimals: i32) -> impl Strategy<Value = f64> {
    (low..=high).prop_map(move |steps| f64::from(steps) / 10_f64.powi(decimals))
}

fn fixes() -> impl Strategy<Value = GnssFix> {
    let place = (
        stepped(-90_000_000, 90_000_000, 6),
        stepped(-180_000_000, 180_000_000, 6),
    );
    (
        place,
        prop::option::of(stepped(-4_000, 90_000, 1)),
        prop::option::of(stepped(0, 2_000, 1)),
        prop::option::of(any::<u8>()),
        prop::option::of(stepped(0, 9_999, 2)),
        prop::option::of(0_i64..4_102_444_800_000),
        any::<bool>(),
    )
        .prop_map(
            |((north, east), altitude, speed, satellites, hdop, millis, valid)| GnssFix {
                position: Position::new(Degrees::new(north), Degrees::new(east)).unwrap(),
                altitude: altitude.map(Meters::new),
                speed: speed.map(KilometersPerHour::new),
                satellites,
                hdop,
                utc: millis.map(UtcTime::from_millis),
                valid,
            },
        )
}

/// A row of which each value is known or not, in the steps of its column.
fn merged_rows() -> impl Strategy<Value = MergedRow> {
    let gear = prop::sample::select(vec![
        Gear::Drive,
        Gear::Neutral,
        Gear::Reverse,
        Gear::Unknown,
    ]);
    let battery = (
        prop::option::of(stepped(0, 5_000, 0)),
        prop::option::of(stepped(-2_000, 1_839, 0)),
        prop::option::of(stepped(0, 10_000, 2)),
        prop::option::of(stepped(0, 70, 1)),
        prop::option::of(any::<u8>()),
        prop::option::of(any::<bool>()),
    );
    let drive = (
        prop::option::of(gear),
        prop::option::of(any::<bool>()),
        prop::option::of(stepped(0, 100, 0)),
        prop::option::of(any::<bool>()),
        prop::option::of(stepped(0, 600, 1)),
        prop::option::of(stepped(-9_000, 9_000, 2)),
    );
    let rest = (
        prop::option::of(stepped(0, 99_999_999, 2)),
        prop::option::of(stepped(0, 254, 0)),
        prop::option::of(stepped(-39, 199, 0)),
        prop::option::of(fixes()),
    );
    (times(), battery, drive, rest).prop_map(|(at, battery, drive, rest)| MergedRow {
        at,
        soc: battery
            .0
            .map(|steps| StateOfCharge::from_percent(steps * 2.0 / 100.0).unwrap()),
        current: battery
            .1
            .map(|steps| BatteryCurrent::from_signed(Amps::new(steps / 4.0))),
        battery_voltage: battery.2.map(Volts::new),
        available_energy: battery.3.map(WattHours::from_kilowatt_hours),
        charging_status: battery.4,
        is_charging: battery.5,
        gear: drive.0,
        motor_active: drive.1,
        accelerator: drive.2,
        brake: drive.3,
        cap_voltage: drive.4.map(Volts::new),
        motor_speed: drive.5.map(KilometersPerHour::new),
        odometer: rest.0.map(Kilometers::new),
        range: rest.1.map(Kilometers::new),
        motor_temp: rest.2.map(Celsius::new),
        // The merged table has no columns for these two.
        fix: rest.3.map(|fix| GnssFix {
            hdop: None,
            utc: None,
            ..fix
        }),
    })
}

/// Reads everything a file gives, whatever it holds; the number of rows, good and damaged.
fn drain(bytes: &[u8]) -> usize {
    match Recording::open(bytes) {
        Ok(Recording::Frames(rows)) => rows.map(Result::unwrap).count(),
        Ok(Recording::Fixes(rows)) => rows.map(Result::unwrap).count(),
        Ok(Recording::Merged(rows)) => rows.map(Result::unwrap).count(),
        Ok(_) | Err(_) => 0,
    }
}

proptest! {
    #[test]
    fn frames_written_as_candump_are_read_back_equal(
        rows in prop::collection::vec((times(), frames()), 1..50),
    ) {
        let mut log = Vec::new();
        for (at, frame) in &rows {
            candump::write_frame(&mut log, *at, "vcan0", frame).unwrap();
        }
        let read: Vec<_> = Recording::open(&log[..])
            .unwrap()
            .into_frames()
            .unwrap()
            .map(|row| row.unwrap().unwrap())
            .map(|row| (row.at.unwrap(), row.frame))
            .collect();
        prop_assert_eq!(read, rows);
    }

    #[test]
    fn frames_written_as_a_table_are_read_back_equal(
        rows in prop::collection::vec((times(), frames(), prop::option::of(fixes())), 1..50),
    ) {
        let mut ring = SnapshotRing::new();
        let mut table = can_data::HEADER.as_bytes().to_vec();
        for (at, frame, fix) in &rows {
            can_data::write_row(&mut table, *at, frame, fix.as_ref()).unwrap();
            ring.push(*at, *frame, *fix);
        }
        let mut snapshot = Vec::new();
        ring.write_to(&mut snapshot).unwrap();
        prop_assert_eq!(&snapshot, &table);
        let read: Vec<_> = Recording::open(&table[..])
            .unwrap()
            .into_frames()
            .unwrap()
            .map(|row| row.unwrap().unwrap())
            .map(|row| (row.at.unwrap(), row.frame))
            .collect();
        let written: Vec<_> = rows.iter().map(|&(at, frame, _)| (at, frame)).collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn fixes_written_as_a_table_are_read_back_equal(
        rows in prop::collection::vec((times(), fixes()), 1..50),
    ) {
        let mut table = gps_data::HEADER.as_bytes().to_vec();
        for (at, fix) in &rows {
            gps_data::write_row(&mut table, *at, fix).unwrap();
        }
        let Ok(Recording::Fixes(read)) = Recording::open(&table[..]) else {
            panic!("the table is not recognised");
        };
        let read: Vec<_> = read
            .map(|row| row.unwrap().unwrap())
            .map(|row| (row.at, row.fix))
            .collect();
        prop_assert_eq!(read, rows);
    }

    #[test]
    fn merged_rows_are_read_back_equal_with_all_that_is_unknown(
        rows in prop::collection::vec(merged_rows(), 1..20),
    ) {
        let mut table = merged::HEADER.as_bytes().to_vec();
        for row in &rows {
            merged::write_row(&mut table, row).unwrap();
        }
        let Ok(Recording::Merged(read)) = Recording::open(&table[..]) else {
            panic!("the table is not recognised");
        };
        let read: Vec<_> = read.map(|row| row.unwrap().unwrap()).collect();
        prop_assert!(read.iter().all(|row| row.origin == Origin::Ours));
        let read: Vec<_> = read.into_iter().map(|row| row.row).collect();
        prop_assert_eq!(read, rows);
    }

    #[test]
    fn any_bytes_after_any_header_are_rows_or_damaged_rows(
        header in prop::sample::select(vec![
            "",
            "(1.5) can0 155#05\n",
            can_data::HEADER,
            gps_data::HEADER,
            merged::HEADER,
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
    ) {
        drain(&[header.as_bytes(), &bytes].concat());
        prop_assert!(candump::parse_line(&bytes).is_err());
    }

    #[test]
    fn one_flipped_byte_spoils_at_most_the_line_it_stands_in_and_the_next(
        rows in prop::collection::vec((times(), frames()), 8..20),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut log = Vec::new();
        for (at, frame) in &rows {
            candump::write_frame(&mut log, *at, "can0", frame).unwrap();
        }
        let place = place.index(log.len());
        log[place] = byte;
        let read: Vec<_> = Recording::open(&log[..])
            .unwrap()
            .into_frames()
            .unwrap()
            .map(Result::unwrap)
            .filter_map(Result::ok)
            .map(|row| (row.at.unwrap(), row.frame))
            .collect();
        let unchanged = rows.iter().filter(|row| read.contains(row)).count();
        prop_assert!(unchanged + 2 >= rows.len());
    }
}
