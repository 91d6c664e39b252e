//! The serial line between the prototype's computer and its radio board.

use v2x_proto::legacy::item_stream::{self, ItemReader};
use v2x_proto::legacy::radio::Item;

use crate::{STATION_ITEM, VEHICLE_ITEM, bytes, layout};

/// Every `Item` in a stream that arrives in pieces of this size.
fn read(stream: &[u8], size: usize) -> (Vec<Item>, ItemReader) {
    let (mut reader, mut items) = (ItemReader::new(88).unwrap(), Vec::new());
    for piece in stream.chunks(size) {
        reader.push(piece, |item| items.push(item));
    }
    (items, reader)
}

#[test]
fn frames_are_found_between_boot_text_and_after_damage() {
    let item = Item::parse(&bytes(VEHICLE_ITEM)).unwrap();
    let station = Item::parse(&bytes(STATION_ITEM)).unwrap();
    let (frame, other) = (
        item_stream::emit(&item).unwrap(),
        item_stream::emit(&station).unwrap(),
    );
    assert_eq!(frame.len(), 90);
    // 0x11 was swallowed, as the prototype's port did: this one is lost, and no other.
    let mut short = other.to_vec();
    short.retain(|&byte| byte != 0x11);
    assert_eq!(short.len(), 89);
    let stream = [
        b"I (312) wifi: mode : sta\r\n\xAA\xAA".as_slice(),
        &frame[1..],
        &short,
        &frame,
        &other,
        b"\xAA",
    ]
    .concat();
    for size in [1, 7, 90, stream.len()] {
        let (items, reader) = read(&stream, size);
        assert_eq!(items, [item, item, station], "pieces of {size}");
        assert_eq!(reader.skipped(), 26 + 1 + 89);
        assert_eq!(reader.implausible(), 1);
    }
}

#[test]
fn reader_takes_only_lengths_that_an_item_has() {
    for length in 0..=200 {
        let is_one = [12, 24, 36, 68, 88].contains(&length);
        assert_eq!(ItemReader::new(length).is_ok(), is_one);
    }
    let frame = [&item_stream::MARK[..], &layout("item_v1")].concat();
    let (mut reader, mut found) = (ItemReader::new(24).unwrap(), 0);
    reader.push(&frame, |_| found += 1);
    assert_eq!(found, 1);
}
