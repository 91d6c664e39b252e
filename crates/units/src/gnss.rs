//! One GNSS fix as a receiver reports it: what it says, not yet whether to believe it.
//!
//! Judging a fix (null island, repeated, stale) is the vehicle role's work.

use crate::position::Position;
use crate::quantity::{KilometersPerHour, Meters};
use crate::time::UtcTime;

/// A fix with everything that came with it; what the receiver did not say is `None`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GnssFix {
    /// Where, in WGS 84.
    pub position: Position,
    /// Height above mean sea level.
    pub altitude: Option<Meters>,
    /// Speed over ground.
    pub speed: Option<KilometersPerHour>,
    /// Satellites used.
    pub satellites: Option<u8>,
    /// Horizontal dilution of precision, without unit.
    pub hdop: Option<f64>,
    /// The receiver's own time of the fix.
    pub utc: Option<UtcTime>,
    /// The receiver's own word that this fix is good.
    pub valid: bool,
}
