//! The Twizy's mapping gives what its sources say, and faulty files are refused at their line.

use std::collections::HashMap;
use std::time::Duration;

use v2x_units::Instant;

use super::*;
use crate::{RENAULT_TWIZY_DBC, RENAULT_TWIZY_VSS};

const HEAD: &str = "vss = \"6.0\"\nfresh_cycles = 3\nfresh_at_least_ms = 2000\n";

fn twizy() -> Decoder {
    Decoder::from_dbc("renault_twizy.dbc", RENAULT_TWIZY_DBC).unwrap()
}

/// Reads a quantity of the Twizy from values with their ages in milliseconds.
fn read(path: &str, latest: &[(&str, u64, f64)]) -> Option<Reading> {
    let decoder = twizy();
    let mapping = VssMapping::from_toml("twizy.toml", RENAULT_TWIZY_VSS, &decoder).unwrap();
    let quantity = &mapping.quantities()[mapping.quantity(path).unwrap().index()];
    let now = Duration::from_secs(60);
    let latest: HashMap<_, _> = latest
        .iter()
        .map(|(name, age, value)| {
            let at = Instant::BOOT + (now - Duration::from_millis(*age));
            (decoder.signal(name).unwrap(), (at, *value))
        })
        .collect();
    quantity.read(Instant::BOOT + now, |signal| latest.get(&signal).copied())
}

fn value(path: &str, latest: &[(&str, u64, f64)]) -> Option<f64> {
    read(path, latest).map(|reading| reading.value)
}

const SPEED: &str = "Vehicle.Speed";
const VOLTAGE: &str = "Vehicle.Powertrain.TractionBattery.CurrentVoltage";
const RANGE: &str = "Vehicle.Powertrain.TractionBattery.Range";

#[test]
fn speed_comes_from_the_odometer_frame_then_the_motor_then_the_display() {
    let display = ("DSP_Vehicle.VehicleSpeed", 0, 4.1);
    let motor = ("CON_Speed.MotorSpeed", 0, 420.0);
    let odometer = ("DSP_Odometer.VehicleSpeed", 0, 4.66);
    assert_eq!(value(SPEED, &[display, motor, odometer]), Some(4.66));
    assert_eq!(value(SPEED, &[display, motor]), Some(420.0 * 0.0111));
    assert_eq!(value(SPEED, &[display]), Some(4.1));
    assert_eq!(value(SPEED, &[]), None);
}

#[test]
fn speed_of_a_motor_in_reverse_is_a_magnitude_like_the_others() {
    assert_eq!(
        value(SPEED, &[("CON_Speed.MotorSpeed", 0, -20.0)]),
        Some(20.0 * 0.0111)
    );
}

#[test]
fn stale_source_gives_way_to_the_next_one() {
    let old = ("DSP_Odometer.VehicleSpeed", 2001, 4.66);
    assert_eq!(
        value(SPEED, &[old, ("DSP_Vehicle.VehicleSpeed", 0, 4.1)]),
        Some(4.1)
    );
    assert_eq!(value(SPEED, &[old]), None);
    assert_eq!(
        value(SPEED, &[("DSP_Odometer.VehicleSpeed", 2000, 4.66)]),
        Some(4.66)
    );
}

#[test]
fn frames_of_each_second_stay_fresh_for_three() {
    let pair = |age| {
        let first = ("BMS_PackVoltage.PackVoltage1", age, 57.4);
        [first, ("BMS_PackVoltage.PackVoltage2", 0, 57.5)]
    };
    assert_eq!(value(VOLTAGE, &pair(3000)), Some((57.4 + 57.5) / 2.0));
    assert_eq!(value(VOLTAGE, &pair(3001)), None);
    let reading = read(VOLTAGE, &pair(3000)).unwrap();
    assert_eq!(
        reading.at,
        Instant::from_micros(57_000_000),
        "the oldest part dates the whole"
    );
}

#[test]
fn pack_voltage_falls_back_to_cells_and_then_to_the_coarse_value() {
    let names: Vec<_> = (1..=14)
        .map(|cell| {
            let message = match cell {
                ..6 => "BMS_Cells1",
                6..11 => "BMS_Cells2",
                _ => "BMS_Cells3",
            };
            format!("{message}.CellVoltage{cell}")
        })
        .collect();
    let mut latest: Vec<_> = names.iter().map(|name| (name.as_str(), 0, 4.0)).collect();
    latest[13].2 = 4.1;
    latest.push(("BMS_Power.PackVoltageCoarse", 0, 55.5));
    let of_source = |latest: &[_], source| {
        let reading = read(VOLTAGE, latest).unwrap();
        assert_eq!(reading.source, source);
        format!("{:.1}", reading.value)
    };
    assert_eq!(of_source(&latest, 1), "56.1");
    latest[13].1 = 3001;
    assert_eq!(of_source(&latest, 2), "56.0");
    latest[2].1 = 3001;
    assert_eq!(of_source(&latest, 3), "55.5");
}

#[test]
fn range_rests_while_the_charger_is_active_or_changing_over() {
    let range = ("DSP_Vehicle.RemainingRange", 0, 31.0);
    assert_eq!(value(RANGE, &[range]), Some(31_000.0));
    for telling in ["CHG_Status.ChargerActive", "CHG_Status.Transition"] {
        assert_eq!(value(RANGE, &[range, (telling, 0, 1.0)]), None);
        assert_eq!(value(RANGE, &[range, (telling, 0, 0.0)]), Some(31_000.0));
        assert_eq!(value(RANGE, &[range, (telling, 2001, 1.0)]), Some(31_000.0));
    }
}

#[test]
fn gear_speaks_vss_and_an_unknown_code_says_nothing() {
    let gear = |code| {
        let path = "Vehicle.Powertrain.Transmission.SelectedGear";
        value(path, &[("CON_Drive.Gear", 0, code)])
    };
    assert_eq!(gear(128.0), Some(127.0));
    assert_eq!(gear(32.0), Some(0.0));
    assert_eq!(gear(8.0), Some(-1.0));
    assert_eq!(gear(0.0), None);
}

#[test]
fn whole_numbers_of_vss_are_rounded_and_the_telemetry_keeps_its_unit() {
    let mapping = VssMapping::from_toml("twizy.toml", RENAULT_TWIZY_VSS, &twizy()).unwrap();
    let quantity = |key| &mapping.quantities()[mapping.by_key(key).unwrap().index()];
    let odometer = quantity("odometer");
    assert_eq!(odometer.to_vss(3_585_190.000_000_4), Some(3_585_190.0));
    assert_eq!(odometer.to_vss(-1.0), None);
    assert_eq!(
        (odometer.unit.as_str(), odometer.key_unit.as_str()),
        ("m", "km")
    );
    assert_eq!(format!("{:.2}", odometer.to_key(3_585_190.0)), "3585.19");
    let brake = quantity("brake");
    assert_eq!(brake.word(1.0), Some("ACTIVE"));
    assert_eq!(brake.to_vss(2.0), None);
}

#[test]
fn personal_signals_are_no_quantity_of_the_car() {
    let decoder = twizy();
    let mapping = VssMapping::from_toml("twizy.toml", RENAULT_TWIZY_VSS, &decoder).unwrap();
    let sources = mapping
        .quantities()
        .iter()
        .flat_map(|quantity| &quantity.sources);
    let mut signals = sources.flat_map(|source| &source.signals);
    assert!(signals.all(|signal| !decoder.info(*signal).personal));
}

/// Checks the line and the beginning of the reason with which a mapping is refused.
fn assert_refused(body: &str, line: usize, reason: &str) {
    let text = format!("{HEAD}{body}");
    let error = VssMapping::from_toml("car.toml", &text, &twizy()).unwrap_err();
    let said = error.to_string();
    assert!(
        said.starts_with(&format!("car.toml:{line}: {reason}")),
        "{said}\n{text}"
    );
}

const QUANTITY: &str = "[[quantity]]\npath = \"Vehicle.Speed\"\ndatatype = \"float\"\n";
const SOURCES: &str = "sources = [{ signal = \"DSP_Odometer.VehicleSpeed\" }]\n";

#[test]
fn text_that_is_no_mapping_is_refused_at_its_line() {
    assert_refused("oops", 4, "not a mapping: ");
    let body = format!("{QUANTITY}color = 1\n{SOURCES}");
    assert_refused(&body, 7, "not a mapping: unknown field `color`");
}

#[test]
fn quantity_that_contradicts_itself_is_refused_at_its_line() {
    let with = |field: &str| format!("{QUANTITY}{field}\n{SOURCES}");
    let twice = format!("{QUANTITY}{SOURCES}{QUANTITY}{SOURCES}");
    assert_refused(&twice, 9, "Vehicle.Speed stands twice");
    assert_refused(
        &with("key = \"Vehicle.Speed\""),
        7,
        "Vehicle.Speed stands twice",
    );
    assert_refused(
        &with("unit = \"mph\""),
        7,
        "Vehicle.Speed has the unit \"mph\"; VSS has km/h",
    );
    assert_refused(&with("key_unit = \"km\""), 5, "Vehicle.Speed: key_unit and");
    let path = with("").replace("Vehicle.Speed\"\n", "Speed\"\n");
    assert_refused(&path, 5, "\"Speed\" is no VSS path");
    assert_refused(
        &with("").replace("float", "string"),
        5,
        "Vehicle.Speed: words are for",
    );
}

#[test]
fn source_that_cannot_give_the_quantity_is_refused_at_its_line() {
    let from = |sources: &str| format!("{QUANTITY}{sources}\n");
    let unknown = "sources = [\n  { signal = \"DSP.Speed\" },\n]";
    assert_refused(&from(unknown), 8, "the DBC has no signal DSP.Speed");
    assert_refused(
        &from("sources = []"),
        5,
        "Vehicle.Speed: a quantity needs at least",
    );
    assert_refused(
        &from("sources = [{ scale = 2 }]"),
        7,
        "Vehicle.Speed: a source names",
    );
    let event = "sources = [{ signal = \"SDO_Request.Data\" }]";
    assert_refused(&from(event), 7, "SDO_Request.Data has no cycle time");
    let metres = format!("{QUANTITY}unit = \"m\"\n{SOURCES}");
    let reason =
        "DSP_Odometer.VehicleSpeed (in \"km/h\") and Vehicle.Speed (in \"m\") have different";
    assert_refused(&metres, 8, reason);
}

#[test]
fn place_of_the_vin_that_cannot_be_is_refused_with_its_line() {
    let text = |vin: &str| {
        let head = "fresh_cycles = 3\nfresh_at_least_ms = 2000\n";
        let sources = "sources = [{ signal = \"DSP_Vehicle.VehicleSpeed\" }]\n";
        format!("vss = \"6.0\"\n{vin}\n{head}{QUANTITY}{sources}")
    };
    let said = |vin: &str| {
        let read = VssMapping::from_toml("car.toml", &text(vin), &twizy());
        read.unwrap_err().to_string()
    };
    let error = said("vin = { signal = \"DSP_Serial.Number\", digits = 7 }");
    assert!(error.starts_with("car.toml:2: "), "{error}");
    assert!(error.contains("DSP_Serial.Number"), "{error}");
    let error = said("vin = { signal = \"DSP_Serial.VinSerial\", digits = 9 }");
    assert!(error.contains("digits must be 1 to 8"), "{error}");
}
