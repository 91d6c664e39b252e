//! Bytes of a serial line to NMEA sentences: from `$` to the end of the line.
//!
//! Not here: what a sentence says, and its checksum (the `nmea` library).

use heapless::Vec;
use v2x_units::Instant;

/// The longest sentence that receivers send; the standard allows 82.
const SENTENCE_MAX: usize = 102;

/// Cuts a stream of bytes into sentences.
#[derive(Debug, Default)]
pub struct SentenceCutter {
    text: Vec<u8, SENTENCE_MAX>,
    began: Instant,
    is_whole: bool,
}

impl SentenceCutter {
    /// Takes a byte that arrived at `now`; at the end of a sentence its text without the line's
    /// end, and when its first byte arrived.
    pub fn push(&mut self, now: Instant, byte: u8) -> Option<(Instant, &[u8])> {
        if self.is_whole {
            self.is_whole = false;
            self.text.clear();
        }
        match byte {
            b'$' => {
                self.text.clear();
                self.began = now;
                // An empty buffer has room.
                let _room = self.text.push(byte);
                None
            }
            b'\r' | b'\n' if !self.text.is_empty() => {
                self.is_whole = true;
                Some((self.began, &self.text))
            }
            _ if self.text.is_empty() => None,
            _ => {
                if self.text.push(byte).is_err() {
                    self.text.clear();
                }
                None
            }
        }
    }
}
