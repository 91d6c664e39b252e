//! What others report on the way ahead, and whoever brakes hard there.

use alloc::vec::Vec;

use v2x_units::{Degrees, Instant, Meters};

use super::{Danger, LocalDynamicMap, OwnNow, Reason, Subject, Warning, WarningKind};
use crate::deadlines::WARNING_CLAIM_AGE_MAX;
use crate::limits::EMERGENCY_DECELERATION;
use crate::v2v::confidence::Confidence;
use crate::v2v::event_table::{KnownEvent, Relevance};
use crate::v2v::geometry::{Step, difference};
use crate::v2v::neighbour::Neighbour;
use crate::wire::station::CauseCode;

/// A report warns when it is so near, in metres, or in seconds at the present speed.
const NEAR_M: f64 = 100.0;
const NEAR_S: f64 = 10.0;
/// How much more keeps the warning.
const KEEPS: f64 = 4.0 / 3.0;
/// Slower than this, in m/s, the car is not on its way anywhere.
const OWN_SPEED_MIN: f64 = 1.0;
/// Who brakes within this way ahead, aside and angle brakes for us too.
const BRAKING_AHEAD_M: f64 = 150.0;
const BRAKING_ASIDE_M: f64 = 6.0;
const BRAKING_ANGLE: f64 = 45.0;
/// The confidence that is left at an angle of 60 degrees off the axis.
const ASKEW: f64 = 0.6;

pub(super) fn look(now: Instant, car: &OwnNow, map: &LocalDynamicMap, dangers: &mut Vec<Danger>) {
    let (Some(heading), Some(speed)) = (car.heading, car.speed) else {
        return;
    };
    if speed.get() < OWN_SPEED_MIN {
        return;
    }
    for event in map.events().iter() {
        if let Some(relevance) = event.relevance(car.position, heading) {
            let signer = map.confidence_in(now, event.signer);
            dangers.extend(reported(event, &relevance, speed.get(), signer));
        }
    }
    for neighbour in map.neighbours() {
        if neighbour.age(now) <= WARNING_CLAIM_AGE_MAX {
            dangers.extend(brakes(now, car, heading, neighbour));
        }
    }
}

fn kind_of(event: &KnownEvent) -> Option<WarningKind> {
    /// Slower than this, in m/s, a broken-down vehicle counts as standing.
    const STANDS: f64 = 1.0;
    match event.cause {
        CauseCode::EMERGENCY_BRAKE => Some(WarningKind::EmergencyBrakeLight),
        CauseCode { cause: 94, .. } => Some(WarningKind::StationaryVehicleAhead),
        CauseCode { cause: 91, .. } if event.speed.is_none_or(|it| it.get() < STANDS) => {
            Some(WarningKind::StationaryVehicleAhead)
        }
        CauseCode { cause: 26 | 91, .. } => Some(WarningKind::SlowVehicleAhead),
        _ => None,
    }
}

fn reported(
    event: &KnownEvent,
    relevance: &Relevance,
    speed: f64,
    signer: Option<Confidence>,
) -> Option<Danger> {
    let kind = kind_of(event)?;
    let near = NEAR_M.max(NEAR_S * speed);
    let distance = relevance.distance.get();
    if distance > near * KEEPS {
        return None;
    }
    let askew = if relevance.on_path {
        1.0
    } else {
        1.0 - (1.0 - ASKEW) * relevance.off_axis.get() / 60.0
    };
    // 1 is the lowest quality, 7 the highest, 0 says nothing.
    let quality = match event.quality.raw() {
        0 => 0.7,
        quality => 0.5 + f64::from(quality) / 14.0,
    };
    let denied = if event.denied_by.is_some() { 0.5 } else { 1.0 };
    let subject = match kind {
        // The same car may show it by its CAMs: one warning for both.
        WarningKind::EmergencyBrakeLight => Subject::Station(event.action.originator),
        _ => Subject::Event(event.action),
    };
    Some(Danger {
        warning: Warning {
            kind,
            subject,
            distance: relevance.distance,
            time_to_collision: None,
            confidence: signer
                .unwrap_or(Confidence::UNKNOWN)
                .times(askew * quality * denied),
            reason: Reason::Reported {
                cause: event.cause,
                on_path: relevance.on_path,
            },
        },
        raises: distance <= near,
    })
}

fn brakes(now: Instant, car: &OwnNow, heading: Degrees, neighbour: &Neighbour) -> Option<Danger> {
    let claim = &neighbour.claim;
    let slows = -claim.acceleration?.get();
    let theirs = claim.heading?;
    let (ahead, left) = Step::between(car.position, neighbour.position(now)).seen_along(heading);
    let in_the_way = (0.0..=BRAKING_AHEAD_M).contains(&ahead)
        && left.abs() <= BRAKING_ASIDE_M
        && difference(theirs, heading).get() <= BRAKING_ANGLE;
    (in_the_way && slows >= EMERGENCY_DECELERATION.get()).then(|| Danger {
        warning: Warning {
            kind: WarningKind::EmergencyBrakeLight,
            subject: Subject::Station(neighbour.station),
            distance: Meters::new(ahead),
            time_to_collision: None,
            confidence: neighbour.confidence(now),
            reason: Reason::Braking(slows),
        },
        raises: true,
    })
}
