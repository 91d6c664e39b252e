//! The charging station: which sample belongs to which slot, what each session is made of and
//! what it costs.
//!
//! The slots decide by `charging`, prices are `tariff`'s; here they are put together for one
//! station of 1 to 16 slots. No port, no disk, no clock:
//!
//! ```text
//! samples, plugs, lost ports, orders ──► Station ──► Do::Keep (disk first, then persisted)
//!                                           │  └───► Do::Relay, Do::Tell
//!                                           └──────► views for telemetry
//! ```
//!
//! | file | what it holds |
//! |---|---|
//! | [`setup`] | what a station and its slots are |
//! | [`slots`] | the slots together: routing in, steps out |
//! | [`samples`] | readings of boards and meters as samples |
//! | [`recent`] | which samples are kept to explain a session |
//! | [`books`] | tariffs, the cost so far, the bill |
//! | [`view`] | what a slot shows to others |
//! | [`relay`] | a relay at the other end of the link: order, answer, feedback |
//! | [`v2g`] | the slots' conversations with cars over the radio |

pub mod books;
pub mod recent;
pub mod relay;
pub mod samples;
pub mod setup;
pub mod slots;
pub mod v2g;
pub mod view;

/// The words of the meters that a station asks itself.
pub use v2x_proto::pzem;

pub use books::{Tariffs, Unbilled, settle};
pub use recent::Judged;
pub use relay::{RelayControl, RelayDo};
pub use setup::{MAX_SLOTS, PortId, Sessions, SlotNumber, SlotSetup, StationSetup};
pub use slots::{Do, Keep, Order, Resumption, Station, Tell, Unrouted};
pub use view::{SessionView, SlotView};
