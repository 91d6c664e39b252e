//! Any file is refused, or read to its end row by row; the first byte chooses a known header.

#![no_main]

use libfuzzer_sys::fuzz_target;
use v2x_recording::{Recording, can_data, gps_data, merged};

fuzz_target!(|data: &[u8]| {
    let Some((&choice, rows)) = data.split_first() else {
        return;
    };
    let header = match choice % 4 {
        0 => "",
        1 => can_data::HEADER,
        2 => gps_data::HEADER,
        _ => merged::HEADER,
    };
    let file = [header.as_bytes(), rows].concat();
    match Recording::open(&file[..]) {
        Ok(Recording::Frames(rows)) => assert!(rows.count() <= file.len()),
        Ok(Recording::Fixes(rows)) => assert!(rows.count() <= file.len()),
        Ok(Recording::Merged(rows)) => assert!(rows.count() <= file.len()),
        Ok(other) => panic!("no target for {}", other.format()),
        Err(refused) => assert!(!refused.to_string().is_empty()),
    }
});
