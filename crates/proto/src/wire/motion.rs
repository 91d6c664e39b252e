//! How a vehicle moves: heading, speed, acceleration, curvature, yaw rate, steering.
//!
//! Standard: ETSI TS 102 894-2 v1.3.1. Signs: forward, left and up are positive.

use v2x_units::Degrees;

use super::asn1::{cam, cdd};
use super::error::WireError;
use super::number::{Coded, Number, Ranged, bounds, codes, number};
use super::reference_position::HeadingValue;

number! {
    /// How far off a heading is in 95 % of cases.
    HeadingConfidence: u8 = "headingConfidence", 1..=125,
    out_of_range 126, unavailable 127, 10.0 per Degrees
}

/// The direction of the movement; in reverse it points backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Heading {
    /// Clockwise from true north.
    pub value: Option<HeadingValue>,
    /// How far off it may be.
    pub confidence: Option<Ranged<HeadingConfidence>>,
}

impl Heading {
    pub(crate) fn to_asn1(self) -> cdd::Heading {
        cdd::Heading {
            heading_value: self.value.coded(),
            heading_confidence: self.confidence.coded(),
        }
    }

    pub(crate) fn from_asn1(heading: &cdd::Heading) -> Result<Self, WireError> {
        Ok(Self {
            value: HeadingValue::known(heading.heading_value)?,
            confidence: HeadingConfidence::ranged(heading.heading_confidence)?,
        })
    }
}

number! {
    /// The amount of a speed, without direction; the largest stands for everything above.
    SpeedValue: u16 = "speedValue", 0..=16_382, unavailable 16_383, 100.0 per MetersPerSecond
}

number! {
    /// How far off a speed is in 95 % of cases.
    SpeedConfidence: u8 = "speedConfidence", 1..=125,
    out_of_range 126, unavailable 127, 100.0 per MetersPerSecond
}

/// How fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Speed {
    /// The amount; 0 is standing.
    pub value: Option<SpeedValue>,
    /// How far off it may be.
    pub confidence: Option<Ranged<SpeedConfidence>>,
}

impl Speed {
    pub(crate) fn to_asn1(self) -> cdd::Speed {
        cdd::Speed {
            speed_value: self.value.coded(),
            speed_confidence: self.confidence.coded(),
        }
    }

    pub(crate) fn from_asn1(speed: &cdd::Speed) -> Result<Self, WireError> {
        Ok(Self {
            value: SpeedValue::known(speed.speed_value)?,
            confidence: SpeedConfidence::ranged(speed.speed_confidence)?,
        })
    }
}

codes! {
    /// Which way the vehicle drives.
    DriveDirection = "driveDirection" {
        /// Forwards.
        Forward = 0,
        /// Backwards.
        Backward = 1,
    }, unavailable 2
}

number! {
    /// An acceleration: forward, left or up positive.
    AccelerationValue: i16 = "accelerationValue", -160..=160,
    unavailable 161, 10.0 per MetersPerSecondSquared
}

number! {
    /// How far off an acceleration is in 95 % of cases.
    AccelerationConfidence: u8 = "accelerationConfidence", 0..=100,
    out_of_range 101, unavailable 102, 10.0 per MetersPerSecondSquared
}

/// How the speed changes along one axis of the vehicle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Acceleration {
    /// Forward, left or up positive.
    pub value: Option<AccelerationValue>,
    /// How far off it may be.
    pub confidence: Option<Ranged<AccelerationConfidence>>,
}

impl Acceleration {
    pub(crate) fn to_asn1(self) -> cam::Acceleration {
        cam::Acceleration {
            value: self.value.coded(),
            confidence: self.confidence.coded(),
        }
    }

    pub(crate) fn from_asn1(acceleration: &cam::Acceleration) -> Result<Self, WireError> {
        Ok(Self {
            value: AccelerationValue::known(acceleration.value)?,
            confidence: AccelerationConfidence::ranged(acceleration.confidence)?,
        })
    }
}

number! {
    /// How the path bends, left positive; the ends stand for everything tighter.
    CurvatureValue: i16 = "curvatureValue", -1023..=1022,
    unavailable 1023, 10_000.0 per PerMeter
}

bounds! {
    /// How far off a curvature is in 95 % of cases, at most.
    CurvatureConfidence = "curvatureConfidence", PerMeter, 6,
    [0.00002, 0.0001, 0.0005, 0.002, 0.01, 0.1], out_of_range 6, unavailable 7
}

codes! {
    /// Whether the curvature was reckoned from the yaw rate.
    CurvatureCalculation = "curvatureCalculationMode" {
        /// From yaw rate and speed.
        YawRateUsed = 0,
        /// From something else.
        YawRateNotUsed = 1,
    }, unavailable 2
}

/// How the path of the vehicle bends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Curvature {
    /// The inverse of the radius, left positive.
    pub value: Option<CurvatureValue>,
    /// How far off it may be.
    pub confidence: Option<Ranged<CurvatureConfidence>>,
    /// How it was reckoned.
    pub calculation: Option<CurvatureCalculation>,
}

number! {
    /// How fast the vehicle turns, left positive.
    YawRateValue: i16 = "yawRateValue", -32_766..=32_766,
    unavailable 32_767, 100.0 per DegreesPerSecond
}

bounds! {
    /// How far off a yaw rate is in 95 % of cases, at most.
    YawRateConfidence = "yawRateConfidence", DegreesPerSecond, 7,
    [0.01, 0.05, 0.1, 1.0, 5.0, 10.0, 100.0], out_of_range 7, unavailable 8
}

/// How fast the vehicle turns about its vertical axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct YawRate {
    /// Left positive.
    pub value: Option<YawRateValue>,
    /// How far off it may be.
    pub confidence: Option<Ranged<YawRateConfidence>>,
}

number! {
    /// How far the steering wheel is turned, left positive.
    SteeringWheelAngleValue: i16 = "steeringWheelAngleValue", -511..=511, unavailable 512
}

impl SteeringWheelAngleValue {
    /// The angle in its unit: a step is 1.5 degrees.
    #[must_use]
    pub fn get(self) -> Degrees {
        Degrees::new(f64::from(self.0) * 1.5)
    }
}

number! {
    /// How far off a steering wheel angle is in 95 % of cases, in steps of 1.5 degrees.
    SteeringWheelAngleConfidence: u8 = "steeringWheelAngleConfidence", 1..=125,
    out_of_range 126, unavailable 127
}

/// How far the steering wheel is turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SteeringWheelAngle {
    /// Left positive.
    pub value: Option<SteeringWheelAngleValue>,
    /// How far off it may be.
    pub confidence: Option<Ranged<SteeringWheelAngleConfidence>>,
}

impl SteeringWheelAngle {
    pub(crate) fn to_asn1(self) -> cam::SteeringWheelAngle {
        cam::SteeringWheelAngle {
            steering_wheel_angle_value: self.value.coded(),
            steering_wheel_angle_confidence: self.confidence.coded(),
        }
    }

    pub(crate) fn from_asn1(angle: &cam::SteeringWheelAngle) -> Result<Self, WireError> {
        Ok(Self {
            value: SteeringWheelAngleValue::known(angle.steering_wheel_angle_value)?,
            confidence: SteeringWheelAngleConfidence::ranged(
                angle.steering_wheel_angle_confidence,
            )?,
        })
    }
}
