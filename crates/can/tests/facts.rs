//! The DBC says what the fact table says, field by field.
//!
//! What the decoder makes of the table's prose about invalid values is compared with an
//! independent reading of it in `cantools.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail by panicking"
)]

mod shared;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use can_dbc::{ByteOrder, Dbc, Signal, ValueType};
use v2x_can::{Confidence, RENAULT_TWIZY_DBC, SignalInfo};

/// One row of the fact table, by the titles of its columns.
type Row = BTreeMap<String, String>;

fn rows(text: &str) -> Vec<Row> {
    let mut table = shared::csv(text).into_iter();
    let titles = table.next().unwrap();
    table
        .map(|row| titles.iter().cloned().zip(row).collect())
        .collect()
}

/// The bits and the scale, as the file itself has them.
fn assert_same_layout(signal: &Signal, row: &Row) {
    let name = &row["signal"];
    assert_eq!(signal.start_bit.to_string(), row["start bit"], "{name}");
    assert_eq!(signal.size.to_string(), row["length"], "{name}");
    let is_intel = signal.byte_order == ByteOrder::LittleEndian;
    assert_eq!(is_intel, row["byte order"] == "intel", "{name}");
    let is_signed = signal.value_type == ValueType::Signed;
    assert_eq!(is_signed, row["signed"] == "signed", "{name}");
    assert_eq!(signal.factor, row["factor"].parse().unwrap(), "{name}");
    assert_eq!(signal.offset, row["offset"].parse().unwrap(), "{name}");
}

/// Everything else, as the decoder tells it.
fn assert_same_description(info: &SignalInfo, row: &Row) {
    let name = &row["signal"];
    assert_eq!(info.message, row["message name"], "{name}");
    assert_eq!(format!("0x{}", info.id), row["message id"], "{name}");
    assert_eq!(info.unit, row["unit"], "{name}");
    assert_eq!(info.is_enum, row["unit"] == "enum", "{name}");
    assert_eq!(info.minimum, row["min"].parse().unwrap(), "{name}");
    assert_eq!(info.maximum, row["max"].parse().unwrap(), "{name}");
    assert_eq!(info.comment, row["comment"].replace('"', "'"), "{name}");
    assert_eq!(
        info.personal,
        row["comment"].contains("PERSONAL DATA"),
        "{name}"
    );
    let cycle = row["cycle_ms"].parse().ok().map(Duration::from_millis);
    assert_eq!(info.cycle, cycle, "{name}");
    let confidence = match row["confidence"].as_str() {
        "high" => Confidence::High,
        "high-new" => Confidence::HighNew,
        "medium" => Confidence::Medium,
        "low" => Confidence::Low,
        other => panic!("{other}"),
    };
    assert_eq!(info.confidence, Some(confidence), "{name}");
    assert!(!info.source.is_empty(), "{name}");
}

#[test]
fn dbc_agrees_with_every_field_of_the_fact_table() {
    let Some(folder) = shared::folder() else {
        return;
    };
    let text = fs::read_to_string(folder.join("reference/renault_twizy.facts.csv")).unwrap();
    let dbc = Dbc::try_from(RENAULT_TWIZY_DBC).unwrap();
    let decoder = shared::twizy();
    let mut messages = BTreeSet::new();
    let mut signals = 0;
    for row in rows(&text) {
        let id = u32::from_str_radix(row["message id"].trim_start_matches("0x"), 16).unwrap();
        let message = dbc
            .messages
            .iter()
            .find(|message| message.id.raw() == id)
            .unwrap();
        assert_eq!(message.name, row["message name"]);
        assert_eq!(message.size.to_string(), row["dlc"], "{}", message.name);
        messages.insert(id);
        let name = &row["signal"];
        if name.is_empty() {
            assert!(message.signals.is_empty(), "{}", message.name);
            continue;
        }
        assert_same_layout(dbc.signal_by_name(message.id, name).unwrap(), &row);
        let signal = decoder.signal(&format!("{}.{name}", message.name)).unwrap();
        assert_same_description(decoder.info(signal), &row);
        signals += 1;
    }
    assert_eq!((messages.len(), signals), (29, 115));
    assert_eq!((dbc.messages.len(), decoder.signals().len()), (29, 115));
}

#[test]
fn vin_serial_is_the_only_personal_signal_of_the_car() {
    let decoder = shared::twizy();
    let personal = decoder.signals().iter().filter(|info| info.personal);
    let names: Vec<_> = personal.map(|info| info.qualified.as_str()).collect();
    assert_eq!(names, ["DSP_Serial.VinSerial"]);
}

#[test]
fn enumeration_values_have_their_labels() {
    let decoder = shared::twizy();
    let label = |name, value| decoder.info(decoder.signal(name).unwrap()).label(value);
    assert_eq!(label("CON_Drive.Gear", 128.0), Some("Drive"));
    assert_eq!(label("CON_Drive.Gear", 1.0), None);
    assert_eq!(label("BMS_State.BmsMode", 42.0), Some("Drive or trickle"));
}
