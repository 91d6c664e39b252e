//! Where the own car came from: the points that CAM and DENM tell of its path.
//!
//! Each point is a step from the one before it, the first from the message's own position, as
//! later versions of the data dictionary say (v1.3.1 leaves it open). Its time counts from the
//! message. Forgotten when the pseudonym changes: a path would link the two.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use v2x_units::{Degrees, Instant, Position};

use super::geometry::{beside, difference};
use crate::limits::{
    PATH_POINT_DISTANCE, PATH_POINT_TURN, PATH_POINT_TURN_DISTANCE, PATH_POINTS, PATH_STRAIGHT_MAX,
    PATH_STRAIGHT_OFF,
};
use crate::wire::reference_position::{
    DeltaLatitude, DeltaLongitude, DeltaPosition, PathDeltaTime, PathPoint,
};

/// A place on the way.
#[derive(Debug, Clone, Copy)]
struct Passed {
    at: Instant,
    position: Position,
    heading: Option<Degrees>,
}

/// The latest places on the way, newest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Path {
    points: VecDeque<Passed>,
}

impl Path {
    /// Takes down where the car is, if that is far enough from the last point.
    pub(super) fn pass(&mut self, at: Instant, position: Position, heading: Option<Degrees>) {
        let far = self.points.front().is_none_or(|last| {
            let way = position.distance_to(last.position);
            let turned = match (last.heading, heading) {
                (Some(before), Some(now)) => difference(before, now) > PATH_POINT_TURN,
                _ => false,
            };
            way >= PATH_POINT_DISTANCE || (turned && way >= PATH_POINT_TURN_DISTANCE)
        });
        if far {
            self.points.truncate(PATH_POINTS - 1);
            self.points.push_front(Passed {
                at,
                position,
                heading,
            });
        }
    }

    pub(super) fn forget(&mut self) {
        self.points.clear();
    }

    /// At most so many points, as a message from a place and a time tells them: the ends of
    /// straight ways, so that few points reach far. A step that no field can hold ends the path.
    pub(super) fn told(&self, now: Instant, from: Position, at_most: usize) -> Vec<PathPoint> {
        let mut before = from;
        let mut told = Vec::new();
        let far = |point: &&Passed| point.position.distance_to(from) >= PATH_POINT_TURN_DISTANCE;
        let mut rest: Vec<_> = self.points.iter().filter(far).copied().collect();
        while told.len() < at_most && !rest.is_empty() {
            let end = straight_end(before, &rest);
            let Some(point) = rest.drain(..=end).next_back() else {
                break;
            };
            let Some(step) = step(now, before, &point) else {
                break;
            };
            told.push(step);
            before = point.position;
        }
        told
    }
}

/// Up to which point the way from a place on is straight.
fn straight_end(from: Position, points: &[Passed]) -> usize {
    let is_straight = |end: usize| {
        let to = points[end].position;
        to.distance_to(from) <= PATH_STRAIGHT_MAX
            && points[..end]
                .iter()
                .all(|point| beside(from, to, point.position) <= PATH_STRAIGHT_OFF)
    };
    (1..points.len())
        .take_while(|end| is_straight(*end))
        .last()
        .unwrap_or(0)
}

/// A point as a step from the one before it; `None` when no field can hold it.
fn step(now: Instant, before: Position, point: &Passed) -> Option<PathPoint> {
    let here = point.position;
    let latitude = DeltaLatitude::nearest(here.latitude() - before.latitude()).ok()?;
    let longitude = DeltaLongitude::nearest(here.longitude() - before.longitude()).ok()?;
    Some(PathPoint {
        position: DeltaPosition {
            latitude: Some(latitude),
            longitude: Some(longitude),
            altitude: None,
        },
        delta_time: Some(hundredths(now, point.at)?),
    })
}

/// How long ago, in hundredths of a second, but at least one.
fn hundredths(now: Instant, at: Instant) -> Option<PathDeltaTime> {
    let hundredths = now.since(at).as_millis() / 10;
    PathDeltaTime::new(i64::try_from(hundredths).ok()?.max(1)).ok()
}

/// The places that the points of a path stand for, the newest first.
pub(super) fn places(from: Position, points: &[PathPoint]) -> Vec<Position> {
    let mut here = from;
    let mut places = Vec::new();
    for point in points {
        let (Some(latitude), Some(longitude)) = (point.position.latitude, point.position.longitude)
        else {
            break;
        };
        let next = Position::new(
            here.latitude() + latitude.get(),
            here.longitude() + longitude.get(),
        );
        match next {
            Ok(next) => here = next,
            Err(_) => break,
        }
        places.push(here);
    }
    places
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::v2v::geometry::Step;

    fn along(meters: f64) -> Position {
        let origin = Position::new(Degrees::new(34.0), Degrees::new(-6.8)).unwrap();
        Step::towards(Degrees::new(90.0), meters)
            .from(origin)
            .unwrap()
    }

    #[test]
    fn points_told_are_the_ends_of_straight_ways_and_lead_back_around_a_bend() {
        let mut path = Path::default();
        let mut at = Instant::BOOT;
        let corner = along(400.0);
        let on_the_way = |meters: f64| {
            if meters < 400.0 {
                along(meters)
            } else {
                Step::towards(Degrees::ZERO, meters - 400.0)
                    .from(corner)
                    .unwrap()
            }
        };
        for step in 0..60_u32 {
            path.pass(at, on_the_way(10.0 * f64::from(step)), None);
            at = at + Duration::from_secs(1);
        }
        let here = on_the_way(590.0);
        let told = path.told(at, here, 5);
        let places = places(here, &told);
        assert_eq!(places.len(), 2, "the corner and the beginning");
        assert!(places[0].distance_to(corner).get() < 1.0);
        assert!(places[1].distance_to(along(0.0)).get() < 1.0);
        assert!(
            told[0].position.latitude.unwrap().raw() < 0,
            "behind a northbound car"
        );
        assert_eq!(told[1].delta_time.unwrap().raw(), 6000);
        assert_eq!(path.told(at, here, 1).len(), 1);
    }

    #[test]
    fn path_when_full_forgets_its_oldest_points() {
        let mut path = Path::default();
        for step in 0..100_u32 {
            path.pass(Instant::BOOT, along(30.0 * f64::from(step)), None);
        }
        assert_eq!(path.points.len(), PATH_POINTS);
        assert_eq!(path.points[0].position, along(2970.0));
    }
}
