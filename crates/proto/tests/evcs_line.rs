//! The slots' lines: golden text of the reference page, section (d), every form of it, and damage.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use v2x_proto::legacy::LineError;
use v2x_proto::legacy::evcs_line::{
    MAX_SLOTS, MeterForm, MeterLine, StationLine, emit_meter, parse,
};
use v2x_units::{Amps, Degrees, Position, Volts, WattHours, Watts};

/// The numbers of the reference's example of S1.
const TAIL: &str = "33.986107 -6.724805 226.1 9.41 2127.3 12.345 50 0.99";

fn reading(form: MeterForm, slot: u8, vehicle_connected: bool) -> MeterLine {
    MeterLine {
        form,
        slot,
        vehicle_connected,
        position: Position::new(Degrees::new(33.986107), Degrees::new(-6.724805)).unwrap(),
        voltage: Volts::new(226.1),
        current: Amps::new(9.41),
        power: Watts::new(2127.3),
        energy: WattHours::new(12_345.0),
        frequency_hz: 50,
        power_factor: 0.99,
    }
}

fn forms() -> [(String, MeterLine); 5] {
    [
        (format!("EVSE1 {TAIL}"), reading(MeterForm::Evse, 1, true)),
        (
            format!("EELAB_EVSE_slot_11 {TAIL}"),
            reading(MeterForm::EvseSlotUnspaced, 1, true),
        ),
        (
            format!("EELAB_EVSE_slot_10 {TAIL}"),
            reading(MeterForm::EvseSlotUnspaced, 1, false),
        ),
        (
            format!("EELAB_EVCS2_slot_1 0 {TAIL}"),
            reading(MeterForm::EvcsSlot, 1, false),
        ),
        (
            format!("EELAB_EVSE_slot_2 1 {TAIL}"),
            reading(MeterForm::EvseSlot, 2, true),
        ),
    ]
}

fn refused_field(line: &str) -> &'static str {
    match parse(line.as_bytes()) {
        Err(LineError::Damaged { field, .. }) => field,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn meter_line_of_every_firmware_is_read_for_the_right_slot() {
    for (line, expected) in forms() {
        assert_eq!(
            parse(line.as_bytes()),
            Ok(StationLine::Meter(expected)),
            "{line}"
        );
        let mut text = String::new();
        emit_meter(&expected, &mut text).unwrap();
        assert_eq!(text, line);
    }
}

#[test]
fn meter_line_of_other_sites_and_slots_is_read() {
    for (head, slot) in [
        ("EELAB_EVSE_slot_1 1", 1),
        ("EELAB_EVSE_slot_10 1", 10),
        ("EELAB_EVSE_slot_16 1", 16),
        ("EVSE_slot_2 1", 2),
        ("my_site_EVSE_slot_3  1", 3),
        ("\0\0EELAB_EVSE_slot_2\t1", 2),
    ] {
        let expected = reading(MeterForm::EvseSlot, slot, true);
        let seen = parse(format!("{head} {TAIL} ").as_bytes());
        assert_eq!(seen, Ok(StationLine::Meter(expected)), "{head}");
    }
}

#[test]
fn slot_or_status_that_is_not_certain_is_refused() {
    for (head, field) in [
        ("EELAB_EVSE_slot_21", "status"),
        ("EELAB_EVSE_slot_1", "status"),
        ("EELAB_EVSE_slot_17 1", "slot and status"),
        ("EELAB_EVSE_slot_0 1", "slot and status"),
        ("EELAB_EVSE_slot_2 2", "status"),
        ("EELAB_EVSE1", "slot and status"),
        ("EVSE2", "slot and status"),
        ("EVSE", "slot and status"),
        ("EELAB_EVCS2_slot_11", "status"),
        ("EELAB_ESE_slot_2 1", "beginning"),
    ] {
        let line = format!("{head} {TAIL}");
        let seen = refused_field(&line);
        assert!(
            seen == field || (field == "status" && seen == "slot and status"),
            "{line}: {seen}"
        );
    }
}

#[test]
fn meter_line_that_lost_a_decimal_or_a_field_is_refused() {
    for (from, to, field) in [
        ("33.986107", "33.98610", "latitude"),
        ("226.1", "226.", "voltage"),
        ("226.1", "-226.1", "voltage"),
        ("9.41", "9.4", "current"),
        ("2127.3", "21273", "power"),
        ("12.345", "12.34", "energy"),
        (" 50 ", " 50.0 ", "frequency"),
        ("0.99", "1.01", "power factor"),
        ("0.99", "0.9", "power factor"),
        (" 0.99", "", "power factor"),
        ("0.99", "0.99 1", "end"),
        ("9.41 ", "", "current"),
    ] {
        let line = format!("EVSE1 {TAIL}").replacen(from, to, 1);
        assert_eq!(refused_field(&line), field, "{line}");
    }
    assert_eq!(
        refused_field("05 226.1 9.41 2127.3 12.345 50 0.99"),
        "beginning"
    );
}

#[test]
fn text_between_the_meter_lines_is_told_apart() {
    for (line, expected) in [
        (
            "ERROR: PZEM sensor reading failed",
            StationLine::MeterFailed,
        ),
        ("[V2G] Sent data to vehicle", StationLine::Debug),
        ("EVCS Position: 33.986242, -6.724995", StationLine::Debug),
        (
            "HELECAR EVCS - PZEM-004T Power Monitor",
            StationLine::Banner,
        ),
        ("PZEM-004T V3.0 Power Meter - ESP32", StationLine::Banner),
        ("Custom Address: F8", StationLine::TextForPeople),
        ("Voltage: 226.10 V", StationLine::TextForPeople),
    ] {
        assert_eq!(parse(line.as_bytes()), Ok(expected), "{line}");
    }
    for line in ["ets Jul 29 2019 12:21:46", "EVSE", "", "\0\u{fffd}"] {
        let seen = parse(line.as_bytes());
        assert!(
            matches!(seen, Err(LineError::NotARecord { .. })),
            "{line}: {seen:?}"
        );
    }
}

#[test]
fn joined_meter_lines_are_refused_whole() {
    let joined = format!("EVSE1 {TAIL}EVSE0 {TAIL}");
    assert!(matches!(
        parse(joined.as_bytes()),
        Err(LineError::Joined { at: 58 })
    ));
}

#[test]
fn line_that_cannot_name_its_slot_is_not_emitted() {
    let mut text = String::new();
    assert!(emit_meter(&reading(MeterForm::Evse, 2, true), &mut text).is_err());
    assert!(
        emit_meter(
            &reading(MeterForm::EvseSlot, MAX_SLOTS + 1, true),
            &mut text
        )
        .is_err()
    );
    assert_eq!(text, "", "a refused line writes nothing");
}
