//! V2G: the conversation about charging, both ends, in ISO 15118-2's AC words and order.
//!
//! "V2G" is the name of the conversation; no energy is fed back. Not the channel it runs on
//! (`secure`), not the meter and the money (`charging`, tariffs). For whoever writes another end:
//! `docs/protocol/v2g.md`.
//!
//! Both ends are driven by the same loop. It hands in what happened and then takes out what is to
//! be done until nothing is left but a time to wake up at:
//!
//! ```
//! use rand_core::CryptoRng;
//! use v2x_proto::v2g::{Evcc, EvccInput, Output};
//! use v2x_units::Instant;
//!
//! fn turn(evcc: &mut Evcc, now: Instant, input: EvccInput<'_>, rng: &mut dyn CryptoRng) {
//!     evcc.handle(now, input, rng);
//!     loop {
//!         match evcc.poll(now, rng) {
//!             Output::Send { to, datagram } => { /* give it to the radio */ }
//!             Output::Event(event) => { /* keep it, show it, act on it */ }
//!             Output::WakeAt(when) => break, // wait for it or for the next input
//!         }
//!     }
//! }
//! ```
//!
//! | file | what it holds |
//! |---|---|
//! | [`message`] | what is said, one file per message |
//! | [`evcc`] | the car's end, one file per state |
//! | [`secc`] | the station's end, one file per state |
//! | [`nearness`] | the 105 m rule |
//! | [`onset`] | since when a slot feeds whoever is plugged in |
//! | `seldom` | what a stranger can bring about is told once a minute |
//! | [`money`], `field`, `battery_report` | what several messages have |

mod battery_report;
pub mod evcc;
pub(crate) mod events;
mod field;
#[cfg(test)]
mod fixture;
pub mod message;
pub mod money;
pub mod nearness;
pub mod onset;
pub mod secc;
mod seldom;

pub use battery_report::BatteryReport;
pub use evcc::{Evcc, EvccEvent, EvccInput, EvccSettings, PlugSenses, Sense};
pub use events::Output;
pub use field::TariffName;
pub use message::{MeterReading, Request, Response, SessionId};
pub use money::{CurrencyCode, Money};
pub use onset::{Onset, OnsetWatch, SlotSeen};
pub use secc::{SavedSession, Secc, SeccEvent, SeccInput, SeccSettings};
