//! What a CAM claims about its sender, in units; what may not be used is `None`.

use v2x_units::{Degrees, Meters, MetersPerSecond, MetersPerSecondSquared, Position};

use super::geometry::Step;
use crate::wire::Ranged;
use crate::wire::cam::{AccelerationControl, Cam, HighFrequency};
use crate::wire::its_time::ItsTime;
use crate::wire::motion::DriveDirection;

/// What a station says of itself at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Claim {
    /// When its position was valid.
    pub at: ItsTime,
    /// Where it is.
    pub position: Position,
    /// The longer half axis of the ellipse that holds it in 95 % of cases.
    pub accuracy: Option<Meters>,
    /// Where it moves to.
    pub heading: Option<Degrees>,
    /// How fast, 0 or more.
    pub speed: Option<MetersPerSecond>,
    /// Forward positive.
    pub acceleration: Option<MetersPerSecondSquared>,
    /// Forwards or backwards.
    pub direction: Option<DriveDirection>,
    /// How long it is.
    pub length: Option<Meters>,
    /// How wide it is.
    pub width: Option<Meters>,
    /// What acts on its speed.
    pub control: Option<AccelerationControl>,
}

impl Claim {
    /// What a CAM claims, whose position was valid at a moment; `None` without a position that
    /// may be used.
    pub(super) fn of(cam: &Cam, at: ItsTime) -> Option<Self> {
        let position = cam.position.position()?;
        let accuracy = match cam.position.confidence.semi_major {
            Some(Ranged::OutOfRange) => return None,
            Some(Ranged::Within(axis)) => Some(axis.get()),
            None => None,
        };
        let nothing_more = Self {
            at,
            position,
            accuracy,
            heading: None,
            speed: None,
            acceleration: None,
            direction: None,
            length: None,
            width: None,
            control: None,
        };
        let HighFrequency::Vehicle(vehicle) = &cam.high_frequency else {
            return Some(nothing_more);
        };
        Some(Self {
            heading: usable(vehicle.heading.value, vehicle.heading.confidence)
                .map(|heading| heading.get()),
            speed: usable(vehicle.speed.value, vehicle.speed.confidence).map(|speed| speed.get()),
            acceleration: usable(
                vehicle.longitudinal_acceleration.value,
                vehicle.longitudinal_acceleration.confidence,
            )
            .map(|acceleration| acceleration.get()),
            direction: vehicle.drive_direction,
            length: within(vehicle.length).map(|length| length.get()),
            width: within(vehicle.width).map(|width| width.get()),
            control: vehicle.acceleration_control,
            ..nothing_more
        })
    }

    /// Where it is some seconds later, if it goes on as it did.
    #[must_use]
    pub fn position_after(&self, seconds: f64) -> Position {
        let (Some(heading), Some(speed)) = (self.heading, self.speed) else {
            return self.position;
        };
        let way = speed.get() * seconds;
        Step::towards(heading, way)
            .from(self.position)
            .unwrap_or(self.position)
    }
}

/// A value that its own confidence does not forbid to use.
fn usable<T, C>(value: Option<T>, confidence: Option<Ranged<C>>) -> Option<T> {
    match confidence {
        Some(Ranged::OutOfRange) => None,
        _ => value,
    }
}

fn within<T>(value: Option<Ranged<T>>) -> Option<T> {
    match value {
        Some(Ranged::Within(value)) => Some(value),
        _ => None,
    }
}
