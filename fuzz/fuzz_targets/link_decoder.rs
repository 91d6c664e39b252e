//! Any bytes in any chunking give the same events and counters.

#![no_main]

use libfuzzer_sys::fuzz_target;
use v2x_proto::link::{Event, LinkDecoder};

fuzz_target!(|data: &[u8]| {
    let Some((&cut, line)) = data.split_first() else {
        return;
    };
    let (mut whole, mut bytes, mut events) = (LinkDecoder::new(), line, Vec::new());
    while let Some(event) = whole.next(&mut bytes) {
        events.push(format!("{event:?}"));
    }
    let (mut decoder, mut again) = (LinkDecoder::new(), Vec::new());
    for mut chunk in line.chunks(usize::from(cut).max(1)) {
        while let Some(event) = decoder.next(&mut chunk) {
            if let Event::Frame(frame) = event {
                assert!(frame.message.emit(&mut [0; 1_506]).is_ok());
            }
            again.push(format!("{event:?}"));
        }
    }
    assert_eq!(events, again);
    assert_eq!(whole.counters(), decoder.counters());
});
