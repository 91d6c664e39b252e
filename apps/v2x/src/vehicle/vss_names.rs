//! Which key of the vehicle's rows is which VSS quantity: what the mapping file says, and the keys
//! that [`super::telemetry`] adds to it.

use serde_json::{Value as Json, json};
use v2x_can::vss::{Datatype, Quantity};
use v2x_recording::Gear;
use v2x_uplink::{VssName, VssNames};

/// Keys that do not come from the mapping, with their path and unit in VSS. Those that VSS has no
/// path for are not here: they are published as private.
const ADDED: [(&str, &str, &str); 5] = [
    (
        "is_charging",
        "Vehicle.Powertrain.TractionBattery.Charging.IsCharging",
        "",
    ),
    (
        "battery_power",
        "Vehicle.Powertrain.TractionBattery.CurrentPower",
        "W",
    ),
    ("latitude", "Vehicle.CurrentLocation.Latitude", "degrees"),
    ("longitude", "Vehicle.CurrentLocation.Longitude", "degrees"),
    ("altitude", "Vehicle.CurrentLocation.Altitude", "m"),
];

/// The time of a row as text: every message has it as `ts`.
const TIME_AS_TEXT: &str = "timestamp_str";

/// The prototype's hexadecimal text, which is no value of its path.
const NOT_OF_ITS_PATH: &str = "charging_status";

/// The table of all keys that have a place in VSS.
pub(crate) fn vss_names(quantities: &[Quantity]) -> VssNames {
    let mut names = VssNames::default();
    names.leave_out(TIME_AS_TEXT);
    for quantity in quantities {
        let key = quantity.key.as_deref();
        if let Some(key) = key.filter(|key| *key != NOT_OF_ITS_PATH) {
            names.name(key, name(key, quantity));
        }
    }
    for (key, path, unit) in ADDED {
        let added = VssName {
            path: path.to_owned(),
            unit: unit.to_owned(),
            key_scale: 1.0,
            is_whole: false,
            words: Vec::new(),
        };
        // A mapping of somebody else's may have the path from the bus: that one stays.
        names.name(key, added);
    }
    names
}

fn name(key: &str, quantity: &Quantity) -> VssName {
    VssName {
        path: quantity.path.clone(),
        unit: quantity.unit.clone(),
        key_scale: quantity.key_scale,
        is_whole: matches!(
            quantity.datatype,
            Datatype::Uint8 | Datatype::Uint16 | Datatype::Uint32 | Datatype::Int8
        ),
        words: words(key, quantity),
    }
}

/// Values of a key that are written otherwise in VSS.
fn words(key: &str, quantity: &Quantity) -> Vec<(Json, Json)> {
    match (key, quantity.datatype) {
        // VSS: 127 drive, 0 neutral, -1 reverse.
        ("gear", _) => [(Gear::Drive, 127), (Gear::Neutral, 0), (Gear::Reverse, -1)]
            .map(|(gear, number)| (json!(gear.to_string()), json!(number)))
            .to_vec(),
        ("brake", Datatype::String) => {
            let words = quantity.words.iter();
            words
                .map(|(number, word)| (json!(*number != 0), json!(word)))
                .collect()
        }
        (_, Datatype::String) => {
            let words = quantity.words.iter();
            // A row has the number with one decimal, as every number that is not whole.
            let number = |number: i64| i32::try_from(number).map(f64::from).ok();
            words
                .filter_map(|(code, word)| Some((json!(number(*code)?), json!(word))))
                .collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use v2x_can::{Decoder, RENAULT_TWIZY_DBC, RENAULT_TWIZY_VSS, VssMapping};

    use super::*;

    #[test]
    fn built_in_mapping_and_added_keys_have_a_path_each() {
        let decoder = Decoder::from_dbc("built in", RENAULT_TWIZY_DBC).unwrap();
        let mapping = VssMapping::from_toml("built in", RENAULT_TWIZY_VSS, &decoder).unwrap();
        let names = vss_names(mapping.quantities());
        for quantity in mapping.quantities() {
            let Some(key) = quantity.key.as_deref() else {
                continue;
            };
            let path = names.get(key).map(|name| name.path.as_str());
            let expected = (key != NOT_OF_ITS_PATH).then_some(quantity.path.as_str());
            assert_eq!(path, expected, "{key}");
        }
        for (key, path, unit) in ADDED {
            let name = names.get(key).unwrap();
            assert_eq!((name.path.as_str(), name.unit.as_str()), (path, unit));
        }
        let gear = &names.get("gear").unwrap().words;
        assert!(gear.contains(&(json!("Reverse"), json!(-1))), "{gear:?}");
        let brake = &names.get("brake").unwrap().words;
        assert!(brake.contains(&(json!(true), json!("ACTIVE"))), "{brake:?}");
    }
}
