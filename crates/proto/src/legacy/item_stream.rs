//! `AA 55` and an `Item`: the serial line between the prototype's computer and its radio board.
//!
//! Not what an `Item` holds ([`super::radio::item`]). The line says no length, no type and no
//! checksum, the board's boot text stands between the frames, and the prototype's own port
//! swallowed bytes. So a frame counts only when its `Item` is plausible; else the search goes on
//! with the byte after the one that looked like its beginning, and a frame inside is still found.
//!
//! The port must be fully raw (no XON/XOFF, no translation of line ends), or bytes 0x11, 0x13 and
//! 0x0D do not arrive as they were sent.

use heapless::Vec;

use super::radio::{Item, LONGEST, RadioError};

/// What stands before each `Item`.
pub const MARK: [u8; 2] = [0xAA, 0x55];

/// The most bytes of a frame.
pub const FRAME_MAX: usize = MARK.len() + LONGEST;

/// Bytes of padding at the end of the newest `Item`; older ones have none there.
const END_PADDING: usize = 3;

/// A frame, written.
pub type ItemFrame = Vec<u8, FRAME_MAX>;

/// Writes one frame.
///
/// # Errors
/// [`RadioError::Implausible`] for a value that the other end could not take for an `Item`.
pub fn emit(item: &Item) -> Result<ItemFrame, RadioError> {
    let mut frame = ItemFrame::new();
    for part in [&MARK[..], &item.emit()?] {
        frame
            .extend_from_slice(part)
            .unwrap_or_else(|_| unreachable!("there is room for the mark and the longest Item"));
    }
    Ok(frame)
}

/// Finds frames in a stream of bytes, in whatever pieces it comes.
///
/// Holds at most one frame; bytes outside of frames are dropped and counted.
#[derive(Debug)]
pub struct ItemReader {
    item_len: usize,
    held: Vec<u8, FRAME_MAX>,
    skipped: u64,
    implausible: u32,
}

impl ItemReader {
    /// Reads frames whose `Item` has so many bytes: 88 for the newest boards; 68, 36, 24 or 12 for
    /// older ones. The line does not say which it is.
    ///
    /// # Errors
    /// [`RadioError::Length`] when no `Item` has this length.
    pub const fn new(item_len: usize) -> Result<Self, RadioError> {
        match item_len {
            12 | 24 | 36 | 68 | 88 => Ok(Self {
                item_len,
                held: Vec::new(),
                skipped: 0,
                implausible: 0,
            }),
            have => Err(RadioError::Length { have }),
        }
    }

    /// Bytes that belonged to no frame: boot text, and what was left of damaged frames.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Places that looked like a frame and held no plausible `Item`.
    #[must_use]
    pub const fn implausible(&self) -> u32 {
        self.implausible
    }

    /// Takes bytes and gives every whole `Item` in them.
    pub fn push(&mut self, bytes: &[u8], mut found: impl FnMut(Item)) {
        for &byte in bytes {
            self.held
                .push(byte)
                .unwrap_or_else(|_| unreachable!("a whole frame is taken out at once"));
            self.look(&mut found);
        }
    }

    /// Takes a whole frame out, or drops from the front what cannot begin one.
    fn look(&mut self, found: &mut impl FnMut(Item)) {
        self.drop_to_mark(0);
        while let Some(body) = self.held.get(MARK.len()..MARK.len() + self.item_len) {
            match Item::parse(body) {
                Ok(item) if !reaches_into_next(body) => {
                    found(item);
                    self.held.clear();
                }
                Ok(_) | Err(_) => {
                    self.implausible = self.implausible.saturating_add(1);
                    self.drop_to_mark(1);
                }
            }
        }
    }

    /// Drops bytes up to the next place, from `first` on, at which a frame may begin.
    fn drop_to_mark(&mut self, first: usize) {
        let may_begin = |rest: &[u8]| match rest {
            [] => true,
            [only] => *only == MARK[0],
            [one, two, ..] => [*one, *two] == MARK,
        };
        let held = self.held.as_slice();
        let place = (first..=held.len()).find(|&at| held.get(at..).is_some_and(may_begin));
        let dropped = place.unwrap_or(held.len());
        self.skipped = self.skipped.saturating_add(dropped as u64);
        self.held.rotate_left(dropped);
        self.held.truncate(self.held.len() - dropped);
    }
}

/// Whether a frame lost bytes on its way, so that the padding at its end is the next one's mark.
fn reaches_into_next(body: &[u8]) -> bool {
    let end = body.get(LONGEST - END_PADDING..).unwrap_or_default();
    end.contains(&MARK[0])
}
