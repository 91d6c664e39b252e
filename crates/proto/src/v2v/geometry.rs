//! Plane geometry around a car: directions and distances of a few hundred metres.
//!
//! Not for places far apart: there the earth is round ([`Position::distance_to`]).

use v2x_units::{Degrees, Meters, Position};

/// Metres in a degree of latitude (mean earth radius).
const METERS_PER_DEGREE: f64 = 111_195.08;

/// A step on the plane, in metres.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Step {
    pub(super) east: f64,
    pub(super) north: f64,
}

impl Step {
    /// From one place to another.
    pub(super) fn between(from: Position, to: Position) -> Self {
        let latitude = from.latitude().get();
        let across = to.longitude().get() - from.longitude().get();
        // The shorter way round, where the places lie on both sides of 180 degrees.
        let across = across - 360.0 * libm::round(across / 360.0);
        Self {
            east: across * METERS_PER_DEGREE * libm::cos(latitude.to_radians()),
            north: (to.latitude().get() - latitude) * METERS_PER_DEGREE,
        }
    }

    /// So many metres in a direction.
    pub(super) fn towards(heading: Degrees, meters: f64) -> Self {
        let angle = heading.get().to_radians();
        Self {
            east: meters * libm::sin(angle),
            north: meters * libm::cos(angle),
        }
    }

    /// Where this step leads to; `None` beyond a pole.
    pub(super) fn from(self, place: Position) -> Option<Position> {
        let latitude = place.latitude().get() + self.north / METERS_PER_DEGREE;
        let around = METERS_PER_DEGREE * libm::cos(place.latitude().get().to_radians());
        let longitude = place.longitude().get() + self.east / around;
        let longitude = longitude - 360.0 * libm::round(longitude / 360.0);
        Position::new(Degrees::new(latitude), Degrees::new(longitude)).ok()
    }

    pub(super) fn length(self) -> Meters {
        Meters::new(libm::hypot(self.east, self.north))
    }

    /// Clockwise from true north, 0 to 360.
    pub(super) fn bearing(self) -> Degrees {
        normal(Degrees::new(
            libm::atan2(self.east, self.north).to_degrees(),
        ))
    }

    /// How far ahead and how far to the left, seen in a direction.
    pub(super) fn seen_along(self, heading: Degrees) -> (f64, f64) {
        let angle = heading.get().to_radians();
        let (sin, cos) = (libm::sin(angle), libm::cos(angle));
        (
            self.east * sin + self.north * cos,
            self.north * sin - self.east * cos,
        )
    }
}

/// How far a place lies from the straight way between two others.
pub(super) fn beside(from: Position, to: Position, place: Position) -> Meters {
    let (way, there) = (Step::between(from, to), Step::between(from, place));
    let length = way.east * way.east + way.north * way.north;
    let part = if length > 0.0 {
        ((there.east * way.east + there.north * way.north) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    Meters::new(libm::hypot(
        there.east - part * way.east,
        there.north - part * way.north,
    ))
}

/// The same direction within 0 to 360 degrees.
pub(super) fn normal(angle: Degrees) -> Degrees {
    let turns = libm::floor(angle.get() / 360.0);
    Degrees::new(angle.get() - turns * 360.0)
}

/// How far two directions differ, 0 to 180 degrees.
pub(super) fn difference(one: Degrees, other: Degrees) -> Degrees {
    let apart = normal(one - other).get();
    Degrees::new(apart.min(360.0 - apart))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(latitude: f64, longitude: f64) -> Position {
        Position::new(Degrees::new(latitude), Degrees::new(longitude)).unwrap()
    }

    #[test]
    fn step_agrees_with_the_great_circle_over_a_kilometre() {
        let (here, there) = (place(34.02, -6.84), place(34.027, -6.832));
        let step = Step::between(here, there);
        let off = (step.length() - here.distance_to(there)).abs();
        assert!(off.get() < 0.5, "{off}");
        let back = step.from(here).unwrap();
        assert!(back.distance_to(there).get() < 0.1);
    }

    #[test]
    fn step_across_the_date_line_is_short() {
        let step = Step::between(place(0.0, 179.999_9), place(0.0, -179.999_9));
        assert!((step.east - 22.2).abs() < 0.1, "{step:?}");
    }

    #[test]
    fn car_driving_east_has_north_on_its_left() {
        let (ahead, left) = Step {
            east: 3.0,
            north: 4.0,
        }
        .seen_along(Degrees::new(90.0));
        assert!((ahead - 3.0).abs() < 1e-9 && (left - 4.0).abs() < 1e-9);
    }

    #[test]
    fn place_beside_a_way_is_as_far_as_from_its_nearest_point() {
        let (from, to) = (place(0.0, 0.0), place(0.001, 0.0));
        let beside_it = |north: f64, east: f64| beside(from, to, place(north, east)).get();
        assert!((beside_it(0.000_5, 0.000_1) - 11.12).abs() < 0.01);
        assert!(
            (beside_it(0.001_1, 0.0) - 11.12).abs() < 0.01,
            "beyond its end"
        );
        assert!((beside(from, from, to).get() - 111.2).abs() < 0.1);
    }

    #[test]
    fn directions_around_north_differ_by_little() {
        let apart = difference(Degrees::new(359.0), Degrees::new(2.0));
        assert!((apart.get() - 3.0).abs() < 1e-9);
        assert!((normal(Degrees::new(-90.0)).get() - 270.0).abs() < 1e-9);
    }
}
