//! Where the own car came from: the points that CAM and DENM tell of its path.
//!
//! Each point is a step from the one before it, the first from the message's own position, as
//! later versions of the data dictionary say (v1.3.1 leaves it open). Its time counts from the
//! message. Forgotten when the pseudonym changes: a path would link the two.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use v2x_units::{Degrees, Instant, Position};

use super::geometry::difference;
use crate::limits::{PATH_POINT_DISTANCE, PATH_POINT_TURN, PATH_POINT_TURN_DISTANCE, PATH_POINTS};
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

    /// At most so many points, as a message from a place and a time tells them. A step that no
    /// field can hold ends the path.
    pub(super) fn told(&self, now: Instant, from: Position, at_most: usize) -> Vec<PathPoint> {
        let mut before = from;
        let mut told = Vec::new();
        for point in self.points.iter().take(at_most) {
            let Some(delta_time) = hundredths(now, point.at) else {
                break;
            };
            let (here, there) = (point.position, before);
            let latitude = DeltaLatitude::nearest(here.latitude() - there.latitude());
            let longitude = DeltaLongitude::nearest(here.longitude() - there.longitude());
            let (Ok(latitude), Ok(longitude)) = (latitude, longitude) else {
                break;
            };
            told.push(PathPoint {
                position: DeltaPosition {
                    latitude: Some(latitude),
                    longitude: Some(longitude),
                    altitude: None,
                },
                delta_time: Some(delta_time),
            });
            before = here;
        }
        told
    }
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
    fn points_told_lead_back_along_the_way_that_was_driven() {
        let mut path = Path::default();
        for second in 0..100_u32 {
            let at = Instant::BOOT + Duration::from_secs(1) * second;
            path.pass(
                at,
                along(10.0 * f64::from(second)),
                Some(Degrees::new(90.0)),
            );
        }
        let now = Instant::BOOT + Duration::from_secs(100);
        let told = path.told(now, along(1000.0), 5);
        assert_eq!(told.len(), 5);
        assert!(
            told[0].position.longitude.unwrap().raw() < 0,
            "behind an eastbound car"
        );
        let places = places(along(1000.0), &told);
        for (place, meters) in places.iter().zip([980.0, 960.0, 940.0, 920.0, 900.0]) {
            let off = place.distance_to(along(meters)).get();
            assert!(off < 0.5, "{off} m beside {meters}");
        }
        assert_eq!(told[0].delta_time.unwrap().raw(), 200);
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
