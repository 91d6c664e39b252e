//! A candump line is refused, or written back it reads the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use v2x_recording::candump;

fuzz_target!(|data: &[u8]| {
    let Ok((at, frame)) = candump::parse_line(data) else {
        return;
    };
    let mut written = Vec::new();
    if candump::write_frame(&mut written, at, "can0", &frame).is_ok() {
        let line = written
            .strip_suffix(b"\n")
            .expect("a written line has its end");
        assert_eq!(candump::parse_line(line), Ok((at, frame)));
    }
});
