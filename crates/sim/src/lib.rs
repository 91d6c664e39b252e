//! A world in virtual time: a town, its drivers, their cars and what stands between them.
//!
//! Here is what is real outside the product: roads, people, a Twizy's physics and its bus, meters,
//! the air. What the product decides is not copied but run: the boards' programs, the protocol, the
//! roles. No clock, no socket, and no chance but the one of a [`chance::Seed`]: the same seed gives
//! the same bytes.
//!
//! | module | what it holds |
//! |---|---|
//! | [`chance`] | the world's seed and the streams of chance that come from it |
//! | [`town`] | roads with places, heights, limits and stops; ways through them |
//! | [`driver`] | how a person drives along a way |
//! | [`twizy`] | the car's physics: motion, battery, heat, charger |
//! | [`bus`] | what a car says on its CAN bus, and when |
//! | [`car`] | driver, physics and bus of one car together |
//! | [`gnss`] | a GNSS receiver and its sentences |
//! | [`meter`] | a PZEM-004T and its faults |
//! | `grid` | who may be near whom |
//! | [`air`] | ESP-NOW radios within reach of each other, or not |
//! | [`scenario`] | who is where, what they set out to do, what goes wrong |
//! | [`world`] | hardware and computers in virtual time, with checkers that watch |
//! | [`hardware`] | all of it together, up to the lines of the boards |

#![forbid(unsafe_code)]

pub mod air;
pub mod bus;
pub mod car;
pub mod chance;
pub mod driver;
pub mod gnss;
mod grid;
pub mod hardware;
pub mod meter;
pub mod scenario;
pub mod town;
pub mod twizy;
pub mod world;
