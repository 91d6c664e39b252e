//! The DBC says what the fact table says, field by field.
//!
//! What the decoder makes of the table's prose about invalid values is compared with an
//! independent reading of it in `cantools.rs`.

mod shared;

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use can_dbc::{ByteOrder, Dbc, ValueType};
use v2x_can::{Confidence, RENAULT_TWIZY_DBC};
use v2x_units::CanId;

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
    for row in shared::csv(&text).into_iter().skip(1) {
        let [
            id,
            message_name,
            dlc,
            cycle,
            name,
            start,
            length,
            order,
            signed,
            factor,
            offset,
            unit,
            minimum,
            maximum,
            _invalid,
            comment,
            confidence,
        ] = <[String; 17]>::try_from(row).unwrap();
        let raw_id = u32::from_str_radix(id.trim_start_matches("0x"), 16).unwrap();
        let message = dbc
            .messages
            .iter()
            .find(|message| message.id.raw() == raw_id)
            .unwrap();
        assert_eq!(message.name, message_name);
        assert_eq!(message.size.to_string(), dlc, "{message_name}");
        messages.insert(raw_id);
        if name.is_empty() {
            assert!(message.signals.is_empty(), "{message_name}");
            continue;
        }
        signals += 1;
        let qualified = format!("{message_name}.{name}");
        let signal = message
            .signals
            .iter()
            .find(|signal| signal.name == name)
            .unwrap();
        assert_eq!(signal.start_bit.to_string(), start, "{qualified}");
        assert_eq!(signal.size.to_string(), length, "{qualified}");
        assert_eq!(
            signal.byte_order == ByteOrder::LittleEndian,
            order == "intel",
            "{qualified}"
        );
        assert_eq!(
            signal.value_type == ValueType::Signed,
            signed == "signed",
            "{qualified}"
        );
        assert_eq!(signal.factor, factor.parse().unwrap(), "{qualified}");
        assert_eq!(signal.offset, offset.parse().unwrap(), "{qualified}");
        let info = decoder.info(decoder.signal(&qualified).unwrap());
        assert_eq!(info.id, CanId::standard(raw_id).unwrap());
        assert_eq!(info.unit, unit, "{qualified}");
        assert_eq!(info.is_enum, unit == "enum", "{qualified}");
        assert_eq!(info.minimum, minimum.parse().unwrap(), "{qualified}");
        assert_eq!(info.maximum, maximum.parse().unwrap(), "{qualified}");
        assert_eq!(info.comment, comment.replace('"', "'"), "{qualified}");
        assert_eq!(
            info.personal,
            comment.contains("PERSONAL DATA"),
            "{qualified}"
        );
        assert_eq!(
            info.cycle,
            cycle.parse().ok().map(Duration::from_millis),
            "{qualified}"
        );
        let sure = match confidence.as_str() {
            "high" => Confidence::High,
            "high-new" => Confidence::HighNew,
            "medium" => Confidence::Medium,
            "low" => Confidence::Low,
            other => panic!("{other}"),
        };
        assert_eq!(info.confidence, Some(sure), "{qualified}");
        assert!(!info.source.is_empty(), "{qualified}");
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
