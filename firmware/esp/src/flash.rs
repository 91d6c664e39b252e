//! The partition `v2x` of the chip's flash, as `v2x_boards::memory` wants it.
//!
//! Not here: what is kept and how wear is spread. The partition is never encrypted, also where the
//! chip's flash is: its words are written more than once, which encrypted flash does not allow.
//!
//! A write takes up to a millisecond and an erasure up to 50 ms; interrupts wait meanwhile.

use embedded_storage_async::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use esp_bootloader_esp_idf::partitions::{PARTITION_TABLE_MAX_LEN, read_partition_table};
use esp_hal::peripherals::FLASH;
use esp_storage::{FlashStorage, FlashStorageError};

/// The partition's name in `partitions.csv`.
const NAME: &str = "v2x";

/// The flash of one board.
#[derive(Debug)]
pub struct ChipFlash {
    storage: FlashStorage<'static>,
    begin: u32,
    size: u32,
}

/// Why the flash did not do what it was asked.
#[derive(Debug, Clone, Copy)]
pub struct ChipFlashError(FlashStorageError);

impl NorFlashError for ChipFlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self.0 {
            FlashStorageError::NotAligned => NorFlashErrorKind::NotAligned,
            FlashStorageError::OutOfBounds => NorFlashErrorKind::OutOfBounds,
            _ => NorFlashErrorKind::Other,
        }
    }
}

impl ChipFlash {
    /// Looks the partition up. Without one the flash has no room: nothing can be kept, every
    /// attempt says so, and the board runs with what its settings are at first.
    #[must_use]
    pub fn open(flash: FLASH<'static>) -> Self {
        let mut storage = FlashStorage::new(flash);
        let mut room = [0; PARTITION_TABLE_MAX_LEN];
        let found = read_partition_table(&mut storage, &mut room)
            .ok()
            .and_then(|table| table.iter().find(|entry| entry.label_as_str() == NAME));
        let (begin, size) = found.map_or((0, 0), |entry| (entry.offset(), entry.len()));
        Self {
            storage,
            begin,
            size,
        }
    }

    /// A place of the partition as a place of the flash.
    fn place(&self, offset: u32, length: usize) -> Result<u32, ChipFlashError> {
        let outside = ChipFlashError(FlashStorageError::OutOfBounds);
        let length = u32::try_from(length).map_err(|_| outside)?;
        match offset.checked_add(length) {
            Some(end) if end <= self.size => Ok(self.begin + offset),
            _ => Err(outside),
        }
    }
}

impl ErrorType for ChipFlash {
    type Error = ChipFlashError;
}

impl ReadNorFlash for ChipFlash {
    const READ_SIZE: usize = FlashStorage::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        let place = self.place(offset, bytes.len())?;
        self.storage.read_nor(place, bytes).map_err(ChipFlashError)
    }

    fn capacity(&self) -> usize {
        usize::try_from(self.size).unwrap_or(0)
    }
}

impl NorFlash for ChipFlash {
    const WRITE_SIZE: usize = FlashStorage::WRITE_SIZE;
    const ERASE_SIZE: usize = FlashStorage::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        let length = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
        let place = self.place(from, length)?;
        let end = place + to.saturating_sub(from);
        self.storage.erase(place, end).map_err(ChipFlashError)
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        let place = self.place(offset, bytes.len())?;
        self.storage.write_nor(place, bytes).map_err(ChipFlashError)
    }
}

impl MultiwriteNorFlash for ChipFlash {}
