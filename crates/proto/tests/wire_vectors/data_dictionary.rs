//! Common data of several messages in the notation of the vectors.

use serde_json::{Map, Value, json};
use v2x_proto::wire::Ranged;
use v2x_proto::wire::motion::{Heading, Speed};
use v2x_proto::wire::reference_position::{DeltaPosition, PathHistory, ReferencePosition};
use v2x_proto::wire::station::{ActionId, CauseCode};

/// A quantity as a whole number of steps.
pub(crate) fn steps(value: f64, per_unit: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "fields are narrow")]
    let steps = (value * per_unit).round() as i64;
    steps
}

/// A value, or the codes for "out of range" and "unavailable".
pub(crate) fn ranged<T>(
    value: Option<Ranged<T>>,
    out_of_range: i64,
    unavailable: i64,
    number: impl Fn(T) -> i64,
) -> i64 {
    match value {
        Some(Ranged::Within(value)) => number(value),
        Some(Ranged::OutOfRange) => out_of_range,
        None => unavailable,
    }
}

/// An object without the members that are null.
pub(crate) fn present(object: Value) -> Value {
    let Value::Object(members) = object else {
        return object;
    };
    let present: Map<_, _> = members
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect();
    Value::Object(present)
}

/// A fixed number of bits, bit 0 first.
pub(crate) fn bits(value: u8, count: usize) -> String {
    let text = format!("{value:08b}");
    text[8 - count..].to_owned()
}

const ALTITUDE_CONFIDENCES: [&str; 14] = [
    "alt-000-01",
    "alt-000-02",
    "alt-000-05",
    "alt-000-10",
    "alt-000-20",
    "alt-000-50",
    "alt-001-00",
    "alt-002-00",
    "alt-005-00",
    "alt-010-00",
    "alt-020-00",
    "alt-050-00",
    "alt-100-00",
    "alt-200-00",
];

pub(crate) fn reference_position(place: &ReferencePosition) -> Value {
    let altitude_confidence = match place.altitude_confidence {
        None => "unavailable",
        Some(Ranged::OutOfRange) => "outOfRange",
        Some(Ranged::Within(confidence)) => {
            let bound = format!("alt-{:06.2}", confidence.bound().get()).replace('.', "-");
            *ALTITUDE_CONFIDENCES
                .iter()
                .find(|name| **name == bound)
                .unwrap()
        }
    };
    let ellipse = &place.confidence;
    json!({
        "latitude": place.latitude.map_or(900_000_001, |it| steps(it.get().get(), 1e7)),
        "longitude": place.longitude.map_or(1_800_000_001, |it| steps(it.get().get(), 1e7)),
        "positionConfidenceEllipse": {
            "semiMajorConfidence":
                ranged(ellipse.semi_major, 4094, 4095, |it| steps(it.get().get(), 100.0)),
            "semiMinorConfidence":
                ranged(ellipse.semi_minor, 4094, 4095, |it| steps(it.get().get(), 100.0)),
            "semiMajorOrientation":
                ellipse.orientation.map_or(3601, |it| steps(it.get().get(), 10.0)),
        },
        "altitude": {
            "altitudeValue": place.altitude.map_or(800_001, |it| steps(it.get().get(), 100.0)),
            "altitudeConfidence": altitude_confidence,
        },
    })
}

pub(crate) fn heading(heading: &Heading) -> Value {
    json!({
        "headingValue": heading.value.map_or(3601, |it| steps(it.get().get(), 10.0)),
        "headingConfidence": ranged(heading.confidence, 126, 127, |it| steps(it.get().get(), 10.0)),
    })
}

pub(crate) fn speed(speed: &Speed) -> Value {
    json!({
        "speedValue": speed.value.map_or(16_383, |it| steps(it.get().get(), 100.0)),
        "speedConfidence": ranged(speed.confidence, 126, 127, |it| steps(it.get().get(), 100.0)),
    })
}

pub(crate) fn delta_position(delta: &DeltaPosition) -> Value {
    json!({
        "deltaLatitude": delta.latitude.map_or(131_072, |it| steps(it.get().get(), 1e7)),
        "deltaLongitude": delta.longitude.map_or(131_072, |it| steps(it.get().get(), 1e7)),
        "deltaAltitude": delta.altitude.map_or(12_800, |it| steps(it.get().get(), 100.0)),
    })
}

pub(crate) fn path(path: &PathHistory) -> Value {
    path.iter()
        .map(|point| {
            present(json!({
                "pathPosition": delta_position(&point.position),
                "pathDeltaTime": point.delta_time.map(|it| it.raw()),
            }))
        })
        .collect()
}

pub(crate) fn cause(cause: &CauseCode) -> Value {
    json!({ "causeCode": cause.cause, "subCauseCode": cause.sub_cause })
}

pub(crate) fn action(action: &ActionId) -> Value {
    json!({
        "originatingStationID": action.originator.raw(),
        "sequenceNumber": action.sequence.raw(),
    })
}
