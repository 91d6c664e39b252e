//! What time it is, as a value with a source and an error.
//!
//! Records are ordered by the computer's monotonic clock and only dated by UTC. What UTC is comes
//! from witnesses that may be late, wrong or silent: GNSS fixes and the system clock. Nothing here
//! reads a clock: the daemon passes readings in and asks for dates.
//!
//! | file | what it decides |
//! |---|---|
//! | [`timekeeper`] | which witness to believe, and the date of a moment |
//! | `track` | how far two clocks are apart: bounds on offset and drift |
//! | [`board`] | when a board captured something, on the computer's clock |
//! | [`succession`] | that dated rows keep their order and never share a millisecond |

pub mod board;
pub mod succession;
pub mod timekeeper;
mod track;

pub use board::BoardClock;
pub use succession::Succession;
pub use timekeeper::{Dated, GnssTime, SystemTime, TimeChange, TimeSource, Timekeeper};
