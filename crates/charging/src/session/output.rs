//! What a slot wants done, one thing per poll.
//!
//! Not here: doing it. The loop around a slot is shown at the top of the crate.

use v2x_units::Instant;

#[cfg(doc)]
use super::Slot;
use super::record::SessionRecord;
use super::state::SlotState;

/// What a slot wants done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Output {
    /// Put this on disk, then call [`Slot::persisted`]. When the disk refuses, try again: until
    /// then samples count, and no further step is taken.
    Persist(SessionRecord),
    /// A session has started; its record is on disk.
    Started(SessionRecord),
    /// An open session goes on after a restart. Takes the place of a `Started` that a power cut
    /// may have swallowed.
    Resumed(SessionRecord),
    /// A session has ended; its record is on disk. Comes again after a restart on an ended record.
    Ended(SessionRecord),
    /// The slot is in another state.
    State(SlotState),
    /// Open the relay at once.
    OpenRelay,
    /// Close the relay.
    CloseRelay,
    /// Nothing more now. Poll again at this time; with `None` only an input changes anything.
    WakeAt(Option<Instant>),
}
