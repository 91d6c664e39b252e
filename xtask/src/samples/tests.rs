//! The invented recording is what its page says: complete, consistent, anonymous and small.

use std::collections::BTreeMap;

use super::*;

/// The frames of the recording: time in microseconds, identifier, bytes.
fn recorded() -> Vec<(u64, u16, Vec<u8>)> {
    let (_, drive) = files().swap_remove(0);
    drive
        .lines()
        .map(|line| {
            let mut words = line.split(' ');
            let stamp = words
                .next()
                .unwrap()
                .trim_matches(['(', ')'])
                .replace('.', "");
            let (id, data) = words.nth(1).unwrap().split_once('#').unwrap();
            let bytes = (0..data.len()).step_by(2);
            let data = bytes.map(|at| u8::from_str_radix(&data[at..at + 2], 16).unwrap());
            let id = u16::from_str_radix(id, 16).unwrap();
            (stamp.parse().unwrap(), id, data.collect())
        })
        .collect()
}

fn of(id: u16) -> Vec<(u64, Vec<u8>)> {
    let all = recorded().into_iter().filter(|(_, found, _)| *found == id);
    all.map(|(at, _, data)| (at, data)).collect()
}

#[test]
fn stamps_rise_and_the_recording_is_small() {
    let frames = recorded();
    assert!(frames.windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert!((8_000..10_000).contains(&frames.len()), "{}", frames.len());
    assert!(files().iter().all(|(_, text)| text.len() < 500_000));
}

#[test]
fn no_frame_identifies_a_car() {
    assert!(of(0x69F).is_empty());
}

#[test]
fn state_of_charge_falls_with_the_drive() {
    let valid = of(0x155).into_iter().filter(|(_, data)| data[3] == 0x54);
    let soc: Vec<u16> = valid
        .map(|(_, data)| u16::from_be_bytes([data[4], data[5]]))
        .collect();
    assert_eq!(soc.first(), Some(&(82 * 400)));
    let last = f64::from(*soc.last().unwrap()) / 400.0;
    assert!((81.0..81.8).contains(&last), "{last}");
}

#[test]
fn braking_charges_and_driving_discharges() {
    let current =
        |data: &[u8]| f64::from(u16::from_be_bytes([data[1] & 0xF, data[2]])) * 0.25 - 500.0;
    let amps: Vec<f64> = of(0x155)
        .iter()
        .filter(|(_, data)| data[3] == 0x54)
        .map(|(_, data)| current(data))
        .collect();
    let most = amps.iter().copied().fold(f64::MIN, f64::max);
    let least = amps.iter().copied().fold(f64::MAX, f64::min);
    assert!((30.0..45.0).contains(&most), "{most}");
    assert!((-262.0..-150.0).contains(&least), "{least}");
}

#[test]
fn both_displays_and_the_motor_agree_on_the_speed() {
    let motor: BTreeMap<u64, u32> = of(0x19F)
        .into_iter()
        .map(|(at, data)| {
            (
                at,
                (u32::from(data[2]) << 4 | u32::from(data[3]) >> 4) - 2_000,
            )
        })
        .collect();
    let of_odometer = of(0x5D7)
        .into_iter()
        .map(|(at, data)| (at, [data[0], data[1]]));
    let of_vehicle = of(0x599)
        .into_iter()
        .map(|(at, data)| (at, [data[6], data[7]]));
    let mut compared = 0;
    for (at, speed) in of_odometer.chain(of_vehicle) {
        let (Some((_, before)), Some((_, after))) =
            (motor.range(..at).next_back(), motor.range(at..).next())
        else {
            continue;
        };
        let (slower, faster) = (before.min(after), before.max(after));
        let between = slower * 111 / 10..=faster * 111 / 10;
        assert!(
            between.contains(&u32::from(u16::from_be_bytes(speed))),
            "{at}: {between:?}"
        );
        compared += 1;
    }
    assert!(compared > 500, "{compared}");
}

#[test]
fn odometer_rises_by_the_driven_way() {
    let odometer = |data: &[u8]| u32::from_be_bytes([data[2], data[3], data[4], data[5]]) >> 4;
    let frames = of(0x5D7);
    let (first, last) = (odometer(&frames[0].1), odometer(&frames.last().unwrap().1));
    assert_eq!(first, 482_130);
    assert!((40..60).contains(&(last - first)), "{}", last - first);
}

#[test]
fn fixes_stand_on_the_invented_road() {
    let (_, fixes) = files().swap_remove(1);
    let rows: Vec<Vec<&str>> = fixes
        .lines()
        .map(|line| line.split(',').collect())
        .collect();
    assert_eq!(rows.len(), 56);
    assert!(rows.iter().all(|row| row.len() == 9));
    assert_eq!(
        rows[1][..3],
        ["1777888805.400000000", "48.000000", "2.000000"]
    );
    assert_eq!(rows[55][7..], ["2026-5-4", "1"]);
}
