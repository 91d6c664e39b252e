//! What survives a restart: settings, the open session, and session steps for the computer.
//!
//! Not here: what is worth keeping (each board says so) and the flash driver (`firmware/`). Wear
//! is spread and a power cut leaves the old value or the new one: that is the work of the
//! `sequential-storage` library, and [`ram_flash`] shows it for every single write.
//!
//! | file | what it holds |
//! |---|---|
//! | [`flash`] | the memory on a NOR flash |
//! | [`ram_flash`] | a NOR flash in RAM that can lose its power at any write |

pub mod flash;
pub mod ram_flash;

use thiserror::Error;

pub use flash::FlashMemory;
pub use ram_flash::RamFlash;

/// The longest value that can be kept: a price schedule of twelve steps has 326 bytes.
pub const VALUE_MAX: usize = 336;

/// The place of the open session, or of the last one. Settings have the numbers of their table.
pub const SESSION: u8 = 0;
/// The places of V2G, above those of all settings: the conversation's session, what the session
/// costs so far, the price schedule, the keys and the revocation list.
pub const V2G_SESSION: u8 = 200;
/// What the open session costs so far.
pub const COST: u8 = 201;
/// Which step of a session went into the journal last.
pub const JOURNALED: u8 = 203;
/// The price schedule. Place 202 held one without prices by the minute.
pub const PRICES: u8 = 204;
/// Which of the two rooms for the revocation list holds it.
pub const REVOCATIONS_ROOM: u8 = 205;
/// The first of the keys' parts.
pub const KEYS: u8 = 210;
/// The first piece of the revocation list in its first room.
pub const REVOCATIONS: u8 = 220;
/// And in its second: a list takes the place of the one before when it is whole.
pub const REVOCATIONS_SECOND: u8 = 235;

/// Why something was not kept, or could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MemoryError {
    /// The flash did not do what it was asked.
    #[error("the flash does not answer; the board needs repair")]
    Flash,
    /// There is no room for so much.
    #[error("the value is longer than the flash has room for")]
    Full,
    /// What the flash holds is damaged beyond repair.
    #[error("the flash holds no valid data; flash the board anew")]
    Corrupt,
}

/// What a board keeps across restarts.
///
/// A call comes back once the value is safe. On a chip that takes up to 50 ms, during which
/// interrupts from flash wait: a collector only keeps settings.
pub trait Memory {
    /// Keeps a value in place of the one before.
    ///
    /// # Errors
    /// When it is not safe; the one before still is.
    fn store(&mut self, place: u8, value: &[u8]) -> Result<(), MemoryError>;

    /// The value that was kept there, in `room`; `None` when there never was one.
    ///
    /// # Errors
    /// When it cannot be read.
    fn fetch<'a>(&mut self, place: u8, room: &'a mut [u8])
    -> Result<Option<&'a [u8]>, MemoryError>;

    /// Adds a step for the computer at the end of the queue. When it is full the oldest go, and
    /// the answer is `true`.
    ///
    /// # Errors
    /// When it is not safe.
    fn push(&mut self, step: &[u8]) -> Result<bool, MemoryError>;

    /// Whether at least half of the queue is free.
    ///
    /// # Errors
    /// When it cannot be read.
    fn is_half_free(&mut self) -> Result<bool, MemoryError>;

    /// The oldest step in the queue, in `room`.
    ///
    /// # Errors
    /// When it cannot be read.
    fn oldest<'a>(&mut self, room: &'a mut [u8]) -> Result<Option<&'a [u8]>, MemoryError>;

    /// Takes the oldest step out of the queue: the computer has it.
    ///
    /// # Errors
    /// When it is still there.
    fn drop_oldest(&mut self) -> Result<(), MemoryError>;
}
