//! Frames whose values other implementations and recordings have settled.

mod shared;

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;
use v2x_can::History;
use v2x_units::{CanFrame, CanId, Instant};

#[test]
fn vectors_of_the_fact_table_decode_to_their_values() {
    let Some(folder) = shared::folder() else {
        return;
    };
    let text = fs::read_to_string(folder.join("reference/twizy-test-vectors.json")).unwrap();
    let vectors: Vec<Value> = serde_json::from_str(&text).unwrap();
    let decoder = shared::twizy();
    let mut values = 0;
    for (number, vector) in (1..).zip(&vectors) {
        let id = vector["id"].as_str().unwrap().trim_start_matches("0x");
        let id = CanId::standard(u32::from_str_radix(id, 16).unwrap()).unwrap();
        let data = shared::hex(vector["data"].as_str().unwrap()).unwrap();
        let frame = CanFrame::new(id, &data).unwrap();
        let mut seen = BTreeMap::new();
        let mut history = History::new(&decoder);
        decoder.decode(&mut history, Instant::BOOT, &frame, |signal, value| {
            seen.insert(decoder.info(signal).name.clone(), value);
        });
        for (name, expected) in vector["expect"].as_object().unwrap() {
            let seen = seen.get(name).copied();
            let right = match expected["value"].as_f64() {
                None => seen.is_none() && expected.is_null(),
                Some(value) => {
                    let tolerance = expected["tolerance"].as_f64().unwrap() + 1e-9;
                    seen.is_some_and(|seen| (seen - value).abs() <= tolerance)
                }
            };
            assert!(
                right,
                "vector {number}, {id} {name}: {seen:?} instead of {expected}"
            );
            values += 1;
        }
    }
    assert_eq!((vectors.len(), values), (57, 200));
}
