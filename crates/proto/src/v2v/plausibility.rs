//! Whether what a neighbour claims can be so: signed nonsense is nonsense.
//!
//! Not whether it is signed (`secure/signed`). Each kind is counted by itself.
//!
//! | kind | found when | then |
//! |---|---|---|
//! | position missing | the CAM has no position, or says that it must not be used | refused |
//! | generation time | its moment lies more than 1.5 s from its signature's, or before the last one | refused |
//! | duplicate | it has the moment of the last one | refused |
//! | rate | more than 11 CAMs a second, after a burst of 3 | refused |
//! | out of range | farther away than radio reaches, 1 km | refused |
//! | speed | above 70 m/s | refused |
//! | acceleration | above 12 m/s², claimed or by two speeds | refused |
//! | position jump | farther from the last place than its speeds, 12 m/s² and both accuracies allow | refused |
//! | station id taken | another certificate has used it in this table | refused |
//! | station id changed | a certificate speaks under a second station id | refused |
//! | heading | it turned faster than 60 degrees/s above 3 m/s, or moves otherwise than it says | doubted |
//! | movement | the way between two places does not fit its speeds | doubted |
//! | header mismatch | the packet's header names a place more than 100 m from the message's | doubted |
//! | address mismatch | the packet's header names another radio address than its frame | doubted |
//!
//! Refused means: nothing of the message is taken, and the confidence in its sender is halved.
//! Doubted: it is taken, and the confidence falls by 15 points. A message without a finding
//! raises it by 5.

use v2x_units::{Meters, Position};

use super::claim::Claim;
use super::geometry::{Step, difference};
use crate::limits::{ACCELERATION_PLAUSIBLE_MAX, RADIO_RANGE_MAX, SPEED_PLAUSIBLE_MAX};
use crate::wire::its_time::ItsTime;

/// What is wrong with what a station claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Implausible {
    /// The message has no position, or says that it must not be used.
    PositionMissing,
    /// Its moment lies too far from that of its signature, or before the last one.
    GenerationTime,
    /// It has the moment of the last one.
    Duplicate,
    /// They come more often than the standard allows.
    Rate,
    /// It is farther away than radio reaches.
    OutOfRange,
    /// It is faster than any road vehicle.
    Speed,
    /// It changes its speed faster than any road vehicle.
    Acceleration,
    /// It is farther from its last place than it can have driven.
    PositionJump,
    /// Another certificate uses this station id.
    StationIdTaken,
    /// This certificate has used another station id.
    StationIdChanged,
    /// It turns faster than a car can, or moves otherwise than it says.
    Heading,
    /// The way between two places does not fit its speeds.
    Movement,
    /// The packet's header names another place than the message.
    HeaderMismatch,
    /// The packet's header names another radio address than its frame.
    AddressMismatch,
    /// An event is told by another station than the one that it names as its origin.
    NotOriginator,
    /// An event lies too far away, in the future, or is over already.
    EventImplausible,
    /// One station reports more events than a car can have.
    TooManyEvents,
}

impl Implausible {
    /// A word for counters.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::PositionMissing => "position_missing",
            Self::GenerationTime => "generation_time",
            Self::Duplicate => "duplicate",
            Self::Rate => "rate",
            Self::OutOfRange => "out_of_range",
            Self::Speed => "speed",
            Self::Acceleration => "acceleration",
            Self::PositionJump => "position_jump",
            Self::StationIdTaken => "station_id_taken",
            Self::StationIdChanged => "station_id_changed",
            Self::Heading => "heading",
            Self::Movement => "movement",
            Self::HeaderMismatch => "header_mismatch",
            Self::AddressMismatch => "address_mismatch",
            Self::NotOriginator => "not_originator",
            Self::EventImplausible => "event_implausible",
            Self::TooManyEvents => "too_many_events",
        }
    }

    /// Whether the message is taken all the same, with less confidence.
    #[must_use]
    pub const fn is_doubt(self) -> bool {
        matches!(
            self,
            Self::Heading | Self::Movement | Self::HeaderMismatch | Self::AddressMismatch
        )
    }
}

/// How far the moment of a CAM may lie from that of its signature, in milliseconds.
const MOMENT_APART_MAX_MS: i64 = 1_500;
/// An accuracy that nobody tells: what a receiver in a car has under an open sky.
const ACCURACY_ASSUMED: f64 = 5.0;
/// What positions scatter besides.
const SCATTER: f64 = 3.0;
/// Turns faster than this, in degrees per second, are doubted ...
const TURN_MAX: f64 = 60.0;
/// ... above this speed, in metres per second.
const TURN_SPEED_MIN: f64 = 3.0;
/// How far a heading may be off, in degrees.
const HEADING_SCATTER: f64 = 15.0;
/// How far the direction of a way may differ from the heading, in degrees.
const WAY_APART_MAX: f64 = 60.0;
/// How much speed may be rounded and smoothed, in metres per second.
const SPEED_SCATTER: f64 = 1.0;

/// Whether a first claim can be so, by itself.
pub(super) fn alone(
    claim: &Claim,
    signed: ItsTime,
    own: Option<Position>,
) -> Result<(), Implausible> {
    let apart = signed.as_millis() - claim.at.as_millis();
    if apart.abs() > MOMENT_APART_MAX_MS {
        return Err(Implausible::GenerationTime);
    }
    if own.is_some_and(|own| own.distance_to(claim.position) > RADIO_RANGE_MAX) {
        return Err(Implausible::OutOfRange);
    }
    if claim.speed.is_some_and(|speed| speed > SPEED_PLAUSIBLE_MAX) {
        return Err(Implausible::Speed);
    }
    let too_much = |it: v2x_units::MetersPerSecondSquared| it.abs() > ACCELERATION_PLAUSIBLE_MAX;
    if claim.acceleration.is_some_and(too_much) {
        return Err(Implausible::Acceleration);
    }
    Ok(())
}

/// Whether a claim can follow the one before it; a doubt is `Ok`.
pub(super) fn after(before: &Claim, claim: &Claim) -> Result<Option<Implausible>, Implausible> {
    let millis = claim.at.as_millis() - before.at.as_millis();
    if millis == 0 {
        return Err(Implausible::Duplicate);
    }
    if millis < 0 {
        return Err(Implausible::GenerationTime);
    }
    let seconds = core::time::Duration::from_millis(millis.unsigned_abs()).as_secs_f64();
    let limit = ACCELERATION_PLAUSIBLE_MAX.get();
    if let (Some(from), Some(to)) = (before.speed, claim.speed)
        && (to - from).abs().get() > limit * seconds + SPEED_SCATTER
    {
        return Err(Implausible::Acceleration);
    }
    let step = Step::between(before.position, claim.position);
    let scatter = scatter(before) + scatter(claim) + SCATTER;
    let fastest = match (before.speed, claim.speed) {
        (Some(from), Some(to)) => from.get().max(to.get()),
        _ => SPEED_PLAUSIBLE_MAX.get(),
    };
    let farthest = fastest * seconds + 0.5 * limit * seconds * seconds + scatter;
    if step.length().get() > farthest {
        return Err(Implausible::PositionJump);
    }
    if turns_wrongly(before, claim, seconds) || moves_elsewhere(claim, step, scatter) {
        return Ok(Some(Implausible::Heading));
    }
    if moves_otherwise(before, claim, step.length(), seconds, scatter) {
        return Ok(Some(Implausible::Movement));
    }
    Ok(None)
}

fn scatter(claim: &Claim) -> f64 {
    claim.accuracy.map_or(ACCURACY_ASSUMED, Meters::get)
}

fn turns_wrongly(before: &Claim, claim: &Claim, seconds: f64) -> bool {
    let fast = |it: &Claim| it.speed.is_some_and(|speed| speed.get() > TURN_SPEED_MIN);
    match (before.heading, claim.heading) {
        (Some(from), Some(to)) if fast(before) && fast(claim) => {
            difference(from, to).get() > TURN_MAX * seconds + HEADING_SCATTER
        }
        _ => false,
    }
}

/// Whether the way between two places points elsewhere than the heading; only a way longer than
/// the places scatter has a direction.
fn moves_elsewhere(claim: &Claim, step: Step, scatter: f64) -> bool {
    claim.heading.is_some_and(|heading| {
        step.length().get() > 2.0 * scatter
            && difference(heading, step.bearing()).get() > WAY_APART_MAX
    })
}

fn moves_otherwise(before: &Claim, claim: &Claim, way: Meters, seconds: f64, scatter: f64) -> bool {
    match (before.speed, claim.speed) {
        (Some(from), Some(to)) => {
            let expected = 0.5 * (from.get() + to.get()) * seconds;
            (way.get() - expected).abs() > 0.5 * expected + scatter
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
