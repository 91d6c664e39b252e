//! The vehicle computer's view of its car.
//!
//! | file | what it decides |
//! |---|---|
//! | [`state`] | which value of a quantity holds now, how old it is and where it came from |
//! | [`gnss`] | whether a fix is good, repeated, frozen or no place at all |
//! | [`charging`] | whether the battery is being charged from the mains (never by braking) |
//! | [`merged`] | the row that puts all of it on one line, for CSV and telemetry |

pub mod charging;
pub mod gnss;
pub mod merged;
pub mod state;

pub use charging::ChargeDetector;
pub use gnss::{FixJudge, FixQuality};
pub use state::{Observed, Snapshot, VehicleState};
