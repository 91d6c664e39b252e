//! A NOR flash in RAM: for tests, the simulator and the emulator, which have no other.
//!
//! It is as strict as the real thing: bits only fall from 1 to 0 until their page is erased, and
//! a power cut in the middle of a write or of an erasure leaves part of it done.

use embedded_storage_async::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// Bytes that one erasure covers. A chip's have 4,096; fewer make more of the rare cases.
const PAGE: usize = 1024;
/// Bytes that are written at once.
const WORD: usize = 4;
/// Pages whose erasures are counted.
const PAGES_MAX: usize = 64;

/// A flash of `SIZE` bytes.
#[derive(Debug, Clone)]
pub struct RamFlash<const SIZE: usize = 8192> {
    bytes: [u8; SIZE],
    /// Words and pages that can still be written before the power goes; `None`: it stays.
    power_lasts: Option<u32>,
    /// Words written and pages erased since the beginning.
    operations: u32,
    erasures: [u32; PAGES_MAX],
}

/// Why the flash did not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RamFlashError {
    /// The place lies outside, or not on a boundary.
    Place(NorFlashErrorKind),
    /// The power is gone.
    NoPower,
}

impl NorFlashError for RamFlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Place(kind) => *kind,
            Self::NoPower => NorFlashErrorKind::Other,
        }
    }
}

impl<const SIZE: usize> Default for RamFlash<SIZE> {
    fn default() -> Self {
        Self {
            bytes: [0xFF; SIZE],
            power_lasts: None,
            operations: 0,
            erasures: [0; PAGES_MAX],
        }
    }
}

impl<const SIZE: usize> RamFlash<SIZE> {
    /// Cuts the power in the middle of the operation after so many more; then nothing works.
    pub const fn cut_power_after(&mut self, operations: u32) {
        self.power_lasts = Some(operations);
    }

    /// Brings the power back.
    pub const fn restore_power(&mut self) {
        self.power_lasts = None;
    }

    /// Whether the power is there.
    #[must_use]
    pub const fn has_power(&self) -> bool {
        !matches!(self.power_lasts, Some(u32::MAX))
    }

    /// Words written and pages erased since the beginning.
    #[must_use]
    pub const fn operations(&self) -> u32 {
        self.operations
    }

    /// How often each page was erased.
    #[must_use]
    pub fn erasures(&self) -> &[u32] {
        self.erasures.get(..SIZE / PAGE).unwrap_or_default()
    }

    /// Whether the next operation is done as a whole; an error when there is no power for it.
    const fn begin(&mut self) -> Result<bool, RamFlashError> {
        match &mut self.power_lasts {
            None => {
                self.operations += 1;
                Ok(true)
            }
            Some(u32::MAX) => Err(RamFlashError::NoPower),
            Some(0) => {
                self.power_lasts = Some(u32::MAX);
                Ok(false)
            }
            Some(left) => {
                *left -= 1;
                self.operations += 1;
                Ok(true)
            }
        }
    }

    fn range(&mut self, from: u32, length: usize) -> Result<&mut [u8], RamFlashError> {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let outside = RamFlashError::Place(NorFlashErrorKind::OutOfBounds);
        let to = from.checked_add(length).ok_or(outside)?;
        self.bytes.get_mut(from..to).ok_or(outside)
    }
}

impl<const SIZE: usize> ErrorType for RamFlash<SIZE> {
    type Error = RamFlashError;
}

impl<const SIZE: usize> ReadNorFlash for RamFlash<SIZE> {
    const READ_SIZE: usize = WORD;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        if self.power_lasts == Some(u32::MAX) {
            return Err(RamFlashError::NoPower);
        }
        bytes.copy_from_slice(self.range(offset, bytes.len())?);
        Ok(())
    }

    fn capacity(&self) -> usize {
        SIZE
    }
}

impl<const SIZE: usize> NorFlash for RamFlash<SIZE> {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        let length = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
        let pages = u32::try_from(length / PAGE).unwrap_or(u32::MAX);
        for page in 0..pages {
            let whole = self.begin()?;
            let step = u32::try_from(PAGE).unwrap_or(u32::MAX);
            let place = from + page * step;
            let number = usize::try_from(place / step).unwrap_or(usize::MAX);
            if let Some(count) = self.erasures.get_mut(number) {
                *count += 1;
            }
            let bytes = self.range(place, PAGE)?;
            let erased = if whole { PAGE } else { PAGE / 2 };
            bytes.iter_mut().take(erased).for_each(|byte| *byte = 0xFF);
            if !whole {
                return Err(RamFlashError::NoPower);
            }
        }
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        if !bytes.len().is_multiple_of(WORD) {
            return Err(RamFlashError::Place(NorFlashErrorKind::NotAligned));
        }
        for (place, word) in (offset..).step_by(WORD).zip(bytes.chunks(WORD)) {
            let whole = self.begin()?;
            let room = self.range(place, WORD)?;
            let written = if whole { WORD } else { WORD / 2 };
            for (byte, new) in room.iter_mut().zip(word).take(written) {
                *byte &= new;
            }
            if !whole {
                return Err(RamFlashError::NoPower);
            }
        }
        Ok(())
    }
}

impl<const SIZE: usize> MultiwriteNorFlash for RamFlash<SIZE> {}
