//! The car on the radio: what V2V and V2G are fed with, and what of them is to be kept.
//!
//! Not the protocols ([`v2x_proto::v2v`], [`v2x_proto::v2g`]), and neither thread nor disk nor
//! radio: the daemon has those, and the simulator has its own.
//!
//! | file | what it holds |
//! |---|---|
//! | [`car_now`] | the car as the radio needs it, ten times a second |
//! | [`traffic`] | V2V: the car and what is heard in, payloads and things to keep out |
//! | [`charging`] | V2G: the same for the conversation about charging |
//! | `plug` | whether the car is plugged in |
//! | `feeling` | what the car feels of its plug, and since when |
//! | [`wishes`] | what the owner has set for charging, and what the driver wants instead |
//! | [`rows`] | what the radio brought, as rows of the table of radio messages |

pub mod car_now;
pub mod charging;
mod feeling;
mod plug;
pub mod rows;
pub mod traffic;
pub mod wishes;

pub use car_now::CarNow;
pub use charging::{Answer, Charging, Order, ToldByV2g, WantedByV2g};
pub use traffic::{GivenWarning, ToldByV2v, Traffic, TrafficState, WantedByV2v};
pub use wishes::{V2gSettings, Wishes, amount};
