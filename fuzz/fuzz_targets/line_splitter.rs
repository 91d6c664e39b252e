//! A stream of bytes cut into lines: which lines come out does not depend on the chunks, none is
//! too long or empty, and no byte vanishes without being counted.
//!
//! Input: one byte for the size of the chunks, then the stream.

#![no_main]

use libfuzzer_sys::fuzz_target;
use v2x_proto::legacy::{LineSplitter, MAX_LINE};

/// The lines of a stream in chunks of one size, and how many lines and bytes were dropped.
fn split(stream: &[u8], size: usize) -> (Vec<Vec<u8>>, u64, u64) {
    let mut splitter = LineSplitter::new();
    let mut lines = Vec::new();
    for chunk in stream.chunks(size) {
        splitter.push(chunk, |line| lines.push(line.to_vec()));
    }
    splitter.finish(|line| lines.push(line.to_vec()));
    (lines, splitter.dropped_lines(), splitter.dropped_bytes())
}

fuzz_target!(|input: &[u8]| {
    let Some((&size, stream)) = input.split_first() else {
        return;
    };
    let whole = split(stream, stream.len().max(1));
    assert_eq!(split(stream, usize::from(size).max(1)), whole);

    let (lines, _, dropped) = whole;
    assert!(
        lines
            .iter()
            .all(|line| (1..=MAX_LINE).contains(&line.len()))
    );
    let kept: u64 = lines.iter().map(|line| line.len() as u64).sum();
    let inside = stream.iter().filter(|byte| !b"\r\n".contains(byte)).count();
    assert_eq!(
        kept + dropped,
        inside as u64,
        "every byte is kept or counted"
    );
});
