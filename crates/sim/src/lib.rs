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

#![forbid(unsafe_code)]

pub mod bus;
pub mod car;
pub mod chance;
pub mod driver;
pub mod town;
pub mod twizy;
