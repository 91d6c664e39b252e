//! Any body is refused, or emits the bytes it came from.

#![no_main]

use libfuzzer_sys::fuzz_target;
use v2x_proto::link::Message;

fuzz_target!(|data: &[u8]| {
    let Some((&frame_type, body)) = data.split_first() else {
        return;
    };
    if let Ok(Some(message)) = Message::parse(frame_type % 24, body) {
        let mut out = vec![0; body.len()];
        assert_eq!(message.emit(&mut out), Ok(body.len()));
        assert_eq!(out, body);
    }
});
