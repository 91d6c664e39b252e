//! One line of a charging slot: any bytes are read without a panic, and a reading is written and
//! read back equal.
//!
//! Input: the bytes of a line without its end.

#![no_main]

use libfuzzer_sys::fuzz_target;
use v2x_proto::legacy::evcs_line::{MAX_SLOTS, StationLine, emit_meter, parse};

fuzz_target!(|line: &[u8]| {
    match parse(line) {
        Ok(StationLine::Meter(reading)) => {
            assert!((1..=MAX_SLOTS).contains(&reading.slot), "no other slot");
            let mut text = String::new();
            emit_meter(&reading, &mut text).expect("it was read from a line");
            assert_eq!(
                parse(text.as_bytes()),
                Ok(StationLine::Meter(reading)),
                "{text}"
            );
        }
        Ok(_) => {}
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
