//! The protocols of the car and the station, sans-IO: bytes to values and back.
//!
//! Nothing here reads a clock or opens a port. Whoever has the bytes hands them in and gets valid
//! values or an error that says what was seen, where, and what would be right.
//!
//! | module | what it speaks |
//! |---|---|
//! | [`legacy`] | the formats of the prototype, so that its boards go on working |
//! | [`legacy_mode`] | when to speak them over the air, where the owner has switched it on |
//! | [`link`] | the framed serial link between a board and its Linux computer |
//! | [`pzem`] | the words of an energy meter on its serial line |
//! | [`wire`] | messages over the air: ETSI CAM, DENM, EVCSN in GeoNetworking, IEEE 1609.2 |
//! | [`secure`] | who signed a message and whether to believe it; an encrypted channel over the radio |
//! | [`v2g`] | the conversation about charging, both ends |
//! | [`announcement`] | what a charging station says to everybody who comes by |
//! | [`v2v`] | what cars tell each other, and what a car concludes from it |
//! | [`limits`], [`deadlines`] | every bound and every time of the radio's conversations |
//!
//! Without the feature `its` there are neither `wire` nor `v2v` nor signed messages: boards leave
//! those to the computer.

#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "its")]
extern crate alloc;

#[cfg(feature = "its")]
pub mod announcement;
pub mod deadlines;
pub mod legacy;
pub mod legacy_mode;
pub mod limits;
pub mod link;
mod pace;
pub mod pzem;
pub mod secure;
pub mod v2g;
#[cfg(feature = "its")]
pub mod v2v;
#[cfg(feature = "its")]
pub mod wire;
