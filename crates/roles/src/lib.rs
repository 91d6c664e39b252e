//! What vehicle, station and hub decide, fed with inputs and the time.
//!
//! No socket, no clock, no file: [`vehicle`], [`station`], [`hub`], [`timekeeping`] and
//! [`reporting`] are driven by the daemons in `apps/` and by the simulator with the same types.
//! What a frame means is `can`'s business, how rows are written is `recording`'s, where they go is
//! `store`'s and `uplink`'s.

#![forbid(unsafe_code)]

pub mod hub;
pub mod reporting;
pub mod station;
pub mod timekeeping;
pub mod vehicle;
