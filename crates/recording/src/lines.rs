//! Lines of a file, numbered and bounded, whatever bytes the file holds.
//!
//! What a line means is decided by the readers of each format.

use std::io::{self, BufRead, Read as _};

use crate::damaged::Fault;

/// The longest line that is read, in bytes: ten times the widest row of the prototype.
///
/// Longer lines are skipped and reported as [`Fault::TooLong`].
pub const LINE_MAX: usize = 4096;

/// One line and where it stands.
pub(crate) struct Line<'a> {
    /// The first line is 1.
    pub(crate) number: u64,
    /// The text without its line end, or why it cannot be trusted.
    pub(crate) text: Result<&'a [u8], Fault>,
    /// Whether its end is there; without it, the text may be cut.
    pub(crate) has_end: bool,
}

/// Reads line by line into one buffer.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(input: R) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            number: 0,
        }
    }

    /// The next line that is not blank; `None` at the end of the file.
    pub(crate) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        while self.fill()? {
            if !self.buffer.trim_ascii().is_empty() {
                return Ok(Some(Line {
                    number: self.number,
                    text: checked(&self.buffer),
                    has_end: self.buffer.ends_with(b"\n"),
                }));
            }
        }
        Ok(None)
    }

    /// Reads one line with its end, at most one byte more than the limit; skips what is longer.
    fn fill(&mut self) -> io::Result<bool> {
        self.buffer.clear();
        let mut bounded = (&mut self.input).take(LINE_MAX as u64 + 1);
        bounded.read_until(b'\n', &mut self.buffer)?;
        if self.buffer.len() > LINE_MAX && !self.buffer.ends_with(b"\n") {
            self.input.skip_until(b'\n')?;
        }
        self.number += u64::from(!self.buffer.is_empty());
        Ok(!self.buffer.is_empty())
    }
}

/// The line without its end when nothing speaks against it.
fn checked(line: &[u8]) -> Result<&[u8], Fault> {
    if memchr::memchr(0, line).is_some() {
        return Err(Fault::NulBytes);
    }
    match line.strip_suffix(b"\n") {
        Some(text) => Ok(text.strip_suffix(b"\r").unwrap_or(text)),
        None if line.len() > LINE_MAX => Err(Fault::TooLong),
        None => Ok(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<(u64, Result<Vec<u8>, Fault>)> {
        let mut lines = Lines::new(bytes);
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            all.push((line.number, line.text.map(<[u8]>::to_vec)));
        }
        all
    }

    #[test]
    fn blank_lines_are_numbered_and_passed_over() {
        assert_eq!(
            all(b"a\r\n\n \r\nb\n"),
            [(1, Ok(b"a".to_vec())), (4, Ok(b"b".to_vec()))]
        );
    }

    #[test]
    fn line_above_the_limit_is_skipped_to_its_end() {
        let mut bytes = vec![b'x'; 3 * LINE_MAX];
        bytes.extend_from_slice(b"\nnext\n");
        assert_eq!(
            all(&bytes),
            [(1, Err(Fault::TooLong)), (2, Ok(b"next".to_vec()))]
        );
        let longest = [vec![b'y'; LINE_MAX], b"\n".to_vec()].concat();
        assert_eq!(all(&longest), [(1, Ok(vec![b'y'; LINE_MAX]))]);
    }

    #[test]
    fn tail_without_a_line_end_is_told_from_a_nul_tail() {
        assert_eq!(
            all(b"a\nb"),
            [(1, Ok(b"a".to_vec())), (2, Ok(b"b".to_vec()))]
        );
        assert_eq!(
            all(b"a\n\0\0\0"),
            [(1, Ok(b"a".to_vec())), (2, Err(Fault::NulBytes))]
        );
        assert_eq!(all(&[0; 10_000]), [(1, Err(Fault::NulBytes))]);
    }
}
