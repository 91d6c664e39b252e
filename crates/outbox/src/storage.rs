//! What an outbox needs of a disk; not who implements it (`store`, [`crate::memory`]).

use v2x_units::UtcTime;

use crate::entry::{Class, Entry, EntryId, Head, NewEntry};

/// How much stands in the queue, without what is set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Entries.
    pub entries: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
}

/// Telemetry given up because the budget was spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eviction {
    /// When it was decided; `None` while the clock is not trusted.
    pub at: Option<UtcTime>,
    /// Which entries, oldest first; never empty.
    pub ids: Vec<EntryId>,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// The earliest time of measurement among them.
    pub from: UtcTime,
    /// The latest time of measurement among them.
    pub to: UtcTime,
}

/// A place that keeps entries through a power cut.
///
/// Each call is one transaction: it happens whole or, with an error, not at all. A call that has
/// returned is on disk.
pub trait Storage {
    /// Why the storage could not do it.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Puts entries at the ends of their classes, in this order.
    ///
    /// # Errors
    /// The storage's own; then none of them is in the queue.
    fn push(&mut self, entries: &[NewEntry]) -> Result<Vec<EntryId>, Self::Error>;

    /// Gives away the next place of a class, without touching the disk: no other entry gets it
    /// until the storage is opened again.
    fn reserve(&mut self, class: Class) -> EntryId;

    /// Puts entries at places that were reserved for them, and removes acknowledged ones, both or
    /// neither.
    ///
    /// # Errors
    /// The storage's own; then nothing has changed.
    fn settle(&mut self, enter: &[Entry], acknowledged: &[EntryId]) -> Result<(), Self::Error>;

    /// Entries of a class whose sequence is above `after`, lowest first, at most `limit`.
    ///
    /// # Errors
    /// The storage's own.
    fn pending(&self, class: Class, after: u64, limit: usize) -> Result<Vec<Entry>, Self::Error>;

    /// As [`Storage::pending`], without the payloads.
    ///
    /// # Errors
    /// The storage's own.
    fn heads(&self, class: Class, after: u64, limit: usize) -> Result<Vec<Head>, Self::Error>;

    /// The highest sequence ever given in a class since the storage was opened, or found then;
    /// 0 when there was none.
    fn newest(&self, class: Class) -> u64;

    /// How much is pending; cheap, since it is asked after each push.
    fn usage(&self) -> Usage;

    /// Removes acknowledged entries; ids that are not there are no error.
    ///
    /// # Errors
    /// The storage's own; then all of them are still there.
    fn remove(&mut self, ids: &[EntryId]) -> Result<(), Self::Error>;

    /// Takes an entry out of the queue and keeps it with the reason.
    ///
    /// # Errors
    /// The storage's own; then the entry is still in the queue.
    fn set_aside(&mut self, id: EntryId, reason: &str) -> Result<(), Self::Error>;

    /// Removes evicted entries and records how many, in the same transaction.
    ///
    /// # Errors
    /// The storage's own; then all of them are still there.
    fn evict(&mut self, eviction: &Eviction) -> Result<(), Self::Error>;
}
