//! The direction in which the car moves over ground, from the places where it was.
//!
//! The collector's fixes have no course. Two places say one as soon as they lie further apart than
//! a receiver scatters from fix to fix; a car that stands has the last one no longer.

use core::time::Duration;

use v2x_units::{Degrees, Instant, Position};

/// Nearer places say nothing: a good receiver scatters by less from one fix to the next.
const APART_M: f64 = 3.0;
/// Places further apart in time are no way that was driven straight.
const TOGETHER: Duration = Duration::from_secs(5);

/// Follows the places of the car.
#[derive(Debug, Clone, Default)]
pub struct Course {
    from: Option<(Instant, Position)>,
    latest: Option<(Instant, Degrees)>,
}

impl Course {
    /// Takes a good fix.
    pub fn take(&mut self, at: Instant, place: Position) {
        let Some((since, from)) = self.from.filter(|(since, _)| at.since(*since) <= TOGETHER)
        else {
            self.from = Some((at, place));
            return;
        };
        if at <= since || from.distance_to(place).get() < APART_M {
            return;
        }
        self.latest = Some((at, bearing(from, place)));
        self.from = Some((at, place));
    }

    /// The direction at a moment, clockwise from true north, if the car has moved lately.
    #[must_use]
    pub fn now(&self, now: Instant) -> Option<Degrees> {
        let (at, course) = self.latest?;
        (now.since(at) <= TOGETHER).then_some(course)
    }
}

/// The direction from one place to another that is near.
fn bearing(from: Position, to: Position) -> Degrees {
    let north = to.latitude().get() - from.latitude().get();
    let mut east = to.longitude().get() - from.longitude().get();
    // The short way around the date line.
    if east.abs() > 180.0 {
        east -= 360.0_f64.copysign(east);
    }
    let east = east * from.latitude().get().to_radians().cos();
    Degrees::new(east.atan2(north).to_degrees().rem_euclid(360.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(latitude: f64, longitude: f64) -> Position {
        Position::new(Degrees::new(latitude), Degrees::new(longitude)).unwrap()
    }

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1000)
    }

    fn course(from: Position, to: Position) -> Option<f64> {
        let mut course = Course::default();
        course.take(at(0), from);
        course.take(at(1000), to);
        course.now(at(1000)).map(Degrees::get)
    }

    #[test]
    fn four_directions_come_out_also_over_the_date_line() {
        let from = place(12.0, 45.0);
        for (to, right) in [
            (place(12.0001, 45.0), 0.0),
            (place(12.0, 45.0001), 90.0),
            (place(11.9999, 45.0), 180.0),
            (place(12.0, 44.9999), 270.0),
        ] {
            let seen = course(from, to).unwrap();
            assert!((seen - right).abs() < 0.01, "{seen} for {right}");
        }
        let seen = course(place(0.0, 179.9999), place(0.0, -179.9999)).unwrap();
        assert!((seen - 90.0).abs() < 0.01, "{seen}");
    }

    #[test]
    fn standing_car_and_one_that_jumps_after_a_gap_have_no_course() {
        assert_eq!(course(place(12.0, 45.0), place(12.00001, 45.0)), None);
        let mut course = Course::default();
        course.take(at(0), place(12.0, 45.0));
        course.take(at(6000), place(12.1, 45.0));
        assert_eq!(course.now(at(6000)), None);
        course.take(at(7000), place(12.1001, 45.0));
        assert!(course.now(at(7000)).is_some());
        assert_eq!(course.now(at(12_001)), None);
    }
}
