//! One line of the collector: any bytes are read without a panic, and what was read is written and
//! read back equal.
//!
//! Input: the bytes of a line without its end.

#![no_main]

use libfuzzer_sys::fuzz_target;
use v2x_proto::legacy::collector_line::{
    CollectorLine, emit_can, emit_gnss, emit_status, parse, records,
};

fuzz_target!(|line: &[u8]| {
    let mut whole = 0;
    for record in records(line).flatten() {
        whole += 1;
        let mut text = String::new();
        match &record {
            CollectorLine::Can(frame) => emit_can(frame, &mut text).expect("a String takes it"),
            CollectorLine::Gnss(fix) => emit_gnss(fix, &mut text).expect("it was read from a line"),
            CollectorLine::Status(status) => {
                emit_status(status, &mut text).expect("it was read from a line");
            }
            CollectorLine::Banner => continue,
        }
        assert_eq!(parse(text.as_bytes()), Ok(record), "{text}");
    }
    match parse(line) {
        Ok(_) => assert_eq!(whole, 1, "a line that is read holds one record"),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
