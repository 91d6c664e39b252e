//! Bytes in any chunking to lines: the prototype's boards end theirs with CR LF.
//!
//! What a line means is in [`super::collector_line`] and [`super::evcs_line`]. Bytes are passed on
//! as they came, NUL and non-ASCII included: the parsers refuse them by name.

use memchr::memchr2;

/// The longest line that is passed on, in bytes.
///
/// The longest records (`STATUS`, a meter line) have 83 bytes; three of them joined by lost line
/// ends still fit. A longer run without a line end is another baud rate or a binary protocol.
pub const MAX_LINE: usize = 256;

/// Cuts a stream of bytes into lines that end with LF, CR LF or CR.
///
/// Empty lines are not passed on. A line longer than [`MAX_LINE`] is dropped as a whole, up to its
/// end, and counted. Which lines come out does not depend on how the bytes were cut into chunks.
#[derive(Debug, Clone)]
pub struct LineSplitter {
    buffer: [u8; MAX_LINE],
    /// How many bytes of the unfinished line were seen; beyond `MAX_LINE` they are not kept.
    seen: usize,
    dropped_lines: u64,
    dropped_bytes: u64,
}

impl Default for LineSplitter {
    fn default() -> Self {
        Self::new()
    }
}

impl LineSplitter {
    /// Starts at the beginning of a stream.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            buffer: [0; MAX_LINE],
            seen: 0,
            dropped_lines: 0,
            dropped_bytes: 0,
        }
    }

    /// Takes the next bytes and hands each line that ends in them to `sink`, without its end.
    pub fn push(&mut self, mut bytes: &[u8], mut sink: impl FnMut(&[u8])) {
        while let Some(end) = memchr2(b'\n', b'\r', bytes) {
            let (line, rest) = bytes.split_at(end);
            bytes = &rest[1..];
            if self.seen == 0 && line.len() <= MAX_LINE {
                // The whole line is in this chunk: no copy.
                if !line.is_empty() {
                    sink(line);
                }
            } else {
                self.keep(line);
                self.finish(&mut sink);
            }
        }
        self.keep(bytes);
    }

    /// Hands over a last line that has no end, as at the end of a file.
    pub fn finish(&mut self, mut sink: impl FnMut(&[u8])) {
        let seen = core::mem::take(&mut self.seen);
        match self.buffer.get(..seen) {
            Some([]) => {}
            Some(line) => sink(line),
            None => self.count_dropped(seen),
        }
    }

    /// Drops an unfinished line and counts it, as when a port was opened anew: its rest is lost.
    pub fn restart(&mut self) {
        let seen = core::mem::take(&mut self.seen);
        if seen > 0 {
            self.count_dropped(seen);
        }
    }

    /// How many lines were dropped: too long, or cut off by [`Self::restart`].
    #[must_use]
    pub const fn dropped_lines(&self) -> u64 {
        self.dropped_lines
    }

    /// How many bytes were in the dropped lines, their ends not counted.
    #[must_use]
    pub const fn dropped_bytes(&self) -> u64 {
        self.dropped_bytes
    }

    /// Adds bytes to the unfinished line, as far as there is room.
    fn keep(&mut self, bytes: &[u8]) {
        let room = self.buffer.get_mut(self.seen..).unwrap_or_default();
        let kept = room.len().min(bytes.len());
        room[..kept].copy_from_slice(&bytes[..kept]);
        self.seen = self.seen.saturating_add(bytes.len());
    }

    fn count_dropped(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.dropped_lines = self.dropped_lines.saturating_add(1);
        self.dropped_bytes = self.dropped_bytes.saturating_add(bytes);
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;

    fn split(chunks: &[&[u8]]) -> (Vec<Vec<u8>>, LineSplitter) {
        let mut splitter = LineSplitter::new();
        let mut lines = Vec::new();
        for chunk in chunks {
            splitter.push(chunk, |line| lines.push(line.to_vec()));
        }
        (lines, splitter)
    }

    #[test]
    fn every_kind_of_line_end_gives_the_same_lines() {
        for stream in ["a b\nc\n", "a b\r\nc\r\n", "a b\rc\r", "\r\n\na b\r\r\nc\n"] {
            let (lines, _) = split(&[stream.as_bytes()]);
            assert_eq!(lines, [b"a b".to_vec(), b"c".to_vec()], "{stream:?}");
        }
    }

    #[test]
    fn line_cut_into_chunks_comes_out_whole() {
        let (lines, splitter) = split(&[b"SIM 15", b"", b"5 8\r", b"\nGP", b"S 1\n"]);
        assert_eq!(lines, [b"SIM 155 8".to_vec(), b"GPS 1".to_vec()]);
        assert_eq!(splitter.dropped_lines(), 0);
    }

    #[test]
    fn garbage_without_a_line_end_is_dropped_and_counted_when_full() {
        let garbage = [b'x'; MAX_LINE];
        let (lines, splitter) = split(&[&garbage, b"y", b"z\nSIM\n"]);
        assert_eq!(lines, [b"SIM".to_vec()]);
        assert_eq!(splitter.dropped_lines(), 1);
        assert_eq!(splitter.dropped_bytes(), 258);
        let (lines, splitter) = split(&[&garbage, b"\n"]);
        assert_eq!(
            lines,
            [garbage.to_vec()],
            "a line of exactly the limit passes"
        );
        assert_eq!(splitter.dropped_lines(), 0);
    }

    #[test]
    fn unfinished_line_is_handed_over_or_counted_as_asked() {
        let (_, mut splitter) = split(&[b"SIM 155"]);
        let mut last = Vec::new();
        splitter.clone().finish(|line| last = line.to_vec());
        assert_eq!(last, b"SIM 155");
        splitter.restart();
        assert_eq!((splitter.dropped_lines(), splitter.dropped_bytes()), (1, 7));
    }
}
