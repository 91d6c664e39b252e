//! The prototype's radio structs and its serial frames: any bytes are refused with a reason, or
//! written and read back equal; which frames are found does not depend on the chunks.
//!
//! Input: one byte that chooses, six of a sender's address, then the bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use v2x_proto::legacy::item_stream::{self, ItemReader};
use v2x_proto::legacy::radio::{Item, RadioMessage};
use v2x_units::MacAddress;

/// The frames of a stream in pieces of one size, and what was counted.
fn read(stream: &[u8], item_len: usize, size: usize) -> (Vec<Item>, u64, u32) {
    let mut reader = ItemReader::new(item_len).expect("a length of an Item");
    let mut items = Vec::new();
    for piece in stream.chunks(size) {
        reader.push(piece, |item| items.push(item));
    }
    (items, reader.skipped(), reader.implausible())
}

fn frames(choice: u8, stream: &[u8]) {
    let item_len = [12, 24, 36, 68, 88][usize::from(choice % 5)];
    let whole = read(stream, item_len, stream.len().max(1));
    assert_eq!(read(stream, item_len, 1 + usize::from(choice / 5)), whole);
    for item in whole.0 {
        let frame = item_stream::emit(&item).expect("it was read");
        assert_eq!(read(&frame, frame.len() - 2, 7).0, [item]);
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&choice, rest)) = input.split_first() else {
        return;
    };
    let Some((from, bytes)) = rest.split_first_chunk::<6>() else {
        return;
    };
    if choice & 0x80 != 0 {
        return frames(choice & 0x7F, rest);
    }
    let from = MacAddress::new(*from);
    match RadioMessage::parse(from, bytes) {
        Ok(message) => {
            let again = message.emit().expect("it was read");
            assert_eq!(again.len(), bytes.len());
            assert_eq!(RadioMessage::parse(from, &again), Ok(message));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
