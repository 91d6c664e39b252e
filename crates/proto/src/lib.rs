//! The protocols of the car and the station, sans-IO: bytes to values and back.
//!
//! | folder | what it speaks |
//! |---|---|
//! | [`link`] | the framed serial link between a board and its Linux computer |

#![no_std]
#![forbid(unsafe_code)]

pub mod link;
