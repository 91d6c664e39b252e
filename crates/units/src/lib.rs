//! Quantities, identifiers and points in time: the words every other crate speaks.
//!
//! A number with a unit is a type here, and so is an identifier: `Volts + Amps` does not compile,
//! a battery current says in its constructor whether it charges or discharges, and a point in time
//! has no `now()`. This crate knows no clock, no bytes on a wire and no heap.
//!
//! | file | what it holds |
//! |---|---|
//! | [`quantity`] | volts, amperes, watts, energies, temperatures, speeds, distances, angles |
//! | [`battery`] | current with its direction, state of charge |
//! | [`position`] | a place on the WGS 84 ellipsoid and the distance between two |
//! | [`time`] | [`Instant`] (since boot) and [`UtcTime`] (since 1970), civil dates |
//! | [`can`] | CAN identifiers and frames |
//! | [`gnss`] | one GNSS fix as a receiver reports it |
//! | [`ids`] | boot ids, MAC addresses |

#![no_std]
#![forbid(unsafe_code)]

pub mod battery;
pub mod can;
pub mod gnss;
pub mod ids;
pub mod position;
pub mod quantity;
pub mod time;

pub use battery::{BatteryCurrent, StateOfCharge};
pub use can::{CanFrame, CanId, CanIdError};
pub use gnss::GnssFix;
pub use ids::{BootId, MacAddress};
pub use position::{Position, PositionError};
pub use quantity::{
    AmpereHours, Amps, Celsius, Degrees, DegreesPerSecond, Hertz, Kilometers, KilometersPerHour,
    Meters, MetersPerSecond, MetersPerSecondSquared, PerMeter, Volts, WattHours, Watts,
};
pub use time::{CivilError, CivilTime, Instant, Stamp, UtcTime};
