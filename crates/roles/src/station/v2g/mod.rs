//! A station on the radio: what its slots' conversations about charging are fed with, what they
//! want of their slots, and what is to be kept of them.
//!
//! Not the conversation ([`v2x_proto::v2g::secc`]), and neither radio nor disk.
//!
//! | file | what it holds |
//! |---|---|
//! | [`conversation`] | one slot's conversation |
//! | [`onsets`] | when the slots began to feed, as far as a car can tell them apart |
//! | [`offer`] | what a slot offers: limits and price from its set-up and tariff |
//! | [`announcement`] | what the station says to everybody who comes by |

pub mod announcement;
pub mod conversation;
pub mod offer;
pub mod onsets;

pub use announcement::Announcement;
pub use conversation::{SlotV2g, Told, Wanted};
pub use onsets::Onsets;
