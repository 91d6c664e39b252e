//! The protocols of the car and the station, sans-IO: bytes to values and back.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod secure;
pub mod wire;
