//! A CAM in the notation of the vectors.

use serde_json::{Value, json};
use v2x_proto::wire::Ranged;
use v2x_proto::wire::cam::{
    Cam, HighFrequency, LowFrequency, ProtectedZoneKind, RsuHighFrequency, SpecialVehicle,
    TrailerPresence, VehicleHighFrequency, VehicleRole,
};
use v2x_proto::wire::motion::{
    Acceleration, Curvature, CurvatureCalculation, DriveDirection, YawRate,
};

use crate::data_dictionary::{
    bits, cause, heading, path, present, ranged, reference_position, speed, steps,
};

pub(crate) fn written_out(cam: &Cam) -> Value {
    let high_frequency = match &cam.high_frequency {
        HighFrequency::Vehicle(vehicle) => {
            json!({ "basicVehicleContainerHighFrequency": high_frequency(vehicle) })
        }
        HighFrequency::RoadSideUnit(unit) => json!({ "rsuContainerHighFrequency": rsu(unit) }),
    };
    json!({
        "header": { "protocolVersion": 2, "messageID": 2, "stationID": cam.station.raw() },
        "cam": {
            "generationDeltaTime": cam.generation_delta_time.raw(),
            "camParameters": present(json!({
                "basicContainer": {
                    "stationType": cam.station_type.raw(),
                    "referencePosition": reference_position(&cam.position),
                },
                "highFrequencyContainer": high_frequency,
                "lowFrequencyContainer": cam.low_frequency.as_ref().map(low_frequency),
                "specialVehicleContainer": cam.special_vehicle.as_ref().map(special_vehicle),
            })),
        },
    })
}

fn high_frequency(vehicle: &VehicleHighFrequency) -> Value {
    let mut longitudinal = json!({});
    for (name, value) in acceleration("longitudinal", &vehicle.longitudinal_acceleration) {
        longitudinal[name] = value;
    }
    present(json!({
        "heading": heading(&vehicle.heading),
        "speed": speed(&vehicle.speed),
        "driveDirection": match vehicle.drive_direction {
            Some(DriveDirection::Forward) => "forward",
            Some(DriveDirection::Backward) => "backward",
            None => "unavailable",
        },
        "vehicleLength": {
            "vehicleLengthValue":
                ranged(vehicle.length, 1022, 1023, |it| steps(it.get().get(), 10.0)),
            "vehicleLengthConfidenceIndication": match vehicle.trailer {
                Some(TrailerPresence::NoTrailer) => "noTrailerPresent",
                Some(TrailerPresence::KnownLength) => "trailerPresentWithKnownLength",
                Some(TrailerPresence::UnknownLength) => "trailerPresentWithUnknownLength",
                Some(TrailerPresence::Unknown) => "trailerPresenceIsUnknown",
                None => "unavailable",
            },
        },
        "vehicleWidth": ranged(vehicle.width, 61, 62, |it| steps(it.get().get(), 10.0)),
        "longitudinalAcceleration": longitudinal,
        "curvature": curvature(&vehicle.curvature),
        "curvatureCalculationMode": match vehicle.curvature.calculation {
            Some(CurvatureCalculation::YawRateUsed) => "yawRateUsed",
            Some(CurvatureCalculation::YawRateNotUsed) => "yawRateNotUsed",
            None => "unavailable",
        },
        "yawRate": yaw_rate(&vehicle.yaw_rate),
        "accelerationControl": vehicle.acceleration_control.map(|it| bits(it.bits(), 7)),
        "lanePosition": vehicle.lane_position.map(|it| it.raw()),
        "steeringWheelAngle": vehicle.steering_wheel_angle.map(|angle| json!({
            "steeringWheelAngleValue":
                angle.value.map_or(512, |it| steps(it.get().get(), 1.0 / 1.5)),
            "steeringWheelAngleConfidence":
                ranged(angle.confidence, 126, 127, |it| it.raw().into()),
        })),
        "lateralAcceleration": vehicle
            .lateral_acceleration
            .map(|it| Value::Object(acceleration("lateral", &it).into_iter().collect())),
        "verticalAcceleration": vehicle
            .vertical_acceleration
            .map(|it| Value::Object(acceleration("vertical", &it).into_iter().collect())),
        "performanceClass": vehicle.performance_class.map(|it| it.raw()),
        "cenDsrcTollingZone": vehicle.tolling_zone.map(|zone| present(json!({
            "protectedZoneLatitude":
                zone.latitude.map_or(900_000_001, |it| steps(it.get().get(), 1e7)),
            "protectedZoneLongitude":
                zone.longitude.map_or(1_800_000_001, |it| steps(it.get().get(), 1e7)),
            "cenDsrcTollingZoneID": zone.id.map(|it| it.raw()),
        }))),
    }))
}

fn curvature(curvature: &Curvature) -> Value {
    json!({
        "curvatureValue":
            curvature.value.map_or(1023, |it| steps(it.get().get(), 1e4)),
        "curvatureConfidence": match curvature.confidence {
            Some(Ranged::Within(bound)) => {
                format!("onePerMeter-{}", bound.bound().get().to_string().replace('.', "-"))
            }
            Some(Ranged::OutOfRange) => "outOfRange".into(),
            None => "unavailable".into(),
        },
    })
}

fn yaw_rate(yaw_rate: &YawRate) -> Value {
    json!({
        "yawRateValue":
            yaw_rate.value.map_or(32_767, |it| steps(it.get().get(), 100.0)),
        "yawRateConfidence": match yaw_rate.confidence {
            Some(Ranged::Within(bound)) => {
                format!("degSec-{:06.2}", bound.bound().get()).replace('.', "-")
            }
            Some(Ranged::OutOfRange) => "outOfRange".into(),
            None => "unavailable".into(),
        },
    })
}

fn acceleration(axis: &str, acceleration: &Acceleration) -> [(String, Value); 2] {
    let value = acceleration
        .value
        .map_or(161, |it| steps(it.get().get(), 10.0));
    let confidence = ranged(acceleration.confidence, 101, 102, |it| {
        steps(it.get().get(), 10.0)
    });
    [
        (format!("{axis}AccelerationValue"), value.into()),
        (format!("{axis}AccelerationConfidence"), confidence.into()),
    ]
}

fn rsu(unit: &RsuHighFrequency) -> Value {
    let zones = unit.protected_zones.as_ref().map(|zones| {
        zones
            .iter()
            .map(|zone| {
                present(json!({
                    "protectedZoneType": match zone.kind {
                        ProtectedZoneKind::PermanentTolling => "permanentCenDsrcTolling",
                        ProtectedZoneKind::TemporaryTolling => "temporaryCenDsrcTolling",
                    },
                    "expiryTime": zone.expiry.map(|it| it.as_millis()),
                    "protectedZoneLatitude":
                        zone.latitude.map_or(900_000_001, |it| steps(it.get().get(), 1e7)),
                    "protectedZoneLongitude":
                        zone.longitude.map_or(1_800_000_001, |it| steps(it.get().get(), 1e7)),
                    "protectedZoneRadius": zone.radius.map(|it| steps(it.get().get(), 1.0)),
                    "protectedZoneID": zone.id.map(|it| it.raw()),
                }))
            })
            .collect::<Value>()
    });
    present(json!({ "protectedCommunicationZonesRSU": zones }))
}

fn low_frequency(container: &LowFrequency) -> Value {
    let role = match container.role {
        VehicleRole::Default => "default",
        other => panic!("no vector has the role {other:?}"),
    };
    json!({ "basicVehicleContainerLowFrequency": {
        "vehicleRole": role,
        "exteriorLights": bits(container.exterior_lights.bits(), 8),
        "pathHistory": path(&container.path_history),
    }})
}

fn special_vehicle(container: &SpecialVehicle) -> Value {
    let SpecialVehicle::Emergency(emergency) = container else {
        panic!("no vector has {container:?}");
    };
    json!({ "emergencyContainer": present(json!({
        "lightBarSirenInUse": bits(emergency.light_bar_siren.bits(), 2),
        "incidentIndication": emergency.incident.as_ref().map(cause),
        "emergencyPriority": emergency.priority.map(|it| bits(it.bits(), 2)),
    }))})
}
