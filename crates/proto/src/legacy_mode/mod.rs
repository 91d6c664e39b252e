//! Legacy mode: speaking with the prototype's cars and stations, where somebody has switched it on.
//!
//! What they say is in [`crate::legacy::radio`]. **Nobody proves anything here.** Everything in
//! this room can be forged by anybody with a radio, so it is off until it is switched on, whatever
//! it tells is of a type that says `Legacy`, and none of it is an order: no output of this room
//! opens or closes a relay, ends a proven session, or says who somebody is. The books of a slot
//! that charges a prototype car follow the slot's own meter and plug alone.
//!
//! Where the prototype went wrong, this does otherwise:
//!
//! | the prototype | here |
//! |---|---|
//! | answers every `Item` with an `Item`, so that two of them never end | says its own at its own pace and answers none |
//! | a car follows the first station that it hears for ever | the station that charges, else the nearest; another after 15 s of silence |
//! | a station speaks to the last car that it heard and to no other any more | to everybody |
//! | a car takes its stop back before it is sent | says it at once and with every message until the plug is out |
//! | a station ends its books when anybody says stop, and power flows on | tells its operator who says so |
//! | a number that nobody has measured looks like one that is | such a message is not sent |
//!
//! # Wiring
//!
//! [`LegacyCar`] and [`LegacyStation`] are driven like the ends of [`crate::v2g`]: hand in what has
//! happened, then poll until [`Output::WakeAt`]. The daemon
//!
//! - makes one for its radio, and switches it on only when the configuration says so; that it is on
//!   must be seen wherever its state is shown (log, status, dashboard);
//! - hands in a received payload only when it is neither a GeoNetworking packet
//!   (`wire::packet`) nor a datagram of ours (`v2g`), with the source address of its frame;
//! - tells the car's end `Plugged(false)` while the `Evcc` has a proven session, and the station's
//!   end so by [`SlotNow::proven`]: who speaks our protocol is not spoken to in the prototype's;
//! - sends to a unicast address after adding it as a peer of the radio;
//! - writes [`LegacyHeard`] into the radio's table, database and dashboard marked as legacy.
//!
//! The prototype's own radio board, over its serial line, is another matter: it speaks by itself
//! ([`crate::legacy::item_stream`]).
//!
//! | file | what it holds |
//! |---|---|
//! | [`car`] | our car among prototypes |
//! | [`station`] | our station and prototype cars |
//! | [`hearing`] | what is taken from the air, and what is not, counted |
//! | `followed` | which of several stations is the one that charges |

pub mod car;
mod followed;
pub mod hearing;
pub mod station;

pub use crate::v2g::Output;
pub use car::{CarNow, LegacyCar, LegacyCarEvent, LegacyCarInput, LegacySession, LegacyStop};
pub use hearing::{LegacyCounters, LegacyHeard};
pub use station::{LegacyStation, LegacyStationEvent, LegacyStationInput, SlotNow};

use v2x_units::Instant;

use crate::legacy::radio::RadioBytes;
use crate::secure::Datagram;

/// A prototype's "milliseconds since its start": 32 bits that begin anew after 49.7 days.
fn uptime_ms(now: Instant) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "it is to begin anew")]
    let short = (now.as_micros() / 1_000) as u32;
    short
}

/// The same bytes as a datagram for the radio.
fn datagram(bytes: &RadioBytes) -> Datagram {
    Datagram::from_slice(bytes)
        .unwrap_or_else(|_| unreachable!("the longest struct has 88 bytes, a datagram 250"))
}
