//! The vehicle computer's view of its car.
//!
//! | file | what it decides |
//! |---|---|
//! | [`state`] | which value of a quantity holds now, how old it is and where it came from |
//! | [`gnss`] | whether a fix is good, repeated, frozen or no place at all |
//! | [`charging`] | whether the battery is being charged from the mains (never by braking) |
//! | [`course`] | in which direction the car moves, from the places where it was |
//! | [`mode`] | whether the car drives, charges, keeps its 12 V battery or changes between them |
//! | [`merged`] | the row that puts all of it on one line, for CSV and telemetry |
//! | [`observation`] | one moment of the car, as trips, charges and alarms are judged by it |
//! | [`episode`] | what trips and charges have in common: ids, changes, restarts |
//! | [`energy`] | energy and charge through the battery, never over unknown stretches |
//! | [`trip`] | trips, with distance, energy and extremes |
//! | [`charge`] | charges, with energy, interruptions and the cause of their end |
//! | [`battery`] | cell spread, capacity and alarms of the traction battery |
//! | [`radio`] | V2V and V2G: what they are fed with, what of them is kept |

pub mod battery;
pub mod charge;
pub mod charging;
pub mod course;
pub mod energy;
pub mod episode;
pub mod gnss;
pub mod merged;
pub mod mode;
pub mod observation;
pub mod radio;
pub mod state;
pub mod trip;

pub use battery::{Alarm, AlarmChange, AlarmLimits, Battery, CapacityEstimate};
pub use charge::{Charge, ChargeEnd, ChargeTracker};
pub use charging::ChargeDetector;
pub use course::Course;
pub use energy::Flow;
pub use episode::{Change, EpisodeId, EpisodeIdError};
pub use gnss::{FixJudge, FixQuality};
pub use mode::{Mode, ModeDetector};
pub use observation::{BatteryReadings, Observation};
pub use state::{Observed, Snapshot, VehicleState};
pub use trip::{DistanceSource, Trip, TripDetector, TripEnd};
