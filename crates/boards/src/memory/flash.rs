//! The memory on a NOR flash: one range for values, one for the queue of steps.
//!
//! Not here: the driver. Any flash with the traits of `embedded-storage-async` will do whose
//! operations are done when they are first polled, as those of a chip's own flash are.

use core::future::Future;
use core::ops::Range;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use embedded_storage_async::nor_flash::MultiwriteNorFlash;
use sequential_storage::cache::Cache;
use sequential_storage::map::{MapConfig, MapStorage};
use sequential_storage::queue::{QueueConfig, QueueStorage};

use super::{Memory, MemoryError, VALUE_MAX};

/// Room for a value with the library's key and its alignment.
const ROOM: usize = VALUE_MAX + 16;

/// A memory on a flash.
#[derive(Debug)]
pub struct FlashMemory<F> {
    flash: F,
    values: Range<u32>,
    steps: Range<u32>,
}

impl<F: MultiwriteNorFlash> FlashMemory<F> {
    /// Takes the whole flash: its first half for values, its second half for steps.
    ///
    /// On a chip `F` is the partition that the table names `v2x`, 64 kB.
    #[must_use]
    pub fn new(flash: F) -> Self {
        let size = u32::try_from(flash.capacity()).unwrap_or(u32::MAX);
        let page = u32::try_from(F::ERASE_SIZE).unwrap_or(u32::MAX);
        let half = size / page / 2 * page;
        Self {
            flash,
            values: 0..half,
            steps: half..half * 2,
        }
    }

    /// Gives the flash back.
    pub fn into_flash(self) -> F {
        self.flash
    }

    /// The flash below.
    pub const fn flash_mut(&mut self) -> &mut F {
        &mut self.flash
    }
}

/// Runs a future whose every step is done when it is polled.
fn done<T, E>(
    work: impl Future<Output = Result<T, sequential_storage::Error<E>>>,
) -> Result<T, MemoryError> {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(value)) => Ok(value),
        Poll::Ready(Err(error)) => Err(translate(&error)),
        Poll::Pending => Err(MemoryError::Flash),
    }
}

fn translate<E>(error: &sequential_storage::Error<E>) -> MemoryError {
    use sequential_storage::Error;
    match error {
        Error::FullStorage | Error::BufferTooBig | Error::BufferTooSmall(_) | Error::ItemTooBig => {
            MemoryError::Full
        }
        Error::Corrupted { .. } | Error::LogicBug { .. } => MemoryError::Corrupt,
        _ => MemoryError::Flash,
    }
}

impl<F: MultiwriteNorFlash> Memory for FlashMemory<F> {
    fn store(&mut self, place: u8, value: &[u8]) -> Result<(), MemoryError> {
        if value.len() > VALUE_MAX {
            return Err(MemoryError::Full);
        }
        let config = MapConfig::try_new(self.values.clone()).map_err(|_| MemoryError::Flash)?;
        let mut map = MapStorage::<u8, _, _>::new(&mut self.flash, config, Cache::new_uncached());
        done(map.store_item(&mut [0; ROOM], &place, &value))
    }

    fn fetch<'a>(
        &mut self,
        place: u8,
        room: &'a mut [u8],
    ) -> Result<Option<&'a [u8]>, MemoryError> {
        let config = MapConfig::try_new(self.values.clone()).map_err(|_| MemoryError::Flash)?;
        let mut map = MapStorage::<u8, _, _>::new(&mut self.flash, config, Cache::new_uncached());
        let mut buffer = [0; ROOM];
        let Some(value) = done(map.fetch_item::<&[u8]>(&mut buffer, &place))? else {
            return Ok(None);
        };
        copied(value, room).map(Some)
    }

    fn push(&mut self, step: &[u8]) -> Result<bool, MemoryError> {
        if step.len() > VALUE_MAX {
            return Err(MemoryError::Full);
        }
        let config = QueueConfig::try_new(self.steps.clone()).map_err(|_| MemoryError::Flash)?;
        let mut queue = QueueStorage::new(&mut self.flash, config, Cache::new_uncached());
        match done(queue.push(step, false)) {
            Ok(()) => Ok(false),
            Err(MemoryError::Full) => done(queue.push(step, true)).map(|()| true),
            Err(error) => Err(error),
        }
    }

    fn is_half_free(&mut self) -> Result<bool, MemoryError> {
        let config = QueueConfig::try_new(self.steps.clone()).map_err(|_| MemoryError::Flash)?;
        let mut queue = QueueStorage::new(&mut self.flash, config, Cache::new_uncached());
        let free = done(queue.space_left())?;
        Ok(free >= (self.steps.end - self.steps.start) / 2)
    }

    fn oldest<'a>(&mut self, room: &'a mut [u8]) -> Result<Option<&'a [u8]>, MemoryError> {
        let config = QueueConfig::try_new(self.steps.clone()).map_err(|_| MemoryError::Flash)?;
        let mut queue = QueueStorage::new(&mut self.flash, config, Cache::new_uncached());
        let mut buffer = [0; ROOM];
        match done(queue.peek(&mut buffer))? {
            Some(step) => copied(step, room).map(Some),
            None => Ok(None),
        }
    }

    fn drop_oldest(&mut self) -> Result<(), MemoryError> {
        let config = QueueConfig::try_new(self.steps.clone()).map_err(|_| MemoryError::Flash)?;
        let mut queue = QueueStorage::new(&mut self.flash, config, Cache::new_uncached());
        done(async { queue.pop(&mut [0; ROOM]).await.map(|_| ()) })
    }
}

fn copied<'a>(value: &[u8], room: &'a mut [u8]) -> Result<&'a [u8], MemoryError> {
    let room = room.get_mut(..value.len()).ok_or(MemoryError::Full)?;
    room.copy_from_slice(value);
    Ok(room)
}
