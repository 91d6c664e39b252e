//! The durable queue in front of every network: nothing unacknowledged is deleted.
//!
//! This crate is policy without a database: what is offered next, what is in flight, what may be
//! evicted when the budget is spent. Entries live in a [`Storage`]; `store` implements it with
//! SQLite, [`memory`] without a disk. How entries travel is `uplink`'s business.
//!
//! ```text
//! put in one transaction with the data it reports (Storage::push, Storage::settle)
//!    └─ next_batch ─► in flight ─┬─ acknowledge ─► gone
//!            ▲                   ├─ release (connection lost) ─┐
//!            └───────────────────┼─────────────────────────────┘
//!                                └─ set_aside (poison) ─► kept with its reason, not offered
//! ```
//!
//! | file | what it holds |
//! |---|---|
//! | [`entry`] | classes with their order of sending, ids, entries |
//! | [`storage`] | what an outbox needs of a disk |
//! | [`outbox`] | the queue: batches, acknowledgements, releases, evictions |
//! | `fresh` | rows that are offered while they wait for their commit |
//! | [`group_commit`] | when telemetry rows are committed together |
//! | [`memory`] | a storage without a disk, whose faults are injected |
//! | `conformance` | the laws as a property test, for every storage (feature `conformance`) |

#![forbid(unsafe_code)]

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod entry;
mod fresh;
pub mod group_commit;
pub mod memory;
pub mod outbox;
pub mod storage;

pub use entry::{Class, Entry, EntryId, Head, NewEntry, PayloadKind, TooLarge};
pub use group_commit::{GroupCommit, GroupLimits};
pub use outbox::{Budget, LIVE_ENTRIES, Lane, Outbox};
pub use storage::{Eviction, Storage, Usage};
