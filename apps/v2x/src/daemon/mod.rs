//! What vehicle and station daemon have in common: the wish to stop, threads, the store's file, the
//! service manager's view, and the broker.
//!
//! ```text
//! a role's keeper ─► store ─► outbox ─► delivery ⇄ uploader ⇄ broker
//!            (the keeper's thread)        (a thread and a runtime of its own)
//! ```
//!
//! Housekeeping keeps the store within its age and size. What a role reads, decides and writes is
//! in `vehicle/` and `station/`.

pub(crate) mod command_desk;
pub(crate) mod control;
mod delivery;
mod entry;
pub(crate) mod heartbeat;
mod housekeeping;
pub(crate) mod payload;
mod shutdown;
mod store_file;
mod threads;
mod uplink_health;
pub(crate) mod uploader;
pub(crate) mod v2g_books;
pub(crate) mod vitals;
pub(crate) mod waiting;

pub(crate) use self::command_desk::CommandDesk;
pub(crate) use self::delivery::Delivery;
pub(crate) use self::entry::entry;
pub(crate) use self::housekeeping::{Housekeeping, StoreHealth};
pub(crate) use self::shutdown::{ENDS_WITH_PARENT, Shutdown};
pub(crate) use self::store_file::{STORE_FILE, make_folder, no_folder, no_store, open_store};
pub(crate) use self::threads::Threads;
pub(crate) use self::uplink_health::UplinkHealth;
pub(crate) use self::vitals::Vitals;
