//! What a CAM of the own car says.
//!
//! | field | from |
//! |---|---|
//! | position, ellipse, altitude | the last fix, reckoned on to the moment of the CAM |
//! | heading | course over ground; while standing the last one, without a confidence |
//! | speed | wheel speed, rounded up; confidence unavailable, for it is not calibrated |
//! | acceleration | the car's own figure, else the slope of the speed; confidence unavailable |
//! | drive direction, yaw rate, pedals, lights | the car's bus, where it says |
//! | curvature | from yaw rate and speed above 1 m/s |
//! | length, width, station type | settings |
//! | lane, steering, lateral and vertical acceleration, tolling zones | never |

use alloc::vec::Vec;

use v2x_units::{Meters, PerMeter};

use super::input::V2vSettings;
use super::own::OwnNow;
use crate::wire::cam::{
    AccelerationControl, Cam, ExteriorLights, HighFrequency, LowFrequency, TrailerPresence,
    VehicleHighFrequency, VehicleLengthValue, VehicleRole, VehicleWidth,
};
use crate::wire::its_time::ItsTime;
use crate::wire::motion::{
    Acceleration, AccelerationValue, Curvature, CurvatureCalculation, CurvatureValue, Heading,
    Speed, SpeedValue, YawRate, YawRateValue,
};
use crate::wire::reference_position::{
    AltitudeValue, ConfidenceEllipse, HeadingValue, PathPoint, ReferencePosition, SemiAxisLength,
};
use crate::wire::station::StationId;
use crate::wire::{List, Ranged, WireError};

/// Below this speed a yaw rate says nothing about a radius.
const CURVATURE_SPEED_MIN: f64 = 1.0;

/// Tells how the car is at a moment; with the low-frequency container where a path is given.
pub(super) fn cam(
    station: StationId,
    at: ItsTime,
    car: &OwnNow,
    path: Option<Vec<PathPoint>>,
    settings: &V2vSettings,
) -> Result<Cam, WireError> {
    let low_frequency = path.map(|path| {
        Ok::<_, WireError>(LowFrequency {
            role: VehicleRole::Default,
            exterior_lights: car
                .motion
                .map_or(ExteriorLights::empty(), |motion| motion.lights),
            path_history: List::new("pathHistory", path)?,
        })
    });
    Ok(Cam {
        station,
        generation_delta_time: at.generation_delta_time(),
        station_type: settings.station_type,
        position: position(car),
        high_frequency: HighFrequency::Vehicle(high_frequency(car, settings)),
        low_frequency: low_frequency.transpose()?,
        special_vehicle: None,
    })
}

fn high_frequency(car: &OwnNow, settings: &V2vSettings) -> VehicleHighFrequency {
    let motion = car.motion;
    VehicleHighFrequency {
        heading: heading(car),
        speed: speed(car),
        drive_direction: motion.and_then(|motion| motion.direction),
        length: VehicleLengthValue::rounded_up(settings.length)
            .map(Ranged::Within)
            .ok(),
        trailer: Some(TrailerPresence::NoTrailer),
        width: VehicleWidth::rounded_up(settings.width)
            .map(Ranged::Within)
            .ok(),
        longitudinal_acceleration: Acceleration {
            value: car
                .acceleration
                .and_then(|value| AccelerationValue::nearest(value).ok()),
            confidence: None,
        },
        curvature: curvature(car),
        yaw_rate: YawRate {
            value: motion
                .and_then(|motion| motion.yaw_rate)
                .and_then(|rate| YawRateValue::nearest(rate).ok()),
            confidence: None,
        },
        acceleration_control: control(car),
        ..VehicleHighFrequency::default()
    }
}

fn control(car: &OwnNow) -> Option<AccelerationControl> {
    let motion = car.motion?;
    let (brake, gas) = (motion.brake_pedal, motion.accelerator_pedal);
    if brake.is_none() && gas.is_none() {
        return None;
    }
    let mut control = AccelerationControl::empty();
    control.set(AccelerationControl::BRAKE_PEDAL, brake == Some(true));
    control.set(AccelerationControl::GAS_PEDAL, gas == Some(true));
    Some(control)
}

fn curvature(car: &OwnNow) -> Curvature {
    let value = car.motion.and_then(|motion| {
        let (rate, speed) = (motion.yaw_rate?, motion.speed?);
        if speed.get() < CURVATURE_SPEED_MIN {
            return None;
        }
        CurvatureValue::nearest(PerMeter::new(rate.get().to_radians() / speed.get())).ok()
    });
    Curvature {
        value,
        confidence: None,
        calculation: value.map(|_| CurvatureCalculation::YawRateUsed),
    }
}

/// Where the car moves to.
pub(super) fn heading(car: &OwnNow) -> Heading {
    Heading {
        value: car
            .heading
            .and_then(|heading| HeadingValue::nearest(super::geometry::normal(heading)).ok()),
        confidence: None,
    }
}

/// How fast.
pub(super) fn speed(car: &OwnNow) -> Speed {
    Speed {
        value: car
            .speed
            .and_then(|speed| SpeedValue::rounded_up(speed).ok()),
        confidence: None,
    }
}

/// Where it is.
pub(super) fn position(car: &OwnNow) -> ReferencePosition {
    let confidence = car
        .accuracy
        .map_or(ConfidenceEllipse::default(), |accuracy| ConfidenceEllipse {
            semi_major: axis(accuracy.semi_major),
            semi_minor: axis(accuracy.semi_minor),
            orientation: HeadingValue::nearest(super::geometry::normal(accuracy.orientation)).ok(),
        });
    ReferencePosition {
        confidence,
        altitude: car
            .altitude
            .and_then(|altitude| AltitudeValue::nearest(altitude).ok()),
        altitude_confidence: None,
        ..ReferencePosition::at(car.position)
    }
}

/// Half an axis; one longer than the field can say is said to be out of range, and 0, which is
/// not to be used, becomes the smallest step.
fn axis(length: Meters) -> Option<Ranged<SemiAxisLength>> {
    const STEP: f64 = 0.01;
    let longest = SemiAxisLength::MAX.get();
    if length > longest {
        return Some(Ranged::OutOfRange);
    }
    let length = Meters::new(length.get().max(STEP));
    SemiAxisLength::rounded_up(length).map(Ranged::Within).ok()
}
