//! V2V: what cars tell each other, and what a car concludes from it. Nothing here acts on the car.
//!
//! Not the bytes (`wire`) and not who may be believed (`secure/signed`). For whoever writes
//! another end: `docs/protocol/v2v.md`. Standards: ETSI EN 302 637-2 (CAM), EN 302 637-3 (DENM),
//! EN 302 636-4-1, TS 103 097; TS 102 687 for the load of the channel.
//!
//! A car is driven by one loop. It hands in what happened and takes out what is to be done until
//! nothing is left but a time to wake up at:
//!
//! ```
//! use rand_core::CryptoRng;
//! use v2x_proto::v2v::{V2v, V2vInput, V2vOutput};
//! use v2x_units::Instant;
//!
//! fn turn(v2v: &mut V2v, now: Instant, input: V2vInput<'_>, rng: &mut dyn CryptoRng) {
//!     v2v.handle(now, input, rng);
//!     loop {
//!         match v2v.poll(now, rng) {
//!             V2vOutput::SetAddress(mac) => { /* give the radio this address */ }
//!             V2vOutput::Send(outgoing) => { /* give the radio this payload */ }
//!             V2vOutput::Event(event) => { /* keep it, show it */ }
//!             V2vOutput::WakeAt(when) => break, // wait for it or for the next input
//!         }
//!     }
//! }
//! ```
//!
//! | file | what it decides |
//! |---|---|
//! | `station.rs` | the car's V2V as a whole: what happens, what is to be done |
//! | `input.rs`, `output.rs`, `counters.rs` | what can happen, what is done and told, what is counted |
//! | `own.rs`, `path.rs` | where the own car is between two fixes, and where it came from |
//! | `cam_generation.rs`, `cam_content.rs` | when a CAM is due, and what it says |
//! | `congestion.rs` | how often the channel lets the car speak |
//! | `own_events.rs`, `telling.rs`, `denm_content.rs` | what the car reports of itself, since when, how |
//! | `speaking.rs`, `frame.rs` | what is sent next; its packet, signed, within a frame |
//! | `pseudonym.rs` | under which names, and when they change |
//! | `certificate_exchange.rs` | when the certificate goes out, whose is asked for |
//! | `hearing.rs` | what becomes of what was heard |
//! | `plausibility.rs`, `confidence.rs` | whether it can be so, and how far it is believed |
//! | `local_dynamic_map.rs`, `neighbour.rs`, `claim.rs` | the stations in sight |
//! | `charging_stations.rs` | the charging stations in sight, by their announcements |
//! | `link_quality.rs` | how well they are heard |
//! | `event_table.rs` | the events of others |
//! | `warnings/` | what the driver should be warned of |
//! | `geometry.rs` | directions and distances around a car |

mod cam_content;
pub mod cam_generation;
mod certificate_exchange;
mod charging_stations;
mod claim;
mod confidence;
pub mod congestion;
mod counters;
mod denm_content;
mod event_table;
pub(crate) mod frame;
mod geometry;
mod hearing;
mod input;
mod link_quality;
mod local_dynamic_map;
mod neighbour;
mod output;
mod own;
mod own_events;
mod path;
mod plausibility;
mod pseudonym;
mod speaking;
mod station;
mod telling;
mod warnings;

pub use charging_stations::{ChargingStationInSight, Spot};
pub use claim::Claim;
pub use confidence::Confidence;
pub use congestion::AirRate;
pub use counters::V2vCounters;
pub use event_table::{EventTable, KnownEvent, Relevance};
pub use hearing::is_geonetworking;
pub use input::{Accuracy, Condition, Fault, Heard, Motion, OwnPosition, V2vInput, V2vSettings};
pub use link_quality::{LinkQuality, RssiBin, RssiByDistance};
pub use local_dynamic_map::LocalDynamicMap;
pub use neighbour::Neighbour;
pub use output::{MessageKind, Outgoing, Received, Refused, Silence, V2vEvent, V2vOutput};
pub use own_events::OwnEventKind;
pub use plausibility::Implausible;
pub use pseudonym::{Pseudonym, WrongKey};
pub use station::V2v;
pub use warnings::{Reason, Subject, TimeToCollision, Warning, WarningKind};
