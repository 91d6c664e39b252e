//! Whether the car would run into a neighbour, and when, with what is uncertain.
//!
//! Both go on as they do. The neighbour is in the way when, at the moment of reaching it, it lies
//! within half of both widths to the side; how likely that is follows from the accuracy of both
//! places, taken as normally distributed. A position is that of a vehicle's front (EN 302 637-2),
//! so the gap is the distance without the length of the one in front.

use v2x_units::{Degrees, Instant, Meters};

use super::{
    Danger, LocalDynamicMap, OwnNow, Reason, Subject, TimeToCollision, Warning, WarningKind,
};
use crate::deadlines::WARNING_CLAIM_AGE_MAX;
use crate::v2v::geometry::Step;
use crate::v2v::neighbour::Neighbour;

/// The size of the own car, in metres.
#[derive(Debug, Clone, Copy)]
pub(in crate::v2v) struct OwnSize {
    pub(in crate::v2v) width: Meters,
}

/// The likely time that raises a warning, in seconds, and the one in the worse case.
const LIKELY_MAX: f64 = 2.7;
const EARLIEST_MAX: f64 = 2.0;
/// How much more keeps it.
const KEEPS: f64 = 4.0 / 3.0;
/// Slower than this, in m/s, the driver sees for himself.
const OWN_SPEED_MIN: f64 = 2.5;
/// Closing up by less than this, in m/s, is following.
const CLOSING_MIN: f64 = 2.0;
/// An accuracy that nobody tells, in metres, 95 %.
const ACCURACY_ASSUMED: f64 = 5.0;
/// From 95 % of a distance in the plane to one standard deviation.
const SIGMA_PER_95: f64 = 1.0 / 2.45;
/// How far both speeds may be off together, in m/s.
const SPEED_SIGMA: f64 = 0.5;
/// How long and wide a vehicle is that does not say, in metres.
const LENGTH_ASSUMED: f64 = 4.0;
const WIDTH_ASSUMED: f64 = 1.8;

pub(super) fn look(
    now: Instant,
    car: &OwnNow,
    size: OwnSize,
    map: &LocalDynamicMap,
    dangers: &mut alloc::vec::Vec<Danger>,
) {
    let (Some(heading), Some(speed)) = (car.heading, car.speed) else {
        return;
    };
    if speed.get() < OWN_SPEED_MIN {
        return;
    }
    for neighbour in map.neighbours() {
        if neighbour.age(now) <= WARNING_CLAIM_AGE_MAX {
            dangers.extend(danger(now, car, heading, speed.get(), size, neighbour));
        }
    }
}

/// How both move relative to each other, seen along the direction of the own car.
struct Approach {
    gap: f64,
    closing: f64,
    aside: f64,
    drift: f64,
    sigma: f64,
}

fn approach(
    now: Instant,
    car: &OwnNow,
    heading: Degrees,
    speed: f64,
    neighbour: &Neighbour,
) -> Option<Approach> {
    let claim = &neighbour.claim;
    let theirs = claim.speed?.get();
    let moves = match claim.heading {
        Some(theirs_to) => Step::towards(theirs_to, theirs).seen_along(heading),
        // Whoever stands needs no direction.
        None if theirs < 1.0 => (0.0, 0.0),
        None => return None,
    };
    let there = Step::between(car.position, neighbour.position(now));
    let (ahead, left) = there.seen_along(heading);
    // Whoever comes towards us shows the front, whose place the position is.
    let behind = if moves.0 >= 0.0 {
        claim.length.map_or(LENGTH_ASSUMED, Meters::get)
    } else {
        0.0
    };
    let own = car.accuracy.map(|accuracy| accuracy.semi_major);
    let accuracy = |it: Option<Meters>| it.map_or(ACCURACY_ASSUMED, Meters::get) * SIGMA_PER_95;
    Some(Approach {
        gap: ahead - behind,
        closing: speed - moves.0,
        aside: left,
        drift: moves.1,
        sigma: libm::hypot(accuracy(own), accuracy(claim.accuracy)),
    })
}

fn danger(
    now: Instant,
    car: &OwnNow,
    heading: Degrees,
    speed: f64,
    size: OwnSize,
    neighbour: &Neighbour,
) -> Option<Danger> {
    let seen = approach(now, car, heading, speed, neighbour)?;
    if seen.gap + seen.sigma <= 0.0 || seen.closing < CLOSING_MIN {
        return None;
    }
    let time = TimeToCollision {
        earliest: ((seen.gap - seen.sigma) / (seen.closing + SPEED_SIGMA)).max(0.0),
        likely: seen.gap.max(0.0) / seen.closing,
        latest: (seen.gap + seen.sigma) / (seen.closing - SPEED_SIGMA),
    };
    if time.likely > LIKELY_MAX * KEEPS && time.earliest > EARLIEST_MAX * KEEPS {
        return None;
    }
    let theirs = neighbour.claim.width.map_or(WIDTH_ASSUMED, Meters::get);
    let reach = 0.5 * (size.width.get() + theirs);
    let aside = seen.aside + seen.drift * time.likely;
    let hits = likelihood(aside, reach, seen.sigma);
    Some(Danger {
        warning: Warning {
            kind: WarningKind::ForwardCollision,
            subject: Subject::Station(neighbour.station),
            distance: Meters::new(seen.gap.max(0.0)),
            time_to_collision: Some(time),
            confidence: neighbour.confidence(now).times(hits),
            reason: Reason::ClosingUp(seen.closing),
        },
        raises: time.likely <= LIKELY_MAX || time.earliest <= EARLIEST_MAX,
    })
}

/// How likely it is that something about a place lies within a reach to both sides.
fn likelihood(aside: f64, reach: f64, sigma: f64) -> f64 {
    let below =
        |edge: f64| 0.5 * (1.0 + libm::erf((edge - aside) / (sigma * core::f64::consts::SQRT_2)));
    if sigma <= 0.0 {
        return if aside.abs() <= reach { 1.0 } else { 0.0 };
    }
    below(reach) - below(-reach)
}
