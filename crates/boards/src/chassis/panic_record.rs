//! The last words of a boot, left in memory that survives a restart, for the next boot.
//!
//! Not here: the memory (RTC RAM on a chip) and the panic handler, which calls
//! [`PanicNote::write`] and restarts. Bytes: mark 4, boot 4, microseconds 8, length 2, text,
//! CRC-32 of all before it; numbers little-endian. Anything else there is what power-on left.

use core::fmt;

use v2x_proto::link::message::PanicRecord;
use v2x_units::{BootId, Instant};

use super::answers::Text;
use crate::limits::PANIC_BYTES;

const MARK: [u8; 4] = *b"V2XP";
const HEAD: usize = 18;
const CHECKSUM: usize = 4;

/// What a board has to say of its last panic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanicNote {
    /// The boot that ended so.
    pub boot: BootId,
    /// When, since that boot.
    pub at: Instant,
    /// Message and place in the source.
    pub text: Text,
}

impl PanicNote {
    /// Writes down what happened; what does not fit is cut.
    pub fn write(
        bytes: &mut [u8; PANIC_BYTES],
        boot: BootId,
        at: Instant,
        what: fmt::Arguments<'_>,
    ) {
        let text = Text::cut(what);
        let text = text.as_str().as_bytes();
        let (mut used, mut put) = (0, |part: &[u8], used: usize| {
            if let Some(room) = bytes.get_mut(used..used + part.len()) {
                room.copy_from_slice(part);
            }
            used + part.len()
        });
        let length = u16::try_from(text.len()).unwrap_or(0);
        for part in [
            &MARK[..],
            &boot.get().to_le_bytes(),
            &at.as_micros().to_le_bytes(),
            &length.to_le_bytes(),
            text,
        ] {
            used = put(part, used);
        }
        let sum = crc32fast::hash(bytes.get(..used).unwrap_or_default());
        if let Some(room) = bytes.get_mut(used..used + CHECKSUM) {
            room.copy_from_slice(&sum.to_le_bytes());
        }
    }

    /// What an earlier boot wrote down; `None` when it did not panic.
    #[must_use]
    pub fn read(bytes: &[u8; PANIC_BYTES]) -> Option<Self> {
        let rest = bytes.strip_prefix(&MARK)?;
        let (boot, rest) = rest.split_first_chunk()?;
        let (at, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = usize::from(u16::from_le_bytes(*length));
        let (text, rest) = rest.split_at_checked(length)?;
        let sum = u32::from_le_bytes(*rest.first_chunk()?);
        if crc32fast::hash(bytes.get(..HEAD + length)?) != sum {
            return None;
        }
        let text = core::str::from_utf8(text).ok()?;
        Some(Self {
            boot: BootId::new(u32::from_le_bytes(*boot)),
            at: Instant::from_micros(u64::from_le_bytes(*at)),
            text: Text::cut(format_args!("{text}")),
        })
    }

    /// As a message of the link.
    #[must_use]
    pub fn record(&self) -> PanicRecord<'_> {
        PanicRecord {
            boot: self.boot,
            at: self.at,
            text: self.text.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_note_comes_back_after_a_restart_and_noise_does_not() {
        let mut bytes = [0x5A; PANIC_BYTES];
        assert_eq!(PanicNote::read(&bytes), None);
        let at = Instant::from_micros(77);
        PanicNote::write(
            &mut bytes,
            BootId::new(9),
            at,
            format_args!("at {}:{}", "x.rs", 3),
        );
        let note = PanicNote::read(&bytes).unwrap();
        assert_eq!((note.boot, note.at), (BootId::new(9), at));
        assert_eq!(note.text.as_str(), "at x.rs:3");
        for place in 0..HEAD + 9 + CHECKSUM {
            let mut damaged = bytes;
            damaged[place] ^= 1;
            assert_eq!(PanicNote::read(&damaged), None, "byte {place}");
        }
    }

    #[test]
    fn long_panic_message_is_cut_and_still_read() {
        let mut bytes = [0; PANIC_BYTES];
        PanicNote::write(
            &mut bytes,
            BootId::new(1),
            Instant::BOOT,
            format_args!("{:>500}", "é"),
        );
        assert!(PanicNote::read(&bytes).is_some());
    }
}
